//! Logging in, and the roles of a service account.

use std::env;
use std::path::{Path, PathBuf};

use keycloak_admin::types::{
    ClientRepresentation, GroupRepresentation, IdentityProviderRepresentation,
    OrganizationRepresentation, RoleRepresentation,
};
use keycloak_admin::{
    AccessToken, BoxFuture, Credentials, Error, ErrorKind, KeyAlgorithm, Keycloak, PrivateKey,
    Realm, TokenProvider,
};
use keycloak_server::harness;

use super::common::{TestRealm, person};

fn with_secret(secret: &str) -> Result<Keycloak, Error> {
    // ANCHOR: secret
    let keycloak = Keycloak::builder("https://sso.example.com")
        .credentials(Credentials::client_secret("user-sync", secret))
        .auth_realm("acme") // the realm of the client; the default is `master`
        .build()?;
    // ANCHOR_END
    Ok(keycloak)
}

fn with_key(path: &Path) -> Result<Credentials, Error> {
    // ANCHOR: key
    let key = PrivateKey::from_pem_file(KeyAlgorithm::Es256, path)?;
    let credentials = Credentials::private_key_jwt("user-sync", key);
    // ANCHOR_END
    Ok(credentials)
}

fn with_file() -> Credentials {
    // ANCHOR: kubernetes
    let token = "/var/run/secrets/tokens/keycloak";
    let credentials = Credentials::assertion_file("user-sync", token);
    // ANCHOR_END
    credentials
}

// ANCHOR: provider
struct Vault;

impl TokenProvider for Vault {
    fn token(&self, _previous: Option<AccessToken>) -> BoxFuture<'_, Result<AccessToken, Error>> {
        Box::pin(async {
            // Get the token from wherever it is.
            let token = std::env::var("KEYCLOAK_TOKEN").map_err(|_| {
                Error::new(
                    ErrorKind::Authentication,
                    "set KEYCLOAK_TOKEN to an access token",
                )
            })?;
            Ok(AccessToken::new(token))
        })
    }
}
// ANCHOR_END

#[test]
fn the_clients_are_built_without_a_server() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), key.serialize_pem()).unwrap();
    with_secret("s3cret").unwrap();
    let builder = || Keycloak::builder("https://sso.example.com");
    for credentials in [with_key(file.path()).unwrap(), with_file()] {
        builder().credentials(credentials).build().unwrap();
    }
    builder().token_provider(Vault).build().unwrap();
}

