//! Mistakes in realm files and in the flags of `plan`, `apply`, `diff` and `export`, and applications that end early.

mod support;

use std::sync::{Mutex, mpsc};

use support::{Home, Received, Run, Server, interrupt, token};

/// An address at which no server listens: the port belongs to nobody.
const NOBODY: &str = "http://127.0.0.1:1";

fn home() -> Home {
    Home::new()
        .with("KEYCLOAKCTL_SERVER", NOBODY)
        .with("KEYCLOAKCTL_TOKEN", "planted-token")
}

/// The exit code and the messages, without the paths of the test.
fn shown(home: &Home, run: &Run) -> String {
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(!said.contains("planted"), "{said}");
    let code = run.code.expect("an exit code");
    home.redact(&format!("exit code {code}\n{said}"))
}

/// Compares the outcome of a command line, whose words are separated by spaces.
#[track_caller]
fn check(name: &str, home: &Home, line: &str) {
    let run = home.run(&line.split(' ').collect::<Vec<_>>());
    insta::assert_snapshot!(name, shown(home, &run), line);
}

#[test]
fn a_realm_file_has_problems() {
    let home = home();
    home.write(
        "unknown.yaml",
        "realm: acme\nclients:\n- clientId: app\n  redirectUri: x\nusers:\n- usrname: ali\n",
    );
    check("unknown_field", &home, "plan unknown.yaml");
    check("unknown_field_at_apply", &home, "apply unknown.yaml");
    home.write("type.json", "{\"realm\": \"acme\",\n \"clients\": {}}");
    check("wrong_type", &home, "plan type.json");
    home.write(
        "variable.yaml",
        "realm: acme\nclients:\n- clientId: app\n  secret: $(env:NONE)\n",
    );
    check("missing_variable", &home, "plan variable.yaml");
    home.write("file.yaml", "realm: acme\ndisplayName: $(file:none.txt)\n");
    check("missing_file_of_a_value", &home, "plan file.yaml");
    home.write("broken.yaml", "realm: acme\nclients: [planted\n");
    check("broken_yaml", &home, "plan broken.yaml");
    home.write("broken.json", "{\"realm\": \"planted\",\n");
    check("broken_json", &home, "plan broken.json");
    home.write("nameless.yaml", "displayName: planted\n");
    check("no_realm", &home, "plan nameless.yaml");
    home.write("a.yaml", "realm: acme\ndisplayName: A\n");
    home.write("b.yaml", "realm: acme\ndisplayName: B\n");
    check("two_values", &home, "plan a.yaml b.yaml");
    home.write("c.yaml", "realm: other\n");
    check(
        "two_realms_of_another_name",
        &home,
        "plan a.yaml c.yaml --realm x",
    );
    check(
        "two_realms_in_one_plan",
        &home,
        "plan a.yaml c.yaml --out plan.json",
    );
    check("two_realms_in_a_difference", &home, "diff a.yaml [ac].yaml");
}

#[test]
fn the_files_are_not_there() {
    let home = home();
    check("no_such_file", &home, "plan none.yaml");
    check("no_file_fits", &home, "plan none/*.yaml");
    std::fs::create_dir(home.path("empty")).expect("a folder");
    check("empty_folder", &home, "plan empty");
    check("no_file_is_named", &home, "apply");
    home.write("a.yaml", "realm: acme\n");
    home.write("bad.env", "A=1\nplanted\n");
    check("bad_variables", &home, "plan a.yaml --var-file bad.env");
}

