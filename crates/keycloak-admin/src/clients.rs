//! Clients: by `client_id`, the name they use to log in, and by UUID, the id that Keycloak gives them.
//!
//! ```no_run
//! use keycloak_admin::types::ClientRepresentation;
//!
//! # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
//! let realm = keycloak.realm("acme");
//! let billing = ClientRepresentation {
//!     client_id: Some("billing".to_owned()),
//!     service_accounts_enabled: Some(true),
//!     ..Default::default()
//! };
//! let uuid = realm.clients().create(&billing).exist_ok().await?.into_inner();
//! let client = realm.clients().uuid(&uuid);
//! let secret = client.regenerate_secret().await?.value;
//! let account = client.service_account_user().await?;
//! # Ok(())
//! # }
//! ```

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;

use keycloak_api::Client as Api;
use keycloak_api::client_attribute_certificate::{
    DownloadClientKeystore, GenerateAndDownloadClientKeystore, GenerateClientCertificate,
    GetClientCertificate, UploadClientCertificate, UploadClientCertificateAndKey,
};
use keycloak_api::clients::{
    AddDefaultClientScopeToClient, AddOptionalClientScopeToClient, CountClientOfflineSessions,
    CountClientSessions, CreateClient, DeleteClient, GenerateExampleAccessToken,
    GenerateExampleIdToken, GenerateExampleSamlResponse, GenerateExampleUserinfo, GetClient,
    GetClientInstallationConfig, GetClientManagementPermissions, GetClientSecret,
    GetRotatedClientSecret, GetServiceAccountUser, InvalidateRotatedClientSecret,
    ListClientDefaultClientScopes, ListClientOfflineSessions, ListClientOptionalClientScopes,
    ListClientSessions, ListClients, ListGrantedProtocolMappers, ListGrantedScopeMappings,
    ListNotGrantedScopeMappings, PushClientRevocation, RegenerateClientSecret,
    RegenerateRegistrationAccessToken, RegisterClientNode, RemoveDefaultClientScopeFromClient,
    RemoveOptionalClientScopeFromClient, TestClientNodes, UnregisterClientNode, UpdateClient,
    UpdateClientManagementPermissions,
};
use keycloak_api::realms_admin::{ConvertClientDescription, GetClientTypes, UpdateClientTypes};
use keycloak_api::types::{ClientRepresentation, ClientTypesRepresentation, KeyStoreConfig};
use keycloak_session::{BoxFuture, Error, Operation, REDACTED};

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::{find_in_list, id_of};
use crate::management::switched;
use crate::multipart::Multipart;
use crate::protocol_mappers::ClientProtocolMappers;
use crate::role_mappings::ClientScopeMappings;
use crate::roles::ClientRoles;
use crate::{Call, Create, Many, Realm, modify};

impl<'a> Realm<'a> {
    /// The realm's clients.
    #[must_use]
    #[inline]
    pub fn clients(self) -> Clients<'a> {
        Clients { realm: self }
    }

    /// Reads the realm's client types. It needs the feature `client-types`. `GET /admin/realms/{realm}/client-types`
    #[inline]
    pub fn client_types(self) -> Call<GetClientTypes> {
        self.at(Api::get_client_types)
    }

    /// Writes the realm's client types. `PUT /admin/realms/{realm}/client-types`
    #[inline]
    pub fn update_client_types(self, types: &ClientTypesRepresentation) -> Call<UpdateClientTypes> {
        self.at(|api| api.update_client_types().body(types))
    }

    /// What Keycloak makes of the description of a client: its own JSON, an OpenID Connect registration, or a SAML descriptor in XML.
    /// Nothing is created. `POST /admin/realms/{realm}/client-description-converter`
    #[inline]
    pub fn convert_client_description(self, description: &str) -> Call<ConvertClientDescription> {
        self.at(|api| api.convert_client_description().body(description))
    }
}

/// The clients of a realm, from [`Realm::clients`].
#[derive(Clone, Copy, Debug)]
pub struct Clients<'a> {
    realm: Realm<'a>,
}

impl<'a> Clients<'a> {
    /// Lists the clients. `GET /admin/realms/{realm}/clients`
    #[inline]
    pub fn list(self) -> Call<ListClients> {
        self.realm.at(Api::list_clients)
    }

