//! An LDAP server for tests, in memory: `UnboundID`'s, which Maven brings and the Java that Keycloak needs anyway runs.
//! No package of the system is needed for it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::surroundings::Surroundings;
use crate::{Error, java, maven, process, run};

const SERVER: &str = "com.unboundid:unboundid-ldapsdk:7.0.3:jar";
const JAR: &str = "unboundid-ldapsdk-7.0.3.jar";
const MAIN: &str = "com.unboundid.ldap.listener.InMemoryDirectoryServerTool";
/// The text that it prints before the port, as soon as clients can connect.
const READY: &str = "Listening for client connections on port ";
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The root of everything in the directory.
pub const BASE_DN: &str = "dc=example,dc=com";
/// The administrator of the directory.
pub const ADMIN_DN: &str = "cn=admin,dc=example,dc=com";
/// The password of [`ADMIN_DN`]. The server listens on loopback only.
pub const ADMIN_PASSWORD: &str = "the directory's password";

/// Entries for [`LdapServer::start`]: Ada and Grace in `ou=people`, and the group `mathematicians` with Ada in `ou=groups`.
pub const PEOPLE: &str = include_str!("people.ldif");

/// A running LDAP server. It ends when dropped, and its entries with it.
#[derive(Debug)]
pub struct LdapServer {
    child: Child,
    port: u16,
    /// The first entries; in a folder that goes with the server.
    _folder: TempDir,
}

impl LdapServer {
    /// Starts a server with these entries, which are LDIF and stand below [`BASE_DN`], its own entry among them. Without
    /// encryption; who is in it can log in with a `userPassword`. Maven fetches it once (6 MB).
    ///
    /// # Errors
    /// When Java or Maven is missing, when Maven cannot fetch it, or when it refuses the entries or does not answer within
    /// a minute.
    pub fn start(entries: &str) -> Result<Self, Error> {
        let surroundings = Surroundings::from_env();
        let java = java::find(&surroundings)?;
        let jar = jar(&surroundings)?;
        let folder = tempfile::tempdir()
            .map_err(|error| Error::new(format!("cannot make a folder for LDAP: {error}")))?;
        let ldif = folder.path().join("entries.ldif");
        fs::write(&ldif, entries).map_err(|error| Error::io("write", &ldif, error))?;
        let mut command = Command::new(&java);
        command
            .arg("-Xmx64m")
            .arg("-cp")
            .arg(&jar)
            .arg(MAIN)
            // Without a port it takes a free one and says which.
            .args(["--baseDN", BASE_DN, "--useDefaultSchema"])
            .args(["--additionalBindDN", ADMIN_DN])
            .args(["--additionalBindPassword", ADMIN_PASSWORD])
            .arg("--ldifFile")
            .arg(&ldif)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child =
            process::spawn_partner(&mut command).map_err(|error| Error::io("run", &java, error))?;
        let output = child.stdout.take();
        let mut server = Self {
            child,
            port: 0,
            _folder: folder,
        };
        server.port = output.map_or_else(|| Err(not_ready("")), port)?;
        Ok(server)
    }

    /// Its address, such as `ldap://127.0.0.1:41234`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }
}

impl Drop for LdapServer {
    fn drop(&mut self) {
        process::end_partner(&mut self.child);
    }
}

/// Fetches the server if it is missing.
fn jar(surroundings: &Surroundings) -> Result<PathBuf, Error> {
    let folder = run::root()?.join("ldap");
    let jar = folder.join(JAR);
    if jar.is_file() {
        return Ok(jar);
    }
    fs::create_dir_all(&folder).map_err(|error| Error::io("create", &folder, error))?;
    // Into a folder of its own first, so that half a file is never taken for the whole.
    let scratch =
        tempfile::tempdir_in(&folder).map_err(|error| Error::io("write to", &folder, error))?;
    maven::fetch(surroundings, &[SERVER], scratch.path())?;
    fs::rename(scratch.path().join(JAR), &jar).map_err(|error| Error::io("write", &jar, error))?;
    Ok(jar)
}

/// The port that the server says it listens on. What it prints later is read and dropped, so that it never waits for that.
fn port(output: ChildStdout) -> Result<u16, Error> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Once the port is known nobody listens any more.
            let _ = sender.send(line);
        }
    });
    let mut said = String::new();
    while let Ok(line) = receiver.recv_timeout(START_TIMEOUT) {
        let port = line
            .strip_prefix(READY)
            .map(|rest| rest.trim_end_matches('.'));
        if let Some(port) = port.and_then(|port| port.parse().ok()) {
            return Ok(port);
        }
        said.push('\n');
        said.push_str(&line);
    }
    Err(not_ready(&said))
}

fn not_ready(said: &str) -> Error {
    Error::new(format!(
        "the LDAP server did not become ready; it said:{said}"
    ))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::{ADMIN_DN, ADMIN_PASSWORD, LdapServer};

    const BASE: &str =
        "dn: dc=example,dc=com\nobjectClass: top\nobjectClass: domain\ndc: example\n";

    /// The server's answer to a simple bind: 0 for success, 49 for invalid credentials.
    fn bind(server: &LdapServer, dn: &str, password: &str) -> u8 {
        fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
            [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
        }
        let request = [
            tagged(0x02, &[3]),
            tagged(0x04, dn.as_bytes()),
            tagged(0x80, password.as_bytes()),
        ]
        .concat();
        let message = [tagged(0x02, &[1]), tagged(0x60, &request)].concat();
        let address = server.url().replace("ldap://", "");
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(&tagged(0x30, &message)).unwrap();
        // SEQUENCE, message id, [APPLICATION 1], ENUMERATED result code.
        let mut answer = [0; 10];
        client.read_exact(&mut answer).unwrap();
        answer[9]
    }

    #[test]
    #[ignore = "needs Maven and Java; run cargo xtask test"]
    fn a_directory_starts_with_its_administrator_and_ends_with_its_value() {
        let server = LdapServer::start(BASE).unwrap();
        assert_eq!(bind(&server, ADMIN_DN, ADMIN_PASSWORD), 0);
        assert_eq!(bind(&server, ADMIN_DN, "another"), 49);
        let address = server.url().replace("ldap://", "");
        drop(server);
        TcpStream::connect(address).unwrap_err();
    }

    #[test]
    #[ignore = "needs Maven and Java; run cargo xtask test"]
    fn entries_that_are_none_are_refused() {
        let error = LdapServer::start("this is no LDIF").unwrap_err();
        assert!(
            error.to_string().contains("did not become ready"),
            "{error}"
        );
    }
}
