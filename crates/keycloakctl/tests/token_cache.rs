//! The cached token: its file, its renewal, and many commands at once.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::{Home, Run, Server, mode, set_mode, token};

/// A token endpoint whose tokens live this long: `token-1`, `token-2`, ... Each answer takes a moment, so that others come meanwhile.
fn endpoint(lifetimes: &'static [u64]) -> Server {
    let count = AtomicUsize::new(0);
    Server::start(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(300));
        let lifetime = lifetimes[number.min(lifetimes.len() - 1)];
        token(&format!("token-{}", number + 1), lifetime)
    })
}

/// Runs ten commands at once, and waits for all.
fn run_ten(home: &Home) {
    let children = [(); 10].map(|()| home.command(&["whoami"]).spawn().expect("the program"));
    for child in children {
        Run::new(child.wait_with_output().expect("the program")).succeeded();
    }
}

#[test]
fn ten_commands_make_one_token_request() {
    // The first token has ended when it comes.
    let server = endpoint(&[0, 300]);
    let home = Home::new();
    home.log_in(&server.url);
    run_ten(&home);
    let bodies: Vec<_> = server
        .received()
        .into_iter()
        .map(|request| request.body)
        .collect();
    assert_eq!(bodies.len(), 2, "{bodies:?}");
    assert!(bodies[0].contains("grant_type=password"), "{bodies:?}");
    assert!(
        bodies[1].contains("refresh_token=refresh-token-1"),
        "{bodies:?}"
    );
    run_ten(&home);
    assert_eq!(server.received().len(), 2, "the new token is used by all");
}

#[test]
fn ten_commands_without_a_profile_log_in_once() {
    let server = endpoint(&[300]);
    let home = Home::new()
        .with("KEYCLOAKCTL_SERVER", &server.url)
        .with("KEYCLOAKCTL_CLIENT_ID", "ci")
        .with("KEYCLOAKCTL_CLIENT_SECRET", "s3cret");
    run_ten(&home);
    let received = server.received();
    assert_eq!(received.len(), 1, "{received:?}");
    assert!(
        received[0].body.contains("grant_type=client_credentials"),
        "{received:?}"
    );
}

#[test]
fn a_refresh_token_is_sent_once() {
    let server = endpoint(&[0, 0, 300]);
    let home = Home::new();
    home.log_in(&server.url);
    home.run(&["whoami"]).succeeded();
    home.run(&["whoami"]).succeeded();
    let received = server.received();
    let sent = |name: &str| {
        received
            .iter()
            .filter(|request| request.body.contains(name))
            .count()
    };
    assert_eq!(sent("refresh_token=refresh-token-1"), 1, "{received:?}");
    assert_eq!(sent("refresh_token=refresh-token-2"), 1, "{received:?}");
}

#[test]
fn an_ended_login_is_tried_once_by_all() {
    let server = Server::start(|received| {
        if received.body.contains("grant_type=password") {
            token("token-1", 0)
        } else {
            (
                400,
                r#"{"error":"invalid_grant","error_description":"Session not active"}"#.to_owned(),
            )
        }
    });
    let home = Home::new();
    home.log_in(&server.url);
    let children = [(); 10].map(|()| home.command(&["whoami"]).spawn().expect("the program"));
    for child in children {
        let run = Run::new(child.wait_with_output().expect("the program"));
        assert_eq!(run.code, Some(5), "{run:?}");
        assert!(run.stderr.contains("the login has ended"), "{run:?}");
    }
    assert_eq!(server.received().len(), 2, "one login, and one refresh");
}