async fn service_account(realm: &Realm, roles: &[&str]) -> Result<String, Error> {
    // ANCHOR: service_account
    let client = ClientRepresentation::new()
        .with_client_id("user-sync")
        .with_service_accounts_enabled(true) // it logs in as itself
        .with_standard_flow_enabled(false); // no user logs in through it
    let uuid = realm.clients().create(&client).exist_ok().await?.into_id();
    let client = realm.client_by_uuid(&uuid);
    let account = client.get_service_account_user().await?;
    let account = realm.user(account.id.unwrap_or_default());
    let grants = account.client_roles("realm-management");
    grants.add_by_name(roles.iter().copied()).await?;
    let secret = client.get_secret().await?.value.unwrap_or_default();
    // ANCHOR_END
    Ok(secret)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_service_account_does_what_its_role_allows_and_no_more() -> Result<(), Error> {
    let test = TestRealm::create("guide-login").await;
    let admin = test.get();
    let secret = service_account(&admin, &["manage-users"]).await?;
    let service = test.connect(Credentials::client_secret("user-sync", secret));
    let realm = service.realm(&test.name);

    let id = realm.users().create(&person("ada")).await?;
    realm
        .user(&id)
        .modify(|user| user.first_name = Some("Augusta".to_owned()))
        .await?;
    let staff = GroupRepresentation::new().with_name("staff");
    let group = realm.groups().create(&staff).await?;
    realm.user(&id).join_group(&group).await?;
    realm.user(&id).logout().await?;
    let count = realm.users().count().await?;
    assert_eq!(count, 1, "an account of a service is not counted");

    let error = realm
        .clients()
        .create(&ClientRepresentation::new().with_client_id("shop"))
        .await;
    let error = error.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    assert_eq!(error.status(), Some(403));
    let error = service.realm("master").users().count().await.unwrap_err();
    assert!(error.is_forbidden(), "another realm: {error}");
    Ok(())
}

/// A row of the chapter's table: a call, and the roles of `realm-management` of which one is enough.
const NEEDS: [(&str, &[&str]); 22] = [
    ("realm.users().list()", &["view-users", "manage-users"]),
    ("realm.user(id).get()", &["view-users", "manage-users"]),
    ("realm.users().create(&user)", &["manage-users"]),
    ("realm.user(id).modify(..)", &["manage-users"]),
    ("realm.user(id).reset_password(..)", &["manage-users"]),
    ("realm.user(id).logout()", &["manage-users"]),
    ("realm.user(id).impersonate()", &["impersonation"]),
    ("realm.groups().list()", &["view-users", "manage-users"]),
    ("realm.groups().create(&group)", &["manage-users"]),
    ("realm.user(id).join_group(..)", &["manage-users"]),
    (
        "realm.roles().list()",
        &["view-realm", "manage-realm", "manage-identity-providers"],
    ),
    ("realm.roles().create(&role)", &["manage-realm"]),
    (
        "realm.user(id).realm_roles().list()",
        &["view-users", "manage-users"],
    ),
    (
        "realm.user(id).realm_roles().add(&[role])",
        &["manage-users"],
    ),
    (
        "realm.clients().list()",
        &["view-clients", "manage-clients"],
    ),
    ("realm.clients().create(&client)", &["manage-clients"]),
    (
        "realm.client_by_uuid(uuid).get_secret()",
        &["view-clients", "manage-clients"],
    ),
    (
        "realm.client_by_uuid(uuid).regenerate_secret()",
        &["manage-clients"],
    ),
    ("realm.modify(..)", &["manage-realm"]),
    ("realm.events().list()", &["view-events", "manage-events"]),
    (
        "realm.identity_providers().list()",
        &["view-identity-providers", "manage-identity-providers"],
    ),
    (
        "realm.organizations().create(&organization)",
        &["manage-realm", "manage-organizations"],
    ),
];

#[test]
fn the_chapter_has_the_table_of_roles() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/login.md");
    let chapter = std::fs::read_to_string(path).unwrap();
    for (call, roles) in NEEDS {
        let roles: Vec<_> = roles.iter().map(|role| format!("`{role}`")).collect();
        let row = format!("| `{call}` | {} |\n", roles.join(" or "));
        assert!(chapter.contains(&row), "no row {row}");
    }
}

/// The things of a realm that the calls are about.
struct Things {
    user: String,
    group: String,
    role: RoleRepresentation,
    client: String,
}

impl Things {
    async fn create(realm: &Realm) -> Result<Self, Error> {
        let role = RoleRepresentation::new().with_name("editor");
        realm.roles().create(&role).await?;
        let group = GroupRepresentation::new().with_name("staff");
        let client = ClientRepresentation::new().with_client_id("shop");
        let broker = IdentityProviderRepresentation::new()
            .with_alias("partner")
            .with_provider_id("oidc");
        realm.identity_providers().create(&broker).await?;
        Ok(Self {
            user: realm.users().create(&person("ada")).await?,
            group: realm.groups().create(&group).await?,
            role: realm.role("editor").get().await?,
            client: realm.clients().create(&client).await?,
        })
    }

