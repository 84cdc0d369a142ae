//! The connection of the examples: address and credentials, from the environment.

#![allow(dead_code, unreachable_pub)] // each example uses a part of it

use std::env;

use keycloak_admin::{Credentials, Error, Keycloak};

/// A client of the server that `KEYCLOAK_URL` names, as `KEYCLOAK_ADMIN_USERNAME` with `KEYCLOAK_ADMIN_PASSWORD`.
pub fn connect() -> Result<Keycloak, Error> {
    let (user, password) = (
        variable("KEYCLOAK_ADMIN_USERNAME", "admin"),
        variable("KEYCLOAK_ADMIN_PASSWORD", "admin"),
    );
    Keycloak::builder(&variable("KEYCLOAK_URL", "http://127.0.0.1:8080"))
        .credentials(Credentials::password(user, password))
        .build()
}

pub fn variable(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
