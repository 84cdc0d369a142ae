//! The rustdoc JSON of crates, which `docs/api` and cargo-semver-checks are made of. It is unstable.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use workspace::{root, target};

/// The rustdoc JSON of a crate of the workspace below `root`.
pub fn rustdoc_json(root: &Path, package: &str, options: &[&str]) -> Result<PathBuf> {
    let mut cargo = cargo("rustdoc", root)?;
    cargo
        .args(["--lib", "--package", package, "--"])
        .args(JSON)
        .args(["--cap-lints", "allow"])
        .args(options);
    run(cargo, package)?;
    Ok(of_package(package))
}

/// Writes the rustdoc JSON of each crate of this workspace, for [`of_package`]. A warning about documentation is an error.
pub fn rustdoc_json_of_all() -> Result<()> {
    let mut cargo = cargo("doc", &root())?;
    cargo
        .args(["--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", format!("{} -D warnings", JSON.join(" ")));
    run(cargo, "this workspace")
}

/// The path of a crate's rustdoc JSON.
pub fn of_package(package: &str) -> PathBuf {
    let name = package.replace('-', "_");
    target().join("doc").join(name).with_extension("json")
}

const JSON: [&str; 4] = ["-Z", "unstable-options", "--output-format", "json"];

/// A command of cargo that runs rustdoc. Rustdoc alone runs with unstable options, and what it documents is compiled as always.
fn cargo(command: &str, root: &Path) -> Result<Command> {
    let target = target();
    let rustdoc = target.join("rustdoc-json.sh");
    std::fs::write(
        &rustdoc,
        "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n",
    )?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&rustdoc, std::fs::Permissions::from_mode(0o755))?;
    }
    let mut cargo = workspace::cargo();
    cargo
        .args([command, "--quiet"])
        .env("RUSTDOC", &rustdoc)
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(root);
    Ok(cargo)
}

fn run(mut cargo: Command, what: &str) -> Result<()> {
    let output = cargo.output().context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "rustdoc failed on {what}:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}
