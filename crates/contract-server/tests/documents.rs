//! The documents that are written for this project, under a validator of others.

use contract_server::{specification, validate};

#[test]
#[ignore = "needs npm; run cargo xtask test"]
fn the_documents_of_this_project_are_valid() {
    for api in ["folio-users", "idshield"] {
        validate(&specification(api)).unwrap();
    }
}

#[test]
#[ignore = "needs npm; run cargo xtask test"]
fn a_document_that_is_not_valid_is_refused() {
    let broken = std::env::temp_dir().join(format!("broken-{}.yaml", std::process::id()));
    let text = "openapi: 3.0.3\ninfo: {title: A}\npaths: {}\n";
    std::fs::write(&broken, text).unwrap();
    let error = validate(&broken).unwrap_err().to_string();
    std::fs::remove_file(&broken).unwrap();
    assert!(error.contains("version"), "{error}");
}
