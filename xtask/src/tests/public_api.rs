//! The public API of `keycloak-admin` as text: a change in it is seen in a review.

use std::path::PathBuf;
use std::process::Command;

use crate::workspace::root;

#[test]
fn keycloak_admin() {
    insta::assert_snapshot!("public_api_keycloak_admin", public_api("keycloak-admin"));
}

fn public_api(package: &str) -> String {
    public_api::Builder::from_rustdoc_json(rustdoc_json(package))
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .unwrap()
        .to_string()
}

/// Rustdoc's JSON is unstable, so rustdoc alone runs with unstable options; what it documents is compiled as always.
fn rustdoc_json(package: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let rustdoc = target.join("rustdoc-json.sh");
    std::fs::write(
        &rustdoc,
        "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n",
    )
    .unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&rustdoc, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = Command::new(env!("CARGO"))
        .args([
            "rustdoc",
            "--quiet",
            "--lib",
            "--package",
            package,
            "--",
            "-Z",
            "unstable-options",
            "--output-format",
            "json",
            "--cap-lints",
            "allow",
        ])
        .env("RUSTDOC", &rustdoc)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    target
        .join("doc")
        .join(package.replace('-', "_"))
        .with_extension("json")
}
