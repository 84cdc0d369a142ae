//! `plan`, `apply`, `diff` and `export` on a real server.

mod support;

use keycloak_server::harness;
use serde_json::Value;
use support::{Home, Run};

/// A realm with a few kinds of objects. `$(env:APP_SECRET)` is a secret.
const REALM: &str = "\
realm: acme
enabled: true
displayName: Acme
attributes:
  odd: 'yes'
roles:
  realm:
  - name: editor
    description: \"${role_editor}\"
groups:
- name: staff
  subGroups:
  - name: night
    realmRoles: [editor]
clients:
- clientId: app
  secret: $(env:APP_SECRET)
  redirectUris: ['https://$(env:HOST)/*']
  protocolMappers:
  - name: audience
    protocol: openid-connect
    protocolMapper: oidc-audience-mapper
    config:
      included.client.audience: app
";

/// A name for a realm on the server. The realm is deleted when this is dropped.
struct TestRealm {
    home: Home,
    name: String,
}

impl TestRealm {
    fn reserve(prefix: &str) -> Self {
        let server = harness::keycloak();
        let home = Home::new()
            .with("KEYCLOAKCTL_SERVER", &server.url)
            .with("KEYCLOAKCTL_LOGIN", "password")
            .with("KEYCLOAKCTL_USERNAME", &server.admin_username)
            .with("KEYCLOAKCTL_PASSWORD", &server.admin_password)
            // The realm of a file is not that of the environment.
            .with("KEYCLOAKCTL_REALM", "master")
            .with("APP_SECRET", "planted-app")
            .with("HOST", "app.example.com");
        let name = harness::realm_name(&format!("ctl-{prefix}"));
        Self { home, name }
    }

    /// Writes a file of this realm.
    fn write(&self, file: &str, text: &str) {
        let text = text.replace("realm: acme\n", &format!("realm: {}\n", self.name));
        self.home.write(file, &text);
    }

    /// Runs a command line, whose words are separated by spaces.
    fn run(&self, line: &str) -> Run {
        self.home.run(&line.split(' ').collect::<Vec<_>>())
    }

    #[track_caller]
    fn ends(&self, line: &str, code: i32) -> String {
        let run = self.run(line);
        assert_eq!(run.code, Some(code), "{line}: {run:?}");
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains("planted"), "{said}");
        run.stdout.replace(&self.name, "REALM")
    }
}

impl Drop for TestRealm {
    fn drop(&mut self) {
        let _ = self.run(&format!("realms delete --realm {}", self.name));
    }
}

