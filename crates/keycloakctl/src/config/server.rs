//! The realm on the server, and the cost of a command.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use keycloak_admin::Keycloak;
use keycloak_config::{Actual, Desired, Plan, PlanOptions};
use serde::Serialize;

use crate::error::CliError;
use crate::login::{self, ConnectionArgs};

/// The connection of a command, and a count of its requests.
pub(super) struct Server {
    pub(super) keycloak: Keycloak,
    requests: Arc<AtomicU32>,
    start: Instant,
}

impl Server {
    /// Makes the connection. Nothing is sent yet.
    pub(super) async fn new(connection: &ConnectionArgs) -> Result<Self, CliError> {
        let requests = Arc::default();
        let start = Instant::now();
        Ok(Self {
            keycloak: login::counted_session(connection, &requests).await?,
            requests,
            start,
        })
    }

    /// Reads the realm and plans its changes.
    pub(super) async fn plan(
        &self,
        desired: &Desired,
        options: &PlanOptions,
    ) -> Result<(Actual, Plan), CliError> {
        let actual = keycloak_config::read_actual(&self.keycloak, desired).await?;
        let plan = keycloak_config::plan(desired, &actual, options)?;
        Ok((actual, plan))
    }

    /// Returns the requests and the time so far.
    pub(super) fn cost(&self) -> Cost {
        Cost {
            requests: self.requests.load(Ordering::Relaxed),
            time: self.start.elapsed(),
        }
    }
}

/// The number of requests, with those that were sent again, and the time of a command.
#[derive(Clone, Copy, Serialize)]
pub(super) struct Cost {
    requests: u32,
    #[serde(rename = "seconds", serialize_with = "seconds")]
    time: Duration,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.requests == 1 {
            "request"
        } else {
            "requests"
        };
        let seconds = self.time.as_secs_f64();
        write!(f, "{} {noun}, {seconds:.1} s", self.requests)
    }
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    let millis = u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    serializer.serialize_f64(f64::from(millis) / 1000.0)
}
