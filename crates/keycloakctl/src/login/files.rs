//! Files that belong to one user alone: profiles and tokens.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use etcetera::base_strategy::{BaseStrategy as _, Xdg, choose_base_strategy};
use rustix::fs::{FlockOperation, flock};

use crate::blocking::in_thread;
use crate::error::CliError;
use crate::login::environment::Environment;
use crate::new_file;

/// The folder of this program within the folders of the user.
const FOLDER: &str = "keycloakctl";

/// Returns the path of the configuration file: `KEYCLOAKCTL_CONFIG`, else in the user's folder for configuration.
pub(crate) fn config_file(environment: Environment<'_>) -> Result<PathBuf, CliError> {
    if let Some(path) = environment.get("CONFIG") {
        return Ok(path.into());
    }
    let folder = folder(environment, "XDG_CONFIG_HOME", Xdg::config_dir)?;
    Ok(folder.join("config.toml"))
}

/// Returns the folder of the cached tokens.
pub(crate) fn cache_folder(environment: Environment<'_>) -> Result<PathBuf, CliError> {
    folder(environment, "XDG_CACHE_HOME", Xdg::cache_dir)
}

fn folder(
    environment: Environment<'_>,
    variable: &str,
    choose: impl Fn(&Xdg) -> PathBuf,
) -> Result<PathBuf, CliError> {
    let given = environment.variable(variable).map(PathBuf::from);
    if let Some(folder) = given.filter(|folder| folder.is_absolute()) {
        return Ok(folder.join(FOLDER));
    }
    let user = choose_base_strategy()
        .map_err(|error| CliError::other(format!("the home folder is not known: {error}")))?;
    Ok(choose(&user).join(FOLDER))
}

/// Replaces a file whole. Only its owner may read a new one. Its folder is made if it is absent.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    new_file::replace(path, content, new_file::PRIVATE)
}

/// Waits until no other process holds the lock of this file. The lock ends when the result is dropped.
pub(crate) async fn lock(path: PathBuf) -> Result<File, CliError> {
    let opened = path.clone();
    let locked = in_thread(move || open_locked(&opened)).await;
    locked.map_err(|error| cannot("lock", &path, &error))
}

fn open_locked(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(new_file::PRIVATE)
        .open(path)?;
    flock(&file, FlockOperation::LockExclusive)?;
    Ok(file)
}

/// Makes a folder that only its owner may enter, unless it exists.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Reads a file. `None` if it is absent.
pub(crate) fn read(path: &Path) -> Result<Option<String>, CliError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot("read", path, &error)),
    }
}

/// Fails if other users of this machine may read or write the file of a token.
pub(crate) fn check_private(path: &Path) -> Result<(), CliError> {
    if !is_public(path) {
        return Ok(());
    }
    let path = path.display();
    Err(
        CliError::refused(format!("other users may read the token in {path}")).with_hint(format!(
            "remove it, and run `keycloakctl login`; if it is a mistake, run `chmod 600 '{path}'`"
        )),
    )
}

/// Returns whether other users of this machine may read or write the file.
pub(crate) fn is_public(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// Makes the error of a file that cannot be read or written.
pub(crate) fn cannot(verb: &str, path: &Path, error: &io::Error) -> CliError {
    CliError::usage(format!("cannot {verb} {}: {error}", path.display()))
}
