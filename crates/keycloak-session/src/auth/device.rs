//! The device authorization grant (RFC 8628): the user logs in with a browser, and the program asks for the token until that is done.

use std::fmt;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::auth::access_token::AccessToken;
use crate::auth::token_endpoint::{TokenEndpoint, read_answer, seconds_at};
use crate::error::{Error, ErrorKind};
use crate::http::server_error::text_at;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The pause between two requests if the server names none or 0 (RFC 8628, 3.2), and the growth after `slow_down` (3.5).
const PAUSE: Duration = Duration::from_secs(5);

/// The lifetime of the codes if the server does not say it. RFC 8628 requires the server to say it.
const LIFETIME: Duration = Duration::from_secs(600);

/// A login that its user finishes in a browser, from [`TokenEndpoint::start_device_login`]. `Debug` prints no code.
pub struct DeviceLogin {
    device_code: SecretString,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    ends_at: Instant,
    lifetime: Duration,
    pause: Duration,
}

impl DeviceLogin {
    fn read(body: &Value, now: Instant) -> Option<Self> {
        let lifetime = seconds_at(body, "expires_in").unwrap_or(LIFETIME);
        Some(Self {
            device_code: text_at(body, "device_code")?.into(),
            user_code: text_at(body, "user_code")?,
            verification_uri: text_at(body, "verification_uri")?,
            verification_uri_complete: text_at(body, "verification_uri_complete"),
            ends_at: now.checked_add(lifetime)?,
            lifetime,
            pause: seconds_at(body, "interval")
                .filter(|pause| !pause.is_zero())
                .unwrap_or(PAUSE),
        })
    }

    /// Returns the code that the user enters in the browser.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// Returns the address that the user opens in the browser.
    #[must_use]
    pub fn verification_uri(&self) -> &str {
        &self.verification_uri
    }

    /// Returns the address that holds the user's code already, if the server has one.
    #[must_use]
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.verification_uri_complete.as_deref()
    }

    /// Returns how long the codes live, counted from the request for them.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

impl fmt::Debug for DeviceLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceLogin")
            .field("verification_uri", &self.verification_uri)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

impl TokenEndpoint {
    /// Starts a device login. Show the user the address and the code, then call [`finish_device_login`](Self::finish_device_login).
    ///
    /// ```no_run
    /// use keycloak_session::{Credentials, Session};
    ///
    /// # async fn run() -> Result<(), keycloak_session::Error> {
    /// let endpoint = Session::builder("https://sso.example.com")
    ///     .credentials(Credentials::device("my-tool"))
    ///     .build_token_endpoint()?;
    /// let login = endpoint.start_device_login().await?;
    /// println!("Open {} and enter {}", login.verification_uri(), login.user_code());
    /// let token = endpoint.finish_device_login(login).await?;
    /// # let _ = token;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start_device_login(&self) -> Result<DeviceLogin, Error> {
        let settings = self.settings();
        let now = settings.clock.now();
        let codes = self.request_device_codes();
        let response = settings.limit("the start of the login", codes).await?;
        if !response.status.is_success() {
            return Err(response.to_error(ErrorKind::Authentication));
        }
        DeviceLogin::read(&read_answer(&response)?, now).ok_or_else(|| {
            let message = "the answer has no codes of a device login; check the base URL";
            Error::new(ErrorKind::Authentication, message).with_status(response.status)
        })
    }

    /// Waits until the user has logged in, and returns the token. It asks the server again and again, as often as the server allows.
    ///
    /// Fails with [`ErrorKind::Authentication`] if the user refuses, or if the codes end first. The wait has no other timeout.
    pub async fn finish_device_login(&self, login: DeviceLogin) -> Result<AccessToken, Error> {
        let settings = self.settings();
        let mut pause = login.pause;
        loop {
            let left = login
                .ends_at
                .saturating_duration_since(settings.clock.now());
            settings.clock.sleep(pause.min(left)).await;
            let form = vec![
                ("grant_type", GRANT_TYPE.to_owned()),
                ("device_code", login.device_code.expose_secret().to_owned()),
            ];
            let token = self.request_by_form(GRANT_TYPE, form);
            let error = match settings
                .limit("the request for an access token", token)
                .await
            {
                Ok(token) => return Ok(token),
                Err(error) => error,
            };
            pause = next_pause(pause, &error).ok_or(error)?;
            if settings.clock.now() >= login.ends_at {
                let message = "the user has not logged in while the code was valid";
                return Err(Error::new(ErrorKind::Authentication, message));
            }
        }
    }
}

/// Returns the pause before the next request. `None` means that the login has failed.
fn next_pause(pause: Duration, error: &Error) -> Option<Duration> {
    match error.error_code() {
        Some("authorization_pending") => Some(pause),
        Some("slow_down") => Some(pause.saturating_add(PAUSE)),
        _ if error.is_transient() => Some(pause.saturating_mul(2).max(PAUSE)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_pause_grows_when_the_server_asks_for_it() {
        let answer = |code: &str| {
            Error::new(ErrorKind::Authentication, "").with_server_message(
                Some(code.to_owned()),
                None,
                Vec::new(),
            )
        };
        let second = Duration::from_secs(1);
        let next = |error: &Error| next_pause(second, error);
        assert_eq!(next(&answer("authorization_pending")), Some(second));
        assert_eq!(next(&answer("slow_down")), Some(second * 6));
        assert_eq!(next(&answer("access_denied")), None);
        assert_eq!(next(&answer("expired_token")), None);
        assert_eq!(next(&Error::new(ErrorKind::Connect, "")), Some(PAUSE));
        assert_eq!(
            next_pause(Duration::MAX, &answer("slow_down")),
            Some(Duration::MAX)
        );
    }

    #[test]
    fn a_login_without_an_interval_has_the_default_pause() {
        let mut body = json!({"device_code": "a", "user_code": "b", "verification_uri": "https://c", "interval": 0});
        let pause = |body: &Value| DeviceLogin::read(body, Instant::now()).map(|login| login.pause);
        assert_eq!(pause(&body), Some(PAUSE));
        body["interval"].take();
        assert_eq!(pause(&body), Some(PAUSE));
    }

    #[test]
    fn a_login_prints_no_code() {
        let body = json!({
            "device_code": "the device's", "user_code": "the user's", "expires_in": 600, "interval": 1,
            "verification_uri": "https://sso.example.com/device",
            "verification_uri_complete": "https://sso.example.com/device?user_code=the user's",
        });
        let login = DeviceLogin::read(&body, Instant::now()).expect("a login");
        assert_eq!(login.pause, Duration::from_secs(1));
        assert_eq!(login.user_code(), "the user's");
        let printed = format!("{login:?}");
        assert!(!printed.contains("the device's") && !printed.contains("the user's"));
    }
}
