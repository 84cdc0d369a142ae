//! The servers of the integration tests of other crates.
//!
//! The tests do not start servers: `cargo xtask test` starts them once for all and names them in
//! the environment. Every such test is marked
//! `#[ignore = "needs a real Keycloak; run cargo xtask test"]` and works in a realm of its own, named
//! by [`realm_name`].
//!
//! | variable | default |
//! |---|---|
//! | `KEYCLOAK_URL` | none: the test fails and says so |
//! | `KEYCLOAK_ADMIN_USERNAME` | `admin` |
//! | `KEYCLOAK_ADMIN_PASSWORD` | `admin` |
//! | `KEYCLOAK_VERSION` | not known |
//! | `KEYCLOAK_CA_FILE` | none: the system's authorities alone are trusted |
//!
//! The same with the prefix `KEYCLOAK_PHASETWO_` for a server with Phase Two's extensions. `KEYCLOAK_TEST_REPEATS` names a file for
//! [`note_repeat`].

use std::env;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The prefix of the variables that describe a Keycloak.
pub const KEYCLOAK: &str = "KEYCLOAK_";
/// The prefix of the variables that describe a Keycloak with Phase Two's extensions.
pub const PHASETWO: &str = "KEYCLOAK_PHASETWO_";

/// The variable that names the file into which [`note_repeat`] writes.
pub const REPEATS: &str = "KEYCLOAK_TEST_REPEATS";

/// The server that a test talks to.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// The server's address, as the environment has it.
    pub url: String,
    /// The administrator of the realm `master`.
    pub admin_username: String,
    /// The administrator's password.
    pub admin_password: String,
    /// Keycloak's version, such as `26.7.5`, if the environment tells.
    pub version: Option<String>,
    /// The file with the certificate of the authority that signed the server's, in PEM, if the system does not know the authority.
    pub ca_file: Option<PathBuf>,
    /// True if Phase Two's extensions are installed.
    pub phasetwo: bool,
}

impl Target {
    /// Reads [`ca_file`](Self::ca_file).
    ///
    /// # Panics
    /// When the file cannot be read.
    #[must_use]
    pub fn ca_pem(&self) -> Option<Vec<u8>> {
        let path = self.ca_file.as_ref()?;
        let pem = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Some(pem)
    }
}

/// Leaves the password out.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("url", &self.url)
            .field("admin_username", &self.admin_username)
            .field("version", &self.version)
            .field("phasetwo", &self.phasetwo)
            .finish_non_exhaustive()
    }
}

/// The Keycloak that `KEYCLOAK_URL` names.
///
/// # Panics
/// When `KEYCLOAK_URL` is not set.
#[must_use]
pub fn keycloak() -> &'static Target {
    static TARGET: OnceLock<Target> = OnceLock::new();
    TARGET.get_or_init(|| from_env(KEYCLOAK))
}

/// The Keycloak with Phase Two's extensions that `KEYCLOAK_PHASETWO_URL` names.
///
/// # Panics
/// When `KEYCLOAK_PHASETWO_URL` is not set.
#[must_use]
pub fn phasetwo() -> &'static Target {
    static TARGET: OnceLock<Target> = OnceLock::new();
    TARGET.get_or_init(|| from_env(PHASETWO))
}

/// A name for a realm that no other call gives, also not one in another process or at another time,
/// such as `paging-1a2b-19ab8d0c123-0`.
#[must_use]
pub fn realm_name(prefix: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = now.map_or(0, |since| since.as_millis());
    format!("{prefix}-{:x}-{millis:x}-{count}", process::id())
}

/// Says that a test has sent a request once more, on standard error and in the file that [`REPEATS`] names, so that it is seen also if the
/// test passes.
///
/// # Panics
/// When the file cannot be written.
pub fn note_repeat(what: &str) {
    eprintln!("{what}");
    if let Some(path) = env::var_os(REPEATS) {
        append(Path::new(&path), what).unwrap_or_else(|error| panic!("{REPEATS}: {error}"));
    }
}

