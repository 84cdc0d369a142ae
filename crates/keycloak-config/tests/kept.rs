//! The people and sessions of a realm survive changes of the objects that they belong to.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use keycloak_admin::types::UserRepresentation;
use keycloak_admin::user_storage::Sync;
use keycloak_admin::{Credentials, Keycloak};
use keycloak_config::{Actual, Desired, Edit, Key, Kind, PlanOptions, plan};
use keycloak_server::harness;
use keycloak_server::ldap::{ADMIN_DN, ADMIN_PASSWORD, LdapServer, PEOPLE};

use self::common::TestRealm;

/// A realm with a federation. `CONFIG` and `MAPPER` stand for what changes.
const FEDERATED: &str = r#"
realm: whole
enabled: true
roles:
  realm:
    - name: sailor
groups:
  - name: crew
components:
  org.keycloak.storage.UserStorageProvider:
    - name: directory
      providerId: ldap
      config:
        vendor: [other]
        connectionUrl: ["LDAP_URL"]
        usernameLDAPAttribute: [uid]
        rdnLDAPAttribute: [uid]
        uuidLDAPAttribute: [entryUUID]
        bindDn: ["ADMIN_DN"]
        bindCredential: ["ADMIN_PASSWORD"]
        importEnabled: ["true"]
CONFIG
      subComponents:
        org.keycloak.storage.ldap.mappers.LDAPStorageMapper:
          - name: floor
            providerId: user-attribute-ldap-mapper
            config:
MAPPER
"#;

/// The settings of the federation at first.
const CONFIG: &str = r#"
        usersDn: ["ou=people,dc=example,dc=com"]
        userObjectClasses: [inetOrgPerson]
        enabled: ["true"]
        priority: ["0"]
        editMode: [READ_ONLY]
        authType: [simple]
        cachePolicy: [DEFAULT]
        pagination: ["false"]
        searchScope: ["1"]
        trustEmail: ["false"]
        syncRegistrations: ["false"]
        batchSizeForSync: ["1000"]
        fullSyncPeriod: ["-1"]
        changedSyncPeriod: ["-1"]
        validatePasswordPolicy: ["false"]
"#;

/// Another value for each of them, for a directory that has the same people.
const OTHER_CONFIG: &str = r#"
        usersDn: ["dc=example,dc=com"]
        userObjectClasses: ["inetOrgPerson, organizationalPerson"]
        customUserSearchFilter: ["(uid=*)"]
        enabled: ["true"]
        priority: ["7"]
        editMode: [WRITABLE]
        authType: [simple]
        cachePolicy: [MAX_LIFESPAN]
        maxLifespan: ["60000"]
        pagination: ["true"]
        searchScope: ["2"]
        trustEmail: ["true"]
        syncRegistrations: ["true"]
        batchSizeForSync: ["10"]
        fullSyncPeriod: ["604800"]
        changedSyncPeriod: ["86400"]
        connectionTimeout: ["5000"]
        readTimeout: ["60000"]
        validatePasswordPolicy: ["true"]
        connectionPooling: ["true"]
        useTruststoreSpi: [never]
"#;

const MAPPER: &str = r"
              ldap.attribute: [roomNumber]
              user.model.attribute: [floor]
              read.only: ['true']
";

const OTHER_MAPPER: &str = r"
              ldap.attribute: [departmentNumber]
              user.model.attribute: [department]
              read.only: ['false']
              always.read.value.from.ldap: ['true']
";

/// Applies a declaration and returns the number of objects that changed. Nothing may be deleted, and only parts of objects may be made.
async fn change(realm: &TestRealm, desired: &Desired) -> usize {
    let planned = realm.plan(desired).await;
    let mut changes = 0;
    for action in &planned.actions {
        match &action.edit {
            Edit::Change { .. } => changes += 1,
            Edit::Create { .. } => {
                let is_part = action.key.path.len() > 1 || action.key.kind == Kind::Authorization;
                assert!(is_part, "{planned}");
            }
            _ => panic!("{planned}"),
        }
    }
    realm.apply(desired).await;
    let left = realm.plan(desired).await;
    assert!(left.is_empty(), "{left}");
    changes
}