/// Returns the realm file of the document.
fn documented_realm() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/realms-as-code.md");
    let document = std::fs::read_to_string(path).expect("a document");
    let (_, after) = document.split_once("```yaml\n").expect("a realm file");
    after.split("```").next().unwrap_or_default().to_owned()
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn the_realm_file_of_the_document_does_what_the_document_says() {
    let realm = TestRealm::reserve("document");
    realm.write(
        "realms/acme/realm.yaml",
        &documented_realm().replace("Acme", "Acme Inc."),
    );
    realm.ends("apply realms/acme", 0);
    let client = format!("clients delete --realm {} --client app", realm.name);
    realm.ends(&client, 0);
    realm.write("realms/acme/realm.yaml", &documented_realm());
    let said = realm.ends("plan realms/acme", 2);
    let expected = "\
~ realm `REALM`
    displayName: \"Acme Inc.\" -> \"Acme\"
+ client `app`
    clientId: \"app\"
    redirectUris: [\"https://app.example.com/*\"]
    secret: \"**********\"
1 to create, 1 to change, 0 to delete";
    assert_eq!(without_cost(&said), expected);
}

/// The output without the requests and the seconds of its last line.
fn without_cost(text: &str) -> &str {
    text.rsplit_once(" (").map_or(text, |(text, _)| text)
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn a_plan_says_by_its_exit_code_if_there_is_something_to_do() {
    let realm = TestRealm::reserve("plan");
    realm.write("realm.yaml", REALM);
    let said = realm.ends("plan realm.yaml", 2);
    assert!(
        said.starts_with("The realm `REALM` does not exist yet.\n"),
        "{said}"
    );
    let planned = realm.ends("plan realm.yaml", 2);
    let applied = realm.ends("apply realm.yaml", 0);
    assert!(applied.contains("+ client `app`\n"), "{applied}");
    assert_eq!(realm.ends("plan realm.yaml", 0).lines().count(), 1);
    let second = realm.ends("apply realm.yaml", 0);
    assert!(
        second.starts_with("0 created, 0 changed, 0 deleted ("),
        "{second}"
    );
    assert!(
        planned.contains("to create, 0 to change, 0 to delete ("),
        "{planned}"
    );
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn a_plan_is_a_tree_of_old_and_new_values() {
    let realm = TestRealm::reserve("tree");
    realm.write("realm.yaml", REALM);
    realm.ends("apply realm.yaml --yes", 0);
    let changed = REALM
        .replace("Acme", "Acme 2")
        .replace("night", "day")
        .replace("audience: app", "audience: account")
        .replace("secret: $(env:APP_SECRET)", "secret: planted-changed");
    realm.write("realm.yaml", &changed);
    let said = realm.ends("plan realm.yaml --prune group,client", 2);
    let expected = "\
~ realm `REALM`
    displayName: \"Acme\" -> \"Acme 2\"
  group `staff`
  + group `day`
      name: \"day\"
      realmRoles: [\"editor\"]
  - group `night`
~ client `app`
    secret: another value, masked
  ~ client mapper `audience`
      config.included.client.audience: \"app\" -> \"account\"
! group `staff` / `night`: its subgroups are deleted with it
1 to create, 3 to change, 1 to delete";
    assert_eq!(without_cost(&said), expected);
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn the_json_of_a_plan_has_actions_numbers_and_costs() {
    let realm = TestRealm::reserve("json");
    realm.write("realm.yaml", REALM);
    realm.ends("apply realm.yaml --json", 0);
    realm.write("realm.yaml", &REALM.replace("Acme", "Acme 2"));
    let json: Value = serde_json::from_str(&realm.ends("plan --json realm.yaml", 2)).expect("JSON");
    assert_eq!(json["realm"], "REALM");
    let change = serde_json::json!({"path": ["displayName"], "old": "Acme", "new": "Acme 2"});
    assert_eq!(json["actions"][0]["action"], "change");
    assert_eq!(json["actions"][0]["changes"], serde_json::json!([change]));
    let summary = &json["summary"];
    assert_eq!(summary["change"], 1);
    // The two exports, and the secrets of the clients.
    assert_eq!(summary["requests"], 3);
    assert!(summary["seconds"].is_f64(), "{summary}");
    assert_eq!(
        realm.ends("plan -o json realm.yaml", 2).lines().count(),
        json_lines(&json)
    );
}

fn json_lines(json: &Value) -> usize {
    format!("{json:#}").lines().count()
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn only_pruned_kinds_lose_objects() {
    let realm = TestRealm::reserve("prune");
    realm.write("realm.yaml", REALM);
    realm.ends("apply realm.yaml", 0);
    realm.write("less.yaml", "realm: acme\ngroups: []\nclients: []\n");
    realm.ends("plan less.yaml", 0);
    let said = realm.ends("apply less.yaml --prune group", 0);
    assert!(said.contains("0 created, 0 changed, 1 deleted"), "{said}");
    assert_eq!(
        realm
            .ends("plan less.yaml --prune group", 0)
            .lines()
            .count(),
        1
    );
    let left = realm.ends(&format!("clients list --realm {} -o name", realm.name), 0);
    assert!(left.lines().any(|name| name == "app"), "{left}");
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn an_export_changes_nothing_when_it_is_applied() {
    let realm = TestRealm::reserve("export");
    realm.write("realm.yaml", &format!("{REALM}users:\n- username: ali\n"));
    realm.ends("apply realm.yaml", 0);
    let export = format!("export --realm {}", realm.name);
    realm.ends(&format!("{export} --to export.yaml"), 0);
    let printed = realm.ends(&format!("{export} -o json --users"), 0);
    for part in ["\"clientId\": \"app\"", "\"username\": \"ali\""] {
        assert!(printed.contains(part), "{printed}");
    }
    let printed = printed.replace("REALM", &realm.name);
    realm.home.write("export.json", &printed);
    for file in ["export.yaml", "export.json"] {
        realm.ends(&format!("plan {file}"), 0);
    }
    let said = realm.ends("diff export.yaml export.json", 2);
    assert!(
        said.contains("\n1 to create, 0 to change, 0 to delete"),
        "{said}"
    );
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn a_saved_plan_is_applied_without_its_files_unless_the_realm_has_changed() {
    let realm = TestRealm::reserve("saved");
    realm.write("realm.yaml", REALM);
    realm.ends("plan realm.yaml --out plan.json", 2);
    let saved = std::fs::read_to_string(realm.home.path("plan.json")).expect("a file");
    assert!(!saved.contains("planted"), "{saved}");
    std::fs::remove_file(realm.home.path("realm.yaml")).expect("a file");
    let said = realm.ends("apply plan.json", 0);
    assert!(said.contains("6 created, 0 changed, 0 deleted"), "{said}");
    // The plan was made for a realm that did not exist.
    realm.ends("apply plan.json", 4);

    realm.write(
        "realm.yaml",
        &REALM.replace("Acme", "Acme 2").replace("night", "day"),
    );
    realm.ends("plan realm.yaml --prune group --out plan.json", 2);
    let group = format!("groups edit --realm {} --group /staff/night", realm.name);
    realm.ends(&format!("{group} --set attributes.floor[0]=1"), 0);
    let run = realm.run("apply plan.json --yes");
    let said = run.stderr.replace(&realm.name, "REALM");
    let expected = "error: the realm `REALM` has changed since the plan was made: `group/staff/night`\n  Hint: make a new plan and look at it\n";
    assert_eq!((run.code, said.as_str()), (Some(4), expected));
    realm.ends("plan realm.yaml --prune group --out plan.json", 2);
    let said = realm.ends("apply plan.json", 0);
    assert!(said.contains("1 created, 1 changed, 1 deleted"), "{said}");
    realm.ends("plan realm.yaml --prune group", 0);
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn a_difference_with_the_server_is_shown_and_not_written() {
    let realm = TestRealm::reserve("diff");
    realm.write("realm.yaml", REALM);
    realm.ends("apply realm.yaml", 0);
    realm.ends("diff realm.yaml", 0);
    realm.write(
        "less.yaml",
        &REALM
            .replace("name: editor", "name: author")
            .replace("[editor]", "[author]"),
    );
    let said = realm.ends("diff less.yaml", 2);
    for line in ["+ realm role `author`", "- realm role `editor`"] {
        assert!(said.lines().any(|found| found == line), "{said}");
    }
    realm.ends("diff realm.yaml", 0);
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn files_of_one_realm_are_applied_to_another_one() {
    let realm = TestRealm::reserve("renamed");
    realm.home.write("realms/realm.yaml", REALM);
    realm.home.write(
        "realms/more/user.json",
        r#"{"realm": "acme", "users": [{"username": "ali"}]}"#,
    );
    realm.home.write(
        "stage.env",
        "APP_SECRET=planted-file\nHOST=file.example.com\n",
    );
    let files = format!(
        "realms --realm {} --var-file stage.env --var HOST=flag.example.com",
        realm.name
    );
    realm.ends(&format!("apply {files}"), 0);
    realm.ends(&format!("plan {files}"), 0);
    let client = format!("clients get --realm {} --client app", realm.name);
    let uris = realm.ends(&format!("{client} --fields redirectUris -o json"), 0);
    assert!(uris.contains("https://flag.example.com/*"), "{uris}");
    let secret = realm.run(&format!("{client} --fields secret -o csv --no-headers"));
    assert_eq!(secret.stdout, "planted-file\n");
    let count = format!("users count --realm {}", realm.name);
    assert_eq!(realm.ends(&count, 0), "1\n");
}
