use keycloak_api::types::GroupRepresentation;
use keycloak_api_mock::MockServer;

fn main() {
    let server = MockServer::start();
    let groups = vec![GroupRepresentation::default()];
    server.list_users(|when, then| (when.realm("acme"), then.ok(groups)));
}
