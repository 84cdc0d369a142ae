//! `cargo xtask api --semver`: whether the version of each published crate says what changed in its API since the last release, as
//! `cargo semver-checks` sees it.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{published, root};

/// The version of the tool that the workflow installs.
pub const TOOL: &str = "0.51.0";

/// Compares with the last release; without one there is nothing to compare with.
pub fn check() -> Result<()> {
    let Some(tag) = last_release()? else {
        println!(
            "no release yet: no tag `v*` is an ancestor of HEAD, so there is nothing to compare with"
        );
        return Ok(());
    };
    let (old, new) = since(&tag, published()?)?;
    for name in new {
        println!("{name}: not in {tag}, so nothing can break");
    }
    if old.is_empty() {
        return Ok(());
    }
    if !is_installed() {
        bail!("{}", how_to_install(&tag));
    }
    println!("compared with {tag}: {}", old.join(", "));
    let status = command(&tag, &old)
        .status()
        .context("cannot start cargo semver-checks")?;
    if !status.success() {
        bail!(
            "the API changed since {tag} by more than the versions say, see above: mend the API, or raise the version of the workspace"
        );
    }
    Ok(())
}

/// The newest tag of a release among the ancestors of HEAD.
fn last_release() -> Result<Option<String>> {
    let output = Command::new("git")
        .args([
            "tag",
            "--merged",
            "HEAD",
            "--sort=-version:refname",
            "--list",
            "v[0-9]*",
        ])
        .current_dir(root())
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!(
            "`git tag` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let tags = String::from_utf8(output.stdout)?;
    Ok(tags.lines().next().map(str::to_owned))
}

/// The crates that there were at the last release, and those that came after it.
fn since(tag: &str, crates: Vec<String>) -> Result<(Vec<String>, Vec<String>)> {
    let output = Command::new("git")
        .args(["ls-tree", "-r", "--name-only", tag, "crates"])
        .current_dir(root())
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!(
            "`git ls-tree {tag}` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let files = String::from_utf8(output.stdout)?;
    Ok(crates.into_iter().partition(|name| {
        let manifest = format!("crates/{name}/Cargo.toml");
        files.lines().any(|file| file == manifest)
    }))
}

fn is_installed() -> bool {
    let version = Command::new(env!("CARGO"))
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

fn command(tag: &str, crates: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(["semver-checks", "check-release", "--baseline-rev", tag]);
    for name in crates {
        command.args(["--package", name]);
    }
    command.current_dir(root());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_is_compared_with_the_release() {
        let command = command("v0.1.0", &["a".to_owned(), "b".to_owned()]);
        let arguments: Vec<_> = command.get_args().collect();
        let expected = "semver-checks check-release --baseline-rev v0.1.0 --package a --package b";
        assert_eq!(arguments, expected.split(' ').collect::<Vec<_>>());
    }

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