    /// The client that has exactly this `client_id`; `None` where none has. `GET /admin/realms/{realm}/clients`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_client_id(
        self,
        client_id: &str,
    ) -> BoxFuture<'static, Result<Option<ClientRepresentation>, Error>> {
        let list = self.list().query(|q| q.client_id(client_id));
        let client_id = client_id.to_owned();
        find_in_list(list, move |client: &ClientRepresentation| {
            client.client_id.as_ref() == Some(&client_id)
        })
    }

    /// The UUID of the client that has exactly this `client_id`; `None` where none has. `GET /admin/realms/{realm}/clients`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn uuid_by_client_id(
        self,
        client_id: &str,
    ) -> BoxFuture<'static, Result<Option<String>, Error>> {
        id_of(self.find_by_client_id(client_id), |client| client.id)
    }

    /// Creates a client and returns its UUID. `POST /admin/realms/{realm}/clients`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is found by its `client_id`.
    #[inline]
    pub fn create(self, client: &ClientRepresentation) -> Create<CreateClient> {
        let find = |client_id: &str| self.find_by_client_id(client_id);
        let client_id = client.client_id.as_deref();
        let key = NaturalKey::new("client id", client_id, find, |client| client.id);
        Create::new(self.realm.at(|api| api.create_client().body(client)), key)
    }

    /// Creates many clients, 16 at a time: one result for each, in order. See [`Many`].
    #[inline]
    pub fn create_many<I>(self, clients: I) -> Many<'a, Create<CreateClient>>
    where
        I: IntoIterator<Item: Borrow<ClientRepresentation>, IntoIter: Send + 'a>,
    {
        let clients = clients.into_iter();
        Many::new(clients.map(move |client| self.create(client.borrow())))
    }

    /// The client of this UUID. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn uuid(self, uuid: &'a str) -> Client<'a> {
        Client {
            realm: self.realm,
            uuid,
        }
    }
}

/// One client, from [`Clients::uuid`].
#[derive(Clone, Copy, Debug)]
pub struct Client<'a> {
    realm: Realm<'a>,
    uuid: &'a str,
}

/// What stands in place of a secret that the account may not see.
const MASK: &str = "**********";