    /// Makes the call of this row, and returns the number of things that it gives. A call that does something gives one.
    async fn call(&self, realm: &Realm, call: &str) -> Result<usize, Error> {
        let user = realm.user(&self.user);
        let client = realm.client_by_uuid(&self.client);
        let name = harness::realm_name("guide");
        let given = match call {
            "realm.users().list()" => realm.users().list().username("ada").await?.len(),
            "realm.groups().list()" => realm.groups().list().await?.len(),
            "realm.roles().list()" => realm.roles().list().await?.len(),
            "realm.user(id).realm_roles().list()" => user.realm_roles().list().await?.len(),
            "realm.clients().list()" => realm.clients().list().client_id("shop").await?.len(),
            "realm.identity_providers().list()" => realm.identity_providers().list().await?.len(),
            "realm.events().list()" => realm.events().list().await.map(|_| 1)?,
            _ => {
                self.change(realm, &user, &client, call, name.as_str())
                    .await?;
                1
            }
        };
        Ok(given)
    }

    async fn change(
        &self,
        realm: &Realm,
        user: &keycloak_admin::users::User,
        client: &keycloak_admin::clients::Client,
        call: &str,
        name: &str,
    ) -> Result<(), Error> {
        match call {
            "realm.user(id).get()" => user.get().await.map(drop),
            "realm.users().create(&user)" => realm.users().create(&person(name)).await.map(drop),
            "realm.user(id).modify(..)" => {
                user.modify(|user| user.last_name = Some(name.to_owned()))
                    .await
            }
            "realm.user(id).reset_password(..)" => {
                user.reset_password(name, keycloak_admin::Temporary::No)
                    .await
            }
            "realm.user(id).logout()" => user.logout().await,
            "realm.user(id).impersonate()" => user.impersonate().await.map(drop),
            "realm.groups().create(&group)" => {
                let group = GroupRepresentation::new().with_name(name);
                realm.groups().create(&group).await.map(drop)
            }
            "realm.user(id).join_group(..)" => user.join_group(&self.group).await,
            "realm.roles().create(&role)" => {
                let role = RoleRepresentation::new().with_name(name);
                realm.roles().create(&role).await.map(drop)
            }
            "realm.user(id).realm_roles().add(&[role])" => {
                user.realm_roles()
                    .add(std::slice::from_ref(&self.role))
                    .await
            }
            "realm.clients().create(&client)" => {
                let client = ClientRepresentation::new().with_client_id(name);
                realm.clients().create(&client).await.map(drop)
            }
            "realm.client_by_uuid(uuid).get_secret()" => client.get_secret().await.map(drop),
            "realm.client_by_uuid(uuid).regenerate_secret()" => {
                client.regenerate_secret().await.map(drop)
            }
            "realm.modify(..)" => {
                realm
                    .modify(|realm| realm.display_name = Some(name.to_owned()))
                    .await
            }
            "realm.organizations().create(&organization)" => {
                let organization = OrganizationRepresentation::new().with_name(name);
                realm.organizations().create(&organization).await.map(drop)
            }
            other => panic!("nobody knows how to call {other}"),
        }
    }
}

/// A client of the server whose service account has these roles alone.
async fn account_with(test: &TestRealm, roles: &[&str]) -> Result<Keycloak, Error> {
    let realm = test.get();
    let client_id = roles.join("-and-");
    let client = ClientRepresentation::new()
        .with_client_id(&client_id)
        .with_secret("s3cret")
        .with_service_accounts_enabled(true);
    let uuid = realm.clients().create(&client).await?;
    let account = realm
        .client_by_uuid(&uuid)
        .get_service_account_user()
        .await?;
    let account = realm.user(account.id.unwrap());
    account
        .client_roles("realm-management")
        .add_by_name(roles.iter().copied())
        .await?;
    Ok(test.connect(Credentials::client_secret(client_id, "s3cret")))
}

/// Returns whether the server refused, or showed too little of a realm to change it.
fn is_refusal(error: &Error) -> bool {
    let names_role = |message: &str| message.contains("the account needs the role `view-realm`");
    error.is_forbidden()
        || error.kind() == ErrorKind::Decode && error.message().is_some_and(names_role)
}

