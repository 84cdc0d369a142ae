//! A client's admin URL, to which Keycloak sends logouts and what is revoked.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::http::Uri;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// An HTTP server on a free port that says yes to everything, until it is dropped.
pub struct AdminUrl {
    address: SocketAddr,
    paths: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<io::Result<()>>,
}

impl AdminUrl {
    /// Starts a server.
    ///
    /// # Errors
    /// If it has no port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let paths = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&paths);
        // The body is read, so a request that breaks off is not received: the scenario that waits for it says so.
        let application = Router::new().fallback(async move |target: Uri, _body: Bytes| {
            lock(&seen).push(target.to_string());
        });
        let server = tokio::spawn(async move { axum::serve(listener, application).await });
        Ok(Self {
            address,
            paths,
            server,
        })
    }

    /// The `adminUrl` for a client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns whether a request to this path came in.
    #[must_use]
    pub fn received(&self, path: &str) -> bool {
        lock(&self.paths).iter().any(|other| other == path)
    }
}

impl Drop for AdminUrl {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(paths: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    paths.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::AdminUrl;

    #[tokio::test]
    async fn a_request_is_answered_and_its_path_is_kept() {
        let admin_url = AdminUrl::start().await.unwrap();
        let url = format!("{}/app/k_logout", admin_url.url());
        let answer = reqwest::Client::new().post(url).body("{}").send().await;
        assert_eq!(answer.unwrap().status(), 200);
        assert!(admin_url.received("/app/k_logout"));
        assert!(!admin_url.received("/k_logout"));
    }
}
