//! `cargo xtask upgrade`: from one version of an API to another, in one step that happens whole or not at all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::diff::{Diff, Side};
use crate::fetch::{self, FetchArgs};
use crate::generate::{generated_folder, outputs, write};
use crate::operations::with_names;
use crate::pipeline::{Fitted, Input};
use crate::public_api;
use crate::sources::{Api, Specs};
use crate::workspace::{root, shown, write_atomically};

/// Arguments of `upgrade`.
#[derive(clap::Args)]
pub struct UpgradeArgs {
    #[command(flatten)]
    source: FetchArgs,
}

/// Runs the command on this repository.
pub fn run(args: &UpgradeArgs) -> Result<()> {
    let api = Specs::read(&root().join("specs"))?.api(&args.source.api)?;
    let mut undo = Undo::default();
    for path in touched(&api) {
        undo.keep(&path)?;
    }
    match upgrade(&api, args) {
        Ok(report) => {
            print!("{report}");
            Ok(())
        }
        Err(error) => {
            undo.restore().context(
                "the tree could not be put back as it was; `git status` shows what is left",
            )?;
            Err(error.context("nothing was changed: every file is as it was"))
        }
    }
}

/// Every file and folder that an upgrade may write.
fn touched(api: &Api) -> Vec<PathBuf> {
    let root = root();
    let mut touched = vec![
        root.join("specs/sources.toml"),
        api.folder.clone(),
        root.join("Cargo.lock"),
        root.join("xtask/src/tests/snapshots"),
        public_api::folder(),
    ];
    for crate_name in api.source.crates() {
        touched.push(generated_folder(crate_name));
        touched.push(manifest(crate_name));
    }
    touched
}

fn manifest(crate_name: &str) -> PathBuf {
    root().join("crates").join(crate_name).join("Cargo.toml")
}

/// All steps; each says in its error which one it was.
fn upgrade(api: &Api, args: &UpgradeArgs) -> Result<String> {
    let old = Side::new(&api.source.version, &fit(api)?);

    step("bring the document");
    let specs = Specs::read(&root().join("specs"))?;
    fetch::fetch(&specs, &args.source).context("bringing the document")?;
    let api = &Specs::read(&root().join("specs"))?.api(&api.name)?;

    step("fit overlay and names");
    let fitted = fit(api).context("fitting overlay and names")?;
    if !fitted.idle_actions.is_empty() {
        bail!(
            "the overlay does not fit {} {}:\n{}\nMend specs/{}/overlay.yaml (an action that only newer versions need says `x-since`), \
             then run this again",
            api.name,
            api.source.version,
            fitted.idle_actions.join("\n"),
            api.name
        );
    }
    let names = api.folder.join("operations.toml");
    if !fitted.new_names.is_empty() {
        let grown = with_names(&api.operations_text()?, &fitted.new_names);
        write_atomically(&names, grown.as_bytes())?;
    }

    step("generate");
    let input = Input::read(api)?;
    let (files, normalised) = input.generate().context("generating")?;
    for output in outputs(api, &input, files, &normalised)? {
        write(&output.folder, &output.files)?;
    }
    for crate_name in api.source.crates() {
        stamp(api, crate_name).context("stamping the crate's version")?;
    }

    step("refresh the snapshots");
    refresh_snapshots().context("refreshing the snapshots")?;

    step("write down the public API");
    for crate_name in api.source.crates() {
        public_api::refresh(crate_name).context("writing down the public API")?;
    }

    let new = Side::new(&api.source.version, &fit(api)?);
    let mut report = Diff::between(api, &old, &new)?.markdown();
    if !fitted.new_names.is_empty() {
        let _ = writeln!(
            report,
            "\n## Names to review\n\nThey are new in specs/{}/operations.toml; once released, they stay.\n",
            api.name
        );
        for (key, id) in &fitted.new_names {
            let _ = writeln!(report, "- `{id}`: {key}");
        }
    }
    Ok(report)
}

fn fit(api: &Api) -> Result<Fitted> {
    Input::read(api)?.normalise_what_fits()
}

fn step(what: &str) {
    eprintln!("upgrade: {what}");
}

