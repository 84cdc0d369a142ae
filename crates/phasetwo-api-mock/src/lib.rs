//! Mocks of Phase Two's Admin REST API, for unit tests of code that uses `keycloak-admin`. The mock server has a method for each operation. It may
//! also mock Keycloak's API.
//!
//! ```
//! use keycloak_admin::phasetwo::types::OrganizationRepresentation;
//! use keycloak_admin::{Error, Keycloak};
//! use phasetwo_api_mock::MockServer;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let server = MockServer::start();
//! let acme = OrganizationRepresentation::new().with_id("7").with_name("acme");
//! server.get_organization(|when, then| (when.realm("main").org_id("7"), then.ok(&acme)));
//!
//! let keycloak = Keycloak::new(server.session());
//! let organization = keycloak.phasetwo_api().get_organization().realm("main").org_id("7").send().await?;
//! assert_eq!(organization.name.as_deref(), Some("acme"));
//! # Ok(())
//! # }
//! ```
//!
//! With Keycloak's API on one server: `phasetwo_api_mock::MockServer::on(&keycloak)`, where `keycloak` is a
//! `keycloak_api_mock::MockServer`. [`keycloak_mock`] has the rules.

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod generated;

pub use generated::MockServer;
pub use keycloak_mock::{Mock, Received, Then, Tokens};
