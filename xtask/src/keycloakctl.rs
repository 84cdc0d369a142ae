//! The program `keycloakctl`, for commands that run it in a shell.

use std::env;
use std::ffi::OsString;

use anyhow::{Context, Result, ensure};
use workspace::{root, target};

/// Builds the program, and returns a `PATH` on which it comes first.
pub fn build_on_path() -> Result<OsString> {
    let built = workspace::cargo()
        .args(["build", "--quiet", "--package", "keycloakctl"])
        .current_dir(root())
        .status()
        .context("cannot start cargo")?;
    ensure!(built.success(), "keycloakctl does not build");
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [target().join("debug")].into_iter();
    Ok(env::join_paths(folders.chain(env::split_paths(&path)))?)
}
