//! A working tree without changes, so that git can undo an upgrade.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use workspace::output;

/// A working tree that was clean.
pub struct CleanTree<'a> {
    root: &'a Path,
    /// The folders without a file, which git does not know.
    empty_folders: Vec<PathBuf>,
}

impl<'a> CleanTree<'a> {
    /// Fails if the tree has changes that are not committed or files that git does not know, and names them.
    pub fn require(root: &'a Path) -> Result<Self> {
        let status = ["status", "--porcelain", "-z", "--untracked-files=all"];
        let unclean = entries(root, &status).context("an upgrade needs git to undo it")?;
        ensure!(
            unclean.is_empty(),
            "the working tree is not clean, so git could not undo an upgrade that fails. Commit or stash these, then run this again:\n  {}",
            unclean.join("\n  ")
        );
        let others = [&NEW_FILES[..], &["--directory"]].concat();
        let folders = entries(root, &others)?.into_iter();
        Ok(Self {
            root,
            empty_folders: folders.map(|folder| root.join(folder)).collect(),
        })
    }

    /// Deletes the files that are new and restores all others. Files that git ignores stay as they are.
    pub fn restore(&self) -> Result<()> {
        for file in entries(self.root, &NEW_FILES)? {
            self.delete(&self.root.join(file))?;
        }
        let restore = ["restore", "--source=HEAD", "--staged", "--worktree", ":/"];
        git(self.root, &restore)?;
        Ok(())
    }

    /// Deletes a file, and the folders that are empty without it and were not there before.
    fn delete(&self, file: &Path) -> Result<()> {
        std::fs::remove_file(file).with_context(|| format!("cannot delete {}", file.display()))?;
        let folders = file.ancestors().skip(1);
        for folder in folders.take_while(|folder| *folder != self.root) {
            let is_old = self.empty_folders.iter().any(|empty| empty == folder);
            if is_old || std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Lists the files that git neither knows nor ignores.
const NEW_FILES: [&str; 4] = ["ls-files", "--others", "--exclude-standard", "-z"];

fn git(root: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    output(Command::new("git").args(arguments).current_dir(root))
}

/// Returns the entries that git prints with a zero byte after each.
fn entries(root: &Path, arguments: &[&str]) -> Result<Vec<String>> {
    let text = String::from_utf8(git(root, arguments)?)?;
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::tests::commit_all;

    /// A repository with two committed files.
    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        fs::create_dir(folder.path().join("in")).unwrap();
        write("in/changed", "old");
        write("in/deleted", "old");
        write(".gitignore", "ignored\n");
        commit_all(folder.path());
        folder
    }

    #[test]
    fn restoring_puts_back_changed_and_deleted_files_and_deletes_new_ones_alone() {
        let folder = tree();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("ignored"), "old").unwrap();
        fs::create_dir(path("empty")).unwrap();
        let tree = CleanTree::require(folder.path()).unwrap();

        fs::write(path("in/changed"), "new").unwrap();
        fs::remove_file(path("in/deleted")).unwrap();
        fs::create_dir_all(path("new/folder")).unwrap();
        for new in ["in/new", "new/folder/file", "empty/file", "\u{e4} \"b\""] {
            fs::write(path(new), "new").unwrap();
        }
        fs::write(path("ignored"), "new").unwrap();
        tree.restore().unwrap();

        assert_eq!(fs::read(path("in/changed")).unwrap(), b"old");
        assert_eq!(fs::read(path("in/deleted")).unwrap(), b"old");
        assert_eq!(fs::read(path("ignored")).unwrap(), b"new");
        let names = |folder: PathBuf| {
            let entries = fs::read_dir(folder).unwrap();
            let names = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<String> = names.collect();
            names.sort_unstable();
            names
        };
        assert_eq!(
            names(path("")),
            [".git", ".gitignore", "empty", "ignored", "in"]
        );
        assert_eq!(names(path("empty")), [""; 0]);
        assert_eq!(names(path("in")), ["changed", "deleted"]);
        CleanTree::require(folder.path()).unwrap();
    }

    #[test]
    fn a_tree_with_changes_is_refused_and_the_changes_are_named() {
        for name in ["in/changed", "in/deleted", "new/file"] {
            let folder = tree();
            let path = folder.path().join(name);
            if name == "in/deleted" {
                fs::remove_file(path).unwrap();
            } else {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, "new").unwrap();
            }
            let error = CleanTree::require(folder.path()).err().unwrap();
            let message = error.to_string();
            assert!(
                message.contains("the working tree is not clean"),
                "{message}"
            );
            assert!(message.contains(name), "{message}");
        }
    }

    #[test]
    fn a_folder_that_is_no_repository_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = CleanTree::require(folder.path()).err().unwrap();
        assert!(format!("{error:#}").contains("needs git"), "{error:#}");
    }
}
