//! `users import`: the report, the exit codes, and real imports.

#[path = "../../keycloak-admin/tests/common/mod.rs"]
mod common;
mod support;

use std::io::Write as _;
use std::process::Stdio;
use std::sync::{Mutex, mpsc};
use std::thread;

use common::TestRealm;
use keycloak_admin::types::GroupRepresentation;
use keycloak_server::harness;
use support::{Home, Run, Server, interrupt, token};

/// A home whose commands log in to this server.
fn home_of(server: &str, realm: &str) -> Home {
    let target = harness::keycloak();
    Home::new()
        .with("KEYCLOAKCTL_SERVER", server)
        .with("KEYCLOAKCTL_LOGIN", "password")
        .with("KEYCLOAKCTL_USERNAME", &target.admin_username)
        .with("KEYCLOAKCTL_PASSWORD", &target.admin_password)
        .with("KEYCLOAKCTL_REALM", realm)
}

#[test]
fn a_dry_run_needs_no_server_and_names_each_line() {
    let home = Home::new();
    home.write(
        "users.csv",
        "username,enabled,password\nali,true,s3cret-1\nzoe,s3cret-2,s3cret-3\n,,s3cret-4\n",
    );
    let run = home.run(&["users", "import", "users.csv", "--dry-run", "-o", "json"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(
        run.stdout, "{\n  \"valid\": 1,\n  \"failed\": 2\n}\n",
        "{run:?}"
    );
    assert_eq!(
        run.stderr,
        "users.csv:3: `enabled`: expected true or false\n\
         users.csv:4: there is neither a username nor an e-mail address\n\
         error: lines of the file that cannot be imported: 2\n  \
         Hint: correct the file and import it again: existing users stay unchanged\n"
    );
    let run = home.run_with_input(&["users", "import", "-", "--dry-run"], "username\nali\n");
    assert_eq!(run.succeeded().stderr, "");
}

#[test]
fn a_file_of_failures_that_cannot_be_written_hides_no_result() {
    let home = Home::new();
    home.write("users.csv", "username,enabled\nali,true\nzoe,maybe\n");
    let import = ["users", "import", "users.csv", "--dry-run", "-o", "csv"];
    let run = home.run(&[&import[..], &["--failures", "none/failures.csv"]].concat());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.stdout, "valid,failed\n1,1\n", "{run:?}");
    let (line, error) = run.stderr.split_once('\n').expect("two lines");
    assert_eq!(line, "users.csv:3: `enabled`: expected true or false");
    let expected = "error: none/failures.csv cannot be written: ";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn the_failures_never_replace_the_file_of_the_users() {
    let home = Home::new();
    let users = "username,enabled\nali,maybe\n";
    let file = home.write("users.csv", users);
    let import = ["users", "import", "users.csv", "--dry-run"];
    let run = home.run(&[&import[..], &["--failures", "./users.csv"]].concat());
    assert_eq!(run.code, Some(2), "{run:?}");
    let expected = "error: `--failures` names the file of the users: name another file\n";
    assert_eq!(run.stderr, expected);
    assert_eq!(std::fs::read_to_string(file).expect("the file"), users);
}

#[test]
fn an_import_stops_when_the_server_refuses_the_account() {
    let server = Server::start(|received| {
        if received.line.contains("/token") {
            token("a-token", 300)
        } else {
            (403, "{}".to_owned())
        }
    });
    let home = Home::new();
    home.log_in(&server.url);
    let rows = "user\n".repeat(1000);
    home.write("users.csv", &format!("username\n{rows}"));
    let run = home.run(&["users", "import", "users.csv", "--realm", "acme"]);
    assert_eq!(run.code, Some(5), "{run:?}");
    let sentence = "error: the import stopped at line 2: the account may not do this (403)";
    assert!(run.stderr.starts_with(sentence), "{run:?}");
    assert!(server.received().len() < 10, "{:?}", server.received());
}

#[test]
fn ctrl_c_ends_an_import_with_its_report() {
    let (imports, imported) = mpsc::channel::<()>();
    let imports = Mutex::new(imports);
    let server = Server::start(move |received| {
        if received.line.contains("/token") {
            return token("a-token", 300);
        }
        if received.line.contains("/partialImport") {
            imports.lock().expect("one").send(()).expect("the test");
            // The answer does not come before the program has ended.
            loop {
                thread::park();
            }
        }
        (200, r#"{"realm": "acme"}"#.to_owned())
    });
    let home = Home::new();
    home.log_in(&server.url);
    let import = "users import - --format csv --realm acme --no-defaults -o csv";
    let import: Vec<&str> = import.split(' ').collect();
    let mut child = home
        .command(&import)
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("an input");
    let users: Vec<String> = (0..200).map(|n| format!("user-{n},true\n")).collect();
    let lines = format!("username,enabled\nzoe,maybe\n{}", users.concat());
    stdin
        .write_all(lines.as_bytes())
        .expect("the program reads");
    imported.recv().expect("an import");
    interrupt(child.id());
    // Standard input is still open: the program waits for more of it.
    let run = Run::new(child.wait_with_output().expect("the program"));
    drop(stdin);
    assert_eq!(run.code, Some(130), "{run:?}");
    let header = "created,existing,overwritten,failed\n";
    assert_eq!(run.stdout, format!("{header}0,0,0,1\n"), "{run:?}");
    assert_eq!(
        run.stderr,
        "standard input:2: `enabled`: expected true or false\n\
         error: stopped by Ctrl-C at line 3\n  \
         Hint: the users of this line and of those after it may be absent; import the file again to do the rest\n"
    );
}

/// A realm with the group `/staff` and a password policy.
async fn realm() -> TestRealm {
    let test = TestRealm::create_with("ctl-import", |realm| {
        realm.password_policy = Some("length(8)".to_owned());
    })
    .await;
    let staff = GroupRepresentation::new().with_name("staff");
    test.get().groups().create(&staff).await.unwrap();
    test
}

/// 300 users. The lines 12, 104 and 202 to 204 have a fault each.
fn users() -> String {
    let mut text = "username,email,firstName,lastName,groups,attributes.team,password\n".to_owned();
    for line in 2..302 {
        let row = match line {
            12 => "user-12,user-12@example.com,A,B,/no-such-group,,".to_owned(),
            104 => "user-104,user-103@example.com,A,B,/staff,,".to_owned(),
            202 => "user-202,user-202@example.com,A,B,,,s3cret".to_owned(),
            203 => "user-203,no address,A,B,,,".to_owned(),
            204 => "user-204,too,few".to_owned(),
            103 => "user-103,user-103@example.com,A,B,/staff,blue,long-s3cret".to_owned(),
            _ => format!("user-{line},user-{line}@example.com,A,B,/staff,,"),
        };
        text.push_str(&row);
        text.push('\n');
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_lines_without_a_fault_are_imported_once() {
    let test = realm().await;
    let home = home_of(&harness::keycloak().url, &test.name);
    home.write("users.csv", &users());
    let import = ["users", "import", "users.csv", "-o", "csv", "--no-headers"];
    let run = home.run(&[&import[..], &["--failures", "failures.csv"]].concat());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.stdout, "295,0,0,5\n", "{run:?}");
    assert!(!run.stderr.contains("s3cret"), "{run:?}");
    assert!(!run.stderr.contains('\r'), "no progress: {run:?}");
    let report = std::fs::read_to_string(home.path("failures.csv")).unwrap();
    let mut failures = csv::Reader::from_reader(report.as_bytes());
    let mut failures: Vec<_> = failures.records().map(|row| row.unwrap()).collect();
    failures.sort_by_key(|row| row[0].parse::<u64>().unwrap());
    let expected = [
        (
            "12",
            "user-12",
            "a group or a client of the row may not exist",
        ),
        ("104", "user-104", "a user with the same e-mail address"),
        ("202", "user-202", "the password may break the policy"),
        ("203", "user-203", "email"),
        ("204", "", "the row has 3 cells, and the first one has 7"),
    ];
    assert_eq!(failures.len(), expected.len(), "{report}");
    for (row, (line, name, reason)) in failures.iter().zip(expected) {
        assert_eq!((&row[0], &row[1]), (line, name), "{report}");
        assert!(row[2].contains(reason), "{report}");
        assert!(run.stderr.contains(&format!("users.csv:{line}")), "{run:?}");
    }

    let user = test
        .get()
        .users()
        .find_by_username("user-103")
        .await
        .unwrap();
    let user = user.expect("the user");
    assert_eq!(user.enabled, Some(true));
    let server = &harness::keycloak().url;
    let login = ["login", "--server", server, "--login-realm", &test.name];
    let login = [&login[..], &["--username", "user-103", "--password-stdin"]].concat();
    let person = Home::new();
    person.run_with_input(&login, "long-s3cret\n").succeeded();
    let groups = ["users", "list-groups", "--user", "user-103", "-o", "name"];
    assert_eq!(home.run(&groups).succeeded().stdout, "/staff\n");

    let again = home.run(&import);
    assert_eq!(again.stdout, "0,295,0,5\n", "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn existing_users_are_treated_as_the_flag_says() {
    let test = realm().await;
    let home = home_of(&harness::keycloak().url, &test.name);
    let import = |text: &str, flags: &[&str]| {
        let command = [
            "users",
            "import",
            "-",
            "--format",
            "jsonl",
            "-o",
            "csv",
            "--no-headers",
        ];
        home.run_with_input(&[&command[..], flags].concat(), text)
    };
    let row = r#"{"username": "alice", "lastName": "A", "credentials": [{"type": "password", "value": "long-s3cret"}]}"#;
    assert_eq!(import(row, &[]).succeeded().stdout, "1,0,0,0\n");
    let row = r#"{"username": "alice", "lastName": "B", "enabled": false}"#;
    assert_eq!(import(row, &[]).succeeded().stdout, "0,1,0,0\n");
    let failed = import(row, &["--if-exists", "fail"]);
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(
        failed
            .stderr
            .starts_with("standard input:1 (alice): it exists already"),
        "{failed:?}"
    );
    let overwritten = import(row, &["--if-exists", "overwrite"]).succeeded();
    assert_eq!(overwritten.stdout, "0,0,1,0\n");
    let alice = test.get().users().find_by_username("alice").await.unwrap();
    assert_eq!(alice.expect("alice").last_name.as_deref(), Some("B"));

    // Two letters are too few for the user profile.
    let row = "{\"username\": \"al\", \"firstName\": \"A\", \"lastName\": \"L\"}\n";
    assert_eq!(import(row, &[]).code, Some(1));
    assert_eq!(
        import(row, &["--no-validate"]).succeeded().stdout,
        "1,0,0,0\n"
    );
}
