use keycloak_api_mock::MockServer;

fn main() {
    let server = MockServer::start();
    server.get_user(|when, then| (when.membership_type("MANAGED"), then.error(404, "no user")));
}
