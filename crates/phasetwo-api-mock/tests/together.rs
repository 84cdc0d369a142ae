//! Both APIs on one server, in one session of the code under test.

use keycloak_admin::Keycloak;
use keycloak_admin::phasetwo::types::OrganizationRepresentation;
use keycloak_admin::types::UserRepresentation;

#[tokio::test]
async fn both_apis_are_mocked_on_one_server() {
    let keycloak_mock = keycloak_api_mock::MockServer::start();
    let phasetwo_mock = phasetwo_api_mock::MockServer::on(&keycloak_mock);
    let alice = UserRepresentation::new().with_username("alice");
    keycloak_mock.get_user(|when, then| (when.user_id("1"), then.ok(&alice)));
    let acme = OrganizationRepresentation::new().with_name("acme");
    phasetwo_mock.get_organization(|when, then| (when.org_id("7"), then.ok(&acme)));

    let keycloak = Keycloak::new(keycloak_mock.session());
    let realm = keycloak.realm("main");
    let found = realm.user("1").get().await.unwrap();
    assert_eq!(found.username, alice.username);
    let organization = realm.phasetwo().organization("7");
    let found = organization.get().await.unwrap();
    assert_eq!(found.name, acme.name);
    assert_eq!(keycloak_mock.tokens().requests(), 1);
    phasetwo_mock.assert_all_matched();
}

/// Every operation of both is found by its path and no other one is: what is said of a call without a mock names it.
#[tokio::test]
async fn every_operation_is_told_from_the_others() {
    let server = keycloak_api_mock::MockServer::start();
    let _ = phasetwo_api_mock::MockServer::on(&server);
    let session = server.session();
    let operations = [keycloak_api::OPERATIONS, phasetwo_api::OPERATIONS].concat();
    for info in &operations {
        let mut request = keycloak_admin::Request::new(&session, info);
        for name in info.path_parameters() {
            request.set_path(name, "x y");
        }
        for name in info.required_parameters() {
            request.set_query(name, "x");
        }
        if info.is_body_required() {
            request.set_body("application/json", "{}");
        }
        let error = request.send_raw().await.unwrap_err();
        assert_eq!(error.status(), Some(501), "{}: {error}", info.id());
        let message = error.message().unwrap_or_default();
        let named = format!("no mock of `{}` answers {} ", info.id(), info.method());
        assert!(message.starts_with(&named), "{message}");
    }
    assert_eq!(server.unmatched().len(), operations.len());
}