/// Appends a line, at once: tests write at the same time.
fn append(path: &Path, what: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(format!("{}\n", what.replace('\n', " ")).as_bytes())
}

fn from_env(prefix: &str) -> Target {
    read(prefix, |name| env::var(name).ok()).unwrap_or_else(|message| panic!("{message}"))
}

fn read(prefix: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Target, String> {
    let get = |name: &str| variable(&format!("{prefix}{name}")).filter(|value| !value.is_empty());
    let phasetwo = prefix == PHASETWO;
    let Some(url) = get("URL") else {
        let option = if phasetwo { " --phasetwo" } else { "" };
        return Err(format!(
            "this test needs a real Keycloak: run `cargo xtask test`, or start one with \
             `cargo xtask server start{option}` and set {prefix}URL"
        ));
    };
    Ok(Target {
        url,
        admin_username: get("ADMIN_USERNAME").unwrap_or_else(|| "admin".to_owned()),
        admin_password: get("ADMIN_PASSWORD").unwrap_or_else(|| "admin".to_owned()),
        version: get("VERSION"),
        ca_file: get("CA_FILE").map(PathBuf::from),
        phasetwo,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use std::path::Path;

    use super::{KEYCLOAK, PHASETWO, Target, append, read, realm_name};

    #[test]
    fn a_missing_variable_is_explained() {
        let error = read(KEYCLOAK, |_| None).unwrap_err();
        assert!(error.contains("cargo xtask test"), "{error}");
        assert!(error.ends_with("set KEYCLOAK_URL"), "{error}");
        let error = read(PHASETWO, |_| Some(String::new())).unwrap_err();
        assert!(error.contains("server start --phasetwo"), "{error}");
        assert!(error.ends_with("set KEYCLOAK_PHASETWO_URL"), "{error}");
    }

    #[test]
    fn only_the_url_is_required() {
        let target = read(KEYCLOAK, |name| {
            (name == "KEYCLOAK_URL").then(|| "http://127.0.0.1:8080".to_owned())
        });
        let expected = Target {
            url: "http://127.0.0.1:8080".to_owned(),
            admin_username: "admin".to_owned(),
            admin_password: "admin".to_owned(),
            version: None,
            ca_file: None,
            phasetwo: false,
        };
        assert_eq!(target, Ok(expected));
    }

    #[test]
    fn all_variables_are_read_and_the_password_is_not_shown() {
        let target = read(PHASETWO, |name| Some(format!("value of {name}"))).unwrap();
        assert_eq!(target.url, "value of KEYCLOAK_PHASETWO_URL");
        assert_eq!(
            target.admin_username,
            "value of KEYCLOAK_PHASETWO_ADMIN_USERNAME"
        );
        assert_eq!(
            target.admin_password,
            "value of KEYCLOAK_PHASETWO_ADMIN_PASSWORD"
        );
        assert_eq!(
            target.version.as_deref(),
            Some("value of KEYCLOAK_PHASETWO_VERSION")
        );
        let ca_file = Path::new("value of KEYCLOAK_PHASETWO_CA_FILE");
        assert_eq!(target.ca_file.as_deref(), Some(ca_file));
        assert!(target.phasetwo);
        assert!(!format!("{target:?}").contains("PASSWORD"));
    }

    #[test]
    fn each_repeat_is_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("repeats");
        append(&path, "a test: 500").unwrap();
        append(&path, "another:\n500").unwrap();
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, "a test: 500\nanother: 500\n");
    }

    #[test]
    fn realm_names_do_not_repeat() {
        let names: HashSet<_> = (0..1000).map(|_| realm_name("users")).collect();
        assert_eq!(names.len(), 1000);
        assert!(names.iter().all(|name| name.starts_with("users-")));
    }
}
