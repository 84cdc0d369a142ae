//! The command line. This test also makes cargo build the program with the tests, for `cargo xtask test`.

use std::process::Command;

#[test]
fn a_run_of_a_part_never_writes_what_a_whole_run_writes() {
    for write in ["--write-docs", "--write-answers"] {
        for part in [["--version", "26.7.5"], ["--only", "users"]] {
            let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
                .args(["--documents", "/no/such/folder", write])
                .args(part)
                .output()
                .unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{error}");
            let refusal = format!("'{write}' cannot be used with '{} ", part[0]);
            assert!(error.contains(&refusal), "{error}");
        }
    }
}

#[test]
fn the_areas_are_checked_before_a_server_starts() {
    let output = Command::new(env!("CARGO_BIN_EXE_conformance"))
        .args(["--documents", "/no/such/folder", "--only", "no such area"])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    // An area without operations, or an operation in two areas, would be the error instead.
    assert!(
        error.starts_with("error: `no such area` is part of no area's name"),
        "{error}"
    );
}
