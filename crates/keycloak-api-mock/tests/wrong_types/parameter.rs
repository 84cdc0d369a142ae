use keycloak_api_mock::MockServer;

fn main() {
    let server = MockServer::start();
    server.get_user(|when, then| (when.group_id("1"), then.error(404, "User not found")));
}