impl<'a> Client<'a> {
    pub(crate) fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.uuid])
    }

    /// Reads the client, with its secret where the account may see it. `GET /admin/realms/{realm}/clients/{client-uuid}`
    #[inline]
    pub fn get(self) -> Call<GetClient> {
        self.at(Api::get_client)
    }

    /// Like [`get`](Self::get); `None` where there is no such client.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<ClientRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the client; what is `None` stays, but attributes that are not in `attributes` are wiped where that is set.
    /// `PUT /admin/realms/{realm}/clients/{client-uuid}`
    #[inline]
    pub fn update(self, client: &ClientRepresentation) -> Call<UpdateClient> {
        self.at(|api| api.update_client().body(client))
    }

    /// Reads the client, changes it and writes it back whole. Where nothing is changed, nothing is written. A secret that came back masked
    /// is left out, so that the mask does not become the secret.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut ClientRepresentation) + Send,
    {
        let (get, put) = (self.get(), self.at(Api::update_client));
        async move {
            let mut client = modify::read(get).await?;
            if let Some(fields) = client.as_object_mut() {
                fields.retain(|_, value| value != MASK);
            }
            modify::write_back(put, client, change).await
        }
    }

    /// Deletes the client. `DELETE /admin/realms/{realm}/clients/{client-uuid}`
    #[inline]
    pub fn delete(self) -> Call<DeleteClient> {
        self.at(Api::delete_client)
    }

    /// Deletes the client if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// Reads the secret, the field `value`. `GET /admin/realms/{realm}/clients/{client-uuid}/client-secret`
    #[inline]
    pub fn secret(self) -> Call<GetClientSecret> {
        self.at(Api::get_client_secret)
    }

    /// Makes a new secret, which is in the field `value` of the answer. The old one is void, unless a client policy lets it live on as the
    /// rotated one. `POST /admin/realms/{realm}/clients/{client-uuid}/client-secret`
    #[inline]
    pub fn regenerate_secret(self) -> Call<RegenerateClientSecret> {
        self.at(Api::regenerate_client_secret)
    }

    /// Reads the rotated secret: the one before the last, where it still works. It needs the feature `client-secret-rotation`.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/client-secret/rotated`
    #[inline]
    pub fn rotated_secret(self) -> Call<GetRotatedClientSecret> {
        self.at(Api::get_rotated_client_secret)
    }

    /// Makes the rotated secret void. `DELETE /admin/realms/{realm}/clients/{client-uuid}/client-secret/rotated`
    #[inline]
    pub fn invalidate_rotated_secret(self) -> Call<InvalidateRotatedClientSecret> {
        self.at(Api::invalidate_rotated_client_secret)
    }

    /// Makes a new token with which the client can change its own registration; it is in the field `registration_access_token` of the
    /// answer. `POST /admin/realms/{realm}/clients/{client-uuid}/registration-access-token`
    #[inline]
    pub fn regenerate_registration_access_token(self) -> Call<RegenerateRegistrationAccessToken> {
        self.at(Api::regenerate_registration_access_token)
    }

    /// Reads the user that stands for the client's service account. `GET /admin/realms/{realm}/clients/{client-uuid}/service-account-user`
    #[inline]
    pub fn service_account_user(self) -> Call<GetServiceAccountUser> {
        self.at(Api::get_service_account_user)
    }

    /// The client's roles.
    #[must_use]
    #[inline]
    pub fn roles(self) -> ClientRoles<'a> {
        ClientRoles::new(self.realm, self.uuid)
    }

    /// The roles in the client's scope.
    #[must_use]
    #[inline]
    pub fn scope_mappings(self) -> ClientScopeMappings<'a> {
        ClientScopeMappings::new(self.realm, self.uuid)
    }

    /// What the client puts into its tokens, besides what its client scopes do.
    #[must_use]
    #[inline]
    pub fn protocol_mappers(self) -> ClientProtocolMappers<'a> {
        ClientProtocolMappers::new(self.realm, self.uuid)
    }

    /// Lists the client scopes that every token of the client has. `GET /admin/realms/{realm}/clients/{client-uuid}/default-client-scopes`
    #[inline]
    pub fn default_client_scopes(self) -> Call<ListClientDefaultClientScopes> {
        self.at(Api::list_client_default_client_scopes)
    }

    /// Gives the client a default client scope. `PUT /admin/realms/{realm}/clients/{client-uuid}/default-client-scopes/{clientScopeId}`
    #[inline]
    pub fn add_default_client_scope(
        self,
        client_scope_id: &str,
    ) -> Call<AddDefaultClientScopeToClient> {
        self.at(Api::add_default_client_scope_to_client)
            .and_path(client_scope_id)
    }

    /// Takes a default client scope away. `DELETE /admin/realms/{realm}/clients/{client-uuid}/default-client-scopes/{clientScopeId}`
    #[inline]
    pub fn remove_default_client_scope(
        self,
        client_scope_id: &str,
    ) -> Call<RemoveDefaultClientScopeFromClient> {
        self.at(Api::remove_default_client_scope_from_client)
            .and_path(client_scope_id)
    }

    /// Lists the client scopes that a token of the client has on demand. `GET /admin/realms/{realm}/clients/{client-uuid}/optional-client-scopes`
    #[inline]
    pub fn optional_client_scopes(self) -> Call<ListClientOptionalClientScopes> {
        self.at(Api::list_client_optional_client_scopes)
    }

    /// Gives the client an optional client scope. `PUT /admin/realms/{realm}/clients/{client-uuid}/optional-client-scopes/{clientScopeId}`
    #[inline]
    pub fn add_optional_client_scope(
        self,
        client_scope_id: &str,
    ) -> Call<AddOptionalClientScopeToClient> {
        self.at(Api::add_optional_client_scope_to_client)
            .and_path(client_scope_id)
    }

    /// Takes an optional client scope away. `DELETE /admin/realms/{realm}/clients/{client-uuid}/optional-client-scopes/{clientScopeId}`
    #[inline]
    pub fn remove_optional_client_scope(
        self,
        client_scope_id: &str,
    ) -> Call<RemoveOptionalClientScopeFromClient> {
        self.at(Api::remove_optional_client_scope_from_client)
            .and_path(client_scope_id)
    }

    /// Lists the sessions in which the client is used. `GET /admin/realms/{realm}/clients/{client-uuid}/user-sessions`
    #[inline]
    pub fn sessions(self) -> Call<ListClientSessions> {
        self.at(Api::list_client_sessions)
    }

    /// Counts them, under the key `count`. `GET /admin/realms/{realm}/clients/{client-uuid}/session-count`
    #[inline]
    pub fn count_sessions(self) -> Call<CountClientSessions> {
        self.at(Api::count_client_sessions)
    }

    /// Lists the offline sessions of the client. `GET /admin/realms/{realm}/clients/{client-uuid}/offline-sessions`
    #[inline]
    pub fn offline_sessions(self) -> Call<ListClientOfflineSessions> {
        self.at(Api::list_client_offline_sessions)
    }

    /// Counts them, under the key `count`. `GET /admin/realms/{realm}/clients/{client-uuid}/offline-session-count`
    #[inline]
    pub fn count_offline_sessions(self) -> Call<CountClientOfflineSessions> {
        self.at(Api::count_client_offline_sessions)
    }

    /// Tells the client's admin URL that tokens from before the client's or the realm's `not_before` are void.
    /// `POST /admin/realms/{realm}/clients/{client-uuid}/push-revocation`
    #[inline]
    pub fn push_revocation(self) -> Call<PushClientRevocation> {
        self.at(Api::push_client_revocation)
    }

    /// Adds a cluster node of the client, by its host name. `POST /admin/realms/{realm}/clients/{client-uuid}/nodes`
    #[inline]
    pub fn register_node(self, node: &str) -> Call<RegisterClientNode> {
        let node = BTreeMap::from([("node".to_owned(), node.to_owned())]);
        self.at(|api| api.register_client_node().body(node))
    }

    /// Removes a cluster node. `DELETE /admin/realms/{realm}/clients/{client-uuid}/nodes/{node}`
    #[inline]
    pub fn unregister_node(self, node: &str) -> Call<UnregisterClientNode> {
        self.at(Api::unregister_client_node).and_path(node)
    }

    /// Asks the cluster nodes whether they are there. `GET /admin/realms/{realm}/clients/{client-uuid}/test-nodes-available`
    #[inline]
    pub fn test_nodes(self) -> Call<TestClientNodes> {
        self.at(Api::test_client_nodes)
    }

    /// The configuration for a client adapter, such as `keycloak-oidc-keycloak-json` or `saml-idp-descriptor`, as a file.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/installation/providers/{providerId}`
    #[inline]
    pub fn installation(self, provider_id: &str) -> Call<GetClientInstallationConfig> {
        self.at(Api::get_client_installation_config)
            .and_path(provider_id)
    }

    /// Whether who may manage the client is set one by one, and by which permissions of the client `realm-management`. It needs the feature
    /// `admin-fine-grained-authz:v1`. `GET /admin/realms/{realm}/clients/{client-uuid}/management/permissions`
    #[inline]
    pub fn management_permissions(self) -> Call<GetClientManagementPermissions> {
        self.at(Api::get_client_management_permissions)
    }

    /// Turns that on or off. `PUT /admin/realms/{realm}/clients/{client-uuid}/management/permissions`
    #[inline]
    pub fn set_management_permissions(
        self,
        enabled: bool,
    ) -> Call<UpdateClientManagementPermissions> {
        self.at(|api| {
            api.update_client_management_permissions()
                .body(switched(enabled))
        })
    }

    /// What the client's tokens would hold.
    #[must_use]
    #[inline]
    pub fn evaluate(self) -> Evaluate<'a> {
        Evaluate(self)
    }

    /// A certificate of the client, by the attribute it is kept under: `jwt.credential` for one that signs its own assertions,
    /// `saml.signing` or `saml.encryption` for a SAML client.
    #[must_use]
    #[inline]
    pub fn certificate(self, attribute: &'a str) -> Certificate<'a> {
        Certificate {
            client: self,
            attribute,
        }
    }
}

