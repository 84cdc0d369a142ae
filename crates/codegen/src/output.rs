//! The generated folders of an API, and how they differ from what stands on disk.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use workspace::{root, shown, write_atomically};

use crate::emit::Files;
use crate::pipeline::{Input, Normalised};
use crate::sources::Api;

/// The files that are generated into one crate.
pub struct Output {
    /// The `generated` folder.
    pub folder: PathBuf,
    /// Its files.
    pub files: Files,
}

/// Returns everything that is generated from an API: the given files of its client, the mocks if the API has some, and the data of
/// its command line.
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
    if let Some(command_line) = &source.command_line {
        outputs.push(Output {
            folder: generated_folder(api.root(), command_line).join(&api.name),
            files: input.command_line(normalised, &api.commands_text()?, &source.crate_name)?,
        });
    }
    Ok(outputs)
}

/// Returns the folder of the generated files of a crate.
#[must_use]
pub fn generated_folder(root: &Path, crate_name: &str) -> PathBuf {
    root.join("crates").join(crate_name).join("src/generated")
}

/// The differences between a folder and the files that belong into it.
#[derive(Debug, PartialEq, Eq)]
pub enum Difference {
    /// A file is not there.
    Missing(String),
    /// A file has another content.
    Changed(String),
    /// A file should not be there.
    Stale(String),
}

impl Difference {
    /// The file below the repository's root, and what is wrong with it.
    #[must_use]
    pub fn describe(&self, folder: &Path) -> String {
        let (what, name) = match self {
            Self::Missing(name) => ("missing", name),
            Self::Changed(name) => ("differs", name),
            Self::Stale(name) => ("should not be there", name),
        };
        format!("{}: {what}", shown(&folder.join(name), &root()))
    }
}

/// Returns the differences between a folder and these files.
pub fn differences(folder: &Path, files: &Files) -> Result<Vec<Difference>> {
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
    found.sort_by_key(|difference| difference.describe(folder));
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
