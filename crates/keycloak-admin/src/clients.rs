//! Clients. A client has two identifiers: the `client_id`, the name with which it logs in, and the UUID, the id that Keycloak gives it.
//!
//! ```no_run
//! use keycloak_admin::types::ClientRepresentation;
//!
//! # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
//! let realm = keycloak.realm("acme");
//! let billing = ClientRepresentation::new()
//!     .with_client_id("billing")
//!     .with_service_accounts_enabled(true);
//! let uuid = realm.clients().create(&billing).exist_ok().await?.into_id();
//! let client = realm.client_by_uuid(&uuid);
//! let secret = client.regenerate_secret().await?.value;
//! let account = client.get_service_account_user().await?;
//! # Ok(())
//! # }
//! ```

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;

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
use keycloak_session::{Error, REDACTED};
use serde_json::Value;

use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::multipart::Multipart;
use crate::protocol_mappers::{ClientProtocolMapper, ClientProtocolMappers};
use crate::realms::permission_toggle;
use crate::role_mappings::ClientScopeMappings;
use crate::roles::ClientRoles;
use crate::{Batch, Create, Modify, Realm};

impl Realm {
    /// Returns a handle on the realm's clients.
    #[must_use]
    pub fn clients(&self) -> Clients {
        Clients {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the client with this UUID. Nothing is sent, so the client need not exist.
    ///
    /// [`Clients::find_uuid`] finds the UUID that belongs to a `client_id`.
    #[must_use]
    pub fn client_by_uuid(&self, uuid: impl Into<String>) -> Client {
        Client {
            realm: self.clone(),
            uuid: uuid.into(),
        }
    }

    /// Reads the realm's client types. They need the feature `client-types`. `GET /admin/realms/{realm}/client-types`
    pub fn get_client_types(&self) -> GetClientTypes {
        self.api().get_client_types().realm(self.name())
    }

    /// Writes the realm's own client types. A type that is left out is deleted. `PUT /admin/realms/{realm}/client-types`
    #[inline]
    pub fn update_client_types(&self, types: &ClientTypesRepresentation) -> UpdateClientTypes {
        self.api()
            .update_client_types()
            .realm(self.name())
            .body(types)
    }

    /// Converts the description of a client to a representation. Nothing is created.
    /// `POST /admin/realms/{realm}/client-description-converter`
    ///
    /// A description is Keycloak's own JSON, an OpenID Connect registration, or a SAML descriptor in XML.
    #[inline]
    pub fn convert_client_description(&self, description: &str) -> ConvertClientDescription {
        self.api()
            .convert_client_description()
            .realm(self.name())
            .body(description)
    }
}

/// The clients of a realm, from [`Realm::clients`].
#[derive(Clone, Debug)]
pub struct Clients {
    realm: Realm,
}

impl Clients {
    /// Lists the clients. `GET /admin/realms/{realm}/clients`
    pub fn list(&self) -> ListClients {
        self.realm.api().list_clients().realm(self.realm.name())
    }

    /// Finds the client with exactly this `client_id`. `GET /admin/realms/{realm}/clients`
    pub async fn find_by_client_id(
        &self,
        client_id: &str,
    ) -> Result<Option<ClientRepresentation>, Error> {
        find_in_list(
            self.list().client_id(client_id),
            |client: &ClientRepresentation| client.client_id.as_deref() == Some(client_id),
        )
        .await
    }

    /// Finds the UUID of the client with exactly this `client_id`. `GET /admin/realms/{realm}/clients`
    pub async fn find_uuid(&self, client_id: &str) -> Result<Option<String>, Error> {
        let found = self.find_by_client_id(client_id).await?;
        Ok(found.and_then(|client| client.id))
    }

    /// Creates a client and returns its UUID. `POST /admin/realms/{realm}/clients`
    ///
    /// [`exist_ok`](Create::exist_ok) finds the client by its `client_id`.
    #[inline]
    pub fn create(&self, client: &ClientRepresentation) -> Create<CreateClient> {
        let client_id = client.client_id.as_deref();
        let key = NaturalKey::new(
            &self.realm,
            "client id",
            client_id,
            |realm, client_id| async move { realm.clients().find_uuid(&client_id).await },
        )
        .with_id(client.id.as_deref())
        .conflict_status(500)
        .look_again();
        let call = self.realm.api().create_client();
        Create::new(call.realm(self.realm.name()).body(client), key)
    }

    /// Creates many clients, 16 at a time, and returns one result for each, in order. See [`Batch`].
    #[inline]
    pub fn create_many<'i, I>(&self, clients: I) -> Batch<'i, Create<CreateClient>>
    where
        I: IntoIterator<Item: Borrow<ClientRepresentation>, IntoIter: Send + 'i>,
    {
        let handle = self.clone();
        let clients = clients.into_iter();
        Batch::new(clients.map(move |client| handle.create(client.borrow())))
    }
}

/// One client, from [`Realm::client_by_uuid`].
#[derive(Clone, Debug)]
pub struct Client {
    realm: Realm,
    uuid: String,
}

/// The value that the server shows in place of a secret that the account may not see.
const MASK: &str = "**********";

impl Client {
    /// Returns the client's UUID.
    #[must_use]
    pub fn uuid(&self) -> &str {
        &self.uuid
    }

    pub(crate) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Reads the client, with its secret if the account may see it. `GET /admin/realms/{realm}/clients/{client-uuid}`
    pub fn get(&self) -> GetClient {
        self.realm
            .api()
            .get_client()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Reads the client; `None` if there is no such client. `GET /admin/realms/{realm}/clients/{client-uuid}`
    pub async fn find(&self) -> Result<Option<ClientRepresentation>, Error> {
        self.get().optional().await
    }

    /// Changes the fields that are set in `client`. A field that is `None` stays as it is, with one exception.
    /// `PUT /admin/realms/{realm}/clients/{client-uuid}`
    ///
    /// **An update without `authorization_services_enabled` turns authorization services off**: Keycloak deletes the client's resources, scopes,
    /// policies and permissions. Set the field to `true`, or use [`modify`](Self::modify), which keeps it.
    ///
    /// A list that is set replaces the old one, also `protocol_mappers`. Maps are merged: an attribute or a flow override that is left out stays, and
    /// one with an empty value is removed. An empty text removes the name, the description or a URL. Client scopes are not changed.
    ///
    /// A client that was read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify) keeps
    /// them.
    #[inline]
    pub fn update(&self, client: &ClientRepresentation) -> UpdateClient {
        self.realm
            .api()
            .update_client()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .body(client)
    }

    /// Reads the client, changes it and writes it back whole. If nothing is changed, nothing is written.
    ///
    /// If the account may not see the secret, the secret is not written. Otherwise its mask would become the secret.
    ///
    /// A field that becomes `None` is removed, and so is an attribute that is taken out of `attributes`. If Keycloak cannot remove it, such as
    /// `enabled`, the error has [`ErrorKind::InvalidRequest`](keycloak_session::ErrorKind::InvalidRequest) and nothing is written. Client scopes are
    /// added and removed by calls of their own.
    ///
    /// ```no_run
    /// # async fn run(keycloak: keycloak_admin::Keycloak, uuid: String) -> Result<(), keycloak_admin::Error> {
    /// let client = keycloak.realm("acme").client_by_uuid(uuid);
    /// client.modify(|client| client.name = Some("Billing".to_owned())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut ClientRepresentation) + Send + 'f,
    ) -> Modify<'f, ClientRepresentation> {
        let put = self.realm.api().update_client();
        let put = put.realm(self.realm.name()).client_uuid(&self.uuid);
        Modify::new(self.get(), put, change).complete(remove_masked_secrets)
    }

    /// Deletes the client. `DELETE /admin/realms/{realm}/clients/{client-uuid}`
    pub fn delete(&self) -> DeleteClient {
        self.realm
            .api()
            .delete_client()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Deletes the client if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/clients/{client-uuid}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Reads the secret, the field `value` of the answer. `GET /admin/realms/{realm}/clients/{client-uuid}/client-secret`
    pub fn get_secret(&self) -> GetClientSecret {
        self.realm
            .api()
            .get_client_secret()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Makes a new secret, the field `value` of the answer. `POST /admin/realms/{realm}/clients/{client-uuid}/client-secret`
    ///
    /// The old secret stops working, unless a client policy keeps it for a while as the rotated secret.
    pub fn regenerate_secret(&self) -> RegenerateClientSecret {
        self.realm
            .api()
            .regenerate_client_secret()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Reads the rotated secret: the secret before the current one, if it still works. It needs the feature `client-secret-rotation`.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/client-secret/rotated`
    pub fn get_rotated_secret(&self) -> GetRotatedClientSecret {
        self.realm
            .api()
            .get_rotated_client_secret()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Makes the rotated secret invalid. `DELETE /admin/realms/{realm}/clients/{client-uuid}/client-secret/rotated`
    pub fn invalidate_rotated_secret(&self) -> InvalidateRotatedClientSecret {
        self.realm
            .api()
            .invalidate_rotated_client_secret()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Makes a new registration access token, with which the client can change its own registration. The token is the field
    /// `registration_access_token` of the answer. `POST /admin/realms/{realm}/clients/{client-uuid}/registration-access-token`
    pub fn regenerate_registration_access_token(&self) -> RegenerateRegistrationAccessToken {
        self.realm
            .api()
            .regenerate_registration_access_token()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Reads the user of the client's service account. `GET /admin/realms/{realm}/clients/{client-uuid}/service-account-user`
    pub fn get_service_account_user(&self) -> GetServiceAccountUser {
        self.realm
            .api()
            .get_service_account_user()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Returns a handle on the client's roles.
    #[must_use]
    pub fn roles(&self) -> ClientRoles {
        ClientRoles::new(self.realm.clone(), self.uuid.clone())
    }

    /// Returns a handle on the roles in the client's scope: those that its tokens may hold.
    #[must_use]
    pub fn scope_mappings(&self) -> ClientScopeMappings {
        ClientScopeMappings::new(self.realm.clone(), self.uuid.clone())
    }

    /// Returns a handle on the client's own protocol mappers, which add claims to its tokens. Its client scopes have more of them.
    #[must_use]
    pub fn protocol_mappers(&self) -> ClientProtocolMappers {
        ClientProtocolMappers::new(self.realm.clone(), self.uuid.clone())
    }

    /// Returns a handle on the protocol mapper with this id. Nothing is sent, so the mapper need not exist.
    #[must_use]
    pub fn protocol_mapper(&self, id: impl Into<String>) -> ClientProtocolMapper {
        ClientProtocolMapper::new(self.realm.clone(), self.uuid.clone(), id.into())
    }

    /// Lists the default client scopes, which apply to every token of the client.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/default-client-scopes`
    pub fn list_default_client_scopes(&self) -> ListClientDefaultClientScopes {
        self.realm
            .api()
            .list_client_default_client_scopes()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Makes a client scope a default one of the client. `PUT /admin/realms/{realm}/clients/{client-uuid}/default-client-scopes/{clientScopeId}`
    pub fn add_default_client_scope(&self, client_scope_id: &str) -> AddDefaultClientScopeToClient {
        self.realm
            .api()
            .add_default_client_scope_to_client()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .client_scope_id(client_scope_id)
    }

    /// Removes a default client scope from the client. `DELETE /admin/realms/{realm}/clients/{client-uuid}/default-client-scopes/{clientScopeId}`
    pub fn remove_default_client_scope(
        &self,
        client_scope_id: &str,
    ) -> RemoveDefaultClientScopeFromClient {
        self.realm
            .api()
            .remove_default_client_scope_from_client()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .client_scope_id(client_scope_id)
    }

    /// Lists the optional client scopes, which apply to a token if it is requested with them.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/optional-client-scopes`
    pub fn list_optional_client_scopes(&self) -> ListClientOptionalClientScopes {
        self.realm
            .api()
            .list_client_optional_client_scopes()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Makes a client scope an optional one of the client. `PUT /admin/realms/{realm}/clients/{client-uuid}/optional-client-scopes/{clientScopeId}`
    pub fn add_optional_client_scope(
        &self,
        client_scope_id: &str,
    ) -> AddOptionalClientScopeToClient {
        self.realm
            .api()
            .add_optional_client_scope_to_client()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .client_scope_id(client_scope_id)
    }

    /// Removes an optional client scope from the client.
    /// `DELETE /admin/realms/{realm}/clients/{client-uuid}/optional-client-scopes/{clientScopeId}`
    pub fn remove_optional_client_scope(
        &self,
        client_scope_id: &str,
    ) -> RemoveOptionalClientScopeFromClient {
        self.realm
            .api()
            .remove_optional_client_scope_from_client()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .client_scope_id(client_scope_id)
    }

    /// Lists the user sessions in which the client is used. `GET /admin/realms/{realm}/clients/{client-uuid}/user-sessions`
    pub fn list_sessions(&self) -> ListClientSessions {
        self.realm
            .api()
            .list_client_sessions()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Counts the user sessions in which the client is used. `GET /admin/realms/{realm}/clients/{client-uuid}/session-count`
    pub fn count_sessions(&self) -> CountClientSessions {
        self.realm
            .api()
            .count_client_sessions()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Lists the offline sessions of the client. `GET /admin/realms/{realm}/clients/{client-uuid}/offline-sessions`
    pub fn list_offline_sessions(&self) -> ListClientOfflineSessions {
        self.realm
            .api()
            .list_client_offline_sessions()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Counts the offline sessions of the client. `GET /admin/realms/{realm}/clients/{client-uuid}/offline-session-count`
    pub fn count_offline_sessions(&self) -> CountClientOfflineSessions {
        self.realm
            .api()
            .count_client_offline_sessions()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Sends the client's `not_before`, or the realm's, to the client's admin URL. Tokens from before that time are then invalid.
    /// `POST /admin/realms/{realm}/clients/{client-uuid}/push-revocation`
    pub fn push_revocation(&self) -> PushClientRevocation {
        self.realm
            .api()
            .push_client_revocation()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Adds a cluster node of the client, by its host name. `POST /admin/realms/{realm}/clients/{client-uuid}/nodes`
    #[inline]
    pub fn register_node(&self, node: &str) -> RegisterClientNode {
        let node = BTreeMap::from([("node".to_owned(), node.to_owned())]);
        self.realm
            .api()
            .register_client_node()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .body(node)
    }

    /// Removes a cluster node of the client. `DELETE /admin/realms/{realm}/clients/{client-uuid}/nodes/{node}`
    pub fn unregister_node(&self, node: &str) -> UnregisterClientNode {
        self.realm
            .api()
            .unregister_client_node()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .node(node)
    }

    /// Sends a ping to each cluster node and returns which of them answered. `GET /admin/realms/{realm}/clients/{client-uuid}/test-nodes-available`
    pub fn test_nodes(&self) -> TestClientNodes {
        self.realm
            .api()
            .test_client_nodes()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Reads the configuration file of a client adapter. `GET /admin/realms/{realm}/clients/{client-uuid}/installation/providers/{providerId}`
    ///
    /// `provider_id` says which file, for example `keycloak-oidc-keycloak-json` or `saml-idp-descriptor`.
    pub fn get_installation_config(&self, provider_id: &str) -> GetClientInstallationConfig {
        self.realm
            .api()
            .get_client_installation_config()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .provider_id(provider_id)
    }

    /// Gets the fine-grained admin permissions for the client. `GET /admin/realms/{realm}/clients/{client-uuid}/management/permissions`
    ///
    /// The answer says whether they are enabled, and has their ids in the client `realm-management`. The server needs the feature
    /// `admin-fine-grained-authz:v1`.
    pub fn get_management_permissions(&self) -> GetClientManagementPermissions {
        self.realm
            .api()
            .get_client_management_permissions()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Enables or disables fine-grained admin permissions for the client. `PUT /admin/realms/{realm}/clients/{client-uuid}/management/permissions`
    #[inline]
    pub fn set_management_permissions(&self, enabled: bool) -> UpdateClientManagementPermissions {
        self.realm
            .api()
            .update_client_management_permissions()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .body(permission_toggle(enabled))
    }

    /// Returns a handle on the evaluation of the client's scopes: the contents that its tokens would have.
    #[must_use]
    pub fn scope_evaluation(&self) -> ScopeEvaluation {
        ScopeEvaluation {
            realm: self.realm.clone(),
            uuid: self.uuid.clone(),
        }
    }

    /// Returns a handle on a certificate of the client, by the attribute that holds it: `jwt.credential` for a client that signs its own
    /// assertions, `saml.signing` or `saml.encryption` for a SAML client.
    #[must_use]
    pub fn certificate(&self, attribute: impl Into<String>) -> Certificate {
        Certificate {
            realm: self.realm.clone(),
            uuid: self.uuid.clone(),
            attribute: attribute.into(),
        }
    }
}

/// Removes the fields that hold the mask of a secret.
pub(crate) fn remove_masked_secrets(client: &mut Value) {
    if let Some(fields) = client.as_object_mut() {
        fields.retain(|_, value| value != MASK);
    }
}

/// The evaluation of a client's scopes: the contents that its tokens would have, from [`Client::scope_evaluation`].
///
/// The scope and the user are parameters of each call.
///
/// ```no_run
/// # async fn run(keycloak: keycloak_admin::Keycloak, uuid: String, user_id: String) -> Result<(), keycloak_admin::Error> {
/// let evaluation = keycloak.realm("acme").client_by_uuid(uuid).scope_evaluation();
/// let token = evaluation.generate_example_access_token().scope("openid email").user_id(&user_id).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ScopeEvaluation {
    realm: Realm,
    uuid: String,
}

impl ScopeEvaluation {
    /// Generates an example of an access token. `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/generate-example-access-token`
    pub fn generate_example_access_token(&self) -> GenerateExampleAccessToken {
        self.realm
            .api()
            .generate_example_access_token()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Generates an example of an ID token. `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/generate-example-id-token`
    pub fn generate_example_id_token(&self) -> GenerateExampleIdToken {
        self.realm
            .api()
            .generate_example_id_token()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Generates an example of the answer of the userinfo endpoint.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/generate-example-userinfo`
    pub fn generate_example_userinfo(&self) -> GenerateExampleUserinfo {
        self.realm
            .api()
            .generate_example_userinfo()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Generates an example of a SAML response. Since Keycloak 26.6.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/generate-example-saml-response`
    pub fn generate_example_saml_response(&self) -> GenerateExampleSamlResponse {
        self.realm
            .api()
            .generate_example_saml_response()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Lists the protocol mappers that apply. `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/protocol-mappers`
    pub fn list_protocol_mappers(&self) -> ListGrantedProtocolMappers {
        self.realm
            .api()
            .list_granted_protocol_mappers()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
    }

    /// Lists the roles that a token can hold, of the realm or of one client.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/scope-mappings/{roleContainerId}/granted`
    ///
    /// `realm_or_client_uuid` is the realm's name, or the UUID of the client whose roles are listed.
    pub fn list_granted_roles(&self, realm_or_client_uuid: &str) -> ListGrantedScopeMappings {
        self.realm
            .api()
            .list_granted_scope_mappings()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .role_container_id(realm_or_client_uuid)
    }

    /// Lists the roles that no token can hold, of the realm or of one client.
    /// `GET /admin/realms/{realm}/clients/{client-uuid}/evaluate-scopes/scope-mappings/{roleContainerId}/not-granted`
    ///
    /// `realm_or_client_uuid` is the realm's name, or the UUID of the client whose roles are listed.
    pub fn list_not_granted_roles(
        &self,
        realm_or_client_uuid: &str,
    ) -> ListNotGrantedScopeMappings {
        self.realm
            .api()
            .list_not_granted_scope_mappings()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .role_container_id(realm_or_client_uuid)
    }
}

/// A certificate of a client, from [`Client::certificate`].
#[derive(Clone, Debug)]
pub struct Certificate {
    realm: Realm,
    uuid: String,
    attribute: String,
}

impl Certificate {
    /// Reads the certificate, with the private key if Keycloak has it. `GET /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}`
    pub fn get(&self) -> GetClientCertificate {
        self.realm
            .api()
            .get_client_certificate()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .attr(&self.attribute)
    }

    /// Generates a key with a certificate. Keycloak keeps both. `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/generate`
    pub fn generate(&self) -> GenerateClientCertificate {
        self.realm
            .api()
            .generate_client_certificate()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .attr(&self.attribute)
    }

    /// Generates a key with a certificate and returns both in a keystore. Keycloak keeps only the certificate.
    /// `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/generate-and-download`
    #[inline]
    pub fn generate_and_download(
        &self,
        keystore: &KeyStoreConfig,
    ) -> GenerateAndDownloadClientKeystore {
        self.realm
            .api()
            .generate_and_download_client_keystore()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .attr(&self.attribute)
            .body(keystore)
    }

    /// Returns a keystore with the certificate, and with the private key if Keycloak has it.
    /// `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/download`
    #[inline]
    pub fn download(&self, keystore: &KeyStoreConfig) -> DownloadClientKeystore {
        self.realm
            .api()
            .download_client_keystore()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .attr(&self.attribute)
            .body(keystore)
    }

    /// Uploads a certificate, in PEM or in a keystore. `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/upload-certificate`
    #[inline]
    pub fn upload(&self, file: &CertificateFile) -> UploadClientCertificate {
        let (content_type, bytes) = file.form();
        self.realm
            .api()
            .upload_client_certificate()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .attr(&self.attribute)
            .body(content_type, bytes)
    }

    /// Uploads a keystore with a certificate and its private key. `POST /admin/realms/{realm}/clients/{client-uuid}/certificates/{attr}/upload`
    #[inline]
    pub fn upload_with_key(&self, file: &CertificateFile) -> UploadClientCertificateAndKey {
        let (content_type, bytes) = file.form();
        self.realm
            .api()
            .upload_client_certificate_and_key()
            .realm(self.realm.name())
            .client_uuid(&self.uuid)
            .attr(&self.attribute)
            .body(content_type, bytes)
    }
}

/// A file with a certificate or with keys. `Debug` prints neither contents nor passwords.
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
    /// Makes a file of a certificate in PEM.
    pub fn certificate_pem(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new("Certificate PEM", bytes.into())
    }

    /// Makes a file of a public key in PEM.
    pub fn public_key_pem(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new("Public Key PEM", bytes.into())
    }

    /// Makes a file of a JSON Web Key Set with one key.
    pub fn json_web_key_set(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new("JSON Web Key Set", bytes.into())
    }

    /// Makes a file of a keystore, with its password and the alias of the entry. `format` is one that the server's Java knows: `PKCS12`, `JKS` or
    /// `BCFKS`.
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

    /// Returns the content type and the bytes of the form with which the file is uploaded.
    pub(crate) fn form(&self) -> (String, Vec<u8>) {
        let form = Multipart::new();
        let fields = self.fields.iter();
        let form = fields.fold(form, |form, (name, value)| form.text(name, value));
        form.file(&self.bytes).finish()
    }
}

impl fmt::Debug for CertificateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateFile")
            .field("bytes", &REDACTED)
            .finish_non_exhaustive()
    }
}