#[test]
fn the_files_belong_to_their_owner_and_hold_no_password() {
    let server = endpoint(&[300]);
    let home = Home::new();
    home.log_in(&server.url);
    let files = home.token_files();
    assert_eq!(files.len(), 1);
    assert_eq!(mode(&files[0]), 0o600);
    assert_eq!(mode(files[0].parent().expect("a folder")), 0o700);
    let config = home.path("config/keycloakctl/config.toml");
    assert_eq!(mode(&config), 0o600);
    for file in [&config, &files[0]] {
        let text = std::fs::read_to_string(file).expect("a file");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn a_profile_keeps_its_comments_and_its_server() {
    let home = Home::new();
    home.configure("# of the company\n[profiles.work] # stays\nserver = \"https://sso.example.com\"\n\n[profiles.other]\nserver = \"https://other.example.com\"\n");
    home.run(&["profiles", "use", "work"]).succeeded();
    let server = endpoint(&[300]);
    home.log_in(&server.url);
    let config =
        std::fs::read_to_string(home.path("config/keycloakctl/config.toml")).expect("a file");
    assert!(
        config.contains("# of the company\n[profiles.work] # stays"),
        "{config}"
    );
    let listed = home
        .run(&[
            "profiles",
            "list",
            "-o",
            "csv",
            "--fields",
            "name,current,server",
        ])
        .succeeded();
    let host = server.url.replace("http://", "").replace(':', "-");
    let expected = format!(
        "name,current,server\n{host},true,{}\nother,false,https://other.example.com\nwork,false,https://sso.example.com\n",
        server.url
    );
    assert_eq!(listed.stdout, expected);
    home.run(&["profiles", "remove", &host]).succeeded();
    assert_eq!(home.token_files().len(), 0, "its token is removed with it");
    let names = home.run(&["profiles", "list", "-o", "name"]).succeeded();
    assert_eq!(names.stdout, "other\nwork\n");
}

/// Returns whether a process waits for a lock of a file.
#[cfg(target_os = "linux")]
fn waits_for_a_lock(process: u32) -> bool {
    let locks = std::fs::read_to_string("/proc/locks").expect("the locks of the system");
    locks.lines().any(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.get(1) == Some(&"->") && words.get(5) == Some(&process.to_string().as_str())
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_profile_is_removed_after_the_renewal_of_its_token() {
    let server = endpoint(&[300]);
    let home = Home::new();
    home.log_in(&server.url);
    let token = home.token_files().remove(0);
    let lock = std::fs::File::open(token.with_extension("lock")).expect("the lock of the token");
    lock.lock().expect("nobody else has it");
    let name = server.url.replace("http://", "").replace(':', "-");
    let mut command = home.command(&["profiles", "remove", &name]);
    let mut child = command.spawn().expect("the program");
    while !waits_for_a_lock(child.id()) {
        let ended = child.try_wait().expect("the program");
        assert_eq!(ended, None, "it does not wait");
        std::thread::yield_now();
    }
    // The renewal ends: it writes its token and gives the lock back.
    std::fs::write(&token, "{}").expect("a token");
    drop(lock);
    Run::new(child.wait_with_output().expect("the program")).succeeded();
    assert_eq!(home.token_files().len(), 0);
}

#[test]
fn ten_logins_at_once_make_ten_profiles() {
    let server = endpoint(&[300]);
    let home = Home::new().with("KEYCLOAKCTL_PASSWORD", "s3cret");
    let children = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|number| {
        let name = format!("profile-{number}");
        let account = ["--server", &server.url, "--username", "ali"];
        let login = [&["login", "--profile", &name][..], &account].concat();
        home.command(&login).spawn().expect("the program")
    });
    for child in children {
        Run::new(child.wait_with_output().expect("the program")).succeeded();
    }
    let names = home.run(&["profiles", "list", "-o", "name"]).succeeded();
    assert_eq!(names.stdout.lines().count(), 10, "{names:?}");
}

#[test]
fn a_configuration_elsewhere_stays_linked_and_keeps_its_mode() {
    let home = Home::new();
    let elsewhere = home.write(
        "dotfiles/keycloakctl.toml",
        "[profiles.work]\nserver = \"https://sso.example.com\"\n",
    );
    set_mode(&elsewhere, 0o640);
    home.write("config/keycloakctl/other", "");
    let config = home.path("config/keycloakctl/config.toml");
    std::os::unix::fs::symlink("../../dotfiles/keycloakctl.toml", &config).expect("a link");
    home.run(&["profiles", "use", "work"]).succeeded();
    assert!(config.is_symlink());
    let text = std::fs::read_to_string(&elsewhere).expect("a file");
    assert!(text.contains("current = \"work\""), "{text}");
    assert_eq!(mode(&elsewhere), 0o640);
}

#[test]
fn a_login_leaves_no_token_in_a_file_that_others_may_read() {
    let server = endpoint(&[300]);
    let home = Home::new();
    home.log_in(&server.url);
    let token = home.token_files().remove(0);
    set_mode(&token, 0o644);
    home.log_in(&server.url);
    assert_eq!(mode(&token), 0o600);
}

#[test]
fn a_profile_that_moves_to_another_server_keeps_no_account() {
    let server = endpoint(&[300]);
    let home = Home::new();
    home.write("secret", "of the old server");
    home.configure("[profiles.work]\nserver = \"https://sso.example.com\"\nlogin = \"client-secret\"\nclient-id = \"ci\"\nclient-secret-file = \"secret\"\n");
    let login = ["login", "--profile", "work", "--server", &server.url];
    let run = home.run(&login);
    assert_eq!(run.code, Some(2), "it asks for an account: {run:?}");
    assert_eq!(server.received().len(), 0);
}

#[test]
fn requests_are_shown_without_secrets() {
    let server = endpoint(&[0, 300]);
    let home = Home::new();
    home.log_in(&server.url);
    let run = home.run(&["whoami", "--debug"]).succeeded();
    assert!(
        run.stderr
            .starts_with("debug: token request (refresh): new token, "),
        "{run:?}"
    );
    for secret in ["token-1", "token-2", "s3cret"] {
        assert!(!run.stderr.contains(secret), "{run:?}");
        assert!(!run.stdout.contains(secret), "{run:?}");
    }
}

#[test]
fn logging_out_ends_the_session_and_removes_the_token() {
    let server = endpoint(&[300]);
    let home = Home::new();
    home.log_in(&server.url);
    home.run(&["logout"]).succeeded();
    let received = server.received();
    assert!(
        received[1]
            .line
            .starts_with("POST /realms/master/protocol/openid-connect/logout"),
        "{received:?}"
    );
    assert!(
        received[1].body.contains("refresh_token=refresh-token-1"),
        "{received:?}"
    );
    assert_eq!(home.token_files().len(), 0);
    assert_eq!(home.run(&["whoami"]).code, Some(5));
}
