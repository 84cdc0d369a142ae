//! Mocks of wrong types do not compile. Each pair of examples differs in the type alone: the first one compiles, the second one does not.

/// An answer has the type of the operation's answer.
///
/// ```
/// use keycloak_api::types::UserRepresentation;
/// let answer = vec![UserRepresentation::new()];
/// let server = keycloak_api_mock::MockServer::start();
/// server.list_users(|when, then| (when.realm("acme"), then.ok(answer)));
/// ```
///
/// ```compile_fail
/// use keycloak_api::types::GroupRepresentation;
/// let answer = vec![GroupRepresentation::new()];
/// let server = keycloak_api_mock::MockServer::start();
/// server.list_users(|when, then| (when.realm("acme"), then.ok(answer)));
/// ```
enum Answer {}

/// A body has the type of the operation's body.
///
/// ```
/// use keycloak_api::types::UserRepresentation;
/// let body = UserRepresentation::new();
/// let server = keycloak_api_mock::MockServer::start();
/// server.create_user(|when, then| (when.body(&body), then.created("1")));
/// ```
///
/// ```compile_fail
/// use keycloak_api::types::GroupRepresentation;
/// let body = GroupRepresentation::new();
/// let server = keycloak_api_mock::MockServer::start();
/// server.create_user(|when, then| (when.body(&body), then.created("1")));
/// ```
enum Body {}

/// A parameter is one of the operation's own.
///
/// ```
/// let server = keycloak_api_mock::MockServer::start();
/// server.list_organization_members(|when, then| (when.membership_type("MANAGED"), then.error(404, "no such organization")));
/// ```
///
/// ```compile_fail
/// let server = keycloak_api_mock::MockServer::start();
/// server.get_user(|when, then| (when.membership_type("MANAGED"), then.error(404, "no such organization")));
/// ```
enum Parameter {}
