use std::path::Path;
use std::process::Command;

/// Writes an executable shell script. Another process does the writing: were the file open here
/// while a test beside this one forks, running the script would fail with "text file busy".
pub(crate) fn write_script(path: &Path, commands: &str) {
    let status = Command::new("sh")
        .args([
            "-c",
            r#"printf '#!/bin/sh\n%s\n' "$1" > "$0" && chmod 755 "$0""#,
        ])
        .arg(path)
        .arg(commands)
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}