/// Every role is given alone to an account, which makes every call of the table. A list without the thing that is there counts as refused.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_table_of_roles_is_what_the_server_does() -> Result<(), Error> {
    let test = TestRealm::create_with("guide-roles", |realm| {
        realm.organizations_enabled = Some(true);
    })
    .await;
    let realm = test.get();
    let things = Things::create(&realm).await?;
    let management = realm
        .clients()
        .find_uuid("realm-management")
        .await?
        .unwrap();
    let roles = realm.client_by_uuid(management).roles().list().await?;
    let mut wrong = Vec::new();
    for role in roles.into_iter().filter_map(|role| role.name) {
        let service = account_with(&test, &[&role]).await?;
        let realm = service.realm(&test.name);
        for (call, enough) in NEEDS {
            let allowed = match things.call(&realm, call).await {
                Ok(given) => given > 0,
                Err(error) if is_refusal(&error) => false,
                Err(error) => panic!("{role}: {call}: {error}"),
            };
            let expected = role == "realm-admin" || enough.contains(&role.as_str());
            if allowed != expected {
                wrong.push(format!("{call}: {role} {allowed}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_query_role_alone_gives_empty_lists() -> Result<(), Error> {
    let test = TestRealm::create("guide-query").await;
    let things = Things::create(&test.get()).await?;
    for (role, call) in [
        ("query-users", "realm.users().list()"),
        ("query-groups", "realm.groups().list()"),
        ("query-clients", "realm.clients().list()"),
    ] {
        let service = account_with(&test, &[role]).await?;
        let given = things.call(&service.realm(&test.name), call).await?;
        assert_eq!(given, 0, "{role}: {call}");
    }
    Ok(())
}

/// Assigning a role by its name reads the role, which `manage-users` does not allow.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_role_is_assigned_by_its_name_if_it_can_be_read() -> Result<(), Error> {
    let test = TestRealm::create("guide-by-name").await;
    let things = Things::create(&test.get()).await?;
    let service = account_with(&test, &["manage-users"]).await?;
    let roles = service.realm(&test.name).user(&things.user).realm_roles();
    let error = roles.add_by_name(["editor"]).await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    roles.add(std::slice::from_ref(&things.role)).await
}

/// Since Keycloak 26.7, `view-users` alone shows neither the roles of a client nor, in `get_role_mappings`, the roles of the realm.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn all_role_mappings_lack_the_roles_that_the_account_may_not_see() -> Result<(), Error> {
    let test = TestRealm::create("guide-mappings").await;
    let things = Things::create(&test.get()).await?;
    let shop = test.get().client_by_uuid(&things.client);
    let buyer = RoleRepresentation::new().with_name("buyer");
    shop.roles().create(&buyer).await?;
    let user = test.get().user(&things.user);
    user.client_roles("shop").add_by_name(["buyer"]).await?;

    for (roles, sees_realm, sees_client) in [
        (&["view-users"][..], false, false),
        (&["view-users", "view-realm"], true, false),
        (&["view-users", "view-clients"], false, true),
        (&["view-users", "view-realm", "view-clients"], true, true),
    ] {
        let service = account_with(&test, roles).await?;
        let user = service.realm(&test.name).user(&things.user);
        assert!(!user.realm_roles().list_effective().await?.is_empty());
        let all = user.get_role_mappings().await?;
        let realm_roles = all.realm_mappings.unwrap_or_default();
        assert_eq!(!realm_roles.is_empty(), sees_realm, "{roles:?}");
        let client_roles = all.client_mappings.unwrap_or_default();
        assert_eq!(client_roles.contains_key("shop"), sees_client, "{roles:?}");
        let list = user.client_roles_by_uuid(&things.client).list().await;
        let refused = list.is_err_and(|error| error.is_forbidden());
        assert_eq!(refused, !sees_client, "{roles:?}");
        // A server with `admin-fine-grained-authz:v1` hides the client: it is not found then, and elsewhere 403.
        let by_client_id = user.client_roles("shop").list().await;
        let hidden = by_client_id.is_err_and(|error| error.is_forbidden() || error.is_not_found());
        assert_eq!(hidden, !sees_client, "{roles:?}");
    }
    Ok(())
}
