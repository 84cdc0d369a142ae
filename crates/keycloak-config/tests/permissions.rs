//! Fine-grained permissions of administrators, in both versions. A server has one of the two.

mod common;

use keycloak_admin::{Credentials, Keycloak};
use keycloak_config::{Desired, Kind, Plan, PlanOptions, Values, apply, export, plan, read_actual};
use keycloak_server::{Server, ServerSpec, harness};

use self::common::TestRealm;

/// A realm with permissions of version 1: policies of the client `realm-management`.
const VERSION_1: &str = r#"
realm: permissions
roles: {realm: [{name: helper}], client: {app: [{name: write}]}}
groups: [{name: staff, subGroups: [{name: new}]}]
identityProviders: [{alias: partner, providerId: oidc, config: {clientId: a, authorizationUrl: "https://a", tokenUrl: "https://a"}}]
clients:
  - clientId: app
  - clientId: realm-management
    authorizationSettings:
      resources:
        - {name: client.resource.$app, type: Client, scopes: [{name: view}, {name: manage}]}
        - {name: group.resource.$/staff/new, type: Group, scopes: [{name: view}]}
        - {name: role.resource.$app/write, type: Role, scopes: [{name: map-role}]}
        - {name: idp.resource.$partner, type: IdentityProvider, scopes: [{name: token-exchange}]}
        - {name: my.client.$app, type: Own, scopes: [{name: view}]}
      policies:
        - {name: $app, type: role, logic: POSITIVE, decisionStrategy: UNANIMOUS, config: {roles: '[{"id":"helper","required":true}]'}}
        - {name: helpers, type: role, logic: POSITIVE, decisionStrategy: UNANIMOUS, config: {roles: '[{"id":"helper","required":true}]'}}
        - name: manage.permission.client.$app
          type: scope
          logic: POSITIVE
          decisionStrategy: UNANIMOUS
          config: {resources: '["client.resource.$app"]', scopes: '["manage"]', applyPolicies: '["helpers"]'}
"#;

/// A realm with permissions of version 2: policies of the client `admin-permissions`.
const VERSION_2: &str = r#"
realm: permissions
enabled: true
adminPermissionsEnabled: true
roles: {realm: [{name: helper}, {name: other}]}
groups: [{name: staff, subGroups: [{name: new}]}]
clients:
  - clientId: app
  - clientId: us$.$app
  - clientId: admin-permissions
    authorizationSettings:
      policies:
        - {name: client.resource.$app, type: role, logic: POSITIVE, decisionStrategy: UNANIMOUS, config: {roles: '[{"id":"helper","required":true}]'}}
        - name: $app
          type: scope
          logic: POSITIVE
          decisionStrategy: UNANIMOUS
          config: {defaultResourceType: Clients, resources: '["$us$.$app"]', scopes: '["view"]', applyPolicies: '["client.resource.$app"]'}
        - {name: helpers, type: role, logic: POSITIVE, decisionStrategy: UNANIMOUS, config: {roles: '[{"id":"helper","required":true}]'}}
        - name: a client
          type: scope
          logic: POSITIVE
          decisionStrategy: UNANIMOUS
          config: {defaultResourceType: Clients, resources: '["$app"]', scopes: '["view","manage"]', applyPolicies: '["helpers"]'}
        - name: a group
          type: scope
          logic: POSITIVE
          decisionStrategy: UNANIMOUS
          config: {defaultResourceType: Groups, resources: '["$/staff/new"]', scopes: '["view"]', applyPolicies: '["helpers"]'}
        - name: all clients
          type: scope
          logic: POSITIVE
          decisionStrategy: UNANIMOUS
          config: {defaultResourceType: Clients, resources: "[]", scopes: '["view"]', applyPolicies: '["helpers"]'}
"#;

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn permissions_of_version_1_name_objects_instead_of_ids() {
    let realm = TestRealm::reserve("permissions");
    let less = VERSION_1.replace("{name: view}, {name: manage}", "{name: manage}");
    let less = less.replace("\"required\":true", "\"required\":false");
    for text in [VERSION_1, &less] {
        let desired = realm.declare(text);
        assert!(!realm.plan(&desired).await.is_empty());
        realm.apply(&desired).await;
        let left = realm.plan(&desired).await;
        assert!(left.is_empty(), "{left}");
    }
    let missing = realm.declare(&VERSION_1.replace("resource.$app,", "resource.$none,"));
    let actual = realm.read(&missing).await;
    let error = plan(&missing, &actual, &PlanOptions::default()).expect_err("no client");
    assert!(error.to_string().contains("client `none`"), "{error}");
}