/// What the tokens of a client would hold, from [`Client::evaluate`]. The scope and the user are in the query of each call:
/// `.query(|q| q.scope("openid email").user_id(&id))`.
#[derive(Clone, Copy, Debug)]
pub struct Evaluate<'a>(Client<'a>);

impl Evaluate<'_> {
    /// An example of an access token. `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/generate-example-access-token`
    #[inline]
    pub fn access_token(self) -> Call<GenerateExampleAccessToken> {
        self.0.at(Api::generate_example_access_token)
    }

    /// An example of an ID token. `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/generate-example-id-token`
    #[inline]
    pub fn id_token(self) -> Call<GenerateExampleIdToken> {
        self.0.at(Api::generate_example_id_token)
    }

    /// An example of the userinfo. `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/generate-example-userinfo`
    #[inline]
    pub fn userinfo(self) -> Call<GenerateExampleUserinfo> {
        self.0.at(Api::generate_example_userinfo)
    }

    /// An example of a SAML response. Since Keycloak 26.6.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/generate-example-saml-response`
    #[inline]
    pub fn saml_response(self) -> Call<GenerateExampleSamlResponse> {
        self.0.at(Api::generate_example_saml_response)
    }

    /// The protocol mappers that apply. `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/protocol-mappers`
    #[inline]
    pub fn protocol_mappers(self) -> Call<ListGrantedProtocolMappers> {
        self.0.at(Api::list_granted_protocol_mappers)
    }

    /// The roles of a container, the realm's name or a client's UUID, that a token can hold.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/scope-mappings/{roleContainerId}/granted`
    #[inline]
    pub fn granted_roles(self, container: &str) -> Call<ListGrantedScopeMappings> {
        self.0
            .at(Api::list_granted_scope_mappings)
            .and_path(container)
    }

    /// The roles of a container that no token can hold.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/scope-mappings/{roleContainerId}/not-granted`
    #[inline]
    pub fn not_granted_roles(self, container: &str) -> Call<ListNotGrantedScopeMappings> {
        self.0
            .at(Api::list_not_granted_scope_mappings)
            .and_path(container)
    }
}

