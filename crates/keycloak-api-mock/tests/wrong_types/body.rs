use keycloak_api::types::GroupRepresentation;
use keycloak_api_mock::MockServer;

fn main() {
    let server = MockServer::start();
    let group = GroupRepresentation::default();
    server.create_user(|when, then| (when.body(&group), then.created("1")));
}