/// A test that takes minutes, because it starts a server.
mod nightly {
    use super::*;

    #[tokio::test]
    #[ignore = "needs a real Keycloak; run cargo xtask test --all"]
    async fn permissions_of_version_2_are_made_changed_exported_and_deleted() {
        let version_2 = Version2::start().await;
        let changed = VERSION_2.replace(r#""view","manage""#, r#""view""#);
        let changed = changed.replace("$/staff/new", "$/staff");
        let changed = changed.replace(r#""id":"helper""#, r#""id":"other""#);
        for text in [VERSION_2, &changed] {
            let plan = version_2.apply(text, &[]).await;
            assert!(!plan.is_empty());
            let left = version_2.apply(text, &[]).await;
            assert!(left.is_empty(), "{left}");
        }
        let exported = export(&version_2.keycloak, &version_2.realm).await;
        let exported = exported.expect("an export").to_string();
        for name in [r#"[\"$app\"]"#, r#"[\"$/staff\"]"#] {
            assert!(exported.contains(name), "{name}: {exported}");
        }
        let left = version_2.apply(&exported, &[]).await;
        assert!(left.is_empty(), "{left}");
        let mut names = version_2.policies().await;
        names.sort();
        let expected = [
            "$app",
            "a client",
            "a group",
            "all clients",
            "client.resource.$app",
            "helpers",
        ];
        assert_eq!(names, expected);
        let (start, _) = VERSION_2.split_once("policies:").expect("policies");
        let none = format!("{start}policies: []\n");
        let plan = version_2.apply(&none, &[Kind::Policy]).await;
        assert_eq!(plan.actions.len(), 6, "{plan}");
        version_2.delete().await;
    }
}

/// A server with version 2: that of the harness, or else one of its own.
struct Version2 {
    keycloak: Keycloak,
    realm: String,
    _server: Option<Server>,
}

impl Version2 {
    async fn start() -> Self {
        let target = harness::keycloak();
        let connect = |url: &str, username: &str, password: &str| {
            let credentials = Credentials::password(username, password);
            let keycloak = Keycloak::builder(url).credentials(credentials);
            keycloak.build().expect("a URL")
        };
        let keycloak = connect(&target.url, &target.admin_username, &target.admin_password);
        // Version 1 has these permissions, and version 2 answers 501.
        let get = keycloak.api().get_users_management_permissions();
        let is_version_1 = get.realm("master").await.is_ok();
        let server = is_version_1.then(|| {
            Server::start(&ServerSpec::newest(), &mut |_| {}).expect("a server as it comes")
        });
        let keycloak = match &server {
            Some(server) => connect(
                server.url(),
                server.admin_username(),
                server.admin_password(),
            ),
            None => keycloak,
        };
        Self {
            keycloak,
            realm: harness::realm_name("cfg-permissions"),
            _server: server,
        }
    }

    /// Plans and applies, and returns the plan.
    async fn apply(&self, text: &str, prune: &[Kind]) -> Plan {
        let desired = Desired::parse([("realm.yaml", text)], &Values::default());
        let desired = desired.expect("a declaration").with_realm(&self.realm);
        let actual = read_actual(&self.keycloak, &desired)
            .await
            .expect("a realm");
        let options = PlanOptions::default().with_prune(prune.iter().copied());
        let plan = plan(&desired, &actual, &options).expect("a plan");
        let report = apply(&self.keycloak, &plan, &desired, &actual, &|_| {}).await;
        report.unwrap_or_else(|error| panic!("{error}"));
        plan
    }

    /// Returns the names of the policies and permissions as the server has them.
    async fn policies(&self) -> Vec<String> {
        let clients = self.keycloak.realm(&self.realm).clients();
        let uuid = clients.find_uuid("admin-permissions").await;
        let uuid = uuid.expect("clients").expect("a client");
        let list = self.keycloak.api().list_authz_policies();
        let policies = list.realm(&self.realm).client_uuid(uuid).await;
        let policies = policies.expect("policies").into_iter();
        policies.filter_map(|policy| policy.name).collect()
    }

    async fn delete(self) {
        let deleted = self.keycloak.realm(&self.realm).delete().await;
        deleted.expect("deleted");
    }
}
