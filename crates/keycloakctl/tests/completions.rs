//! Completions in a shell, and man pages.

mod support;

use std::process::Command;

use support::{Home, Server, token};

const CLIENTS: &str =
    r#"[{"id":"1","clientId":"account"},{"id":"2","clientId":"account-console"}]"#;
const USERS: &str = r#"[{"id":"1","username":"alice"},{"id":"2","username":"alina"}]"#;
const REALMS: &str = r#"[{"realm":"acme"},{"realm":"master"}]"#;

/// A server with two realms, two clients and two users, and a home that is logged in there.
fn logged_in() -> (Home, Server) {
    let server = Server::start(|received| match received.line.split(' ').nth(1) {
        Some(path) if path.ends_with("/token") => token("first", 300),
        Some(path) if path.starts_with("/admin/realms/acme/users") => (200, USERS.to_owned()),
        Some(path) if path.starts_with("/admin/realms/acme/clients") => (200, CLIENTS.to_owned()),
        Some(path) if path.starts_with("/admin/realms?") => (200, REALMS.to_owned()),
        _ => (404, String::new()),
    });
    let home = Home::new();
    home.log_in(&server.url);
    (home, server)
}

/// Asks as fish does: all words of the line, the last one unfinished.
fn complete(home: &Home, words: &[&str]) -> Vec<String> {
    let arguments = [&["--", "keycloakctl"], words].concat();
    let mut command = home.command(&arguments);
    let output = command.env("KEYCLOAKCTL_COMPLETE", "fish").output();
    let output = output.expect("the program");
    let stdout = String::from_utf8(output.stdout).expect("text");
    let words = stdout
        .lines()
        .map(|line| line.split('\t').next().unwrap_or(line));
    words.map(str::to_owned).collect()
}

#[test]
fn names_of_realms_clients_and_users_are_completed() {
    let (home, server) = logged_in();
    assert_eq!(
        complete(&home, &["users", "get", "--realm", ""]),
        ["acme", "master"]
    );
    assert_eq!(
        complete(&home, &["users", "get", "--realm", "m"]),
        ["master"]
    );
    let user = ["users", "get", "--realm", "acme", "--user", "al"];
    assert_eq!(complete(&home, &user), ["alice", "alina"]);
    let client = ["clients", "get", "--realm=acme", "--client", "account-"];
    assert_eq!(complete(&home, &client), ["account-console"]);
    let asked: Vec<_> = server
        .received()
        .into_iter()
        .map(|request| request.line)
        .collect();
    assert!(
        asked
            .iter()
            .any(|line| line.contains("users?") && line.contains("username=al")),
        "{asked:?}"
    );
}

#[test]
fn commands_are_completed_without_a_login() {
    let home = Home::new();
    let commands = complete(&home, &["prof"]);
    assert_eq!(commands, ["profiles"]);
    assert!(complete(&home, &["users", "get", "--realm", ""]).is_empty());
}

#[test]
fn bash_completes_with_its_script() {
    let home = Home::new();
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_keycloakctl"))
        .parent()
        .expect("a folder");
    let script = r#"
        source <(keycloakctl completions bash) || exit 1
        function=$(complete -p keycloakctl | sed 's/.*-F \([^ ]*\).*/\1/')
        COMP_WORDS=(keycloakctl prof); COMP_CWORD=1; COMP_TYPE=9
        "$function" keycloakctl prof keycloakctl
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let output = Command::new("bash")
        .args(["--norc", "-c", script])
        .env_clear()
        .env("PATH", path)
        .env("HOME", home.path(""))
        .output()
        .expect("bash");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "profiles",
        "{output:?}"
    );
}

#[test]
fn each_shell_has_a_script() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let run = home.run(&["completions", shell]).succeeded();
        assert!(run.stdout.contains("KEYCLOAKCTL_COMPLETE"), "{run:?}");
    }
}

#[test]
fn each_command_has_a_man_page() {
    let home = Home::new();
    home.run(&["man", "pages"]).succeeded();
    let page = std::fs::read_to_string(home.path("pages/keycloakctl-login.1")).expect("a page");
    assert!(page.contains("\\-\\-password\\-stdin"), "{page}");
    assert!(home.path("pages/keycloakctl.1").exists());
    assert!(home.path("pages/keycloakctl-profiles-use.1").exists());
}
