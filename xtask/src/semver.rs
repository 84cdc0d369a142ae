//! `cargo xtask api --semver`: whether the version of each published crate says what changed in its API since the last release, as
//! `cargo semver-checks` sees it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use workspace::{output, published_libraries, root, target};

use crate::rustdoc::rustdoc_json;

/// The version of the tool that the workflow installs.
pub const TOOL: &str = "0.51.0";

/// Compares with the last release. Without a release it does nothing.
pub fn check() -> Result<()> {
    let Some(tag) = last_release()? else {
        println!(
            "no release yet: no tag `v*` is an ancestor of HEAD, so there is nothing to compare with"
        );
        return Ok(());
    };
    let (old, new) = since(&tag, published_libraries()?)?;
    for name in new {
        println!("{name}: not in {tag}, so nothing can break");
    }
    if old.is_empty() {
        return Ok(());
    }
    if !is_installed() {
        bail!("{}", how_to_install(&tag));
    }
    let baseline = Baseline::of(&tag)?;
    let mut wrong = Vec::new();
    for name in &old {
        println!("{name}, compared with {tag}:");
        if !baseline.is_kept(name)? {
            wrong.push(name.as_str());
        }
    }
    if !wrong.is_empty() {
        bail!(
            "the API changed since {tag} by more than the versions say, see above: {}. Mend it, or raise the version of the workspace",
            wrong.join(", ")
        );
    }
    Ok(())
}

/// The tree of the last release. Both sides are built by this workspace's cargo into one target folder: left alone, the tool builds each
/// crate's dependencies anew, sixteen times.
struct Baseline {
    tree: tempfile::TempDir,
    json: tempfile::TempDir,
}

impl Baseline {
    fn of(tag: &str) -> Result<Self> {
        let baseline = Self {
            tree: tempfile::tempdir_in(target())?,
            json: tempfile::tempdir()?,
        };
        let archive = baseline.json.path().join("release.tar");
        output(
            Command::new("git")
                .args(["archive", "--format=tar", "--output"])
                .arg(&archive)
                .arg(tag)
                .current_dir(root()),
        )?;
        output(
            Command::new("tar")
                .arg("-xf")
                .arg(&archive)
                .current_dir(baseline.tree.path()),
        )?;
        Ok(baseline)
    }

    /// Returns whether the version of a crate allows the changes of its API. The tool prints the changes.
    fn is_kept(&self, name: &str) -> Result<bool> {
        let json = |root: &Path, side: &str| -> Result<PathBuf> {
            // The arguments that the tool gives to rustdoc.
            let options = ["--document-private-items", "--document-hidden-items"];
            let made = rustdoc_json(root, name, &options)?;
            let kept = self.json.path().join(format!("{name}-{side}.json"));
            std::fs::copy(&made, &kept)?;
            Ok(kept)
        };
        let old = json(self.tree.path(), "old")?;
        let new = json(&root(), "new")?;
        let status = tool(&old, &new).status();
        Ok(status
            .context("cannot start cargo semver-checks")?
            .success())
    }
}

/// The newest tag of a release among the ancestors of HEAD.
fn last_release() -> Result<Option<String>> {
    let list = ["tag", "--merged", "HEAD", "--sort=-version:refname"];
    let list = [&list[..], &["--list", "v[0-9]*"]].concat();
    let tags = output(Command::new("git").args(list).current_dir(root()))?;
    let tags = String::from_utf8(tags)?;
    Ok(tags.lines().next().map(str::to_owned))
}

/// The crates of the last release, and those that came after it.
fn since(tag: &str, crates: Vec<String>) -> Result<(Vec<String>, Vec<String>)> {
    let list = ["ls-tree", "-r", "--name-only", tag, "crates"];
    let files = output(Command::new("git").args(list).current_dir(root()))?;
    let files = String::from_utf8(files)?;
    Ok(crates.into_iter().partition(|name| {
        let manifest = format!("crates/{name}/Cargo.toml");
        files.lines().any(|file| file == manifest)
    }))
}

fn is_installed() -> bool {
    let version = workspace::cargo()
        .args(["semver-checks", "--version"])
        .current_dir(root())
        .output();
    version.is_ok_and(|output| output.status.success())
}

fn how_to_install(tag: &str) -> String {
    format!(
        "cargo semver-checks is not installed, and {tag} has to be compared with: `cargo install cargo-semver-checks --locked --version \
         {TOOL}`, then run this again"
    )
}

fn tool(old: &Path, new: &Path) -> Command {
    let mut command = workspace::cargo();
    command.args(["semver-checks", "check-release", "--baseline-rustdoc"]);
    command.arg(old).arg("--current-rustdoc").arg(new);
    command.current_dir(root());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_is_new_is_not_compared() {
        let crates = vec!["keycloak-api".to_owned(), "not-there".to_owned()];
        let (old, new) = since("HEAD", crates).unwrap();
        assert_eq!(old, ["keycloak-api"]);
        assert_eq!(new, ["not-there"]);
    }

    #[test]
    fn what_is_not_installed_is_named_with_what_to_do() {
        let message = how_to_install("v0.1.0");
        assert!(
            message.contains(&format!(
                "`cargo install cargo-semver-checks --locked --version {TOOL}`"
            )),
            "{message}"
        );
    }
}
