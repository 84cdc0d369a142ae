//! A client's admin URL, to which Keycloak sends logouts and what is revoked.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long a request may stand still.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP server on a free port that says yes to everything, until it is dropped.
pub(crate) struct AdminUrl {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    paths: Vec<String>,
    closed: bool,
}

impl AdminUrl {
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                if lock(&shared).closed {
                    return;
                }
                // A request that breaks off is not received: the scenario that waits for it says so.
                let path = client.and_then(answer);
                lock(&shared).paths.extend(path);
            }
        });
        Ok(Self { address, state })
    }

    /// What to give a client as its `adminUrl`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether a request to this path came in.
    pub(crate) fn received(&self, path: &str) -> bool {
        lock(&self.state).paths.iter().any(|other| other == path)
    }
}

impl Drop for AdminUrl {
    fn drop(&mut self) {
        lock(&self.state).closed = true;
        // Wakes the thread that waits for requests, so that it sees the end.
        let _ = TcpStream::connect(self.address);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads one request, says yes, and gives its path.
fn answer(mut client: TcpStream) -> io::Result<String> {
    client.set_read_timeout(Some(TIMEOUT))?;
    let mut input = BufReader::new(client.try_clone()?);
    let mut request = String::new();
    input.read_line(&mut request)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        match line.trim().to_ascii_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().unwrap_or(0),
            Some(_) => {}
            None => break,
        }
    }
    io::copy(&mut input.take(length), &mut io::sink())?;
    client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    Ok(request.split(' ').nth(1).unwrap_or_default().to_owned())
}
