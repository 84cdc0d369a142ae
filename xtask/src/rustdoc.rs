//! The rustdoc JSON of a crate, which `docs/api` and cargo-semver-checks are made of.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use workspace::target;

/// The rustdoc JSON of a crate of the workspace below `root`. It is unstable, so rustdoc alone runs with unstable options; what it documents
/// is compiled as always.
pub fn rustdoc_json(root: &Path, package: &str, options: &[&str]) -> Result<PathBuf> {
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
    let output = Command::new(env!("CARGO"))
        .args(["rustdoc", "--quiet", "--lib", "--package", package])
        .args(["--", "-Z", "unstable-options", "--output-format", "json"])
        .args(["--cap-lints", "allow"])
        .args(options)
        .env("RUSTDOC", &rustdoc)
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(root)
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!(
            "rustdoc failed on {package}:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(target
        .join("doc")
        .join(package.replace('-', "_"))
        .with_extension("json"))
}