/// The exit code 2 of `plan` and `diff` means changes. So a wrong flag has another one there.
#[test]
fn a_wrong_flag_has_an_exit_code_of_its_own_in_plan_and_diff() {
    let home = home();
    home.write("a.yaml", "realm: acme\n");
    for (line, code) in [
        ("plan a.yaml --prnue client", 1),
        ("--realm plan diff", 1),
        ("--realm acme plan a.yaml --prune clients", 1),
        ("plan a.yaml -o csv", 1),
        ("plan", 1),
        ("apply a.yaml --prune clients", 2),
        ("apply a.yaml -o csv", 2),
        ("export --realm acme -o csv", 2),
        ("plan --help", 0),
        ("plan a.yaml", 1),
        ("apply a.yaml", 6),
        ("diff a.yaml a.yaml", 0),
    ] {
        let run = home.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(run.code, Some(code), "{line}: {run:?}");
    }
    check("unknown_kind", &home, "plan a.yaml --prune clients");
    check("unreachable_plan", &home, "plan a.yaml");
}

#[test]
fn standard_input_is_a_file_and_a_difference_of_files_needs_no_server() {
    let home = Home::new();
    home.write(
        "a.yaml",
        "realm: acme\ndisplayName: A\nclients:\n- clientId: old\n",
    );
    let input = "realm: other\nclients:\n- clientId: new\n  secret: planted\n";
    let run = home.run_with_input(&["diff", "a.yaml", "-"], input);
    insta::assert_snapshot!("difference", shown(&home, &run));
    let run = home.run_with_input(&["diff", "a.yaml", "-"], "realm: other\nnone: 1\n");
    insta::assert_snapshot!("unknown_field_of_standard_input", shown(&home, &run));
}

#[test]
fn standard_input_is_one_file_alone() {
    let home = home();
    home.write("a.yaml", "realm: acme\n");
    check("standard_input_twice", &home, "apply - -");
    for (line, code) in [
        ("plan - a.yaml -", 1),
        ("diff - -", 1),
        ("plan - --var-file -", 1),
        ("apply a.yaml --var-file - --var-file -", 2),
    ] {
        let run = home.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(run.code, Some(code), "{line}: {run:?}");
        assert!(run.stderr.contains("`-` is there twice"), "{line}: {run:?}");
    }
}

/// A realm with a role and a client, which is written after the role.
const TWO_STEPS: &str =
    "realm: acme\nroles:\n  realm:\n  - name: editor\nclients:\n- clientId: app\n";

/// Answers as a server with an empty realm does. `client` answers the creation of the client.
fn realm_server(client: impl Fn() -> (u16, String) + Send + Sync + 'static) -> Server {
    Server::start(move |received| answer(received, &client))
}

