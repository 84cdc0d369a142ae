//! The tour of `tour.sh`, on a real server.

mod support;

use std::path::Path;
use std::process::Stdio;

use keycloak_server::harness;
use support::Home;

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn the_tour_does_what_it_says() {
    let server = harness::keycloak();
    let home = Home::new();
    let program = Path::new(env!("CARGO_BIN_EXE_keycloakctl"));
    let folder = program.parent().expect("a folder");
    let path = std::env::var("PATH").expect("a path");
    let mut tour = std::process::Command::new("bash");
    tour.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tour.sh"))
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("XDG_CONFIG_HOME", home.path("config"))
        .env("XDG_CACHE_HOME", home.path("cache"))
        .env("KEYCLOAKCTL_SERVER", &server.url)
        .env("KEYCLOAKCTL_LOGIN", "password")
        .env("KEYCLOAKCTL_USERNAME", &server.admin_username)
        .env("KEYCLOAKCTL_PASSWORD", &server.admin_password)
        .env("KEYCLOAKCTL_REALM", harness::realm_name("keycloakctl"))
        .stdin(Stdio::null());
    let output = tour.output().expect("bash");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
