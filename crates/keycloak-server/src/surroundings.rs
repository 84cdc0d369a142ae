use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The places of Java, Maven and perhaps Keycloak on this machine. Only this type reads them from the
/// environment, so that a test can hand in other folders.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    pub(crate) java_home: Option<PathBuf>,
    /// The folders of `PATH`.
    pub(crate) path: Vec<PathBuf>,
    /// Java homes in the usual folders.
    pub(crate) java_homes: Vec<PathBuf>,
    /// The folders of PostgreSQL's programs, the newest first. Debian has them outside of `PATH`.
    pub(crate) postgres_folders: Vec<PathBuf>,
    /// Folders of programs that are on the `PATH` of root alone.
    pub(crate) system_folders: Vec<PathBuf>,
    /// An unpacked Keycloak to use instead of Maven's zip.
    pub(crate) keycloak_home: Option<PathBuf>,
}

impl Surroundings {
    pub(crate) fn from_env() -> Self {
        let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let mut java_homes = Vec::new();
        java_homes.extend(children(Path::new("/usr/lib/jvm"), ""));
        java_homes.extend(children(Path::new("/opt"), "java"));
        java_homes.extend(children(Path::new("/opt"), "jdk"));
        let macos = children(Path::new("/Library/Java/JavaVirtualMachines"), "");
        java_homes.extend(macos.into_iter().map(|jdk| jdk.join("Contents/Home")));
        if let Some(home) = folder("HOME") {
            let sdkman = Path::new(&home).join(".sdkman/candidates/java");
            java_homes.extend(children(&sdkman, ""));
        }
        let postgres = children(Path::new("/usr/lib/postgresql"), "");
        let postgres_folders = postgres.iter().rev().map(|version| version.join("bin"));
        Self {
            postgres_folders: postgres_folders.collect(),
            system_folders: vec![PathBuf::from("/usr/sbin")],
            java_home: folder("JAVA_HOME").map(PathBuf::from),
            path: folder("PATH").map_or_else(Vec::new, |path| env::split_paths(&path).collect()),
            java_homes,
            keycloak_home: folder("KEYCLOAK_HOME").map(PathBuf::from),
        }
    }

    /// The first program of that name on `PATH`.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let mut candidates = self.path.iter().map(|folder| folder.join(name));
        candidates.find(|candidate| candidate.is_file())
    }
}

/// The entries of a folder whose names start with `prefix`, in the order of their names.
fn children(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let starts = |name: &OsStr| name.to_string_lossy().starts_with(prefix);
    let mut found: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| starts(&entry.file_name()))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}