/// Returns the id of an object.
fn id(actual: &Actual, is_wanted: impl Fn(&Key) -> bool) -> String {
    let mut objects = actual.model().iter();
    let object = objects.find(|(key, _)| is_wanted(key));
    object
        .and_then(|(_, object)| object.id.clone())
        .expect("an id")
}

/// Returns the problem of a plan that is refused.
async fn refusal(realm: &TestRealm, desired: &Desired) -> String {
    let actual = realm.read(desired).await;
    let refused = plan(desired, &actual, &PlanOptions::default());
    refused.expect_err("a problem").to_string()
}

/// Returns the ids, federations and own roles of the users.
async fn users(
    realm: &TestRealm,
) -> BTreeMap<String, (Option<String>, Option<String>, BTreeSet<String>)> {
    let handle = realm.keycloak.realm(&realm.name);
    let mut users = BTreeMap::new();
    for user in handle
        .users()
        .list()
        .brief_representation(false)
        .await
        .expect("users")
    {
        let id = user.id.clone().expect("an id");
        let roles = handle.user(&id).realm_roles().list().await.expect("roles");
        let roles = roles.into_iter().filter_map(|role| role.name).collect();
        let name = user.username.clone().expect("a name");
        users.insert(name, (user.id, user.federation_link, roles));
    }
    users
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_users_of_a_federation_survive_changes_of_all_its_settings() {
    let ldap = LdapServer::start(PEOPLE).expect("a directory");
    let realm = TestRealm::reserve("federation");
    let declare = |config: &str, mapper: &str| {
        let text = FEDERATED
            .replace("CONFIG", config)
            .replace("MAPPER", mapper);
        let text = text.replace("LDAP_URL", &ldap.url());
        realm.declare(
            &text
                .replace("ADMIN_DN", ADMIN_DN)
                .replace("ADMIN_PASSWORD", ADMIN_PASSWORD),
        )
    };
    let first = declare(CONFIG, MAPPER);
    realm.apply(&first).await;
    let handle = realm.keycloak.realm(&realm.name);
    let actual = realm.read(&first).await;
    let id = id(&actual, |key| {
        key.kind == Kind::Component && key.name() == "directory"
    });
    handle
        .user_storage(&id)
        .sync(Sync::Full)
        .await
        .expect("a sync");
    let ada = handle
        .users()
        .find_by_username("ada")
        .await
        .expect("a call")
        .expect("ada");
    let sailor = handle.role("sailor").get().await.expect("a role");
    let ada = handle.user(ada.id.unwrap_or_default());
    ada.realm_roles().add(&[sailor]).await.expect("added");
    let before = users(&realm).await;
    assert_eq!(before["ada"].1.as_ref(), Some(&id));
    assert!(before["ada"].2.contains("sailor"));
    assert_eq!(
        change(&realm, &declare(OTHER_CONFIG, OTHER_MAPPER)).await,
        2
    );
    assert_eq!(users(&realm).await, before);
    assert_eq!(change(&realm, &declare(CONFIG, MAPPER)).await, 2);
    assert_eq!(users(&realm).await, before);
    let other_type = realm.declare(
        "realm: whole\ncomponents:\n  org.keycloak.storage.UserStorageProvider:\n    - {name: directory, providerId: kerberos}\n",
    );
    let problem = refusal(&realm, &other_type).await;
    assert!(
        problem.contains("`providerId` of the component") && problem.contains("cannot be changed"),
        "{problem}"
    );
    assert_eq!(users(&realm).await, before);
}

/// A realm with a client, a group and an organization.
const REALM: &str = r"
realm: whole
enabled: true
organizationsEnabled: true
roles:
  realm:
    - name: reader
";

/// The three objects at first.
const OBJECTS: &str = r"
clients:
  - clientId: app
    publicClient: true
    directAccessGrantsEnabled: true
    redirectUris: [https://app.example.com/*]
groups:
  - name: staff
organizations:
  - name: Acme
    alias: acme
    domains:
      - name: acme.example.com
";

/// The three objects with another value for all settings.
const OTHER_OBJECTS: &str = r#"
clients:
  - clientId: app
    name: The app
    description: An app
    enabled: false
    alwaysDisplayInConsole: true
    publicClient: false
    bearerOnly: false
    clientAuthenticatorType: client-secret-jwt
    consentRequired: true
    directAccessGrantsEnabled: false
    standardFlowEnabled: false
    implicitFlowEnabled: true
    serviceAccountsEnabled: true
    authorizationServicesEnabled: true
    frontchannelLogout: true
    fullScopeAllowed: false
    surrogateAuthRequired: true
    rootUrl: https://other.example.com
    baseUrl: https://other.example.com/home
    adminUrl: https://other.example.com/admin
    redirectUris: [https://other.example.com/*]
    webOrigins: [https://other.example.com]
    nodeReRegistrationTimeout: 60
    notBefore: 1
    attributes:
      access.token.lifespan: "60"
      pkce.code.challenge.method: S256
    defaultClientScopes: [basic]
    optionalClientScopes: [phone]
    authenticationFlowBindingOverrides:
      browser: registration
    protocolMappers:
      - name: audience
        protocol: openid-connect
        protocolMapper: oidc-audience-mapper
        config:
          included.client.audience: app
groups:
  - name: staff
    description: Everybody
    attributes:
      floor: ["1"]
    realmRoles: [reader]
    clientRoles:
      account: [view-profile]
    subGroups:
      - name: new
organizations:
  - name: Acme Limited
    alias: acme
    enabled: false
    description: A company
    redirectUrl: https://acme.example.org
    attributes:
      floor: ["1"]
    domains:
      - name: acme.example.org
        verified: true
"#;

/// Logs in with a new session.
async fn log_in(realm: &str) {
    let credentials = Credentials::password("alice", "planted-password").with_client_id("app");
    let keycloak = Keycloak::builder(&harness::keycloak().url).credentials(credentials);
    let keycloak = keycloak.auth_realm(realm).build().expect("a client");
    keycloak.session().access_token().await.expect("a login");
}

/// Returns the sessions of the client, the members of the group and those of the organization.
async fn people(realm: &TestRealm) -> [BTreeSet<String>; 3] {
    let handle = realm.keycloak.realm(&realm.name);
    let actual = realm
        .read(&realm.declare(&format!("{REALM}{OBJECTS}")))
        .await;
    let id = |kind, name: &str| self::id(&actual, |key| key.kind == kind && key.path == [name]);
    let sessions = handle
        .client_by_uuid(id(Kind::Client, "app"))
        .list_sessions()
        .await;
    let sessions = sessions
        .expect("sessions")
        .into_iter()
        .filter_map(|session| session.id);
    let members = handle.group(id(Kind::Group, "staff")).list_members().await;
    let members = members
        .expect("members")
        .into_iter()
        .filter_map(|user| user.username);
    let organization = handle.organization(id(Kind::Organization, "acme"));
    let of_organization = organization.members().list().await.expect("members");
    let of_organization = of_organization.into_iter().filter_map(|user| user.username);
    [
        sessions.collect(),
        members.collect(),
        of_organization.collect(),
    ]
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn sessions_and_members_survive_changes_of_all_settings() {
    let realm = TestRealm::reserve("people");
    let [first, second] =
        [OBJECTS, OTHER_OBJECTS].map(|text| realm.declare(&format!("{REALM}{text}")));
    realm.apply(&first).await;
    let handle = realm.keycloak.realm(&realm.name);
    let alice = UserRepresentation::new()
        .with_username("alice")
        .with_email("alice@example.com")
        .with_first_name("Alice")
        .with_last_name("Liddell")
        .with_enabled(true)
        .with_groups(["/staff"]);
    let id = handle.users().create(&alice).await.expect("a user");
    handle
        .user(&id)
        .reset_password("planted-password", keycloak_admin::Temporary::No)
        .await
        .expect("a password");
    let organizations = handle.organizations().list().await.expect("organizations");
    let acme = handle.organization(organizations[0].id.clone().expect("an id"));
    acme.members().add_user(&id).await.expect("a member");
    log_in(&realm.name).await;
    let before = people(&realm).await;
    assert_eq!(before.each_ref().map(BTreeSet::len), [1, 1, 1]);
    assert!(change(&realm, &second).await >= 3);
    assert_eq!(people(&realm).await, before);
    change(&realm, &first).await;
    assert_eq!(people(&realm).await, before);
}
