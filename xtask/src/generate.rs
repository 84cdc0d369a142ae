//! `cargo xtask generate`: writes the generated folders from the specs, or checks that they are what the specs give.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::document;
use crate::pipeline::{Files, Input, Normalised};
use crate::sources::{Api, Specs};
use crate::workspace::{root, shown, write_atomically};

/// Arguments of `generate`.
#[derive(clap::Args)]
pub struct GenerateArgs {
    /// One API of specs/sources.toml; all of them where it is left out.
    api: Option<String>,
    /// Write nothing; fail where a generated folder is not what the specs give.
    #[arg(long)]
    check: bool,
}

/// Fails where a generated folder is not what the specs give.
pub fn check_all() -> Result<()> {
    run(&GenerateArgs {
        api: None,
        check: true,
    })
}

/// Runs the command on this repository.
pub fn run(args: &GenerateArgs) -> Result<()> {
    let specs = Specs::read(&root().join("specs"))?;
    let apis = match &args.api {
        Some(name) => vec![specs.api(name)?],
        None => specs.all(),
    };
    let mut stale = Vec::new();
    for api in &apis {
        let started = Instant::now();
        let input = Input::read(api)?;
        let (files, normalised) = input.generate()?;
        describe(api, &normalised);
        let outputs = outputs(api, &input, files, &normalised)?;
        for output in &outputs {
            let differences = if args.check {
                differences(&output.folder, &output.files)?
            } else {
                write(&output.folder, &output.files)?
            };
            report(output, &differences, args.check, started);
            let named = differences.iter();
            stale.extend(named.map(|difference| difference.to_string(&output.folder)));
        }
    }
    if args.check && !stale.is_empty() {
        bail!(
            "generated files are not what the specs give:\n  {}\nRun `cargo xtask generate` and commit the result; \
             what should be different goes into the overlay or the pipeline",
            stale.join("\n  ")
        );
    }
    Ok(())
}

/// What is generated into one crate.
pub struct Output {
    pub folder: PathBuf,
    pub files: Files,
}

/// All that is generated from an API, given the files of its client: these, and the mocks where it has some.
pub fn outputs(
    api: &Api,
    input: &Input,
    client: Files,
    normalised: &Normalised,
) -> Result<Vec<Output>> {
    let source = &api.source;
    let mut outputs = vec![Output {
        folder: generated_folder(api.root(), &source.crate_name),
        files: client,
    }];
    if let Some(mock) = &source.mock {
        outputs.push(Output {
            folder: generated_folder(api.root(), mock),
            files: input.mocks(normalised, &source.crate_name)?,
        });
    }
    Ok(outputs)
}

/// Where the generated files of a crate stand.
pub fn generated_folder(root: &Path, crate_name: &str) -> PathBuf {
    root.join("crates").join(crate_name).join("src/generated")
}

/// How a folder differs from what it should hold.
#[derive(Debug, PartialEq, Eq)]
pub enum Difference {
    Missing(String),
    Changed(String),
    Stale(String),
}

impl Difference {
    fn to_string(&self, folder: &Path) -> String {
        let (what, name) = match self {
            Self::Missing(name) => ("missing", name),
            Self::Changed(name) => ("differs", name),
            Self::Stale(name) => ("should not be there", name),
        };
        format!("{}: {what}", shown(&folder.join(name), &root()))
    }
}

fn differences(folder: &Path, files: &Files) -> Result<Vec<Difference>> {
    let mut found = Vec::new();
    for (name, content) in files {
        match std::fs::read(folder.join(name)) {
            Ok(existing) if existing == content.as_bytes() => {}
            Ok(_) => found.push(Difference::Changed(name.clone())),
            Err(_) => found.push(Difference::Missing(name.clone())),
        }
    }
    if folder.exists() {
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !files.contains_key(&name) {
                found.push(Difference::Stale(name));
            }
        }
    }
    found.sort_by_key(|difference| difference.to_string(folder));
    Ok(found)
}

/// Writes what differs and deletes what is stale; returns what differed.
pub fn write(folder: &Path, files: &Files) -> Result<Vec<Difference>> {
    let differences = differences(folder, files)?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for difference in &differences {
        match difference {
            Difference::Missing(name) | Difference::Changed(name) => {
                write_atomically(&folder.join(name), files[name].as_bytes())?;
            }
            Difference::Stale(name) => {
                let path = folder.join(name);
                let removed = if path.is_dir() {
                    std::fs::remove_dir_all(&path)
                } else {
                    std::fs::remove_file(&path)
                };
                removed.with_context(|| format!("cannot delete {}", path.display()))?;
            }
        }
    }
    Ok(differences)
}

/// What the document is after each step.
fn describe(api: &Api, normalised: &Normalised) {
    println!(
        "{} {}: {} operations, {} schemas",
        api.name,
        api.source.version,
        document::operations(&normalised.document).count(),
        normalised
            .document
            .pointer("/components/schemas")
            .and_then(serde_json::Value::as_object)
            .map_or(0, serde_json::Map::len),
    );
    for step in &normalised.steps {
        println!("  {:<21} {:>4}  {}", step.name, step.changed, step.about);
    }
}

fn report(output: &Output, differences: &[Difference], check: bool, started: Instant) {
    let state = match (differences.len(), check) {
        (0, _) => "up to date".to_owned(),
        (count, true) => format!("{count} differ"),
        (count, false) => format!("{count} written or deleted"),
    };
    println!(
        "  {} files in {}, {state}; {:.1} s",
        output.files.len(),
        shown(&output.folder, &root()),
        started.elapsed().as_secs_f64(),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_leaves_exactly_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::write(path.join("same.rs"), "same").unwrap();
        std::fs::write(path.join("edited.rs"), "edited by hand").unwrap();
        std::fs::write(path.join("stale.rs"), "from an older release").unwrap();
        let files: Files = ["same", "edited", "new"]
            .map(|name| (format!("{name}.rs"), name.to_owned()))
            .into();
        assert_eq!(
            differences(path, &files).unwrap(),
            [
                Difference::Changed("edited.rs".to_owned()),
                Difference::Missing("new.rs".to_owned()),
                Difference::Stale("stale.rs".to_owned()),
            ]
        );
        assert_eq!(write(path, &files).unwrap().len(), 3);
        assert_eq!(differences(path, &files).unwrap(), []);
        assert!(!path.join("stale.rs").exists());
        assert_eq!(std::fs::read(path.join("edited.rs")).unwrap(), b"edited");
    }
}