/// The API's version as build metadata of the crate's: `0.1.0+keycloak.26.7.4`.
fn stamp(api: &Api, crate_name: &str) -> Result<()> {
    let path = manifest(crate_name);
    let text = std::fs::read_to_string(&path)?;
    let stamped = stamped(&text, &api.name, &api.source.version)?;
    if stamped != text {
        write_atomically(&path, stamped.as_bytes())?;
    }
    Ok(())
}

fn stamped(manifest: &str, api: &str, version: &str) -> Result<String> {
    let mut table: toml_edit::DocumentMut = manifest.parse()?;
    let package = &mut table["package"];
    let Some(current) = package["version"].as_str() else {
        bail!("the crate has no version of its own: write `version = \"0.1.0+{api}.{version}\"`");
    };
    let number = current.split('+').next().unwrap_or_default();
    let stamped = format!("{number}+{api}.{version}");
    if stamped != current {
        package["version"] = toml_edit::value(stamped);
    }
    Ok(table.to_string())
}

/// The snapshots of the documents, of the table of operations and of the golden files; they say what changed in a review.
fn refresh_snapshots() -> Result<()> {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--quiet", "--package", "xtask", "snapshots::"])
        .env("INSTA_UPDATE", "always")
        .current_dir(root())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stdout).trim());
    }
    Ok(())
}

/// How files were before, to put them back.
#[derive(Default)]
struct Undo {
    /// The bytes of each file; `None` where there was none.
    files: BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// Folders that are to hold what they held and nothing else.
    folders: Vec<PathBuf>,
}

impl Undo {
    /// Remembers a file, or a folder with the files in it.
    fn keep(&mut self, path: &Path) -> Result<()> {
        if path.is_dir() {
            for file in files_of(path)? {
                self.keep(&file)?;
            }
            self.folders.push(path.to_owned());
        } else {
            let bytes = match std::fs::read(path) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
                Err(error) => {
                    let name = shown(path, &root());
                    return Err(error).with_context(|| format!("cannot read {name}"));
                }
            };
            self.files.insert(path.to_owned(), bytes);
        }
        Ok(())
    }

    /// Puts everything back.
    fn restore(&self) -> Result<()> {
        for folder in &self.folders {
            if folder.is_dir() {
                for file in files_of(folder)? {
                    if !self.files.contains_key(&file) {
                        std::fs::remove_file(&file)?;
                    }
                }
            }
        }
        for (path, bytes) in &self.files {
            match bytes {
                Some(bytes) if std::fs::read(path).ok().as_ref() == Some(bytes) => {}
                Some(bytes) => {
                    std::fs::create_dir_all(path.parent().context("a file stands in a folder")?)?;
                    write_atomically(path, bytes)?;
                }
                None if path.exists() => std::fs::remove_file(path)?,
                None => {}
            }
        }
        Ok(())
    }
}

/// All files below a folder.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("in")).unwrap();
        std::fs::write(path("in/changed"), "old").unwrap();
        std::fs::write(path("in/deleted"), "old").unwrap();
        let mut undo = Undo::default();
        undo.keep(&path("in")).unwrap();
        undo.keep(&path("not there")).unwrap();

        std::fs::write(path("in/changed"), "new").unwrap();
        std::fs::remove_file(path("in/deleted")).unwrap();
        std::fs::write(path("in/made"), "new").unwrap();
        std::fs::write(path("not there"), "new").unwrap();
        undo.restore().unwrap();

        assert_eq!(std::fs::read(path("in/changed")).unwrap(), b"old");
        assert_eq!(std::fs::read(path("in/deleted")).unwrap(), b"old");
        assert!(!path("in/made").exists() && !path("not there").exists());
    }

    #[test]
    fn the_version_of_the_api_is_metadata_of_the_crates() {
        let manifest = "[package]\nname = \"x\" # kept\nversion = \"0.3.1+keycloak.26.6.2\"\n";
        assert_eq!(
            stamped(manifest, "keycloak", "26.7.4").unwrap(),
            "[package]\nname = \"x\" # kept\nversion = \"0.3.1+keycloak.26.7.4\"\n"
        );
        let inherited = "[package]\nname = \"x\"\nversion.workspace = true\n";
        let error = stamped(inherited, "keycloak", "26.7.4").unwrap_err();
        assert!(
            error.to_string().contains("0.1.0+keycloak.26.7.4"),
            "{error}"
        );
    }
}