fn answer(received: &Received, client: &dyn Fn() -> (u16, String)) -> (u16, String) {
    match received.line.as_str() {
        line if line.contains("/protocol/") => token("planted", 300),
        line if line.contains("/realms/other/") => (404, r#"{"error": "none"}"#.to_owned()),
        line if line.contains("/partial-export") => (200, r#"{"realm": "acme"}"#.to_owned()),
        line if line.starts_with("GET /admin/realms/acme/clients ") => (200, "[]".to_owned()),
        line if line.starts_with("POST /admin/realms/acme/roles ") => (201, String::new()),
        line if line.starts_with("POST /admin/realms/acme/clients ") => client(),
        line => (500, format!(r#"{{"error": "{line}"}}"#)),
    }
}

#[test]
fn each_realm_of_the_files_has_a_plan() {
    let server = realm_server(|| (201, String::new()));
    let home = Home::new();
    home.log_in(&server.url);
    home.write(
        "realms/a.yaml",
        "- realm: acme\n  displayName: A\n- realm: other\n",
    );
    home.write("realms/b.yaml", "realm: other\ndisplayName: B\n");
    let run = home.run(&["plan", "realms"]);
    let lines: Vec<&str> = run
        .stdout
        .lines()
        .filter(|line| !line.contains(" to change"))
        .collect();
    let expected = [
        "# acme",
        "~ realm `acme`",
        "    displayName: \"A\"",
        "# other",
        "The realm `other` does not exist yet.",
        "+ realm `other`",
        "    displayName: \"B\"",
    ];
    assert_eq!(
        (run.code, lines),
        (Some(2), expected.to_vec()),
        "{}",
        run.stderr
    );
}

#[test]
fn a_saved_plan_cannot_be_used() {
    let server = realm_server(|| (201, String::new()));
    let home = Home::new().with("SECRET", "planted-value");
    home.log_in(&server.url);
    home.write("realm.yaml", TWO_STEPS);
    let plan = |file: &str, code| {
        let run = home.run(&["plan", file, "--out", "plan.json"]);
        assert_eq!(run.code, Some(code), "{run:?}");
        std::fs::read_to_string(home.path("plan.json")).expect("a plan")
    };
    let saved = plan("realm.yaml", 2);
    check("plan_beside_a_file", &home, "apply plan.json realm.yaml");
    check("plan_with_a_realm", &home, "apply plan.json --realm other");
    home.write("half.json", "{\n  \"keycloakPlan\": 1,\n");
    check("half_a_plan", &home, "apply half.json");
    home.write(
        "newer.json",
        &saved.replace("\"keycloakPlan\": 1", "\"keycloakPlan\": 7"),
    );
    check("plan_of_a_newer_program", &home, "apply newer.json");
    home.write(
        "other.json",
        "{\n  \"keycloakPlan\": 1,\n  \"secret\": \"planted\"\n}\n",
    );
    check("not_a_plan", &home, "apply other.json");

    home.write(
        "realm.yaml",
        &format!("{TWO_STEPS}  secret: $(env:SECRET)\n"),
    );
    let saved = plan("realm.yaml", 2);
    assert!(!saved.contains("planted"), "{saved}");
    let other = Home::new();
    other.log_in(&server.url);
    other.write("plan.json", &saved);
    check("plan_without_its_variable", &other, "apply plan.json");

    home.write("realm.yaml", &format!("{TWO_STEPS}  secret: planted\n"));
    let run = home.run(&["plan", "realm.yaml", "--out", "plan.json"]);
    let note = "note: realm.yaml has a secret in the clear, which a saved plan does not keep. `apply` reads the file again.\n";
    assert_eq!((run.code, run.stderr.as_str()), (Some(2), note));
    home.write(
        "realm.yaml",
        &format!("{TWO_STEPS}  secret: planted-2\n  name: x\n"),
    );
    check("plan_whose_file_has_changed", &home, "apply plan.json");
    let input = format!("{TWO_STEPS}  secret: planted\n");
    let run = home.run_with_input(&["plan", "-", "--out", "plan.json"], &input);
    insta::assert_snapshot!("secret_of_standard_input", shown(&home, &run));
}

/// A second name of the old file shows whether the old file was written to.
#[test]
fn a_saved_plan_replaces_a_file_whole() {
    let server = realm_server(|| (201, String::new()));
    let home = Home::new();
    home.log_in(&server.url);
    home.write("realm.yaml", TWO_STEPS);
    let old = home.write("plan.json", "old");
    std::fs::hard_link(&old, home.path("old.json")).expect("a second name");
    let run = home.run(&["plan", "realm.yaml", "--out", "plan.json"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    let text = |name: &str| std::fs::read_to_string(home.path(name)).expect("a file");
    assert_eq!(text("old.json"), "old");
    assert!(text("plan.json").contains("\"keycloakPlan\": 1"));
}

#[test]
fn a_failed_step_is_reported_with_the_steps_before_it() {
    let server = realm_server(|| (400, r#"{"errorMessage": "not this one"}"#.to_owned()));
    let home = Home::new();
    home.log_in(&server.url);
    home.write("realm.yaml", TWO_STEPS);
    check("failed_step", &home, "apply realm.yaml");
}

/// A run that gets Ctrl-C when it sends a request with some words.
struct Interrupted {
    home: Home,
    run: Run,
    /// The requests after that one.
    later: Vec<String>,
}

/// Runs the program beside `realm.yaml`, and interrupts it at the first request with these words. The server answers this request at once, or not before the
/// program has ended. `answer` gives its answers.
fn interrupted_at(
    request: &'static str,
    is_answered: bool,
    answer: impl Fn(&Received) -> (u16, String) + Send + Sync + 'static,
    arguments: &[&str],
    file: &str,
) -> Interrupted {
    let (send_pid, pid) = mpsc::channel::<u32>();
    let (ended, wait) = mpsc::channel::<()>();
    let channels = Mutex::new((pid, wait));
    let server = Server::start(move |received| {
        if received.line.contains(request) {
            let (pid, wait) = &*channels.lock().expect("one request");
            interrupt(pid.recv().expect("the program runs"));
            if !is_answered {
                let _ = wait.recv();
            }
        }
        answer(received)
    });
    let home = Home::new();
    home.log_in(&server.url);
    home.write("realm.yaml", file);
    let child = home.command(arguments).spawn().expect("the program");
    send_pid.send(child.id()).expect("the server runs");
    let run = Run::new(child.wait_with_output().expect("the program"));
    drop(ended);
    let lines = server.received().into_iter().map(|received| received.line);
    let later = lines.skip_while(|line| !line.contains(request)).skip(1);
    let later = later.collect();
    Interrupted { home, run, later }
}

/// Applies a file, and interrupts the program at a request that is not answered.
fn application_interrupted_at(request: &'static str, file: &str) -> String {
    let answer = |received: &Received| answer(received, &|| (201, String::new()));
    let apply = ["apply", "realm.yaml"];
    let Interrupted { home, run, .. } = interrupted_at(request, false, answer, &apply, file);
    shown(&home, &run)
}

#[test]
fn ctrl_c_ends_an_application_with_a_list_of_the_steps_that_are_done() {
    let said = application_interrupted_at("POST /admin/realms/acme/clients ", TWO_STEPS);
    insta::assert_snapshot!("interrupted", said);
}

#[test]
fn ctrl_c_ends_an_application_between_two_realms() {
    let file = "- realm: acme\n  roles:\n    realm:\n    - name: editor\n- realm: other\n";
    let said = application_interrupted_at("/realms/other/partial-export", file);
    let (code, said) = said.split_once('\n').expect("lines");
    assert_eq!(code, "exit code 130", "{said}");
    let (_, said) = said
        .split_once("1 created, 0 changed, 0 deleted (")
        .expect(said);
    let (_, error) = said.split_once('\n').expect("lines");
    let expected = "error: stopped by Ctrl-C at the realm `other`\n  Hint: no step was done\n";
    assert!(error.starts_with(expected), "{error}");
}

/// Exports a realm, and interrupts the program at a request. Returns the later requests.
fn export_interrupted_at(request: &'static str, is_answered: bool) -> Vec<String> {
    let answer = |received: &Received| match received.line.as_str() {
        line if line.contains("/protocol/") => token("planted", 300),
        line if line.contains("/partial-export") => (200, r#"{"realm": "acme"}"#.to_owned()),
        line if line.starts_with("GET ") => (200, "[]".to_owned()),
        line if line.starts_with("POST ") => (201, String::new()),
        _ => (204, String::new()),
    };
    let export = ["export", "--realm", "acme"];
    let Interrupted { run, later, .. } = interrupted_at(request, is_answered, answer, &export, "");
    let said = (run.code, run.stdout.as_str(), run.stderr.as_str());
    let error = "error: stopped by Ctrl-C at the realm `acme`\n";
    assert_eq!(said, (Some(130), "", error));
    later
}

#[test]
fn ctrl_c_ends_an_export_and_deletes_the_realm_that_it_has_made() {
    let later = export_interrupted_at("POST /admin/realms/acme/partial-export", false);
    assert!(later.is_empty(), "{later:?}");
    for (request, is_answered) in [
        ("POST /admin/realms HTTP", true),
        ("GET /admin/realms/keycloak-config-", false),
    ] {
        let later = export_interrupted_at(request, is_answered);
        let last = later.last().map_or("", String::as_str);
        let is_deletion = last.starts_with("DELETE /admin/realms/keycloak-config-");
        assert!(is_deletion, "{later:?}");
    }
}
