use std::time::Duration;

use ureq::Agent;

use crate::Record;

/// Asks a starting server whether it is ready. Plain HTTP to loopback: never through a proxy.
pub(crate) struct Readiness {
    agent: Agent,
}

impl Readiness {
    pub(crate) fn new() -> Self {
        let config = Agent::config_builder()
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(5)))
            .build();
        Self {
            agent: config.into(),
        }
    }

    /// Returns whether the server reports itself ready *and* its first administrator can log in: the ports
    /// are open before either, and health turns green before the administrator exists.
    pub(crate) fn of(&self, server: &Record) -> bool {
        let health = self
            .agent
            .get(format!("{}/health/ready", server.management_url));
        let Ok(mut health) = health.call() else {
            return false;
        };
        let up = health.body_mut().read_to_string();
        if !up.is_ok_and(|body| says_up(&body)) {
            return false;
        }
        let token_url = format!("{}/realms/master/protocol/openid-connect/token", server.url);
        let login = self.agent.post(token_url).send_form([
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", server.admin_username.as_str()),
            ("password", server.admin_password.as_str()),
        ]);
        login.is_ok()
    }
}

fn says_up(health: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(health).is_ok_and(|health| health["status"] == "UP")
}

#[cfg(test)]
mod tests {
    use super::says_up;

    #[test]
    fn only_the_overall_status_counts() {
        assert!(says_up(r#"{"status":"UP","checks":[]}"#));
        assert!(!says_up(r#"{"status":"DOWN","checks":[{"status":"UP"}]}"#));
        assert!(!says_up("UP"));
    }
}
