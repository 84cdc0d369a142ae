//! Objects for the tests, with the fewest fields that Keycloak takes.

use std::collections::BTreeMap;

use keycloak_admin::types::{
    ClientRepresentation, ClientScopeRepresentation, CredentialRepresentation, GroupRepresentation,
    IdentityProviderRepresentation, RealmRepresentation, RoleRepresentation, UserRepresentation,
};
use keycloak_server::smtp::SmtpSink;

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn strings<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    pairs.into_iter().map(owned).collect()
}

/// A user who can log in with [`PASSWORD`].
pub(crate) fn user(username: &str) -> UserRepresentation {
    crate::common::person(username).with_credentials([CredentialRepresentation::password(PASSWORD)])
}

pub(crate) fn group(name: &str) -> GroupRepresentation {
    GroupRepresentation::new().with_name(name)
}

pub(crate) fn role(name: &str) -> RoleRepresentation {
    RoleRepresentation::new().with_name(name)
}

/// A confidential client through which users can log in with a password.
pub(crate) fn client(client_id: &str) -> ClientRepresentation {
    ClientRepresentation::new()
        .with_client_id(client_id)
        .with_secret("s3cret")
        .with_direct_access_grants_enabled(true)
        .with_service_accounts_enabled(true)
}

pub(crate) fn client_scope(name: &str) -> ClientScopeRepresentation {
    ClientScopeRepresentation::new()
        .with_name(name)
        .with_protocol("openid-connect")
}

/// An identity provider that nobody answers at.
pub(crate) fn identity_provider(alias: &str) -> IdentityProviderRepresentation {
    IdentityProviderRepresentation::new()
        .with_alias(alias)
        .with_provider_id("oidc")
        .with_config([
            ("clientId", "acme"),
            ("clientSecret", "s3cret"),
            ("authorizationUrl", "https://login.example.com/auth"),
            ("tokenUrl", "https://login.example.com/token"),
        ])
}

/// Lets the realm send its mails to this server.
pub(crate) fn mails(sink: &SmtpSink) -> impl FnOnce(&mut RealmRepresentation) {
    let port = sink.port().to_string();
    move |realm| {
        realm.smtp_server = Some(strings([
            ("host", "127.0.0.1"),
            ("port", &port),
            ("from", "keycloak@example.com"),
        ]));
    }
}
