//! Shared parts of the tests: runs of the program in a home folder of their own, and a small server.

#![allow(dead_code, unreachable_pub)] // each test binary uses a part of it

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

/// A user's home folder, without any configuration at first.
pub struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    pub fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder"),
            variables: Vec::new(),
        }
    }

    /// Sets an environment variable of each later run.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the path of a file or a folder in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that only its owner may read.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        set_mode(&path, 0o600);
        path
    }

    /// Writes the configuration file.
    pub fn configure(&self, content: &str) {
        self.write("config/keycloakctl/config.toml", content);
    }

    /// Returns the files with cached tokens.
    pub fn token_files(&self) -> Vec<PathBuf> {
        let Ok(folder) = std::fs::read_dir(self.path("cache/keycloakctl")) else {
            return Vec::new();
        };
        let files = folder.map(|entry| entry.expect("an entry").path());
        files
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect()
    }

    /// Returns the command with these arguments, in an environment of its own.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keycloakctl"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_with_input(arguments, "")
    }

    /// Runs the program with this text as its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Run {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("the program");
        let mut stdin = child.stdin.take().expect("an input");
        // The program may end before it reads.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        Run::new(child.wait_with_output().expect("the program"))
    }

    /// Logs `ali` in to this server with a password.
    pub fn log_in(&self, server: &str) {
        let account = ["--username", "ali", "--password-stdin"];
        let login = [&["login", "--server", server][..], &account].concat();
        self.run_with_input(&login, "s3cret\n").succeeded();
    }

    /// Returns the text without the path of the folder.
    pub fn redact(&self, text: &str) -> String {
        text.replace(&*self.folder.path().to_string_lossy(), "HOME")
    }
}

/// A run of the program that has ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn new(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// Fails unless the program succeeded.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

/// Sends Ctrl-C to a program.
pub fn interrupt(pid: u32) {
    let mut kill = Command::new("kill");
    let status = kill.args(["-INT", &pid.to_string()]).status();
    assert!(status.expect("kill").success());
}

#[cfg(unix)]
pub fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
}

#[cfg(unix)]
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .expect("a file")
        .permissions()
        .mode()
        & 0o777
}

/// A request that a [`Server`] received.
#[derive(Clone, Debug)]
pub struct Received {
    pub line: String,
    pub body: String,
}

/// A server on a free port of this machine. Its thread ends with the test.
pub struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Starts a server that gives a status and a body for each request. The object of a 201 has the id 1.
    pub fn start(answer: impl Fn(&Received) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&received), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Self { url, received }
    }

    /// Returns the requests so far.
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("not poisoned").clone()
    }
}

/// Answers one request, and closes the connection.
fn serve(
    stream: TcpStream,
    log: &Mutex<Vec<Received>>,
    answer: &dyn Fn(&Received) -> (u16, String),
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let is_read = reader.read_line(&mut line).is_ok();
    if !is_read || !line.contains(" HTTP/1.1") {
        return refuse(reader.into_inner());
    }
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).ok()? == 0 {
            return None;
        }
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let received = Received {
        line: line.trim().to_owned(),
        body: String::from_utf8(body).ok()?,
    };
    log.lock().expect("not poisoned").push(received.clone());
    let (status, body) = answer(&received);
    let location = if status == 201 {
        "location: /1\r\n"
    } else {
        ""
    };
    let head = format!(
        "HTTP/1.1 {status} Answer\r\n{location}content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = reader.into_inner();
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}

/// Answers bytes that are not HTTP, such as those of TLS.
fn refuse(mut stream: TcpStream) -> Option<()> {
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").ok()?;
    stream.shutdown(Shutdown::Write).ok()?;
    // Unread bytes would reset the connection, and the answer might be lost.
    std::io::copy(&mut stream, &mut std::io::sink())
        .ok()
        .map(drop)
}

/// Returns the answer of a token endpoint: an access token without claims, and a refresh token.
pub fn token(name: &str, lifetime: u64) -> (u16, String) {
    let body = format!(
        r#"{{"access_token":"{name}","expires_in":{lifetime},"refresh_token":"refresh-{name}","refresh_expires_in":1800}}"#
    );
    (200, body)
}
