//! How files were before an upgrade, to put them back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use workspace::write_atomically;

/// How files were before, to put them back.
#[derive(Default)]
pub struct Undo {
    /// The bytes of each file; `None` where there was none.
    files: BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// Folders that are to hold what they held and nothing else.
    folders: Vec<PathBuf>,
}

impl Undo {
    /// Remembers a file, or a folder with the files in it.
    pub fn keep(&mut self, path: &Path) -> Result<()> {
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
                    return Err(error).with_context(|| format!("cannot read {}", path.display()));
                }
            };
            self.files.insert(path.to_owned(), bytes);
        }
        Ok(())
    }

    /// Puts everything back.
    pub fn restore(&self) -> Result<()> {
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
}
