//! The connection of the examples: address and credentials, from the environment.

#![allow(dead_code, unreachable_pub)] // each example uses a part of it

use std::env;
use std::fs;

use keycloak_admin::{Credentials, Error, ErrorKind, Keycloak, SessionBuilder};

/// A client of the server that `KEYCLOAK_URL` names, as `KEYCLOAK_ADMIN_USERNAME` with `KEYCLOAK_ADMIN_PASSWORD`. The file `KEYCLOAK_CA_FILE`
/// has the certificate of the server's authority, if the system does not know it.
pub fn connect() -> Result<Keycloak, Error> {
    let (user, password) = (
        variable("KEYCLOAK_ADMIN_USERNAME", "admin"),
        variable("KEYCLOAK_ADMIN_PASSWORD", "admin"),
    );
    let builder = Keycloak::builder(&variable("KEYCLOAK_URL", "http://127.0.0.1:8080"))
        .credentials(Credentials::password(user, password));
    trusting(builder)?.build()
}

/// Adds the authority that `KEYCLOAK_CA_FILE` names, if it names one.
pub fn trusting(builder: SessionBuilder<Keycloak>) -> Result<SessionBuilder<Keycloak>, Error> {
    let Ok(path) = env::var("KEYCLOAK_CA_FILE") else {
        return Ok(builder);
    };
    let pem = fs::read(path).map_err(|error| {
        let message = "the file that KEYCLOAK_CA_FILE names cannot be read";
        Error::new(ErrorKind::Configuration, message).with_source(error)
    })?;
    Ok(builder.root_certificate_pem(&pem))
}

pub fn variable(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}
