//! The files of the folders, and the names that say that a file is invalid.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Parts of the names of files that are invalid on purpose.
const INVALID: [&str; 13] = [
    "bad_id",
    "non_exists",
    "cannot",
    "defective",
    "error",
    "invalid",
    "not-existing",
    "raise_error",
    "syntax-error",
    "throw-",
    "try-to",
    "try_to",
    "try_delete",
];

/// A folder with its files.
pub type Folder = (String, Vec<PathBuf>);

/// Returns whether the name of a file says that it is invalid.
pub fn is_invalid(name: &str) -> bool {
    let name = name.to_lowercase();
    !name.contains("error_handling") && INVALID.iter().any(|part| name.contains(part))
}

/// Returns the name of a file below the root.
pub fn name(root: &Path, file: &Path) -> String {
    file.strip_prefix(root)
        .unwrap_or(file)
        .display()
        .to_string()
}

/// Finds the files, by folder.
pub fn folders(root: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut folders: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        let entries = std::fs::read_dir(&directory)
            .into_iter()
            .flatten()
            .flatten();
        for path in entries.map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let end = path.extension().unwrap_or_default().to_string_lossy();
            if path.is_dir() && !name.starts_with('.') {
                waiting.push(path);
            } else if matches!(&*end, "json" | "yaml" | "yml") {
                let folder = directory.strip_prefix(root).unwrap_or(&directory);
                let folder = folder.display().to_string();
                folders.entry(folder).or_default().push(path);
            }
        }
    }
    for files in folders.values_mut() {
        files.sort();
    }
    folders
}
