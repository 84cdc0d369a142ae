//! The program and its exit code.

use std::process::Command;

#[test]
fn a_folder_without_a_cluster_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_ledger"))
        .arg("--short")
        .env("KEYCLOAK_CLUSTER", env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "error: KEYCLOAK_CLUSTER names no folder of a running cluster\n"
    );
}
