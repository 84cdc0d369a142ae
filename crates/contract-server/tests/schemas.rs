//! The JSON Schemas of `cargo xtask document --schema`, and those of the feature `schemars`, under a validator of others.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use contract_server::{json_schema, validate_json};
use keycloak_api::types::RealmRepresentation;
use keycloak_server::harness::{Target, keycloak, realm_name};
use serde_json::{Value, json};
use ureq::Agent;

/// The schema of a realm. The tests share one file, so that none reads what another is writing.
fn realm_schema() -> &'static Path {
    static SCHEMA: OnceLock<PathBuf> = OnceLock::new();
    SCHEMA.get_or_init(|| json_schema("keycloak", "RealmRepresentation").unwrap())
}

/// The schema of a realm that the type has with the feature `schemars`.
fn realm_type_schema() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("realm-type.json");
    let schema = schemars::schema_for!(RealmRepresentation);
    std::fs::write(&path, serde_json::to_string(&schema).unwrap()).unwrap();
    path
}

/// The message with which the schema refuses a value.
fn refusal(schema: &Path, value: &Value) -> String {
    validate_json(schema, &value.to_string())
        .unwrap_err()
        .to_string()
}

#[test]
#[ignore = "needs npm; run cargo xtask test"]
fn the_schema_of_a_realm_accepts_what_a_server_may_send_and_refuses_the_rest() {
    let schema = realm_schema();
    let realm = json!({
        "realm": "acme",
        "enabled": true,
        "displayName": null,
        "accessTokenLifespan": 300,
        "clients": [{"clientId": "app", "redirectUris": [], "attributes": {"a": "b", "c": null}}],
        "groups": [{"name": "a", "subGroups": [{"name": "b", "attributes": {"c": ["d"]}}]}],
        "roles": {"client": {"app": [{"name": "user", "composite": false}]}},
        "components": {"org.keycloak.keys.KeyProvider": [{"name": "k", "config": {"priority": ["100"]}}]},
        "ofANewerServer": [1, "2", {}],
    });
    validate_json(schema, &realm.to_string()).unwrap();

    for (place, broken) in [
        ("/enabled", json!("yes")),
        ("/accessTokenLifespan", json!("300")),
        ("/accessTokenLifespan", json!(1.5)),
        ("/groups/0/subGroups", json!("b")),
        ("/groups/0/subGroups/0/attributes/c", json!("d")),
        ("/clients/0/redirectUris", json!([1])),
        ("/roles/client/app/0/composite", json!(0)),
    ] {
        let mut realm = realm.clone();
        *realm.pointer_mut(place).unwrap() = broken;
        let message = refusal(schema, &realm);
        assert!(message.contains(place), "{message}");
    }
    assert!(refusal(schema, &json!([])).contains("must be object"));

    // The type has no room for a null in a map.
    let mut typed = realm;
    typed["clients"][0]["attributes"] = json!({"a": "b"});
    let schema = realm_type_schema();
    validate_json(&schema, &typed.to_string()).unwrap();
    typed["clients"][0]["redirectUris"] = json!([1]);
    assert!(refusal(&schema, &typed).contains("/clients/0/redirectUris"));
}

#[test]
#[ignore = "needs npm; run cargo xtask test"]
fn the_schema_of_an_enum_accepts_the_values_of_a_newer_server() {
    let schema = json_schema("keycloak", "PolicyRepresentation").unwrap();
    for logic in [json!("POSITIVE"), json!("of a newer server"), json!(null)] {
        let policy = json!({"logic": logic});
        validate_json(&schema, &policy.to_string()).unwrap();
    }
    let message = refusal(&schema, &json!({"logic": 1}));
    assert!(message.contains("/logic"), "{message}");
}

#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn the_schema_of_a_realm_accepts_the_export_of_a_real_one() {
    let realm = Realm::new(keycloak());
    let export = realm.export();
    assert_eq!(export["realm"], realm.name.as_str());
    for part in ["/clients/0", "/groups/0", "/roles/realm/0", "/components"] {
        assert!(export.pointer(part).is_some(), "the export has no {part}");
    }
    let mut broken = export.clone();
    broken["enabled"] = json!("yes");
    for schema in [realm_schema(), &realm_type_schema()] {
        validate_json(schema, &export.to_string()).unwrap();
        let message = refusal(schema, &broken);
        assert!(message.contains("/enabled"), "{message}");
    }
}

/// A realm that is deleted when this is dropped.
struct Realm<'a> {
    server: &'a Target,
    agent: Agent,
    name: String,
}

impl<'a> Realm<'a> {
    /// Creates a realm with a client, a role and groups.
    fn new(server: &'a Target) -> Self {
        let realm = Self {
            server,
            agent: Agent::config_builder().proxy(None).build().into(),
            name: realm_name("schema"),
        };
        let content = json!({
            "realm": realm.name,
            "enabled": true,
            "attributes": {"colour": "red"},
            "smtpServer": {"host": "localhost", "from": "admin@localhost"},
            "roles": {"realm": [{"name": "user", "attributes": {"a": ["b"]}}]},
            "clients": [{"clientId": "app", "redirectUris": ["https://app.example.com/*"]}],
            "groups": [{
                "name": "staff",
                "attributes": {"floor": ["1", "2"]},
                "realmRoles": ["user"],
                "subGroups": [{"name": "night"}],
            }],
        });
        let url = format!("{}/admin/realms", server.url);
        realm
            .agent
            .post(url)
            .header("authorization", realm.authorization())
            .content_type("application/json")
            .send(content.to_string())
            .unwrap();
        realm
    }

    /// The realm as `partial-export` writes it.
    fn export(&self) -> Value {
        let query = "exportClients=true&exportGroupsAndRoles=true";
        let answer = self
            .agent
            .post(format!("{}/partial-export?{query}", self.url()))
            .header("authorization", self.authorization())
            .send_empty();
        parse(answer.unwrap())
    }

    fn url(&self) -> String {
        format!("{}/admin/realms/{}", self.server.url, self.name)
    }

    /// A new token each time: a token from before the realm was created has no rights in it.
    fn authorization(&self) -> String {
        let url = format!(
            "{}/realms/master/protocol/openid-connect/token",
            self.server.url
        );
        let answer = self.agent.post(url).send_form([
            ("grant_type", "password"),
            ("client_id", "admin-cli"),
            ("username", self.server.admin_username.as_str()),
            ("password", self.server.admin_password.as_str()),
        ]);
        let token = parse(answer.unwrap());
        format!("Bearer {}", token["access_token"].as_str().unwrap())
    }
}

impl Drop for Realm<'_> {
    fn drop(&mut self) {
        let answer = self
            .agent
            .delete(self.url())
            .header("authorization", self.authorization())
            .call();
        // A second panic would hide the first.
        if !std::thread::panicking() {
            answer.unwrap();
        }
    }
}

fn parse(mut answer: ureq::http::Response<ureq::Body>) -> Value {
    let text = answer.body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap()
}
