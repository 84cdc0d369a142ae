//! Applications to a server whose calls fail. Its answers stand in the tests.

use keycloak_admin::{Credentials, Keycloak};
use keycloak_api_mock::MockServer;
use keycloak_config::{Actual, ConfigError, Desired, PlanOptions, Values, apply, plan};
use serde_json::json;

/// A resource of the permissions of version 1, which Keycloak makes when the permissions of the client are turned on.
const PERMISSION: &str = r"
realm: acme
clients:
  - clientId: realm-management
    authorizationSettings:
      resources: [{name: client.resource.$app, type: Client, scopes: [{name: view}]}]
";

#[tokio::test]
async fn a_search_that_fails_is_not_taken_for_one_that_finds_nothing() {
    let server = MockServer::start();
    server.update_client_management_permissions(|when, then| (when, then.json(200, json!({}))));
    server.get_authz_resource_server(|when, then| (when, then.json(200, json!({}))));
    server.find_authz_resource(|when, then| {
        (when.name("client.resource.1"), then.error(403, "not you"))
    });
    let import = server.import_authz_settings(|when, then| (when, then.json(200, ())));
    let keycloak =
        Keycloak::builder(server.url()).credentials(Credentials::client_secret("config", "any"));
    let keycloak = keycloak.build().expect("a URL");
    let desired = Desired::parse([("realm.yaml", PERMISSION)], &Values::default());
    let desired = desired.expect("a declaration");
    let clients =
        json!([{"id": "1", "clientId": "app"}, {"id": "2", "clientId": "realm-management"}]);
    let actual = Actual::of_representation(&json!({"realm": "acme", "clients": clients}));
    let actual = actual.expect("a realm");
    let plan = plan(&desired, &actual, &PlanOptions::default()).expect("a plan");
    let applied = apply(&keycloak, &plan, &desired, &actual, &|_| {}).await;
    let error = applied.expect_err("a failed search");
    let ConfigError::Call { source, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(source.status(), Some(403), "{error}");
    import.assert_calls(0);
}
