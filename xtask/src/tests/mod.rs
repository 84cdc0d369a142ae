//! Tests of the commands, and of what the repository says about itself.

mod policy;
mod upgrades;
mod versions;
mod workflows;

use std::path::Path;
use std::process::Command;

/// Commits all files of a folder, which becomes a repository.
pub fn commit_all(folder: &Path) {
    let author = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "--all"],
        &["commit", "--quiet", "--allow-empty", "--message", "all"],
    ] {
        let mut git = Command::new("git");
        git.args(author);
        git.args([
            "-c",
            "commit.gpgsign=false",
            "-c",
            "core.looseCompression=0",
        ]);
        git.args(arguments).current_dir(folder);
        assert!(git.status().unwrap().success(), "git {arguments:?}");
    }
}
