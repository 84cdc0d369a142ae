//! A server that answers as a test says and keeps what it was asked.

#![allow(dead_code, unreachable_pub)] // each test binary uses a part of it

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use keycloak_admin::{Credentials, Keycloak, RetryPolicy};
use url::Url;

/// One request.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub accept: String,
    /// The header `x-reason`, which tests set.
    pub reason: String,
    pub body: String,
}

impl Received {
    /// A number of the query.
    pub fn number(&self, name: &str) -> usize {
        self.query[name].parse().unwrap()
    }

    /// `GET /admin/realms/acme`
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// The answer. Without a status, the connection is cut.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: Option<u16>,
    pub location: Option<String>,
    pub body: String,
}

impl Answer {
    pub fn json(body: impl Into<String>) -> Self {
        Self {
            status: Some(200),
            body: body.into(),
            ..Self::default()
        }
    }

    pub fn status(status: u16) -> Self {
        Self {
            status: Some(status),
            ..Self::default()
        }
    }

    pub fn created(location: &str) -> Self {
        Self {
            status: Some(201),
            location: Some(location.to_owned()),
            ..Self::default()
        }
    }

    pub fn conflict(message: &str) -> Self {
        Self {
            body: format!("{{\"errorMessage\":\"{message}\"}}"),
            ..Self::status(409)
        }
    }
}

type Handler = dyn Fn(&Received) -> Answer + Send + Sync;

pub struct Fake {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Fake {
    /// Its threads end with the process.
    pub fn start(handler: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let fake = Self {
            address: listener.local_addr().unwrap(),
            received: Arc::default(),
        };
        let handler: Arc<Handler> = Arc::new(handler);
        let received = Arc::clone(&fake.received);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let handler = Arc::clone(&handler);
                let received = Arc::clone(&received);
                // A client that hangs up ends its thread with an error.
                thread::spawn(move || serve(&stream, &*handler, &received));
            }
        });
        fake
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A client of it that has a token.
    pub fn keycloak(&self) -> Keycloak {
        Keycloak::builder(&self.url())
            .credentials(Credentials::token("the-token"))
            .retry(RetryPolicy::none())
            .build()
            .unwrap()
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// The requests' methods and paths.
    pub fn lines(&self) -> Vec<String> {
        self.received().iter().map(Received::line).collect()
    }
}

fn serve(stream: &TcpStream, handler: &Handler, received: &Mutex<Vec<Received>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let request = read(&mut reader)?;
        let answer = handler(&request);
        received.lock().unwrap().push(request);
        let Some(status) = answer.status else {
            return Ok(());
        };
        let location = answer.location.map(|to| format!("Location: {to}\r\n"));
        let location = location.unwrap_or_default();
        let (length, body) = (answer.body.len(), answer.body);
        // In one piece: a client waits for the second for a while.
        let answer = format!(
            "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n{location}Content-Length: {length}\r\n\r\n{body}"
        );
        writer.write_all(answer.as_bytes())?;
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> io::Result<Received> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut words = line.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let url = format!("http://fake{}", words.next().unwrap_or_default());
    let url = Url::parse(&url).map_err(io::Error::other)?;
    let (mut length, mut accept, mut reason) = (0, String::new(), String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().map_err(io::Error::other)?;
            }
            Some((name, value)) if name.eq_ignore_ascii_case("accept") => {
                value.clone_into(&mut accept);
            }
            Some((name, value)) if name.eq_ignore_ascii_case("x-reason") => {
                value.clone_into(&mut reason);
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Received {
        method,
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        accept,
        reason,
        body: String::from_utf8(body).map_err(io::Error::other)?,
    })
}
