//! Starts a contract server on 127.0.0.1 for tests: Prism, which nobody here wrote, checks every request against an OpenAPI document
//! and answers from it.
//!
//! ```no_run
//! use contract_server::{ContractServer, specification};
//!
//! let server = ContractServer::start(&specification("folio-users"))?;
//! println!("{} is ready", server.url());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A test chooses the answer with the header `Prefer`: `code=404`, `example=finished`. A request that the document does not
//! allow is refused, and the header `sl-violations` names its faults.
//!
//! Prism comes from npm, in the version [`PRISM`], into `target/contract-server`; the first test that needs it waits for that.
//! A server ends when it is dropped. Needed: Node.js 20 or newer with npm.

use std::fs::{self, File};
use std::io::{self, Error, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use keycloak_server::ProgressLine;
use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;
use workspace::root;

/// The version of Prism: the last that runs on the Node.js that is oldest of those in use.
pub const PRISM: &str = "5.14.2";
/// The version of the validator of documents, for the same reason.
pub const VALIDATOR: &str = "10.1.1";
/// The version of Ajv, which validates JSON against a JSON Schema.
pub const AJV: &str = "8.20.0";

/// The longest time until a server answers. It usually needs three seconds.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(100);
/// The name of Prism's log in the folder of a server.
const LOG: &str = "prism.log";

/// The document of one of this workspace's APIs, such as `folio-users`: YAML or JSON, whichever is there.
#[must_use]
pub fn specification(api: &str) -> PathBuf {
    document_in(&root().join("specs").join(api))
}

/// Returns the document in a folder, which is JSON or YAML.
fn document_in(folder: &Path) -> PathBuf {
    let json = folder.join("openapi.json");
    if json.exists() {
        json
    } else {
        folder.join("openapi.yaml")
    }
}

/// The document of one of this workspace's APIs with its corrections, and with the paths that the client calls: written to
/// `target/contract-server` by `cargo xtask document`.
///
/// Fails if that command fails; the message says why.
pub fn corrected_specification(api: &str) -> io::Result<PathBuf> {
    written_by_xtask(&["document", api], api)
}

/// The JSON Schema of a type of one of this workspace's APIs, such as `RealmRepresentation` of `keycloak`: written to
/// `target/contract-server` by `cargo xtask document --schema`.
///
/// Fails if that command fails; the message says why.
pub fn json_schema(api: &str, name: &str) -> io::Result<PathBuf> {
    let arguments = ["document", api, "--schema", name];
    written_by_xtask(&arguments, &format!("{api}-{name}"))
}

/// The JSON that a command of `xtask` prints, in a file.
fn written_by_xtask(arguments: &[&str], name: &str) -> io::Result<PathBuf> {
    let output = workspace::cargo()
        .args(["run", "--quiet", "--package", "xtask", "--"])
        .args(arguments)
        .current_dir(root())
        .output()?;
    if !output.status.success() {
        let command = arguments.join(" ");
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(Error::other(format!("cargo xtask {command}: {message}")));
    }
    fs::create_dir_all(folder())?;
    let file = folder().join(format!("{name}-{}.json", std::process::id()));
    fs::write(&file, output.stdout)?;
    Ok(file)
}

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct ContractServer {
    child: Child,
    url: String,
    /// Has Prism's log, and the document, because Prism watches its file and ends when the file is gone.
    folder: TempDir,
}

impl ContractServer {
    /// Starts a server for this document and waits until it answers.
    ///
    /// The server reads a copy, so the caller may remove the document afterwards.
    ///
    /// Fails if npm cannot get Prism, and if Prism cannot take the document; the message has Prism's log.
    pub fn start(document: &Path) -> io::Result<Self> {
        let prism = install()?.join("@stoplight/prism-cli/dist/index.js");
        let mut line = ProgressLine::stderr();
        line.show("starting a contract server");
        let folder = tempfile::tempdir()?;
        let copy = folder.path().join(document.file_name().unwrap_or_default());
        fs::copy(document, &copy)?;
        let output = File::create(folder.path().join(LOG))?;
        let child = Command::new("node")
            .arg(prism)
            // The system chooses a port that is free. Prism prints it.
            .args(["mock", "--host", "127.0.0.1", "--port", "0"])
            .arg(copy)
            .env("FORCE_COLOR", "0")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .map_err(|error| Error::other(format!("cannot start node: {error}")))?;
        // From here on the process ends with this value, whatever happens.
        let mut server = Self {
            child,
            url: String::new(),
            folder,
        };
        server.url = server.printed_address().map_err(|error| {
            Error::other(format!(
                "a contract server for {}: {error}",
                document.display()
            ))
        })?;
        Ok(server)
    }

    /// Waits until Prism listens, and returns the address that it prints then.
    fn printed_address(&mut self) -> io::Result<String> {
        const LISTENS: &str = "Prism is listening on ";
        let started = Instant::now();
        loop {
            // The process is looked at first, so its log is complete if it has ended.
            let ended = self.child.try_wait()?;
            let text = fs::read_to_string(self.folder.path().join(LOG))?;
            // A line that is still being written has no end.
            let mut lines = text
                .split_inclusive('\n')
                .filter(|line| line.ends_with('\n'));
            if let Some((_, address)) = lines.find_map(|line| line.split_once(LISTENS)) {
                return Ok(address.trim().to_owned());
            }
            if let Some(status) = ended {
                return Err(Error::other(format!("Prism ended ({status}):\n{text}")));
            }
            if started.elapsed() > PATIENCE {
                return Err(Error::other(format!("Prism does not listen:\n{text}")));
            }
            thread::sleep(POLL);
        }
    }

    /// Returns the server's address: `http://127.0.0.1:` and a port.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for ContractServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Checks a document with a validator that nobody here wrote: against the schema of OpenAPI, and that its parts fit together.
///
/// Fails with what the validator says.
pub fn validate(document: &Path) -> io::Result<()> {
    const SCRIPT: &str = "require('@apidevtools/swagger-parser').validate(process.argv[1])\
        .catch(error => { console.error(error.message); process.exit(1); })";
    let output = Command::new("node")
        .args(["-e", SCRIPT])
        .arg(document)
        .env("NODE_PATH", install()?)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(Error::other(format!("{}: {message}", document.display())))
}

/// Checks JSON against a JSON Schema (draft 2020-12) with a validator that nobody here wrote.
///
/// Fails with the places of the JSON that the schema refuses, and if the schema itself is not valid. A `format` is an annotation, as the draft says.
pub fn validate_json(schema: &Path, json: &str) -> io::Result<()> {
    const SCRIPT: &str = "const { readFileSync } = require('fs');\
        const Ajv = require('ajv/dist/2020');\
        const ajv = new Ajv({ allErrors: true, validateFormats: false });\
        const check = ajv.compile(JSON.parse(readFileSync(process.argv[1])));\
        if (!check(JSON.parse(readFileSync(0)))) {\
            console.error(ajv.errorsText(check.errors, { dataVar: '', separator: '\\n' }));\
            process.exit(1);\
        }";
    let mut child = Command::new("node")
        .args(["-e", SCRIPT])
        .arg(schema)
        .env("NODE_PATH", install()?)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| Error::other(format!("cannot start node: {error}")))?;
    if let Some(mut input) = child.stdin.take() {
        // If the script fails before it reads, its own message says why.
        let _ = input.write_all(json.as_bytes());
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(Error::other(format!("{}: {message}", schema.display())))
}

/// The folder of the installation by npm, which happens once. The folder has the versions in its name.
fn install() -> io::Result<PathBuf> {
    let folder = folder();
    fs::create_dir_all(&folder)?;
    // Test binaries may run side by side.
    let lock = File::create(folder.join("lock"))?;
    flock(&lock, FlockOperation::LockExclusive)?;
    let home = folder.join(format!("npm-{PRISM}-{VALIDATOR}-{AJV}"));
    let done = home.join("complete");
    if !done.exists() {
        let mut line = ProgressLine::stderr();
        line.show("getting Prism and validators from npm");
        let output = Command::new("npm")
            .args(["install", "--prefix"])
            .arg(&home)
            .args([
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ])
            .arg(format!("@stoplight/prism-cli@{PRISM}"))
            .arg(format!("@apidevtools/swagger-parser@{VALIDATOR}"))
            .arg(format!("ajv@{AJV}"))
            .output()
            .map_err(|error| Error::other(format!("cannot start npm: {error}")))?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            return Err(Error::other(format!("npm failed: {message}")));
        }
        File::create(done)?;
    }
    Ok(home.join("node_modules"))
}

fn folder() -> PathBuf {
    root().join("target/contract-server")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_that_becomes_json_is_found() {
        let folder = std::env::temp_dir().join(format!("specs-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(document_in(&folder), folder.join("openapi.yaml"));
        fs::write(folder.join("openapi.json"), "{}").unwrap();
        assert_eq!(document_in(&folder), folder.join("openapi.json"));
        fs::remove_dir_all(folder).unwrap();
    }
    #[test]
    #[ignore = "needs npm; run cargo xtask test"]
    fn a_server_keeps_a_copy_of_its_document() {
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("openapi.yaml");
        fs::copy(specification("folio-users"), &document).unwrap();
        let server = ContractServer::start(&document).unwrap();
        folder.close().unwrap();
        let watched = server.folder.path().join("openapi.yaml");
        assert_eq!(
            fs::read(watched).unwrap(),
            fs::read(specification("folio-users")).unwrap()
        );
    }

    #[test]
    #[ignore = "needs npm; run cargo xtask test"]
    fn what_prism_says_about_a_bad_document_is_in_the_error() {
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("openapi.yaml");
        fs::write(&document, "openapi: [").unwrap();
        let error = ContractServer::start(&document).unwrap_err().to_string();
        assert!(error.contains("openapi.yaml"), "{error}");
        assert!(error.contains("Prism ended"), "{error}");
    }
}