/// A certificate of a client, from [`Client::certificate`].
#[derive(Clone, Copy, Debug)]
pub struct Certificate<'a> {
    client: Client<'a>,
    attribute: &'a str,
}

impl<'a> Certificate<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        self.client.at(build).and_path(self.attribute)
    }

    /// Reads it: the certificate and, where Keycloak keeps that, the private key. `GET /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}`
    #[inline]
    pub fn get(self) -> Call<GetClientCertificate> {
        self.at(Api::get_client_certificate)
    }

    /// Makes a new key with a certificate; Keycloak keeps both. `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/generate`
    #[inline]
    pub fn generate(self) -> Call<GenerateClientCertificate> {
        self.at(Api::generate_client_certificate)
    }

    /// Makes a new key with a certificate, of which Keycloak keeps the certificate alone, and returns both in a keystore.
    /// `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/generate-and-download`
    #[inline]
    pub fn generate_and_download(
        self,
        keystore: &KeyStoreConfig,
    ) -> Call<GenerateAndDownloadClientKeystore> {
        self.at(|api| api.generate_and_download_client_keystore().body(keystore))
    }

    /// Returns what Keycloak keeps, in a keystore. `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/download`
    #[inline]
    pub fn download(self, keystore: &KeyStoreConfig) -> Call<DownloadClientKeystore> {
        self.at(|api| api.download_client_keystore().body(keystore))
    }

    /// Gives Keycloak a certificate, also from a keystore. `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/upload-certificate`
    #[inline]
    pub fn upload(self, file: &CertificateFile) -> Call<UploadClientCertificate> {
        let (content_type, bytes) = file.form();
        self.at(|api| api.upload_client_certificate().body(content_type, bytes))
    }

    /// Gives Keycloak a certificate with its private key, from a keystore. `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/upload`
    #[inline]
    pub fn upload_with_key(self, file: &CertificateFile) -> Call<UploadClientCertificateAndKey> {
        let (content_type, bytes) = file.form();
        self.at(|api| {
            api.upload_client_certificate_and_key()
                .body(content_type, bytes)
        })
    }
}

/// A file with a certificate, or with keys. `Debug` prints neither contents nor passwords.
///
/// ```no_run
/// use keycloak_admin::clients::CertificateFile;
///
/// # fn run() -> std::io::Result<()> {
/// let certificate = CertificateFile::certificate_pem(std::fs::read("client.pem")?);
/// let keystore = CertificateFile::keystore("PKCS12", std::fs::read("client.p12")?, "changeit", "client");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CertificateFile {
    bytes: Vec<u8>,
    fields: Vec<(&'static str, String)>,
}

impl CertificateFile {
    /// A certificate in PEM.
    #[inline]
    pub fn certificate_pem(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new("Certificate PEM", bytes.into())
    }

    /// A public key in PEM.
    #[inline]
    pub fn public_key_pem(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new("Public Key PEM", bytes.into())
    }

    /// A JSON Web Key Set with one key.
    #[inline]
    pub fn json_web_key_set(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new("JSON Web Key Set", bytes.into())
    }

    /// A keystore of a format that the server's Java knows (`PKCS12`, `JKS`, `BCFKS`), with its password and the alias of the entry.
    #[inline]
    pub fn keystore(
        format: &str,
        bytes: impl Into<Vec<u8>>,
        store_password: &str,
        key_alias: &str,
    ) -> Self {
        let mut file = Self::new(format, bytes.into());
        file.fields
            .push(("storePassword", store_password.to_owned()));
        file.fields.push(("keyAlias", key_alias.to_owned()));
        file
    }

    /// Sets the password of the private key in a keystore.
    #[must_use]
    #[inline]
    pub fn key_password(mut self, password: &str) -> Self {
        self.fields.push(("keyPassword", password.to_owned()));
        self
    }

    fn new(format: &str, bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            fields: vec![("keystoreFormat", format.to_owned())],
        }
    }

    pub(crate) fn form(&self) -> (String, Vec<u8>) {
        let form = Multipart::around(&self.bytes);
        let fields = self.fields.iter();
        let form = fields.fold(form, |form, (name, value)| form.text(name, value));
        form.file(&self.bytes).finish()
    }
}

impl fmt::Debug for CertificateFile {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateFile")
            .field("bytes", &REDACTED)
            .finish_non_exhaustive()
    }
}
