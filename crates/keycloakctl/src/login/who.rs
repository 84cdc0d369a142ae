//! The command `whoami`.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::error::CliError;
use crate::login::token_file::now;
use crate::login::{ConnectionArgs, session};
use crate::output::{OutputArgs, Printer};

/// Show the server, the account and the rest of the login's time
///
/// It renews the token if that is due, so it fails if the login has ended.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct Whoami {}

impl Whoami {
    /// Prints the account of the token.
    pub(crate) async fn run(
        self,
        connection: &ConnectionArgs,
        output: &OutputArgs,
    ) -> Result<(), CliError> {
        let settings = connection.settings()?;
        let keycloak = session(connection).await?;
        let token = keycloak.session().access_token().await?;
        let claims = claims(token.secret());
        let end = claims["exp"].as_u64().map(|end| end.saturating_sub(now()));
        // The token of some clients, such as `admin-cli`, does not hold the name.
        let name = claims["preferred_username"].as_str().map(str::to_owned);
        let account = json!({
            "account": name.or_else(|| settings.profile.username.clone()),
            "server": settings.profile.server,
            "loginRealm": settings.login_realm(),
            "realm": settings.profile.realm,
            "profile": settings.name,
            "client": claims["azp"],
            "id": claims["sub"],
            "tokenSecondsLeft": end,
        });
        Printer::new(output, Some("Account"), io::stdout().lock()).value(&account)
    }
}

/// Reads the claims of a token without checking it. Keycloak checks it with each call. `Null` if it is no JSON web token.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    serde_json::from_slice(&payload).unwrap_or_default()
}
