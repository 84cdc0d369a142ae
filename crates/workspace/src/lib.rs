//! The paths of this repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The repository's root: the folder with `Cargo.lock` above the crate that cargo runs.
///
/// # Panics
/// If no folder above that crate has a `Cargo.lock`.
#[must_use]
pub fn root() -> PathBuf {
    let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    let mut folders = crate_folder.ancestors();
    folders
        .find(|folder| folder.join("Cargo.lock").is_file())
        .expect("a crate of this workspace stands below its root")
        .to_owned()
}

/// Cargo's target folder.
#[must_use]
pub fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR");
    root().join(target.unwrap_or_else(|| "target".into()))
}

/// A command of cargo, without the variables that cargo sets for the program that it runs.
///
/// The build script of `ring` asks to run again when one of them changes. All that depends on it was built anew after each `cargo xtask`, which took
/// five minutes for the tests of the workspace.
#[must_use]
pub fn cargo() -> Command {
    let mut command = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// Returns the output of a program. If the program fails, the error has its name and its output.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    let name = words.join(" ");
    let output = command
        .output()
        .with_context(|| format!("cannot start `{name}`"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{name}` failed: {}", said.trim());
    }
    Ok(output.stdout)
}

/// The manifest of each crate of this workspace, by the crate's name.
pub fn manifests() -> Result<BTreeMap<String, toml_edit::DocumentMut>> {
    let mut manifests = BTreeMap::new();
    for entry in std::fs::read_dir(root().join("crates"))? {
        let path = entry?.path().join("Cargo.toml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let table: toml_edit::DocumentMut = text
            .parse()
            .with_context(|| format!("{} is not valid TOML", path.display()))?;
        let name = table["package"]["name"].as_str().unwrap_or_default();
        manifests.insert(name.to_owned(), table);
    }
    Ok(manifests)
}

/// The crates that are published, each after those it depends on.
pub fn published() -> Result<Vec<String>> {
    let mut manifests = manifests()?;
    manifests.retain(|_, manifest| is_published(manifest));
    let mut ordered: Vec<String> = Vec::new();
    while ordered.len() < manifests.len() {
        let is_ready = |(name, manifest): &(&String, &toml_edit::DocumentMut)| {
            let waits = |other: &&String| depends(manifest, other) && !ordered.contains(other);
            !ordered.contains(name) && manifests.keys().find(waits).is_none()
        };
        let next = manifests.iter().find(is_ready);
        let (name, _) = next.context("crates depend on each other in a circle")?;
        ordered.push(name.clone());
    }
    Ok(ordered)
}

/// The published crates that other crates can use: all but the programs.
pub fn published_libraries() -> Result<Vec<String>> {
    let mut crates = published()?;
    crates.retain(|name| {
        root()
            .join("crates")
            .join(name)
            .join("src/lib.rs")
            .is_file()
    });
    Ok(crates)
}

/// Returns whether a crate goes to the registry.
fn is_published(manifest: &toml_edit::DocumentMut) -> bool {
    let publish = manifest["package"].get("publish");
    publish.and_then(toml_edit::Item::as_bool).unwrap_or(true)
}

/// Returns whether a crate needs another one to be used; what only its tests need does not count.
#[must_use]
pub fn depends(manifest: &toml_edit::DocumentMut, on: &str) -> bool {
    let dependencies = manifest.get("dependencies");
    dependencies.is_some_and(|dependencies| dependencies.get(on).is_some())
}

/// A path for messages, relative to `base` if it is inside.
#[must_use]
pub fn shown(path: &Path, base: &Path) -> String {
    path.strip_prefix(base)
        .unwrap_or(path)
        .display()
        .to_string()
}

/// Writes a file so that a reader sees either the old content or the new, never a part.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file stands in a folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write into {}", folder.display()))?;
    std::io::Write::write_all(&mut file, content)?;
    // Temporary files are private by default; what is committed is readable.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644))?;
    }
    file.persist(path)
        .with_context(|| format!("cannot replace {}", path.display()))?;
    Ok(())
}
