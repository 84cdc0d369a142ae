//! Advice for the commonest mistakes: the end of an error's text, which says what to do.

use super::ErrorKind;

/// The realm role of the realm `master` that lets an account create realms.
pub(crate) const CREATE_REALM: &str = "create-realm";

/// Advice after a call that timed out and may have changed something.
pub(super) const UNKNOWN_OUTCOME: &str =
    "the server may have made the change: read the object before you repeat the call";

const CLOCKS: &str = "compare the clocks of this machine and of the server";

const HTTPS: &str = "if the server speaks https there, use https";

const ADDRESS: &str = "check the base URL, and whether `/auth` belongs to it";

/// Parts of Keycloak's messages at the token endpoint, each with its advice.
const LOGINS: [(&str, &str); 14] = [
    ("Unable to find matching target resource method", ADDRESS),
    ("Realm does not exist", "check the auth realm"),
    ("Realm not enabled", "enable the auth realm"),
    ("HTTPS required", "call the server by https"),
    (
        "Invalid user credentials",
        "check the user name, the password and the auth realm",
    ),
    ("Account disabled", "enable the user"),
    (
        "Account is not fully set up",
        "the user has required actions to do, or a temporary password",
    ),
    (
        "Client not allowed for direct access grants",
        "set directAccessGrantsEnabled of the client",
    ),
    (
        "not allowed to initiate OAuth 2.0 Device Authorization Grant",
        "set the client's attribute oauth2.device.authorization.grant.enabled",
    ),
    (
        "Client not enabled to retrieve service account",
        "set serviceAccountsEnabled of the client",
    ),
    (
        "Public client not allowed to retrieve service account",
        "set publicClient of the client to false",
    ),
    ("Token is not active", CLOCKS),
    ("Token was issued in the future", CLOCKS),
    (
        "Invalid client or Invalid client credentials",
        "check the client_id, its secret and the auth realm, and that the client is enabled",
    ),
];

/// Parts of the causes of failed connections, each with its advice.
const CONNECTIONS: [(&str, &str); 8] = [
    (
        "UnknownIssuer",
        "give the certificate of its authority to root_certificate_pem",
    ),
    (
        "certificate expired",
        "the server's certificate has expired",
    ),
    (
        "certificate not valid for name",
        "the server's certificate is for another host name",
    ),
    (
        "InvalidContentType",
        "the server does not speak https there; check the port, or use http",
    ),
    ("connection closed before message completed", HTTPS),
    ("invalid HTTP version parsed", HTTPS),
    (
        "Connection refused",
        "check the host and the port, and that the server runs",
    ),
    (
        "failed to lookup address information",
        "check the host name in the base URL",
    ),
];

/// Returns what to do after an answer of the token endpoint with a client error.
pub(super) fn login(is_not_found: bool, message: Option<&str>) -> &'static str {
    // Keycloak sends a message for an unknown realm. An answer without a message comes from a server that lacks the path.
    let otherwise = if is_not_found && message.is_none() {
        ADDRESS
    } else {
        "check the credentials, the auth realm and the base URL"
    };
    message
        .and_then(|message| known(&LOGINS, message))
        .unwrap_or(otherwise)
}

/// Returns what to do after an answer of 403 to an account that may lack this role.
pub(super) fn role(role: &str) -> String {
    if role == CREATE_REALM {
        return format!(
            "the account needs the realm role {role} of the realm master, and auth_realm has to be master"
        );
    }
    format!(
        "the account needs the role {role} of the client realm-management of this realm, or for an account of the realm master \
         of the client REALM-realm; an account of another realm has no rights here"
    )
}

/// Returns what to do after an answer with an error status and this message.
pub(super) fn answer(message: &str) -> Option<&'static str> {
    let is_unknown_field = message.contains("Unrecognized field");
    is_unknown_field
        .then_some("correct the name of the field, or leave it out for a server of this version")
}

/// Returns what to do after a connection that failed for this cause.
pub(super) fn connection(kind: ErrorKind, cause: &str) -> Option<&'static str> {
    let is_connection = matches!(kind, ErrorKind::Connect | ErrorKind::Transport);
    is_connection.then(|| known(&CONNECTIONS, cause)).flatten()
}

fn known(table: &[(&str, &'static str)], text: &str) -> Option<&'static str> {
    let entry = table.iter().find(|(part, _)| text.contains(part));
    entry.map(|(_, advice)| *advice)
}
