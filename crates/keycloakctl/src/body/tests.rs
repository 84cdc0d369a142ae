//! Bodies of files and flags, with the messages that people get.

use std::collections::BTreeSet;

use keycloak_admin::{Credentials, Keycloak};
use keycloak_server::harness;
use serde_json::{Value, json};

use super::{Assignment, apply, is_secret, masked, parse, read_at_most};
use crate::api::KEYCLOAK;

fn user(text: &str) -> Result<Value, String> {
    let body = parse(text, "user.yaml", KEYCLOAK.types(), "UserRepresentation");
    body.map_err(|error| error.to_string())
}

#[test]
fn json_and_yaml_give_the_same_body() {
    let expected = json!({
        "username": "ali",
        "enabled": true,
        "attributes": {"phone": ["345"], "on": ["y"]},
        "notBefore": 12,
        "credentials": [{"type": "password", "value": "é"}],
        "email": null,
    });
    let yaml = "username: ali\nenabled: true\nattributes:\n  phone: ['345']\n  on: [y]\n\
                notBefore: 12\ncredentials:\n- type: password\n  value: é\nemail: null\n";
    assert_eq!(user(yaml).unwrap(), expected);
    assert_eq!(user(&expected.to_string()).unwrap(), expected);
    assert_eq!(user(&format!("{expected:#}")).unwrap(), expected);
    // YAML's own forms may begin like JSON.
    assert_eq!(
        user("\"username\": ali").unwrap(),
        json!({"username": "ali"})
    );
    assert_eq!(user("{username: ali}").unwrap(), json!({"username": "ali"}));
}

/// Each with its file, its line and its column, all in one message.
#[test]
fn unknown_fields_and_wrong_types_are_refused_with_their_place() {
    for (text, message) in [
        (
            "username: ali\nemial: a@b\n",
            "user.yaml:2:1: `emial`: there is no such field; there is `email`",
        ),
        (
            "{\"username\": \"ali\",\n \"enabled\": \"yes\"}",
            "user.yaml:2:13: `enabled`: expected true or false, found a text",
        ),
        (
            "attributes:\n  phone:\n  - a\n  - 345\n",
            "user.yaml:4:5: `attributes.phone[1]`: expected a text, found a number",
        ),
        (
            "attributes: {phone: home}",
            "user.yaml:1:21: `attributes.phone`: expected a list of texts, found a text",
        ),
        (
            "credentials:\n  - tpye: password\n",
            "user.yaml:2:5: `credentials[0].tpye`: there is no such field; there is `type`",
        ),
        (
            "notBefore: 1.5",
            "user.yaml:1:12: `notBefore`: expected a whole number, found a number",
        ),
        (
            "[1]",
            "user.yaml:1:1: `the body`: expected an object, found a list",
        ),
    ] {
        let error = user(text).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn all_problems_of_a_file_are_listed_at_once() {
    let error = user("emial: a\nenabled: 1\nlastNam: b\n").unwrap_err();
    for part in [
        "1:1: `emial`",
        "also mend",
        "2:10: `enabled`",
        "3:1: `lastNam`",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_names_the_place_and_no_value() {
    for (text, place) in [
        (
            "{\"username\": \"s3cret\",\n \"x\": }",
            "user.yaml:2:7: this is not JSON",
        ),
        (
            "{\"a\": {\"b\": 1, \"b\": 2}}",
            "user.yaml:1:21: `/a/b`: the field is there twice",
        ),
        (
            "username: ali\n---\nusername: s3cret\n",
            "user.yaml:3:1: a body is one document",
        ),
        ("username: [s3cret\nb: c", "user.yaml:2:"),
        ("username: ali\nusername: bob\n", "user.yaml:2:"),
        ("a: b: s3cret", "user.yaml:1:"),
    ] {
        let error = user(text).unwrap_err();
        assert!(error.starts_with(place), "{text:?}: {error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

/// Escapes that only JSON has, and numbers that YAML reads otherwise.
#[test]
fn json_is_read_as_json() {
    let text = r#"{"a": "\ud83d\ude00\/", "b": 18446744073709551615, "c": 1e3}"#;
    let value = parse(text, "user.json", KEYCLOAK.types(), "any").expect("JSON");
    assert_eq!(value, json!({"a": "😀/", "b": u64::MAX, "c": 1e3}));
}

fn set(body: Value, kind: &'static str, path: &str, values: &[&str]) -> Result<Value, String> {
    let mut body = body;
    let assignment = Assignment {
        path: path.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        flag: "--set".to_owned(),
    };
    let result = apply(KEYCLOAK.types(), kind, &mut body, &assignment);
    result.map(|()| body).map_err(|error| error.to_string())
}

#[test]
fn values_are_set_as_their_field_needs_them() {
    let (user, client) = ("UserRepresentation", "ClientRepresentation");
    for (kind, path, values, expected) in [
        (user, "username", &["123"][..], json!({"username": "123"})),
        (user, "enabled", &["true"], json!({"enabled": true})),
        (user, "notBefore", &["12"], json!({"notBefore": 12})),
        (user, "email", &["null"], json!({"email": null})),
        (
            user,
            "attributes.team",
            &["blue"],
            json!({"attributes": {"team": ["blue"]}}),
        ),
        (
            user,
            "attributes.team",
            &["[a, b]"],
            json!({"attributes": {"team": ["a", "b"]}}),
        ),
        (
            user,
            "requiredActions",
            &["A", "B"],
            json!({"requiredActions": ["A", "B"]}),
        ),
        (
            user,
            "credentials[0].value",
            &["x"],
            json!({"credentials": [{"value": "x"}]}),
        ),
        (
            user,
            "credentials",
            &["[{type: otp}]"],
            json!({"credentials": [{"type": "otp"}]}),
        ),
        // A key of a map of texts may have dots.
        (
            client,
            "attributes.post.logout.redirect.uris",
            &["+"],
            json!({"attributes": {"post.logout.redirect.uris": "+"}}),
        ),
    ] {
        assert_eq!(
            set(json!({}), kind, path, values).unwrap(),
            expected,
            "{path}"
        );
    }
}

#[test]
fn values_that_do_not_fit_are_refused() {
    for (path, value, message) in [
        (
            "emial",
            "a",
            "--set: `emial`: there is no field `emial`; there is `email`",
        ),
        ("enabled", "yes", "--set: `enabled`: expected true or false"),
        (
            "notBefore",
            "soon",
            "--set: `notBefore`: expected a whole number",
        ),
        (
            "username.x",
            "a",
            "--set: `username.x`: the value before it has no fields",
        ),
        (
            "credentials[2].value",
            "a",
            "--set: `credentials[2].value`: the list has 0 items",
        ),
        (
            "credentials.first",
            "a",
            "--set: `credentials.first`: a place in a list is a number",
        ),
    ] {
        let error = set(json!({}), "UserRepresentation", path, &[value]).unwrap_err();
        assert!(error.starts_with(message), "{error}");
    }
}

#[test]
fn secrets_are_masked_wherever_they_stand() {
    let types = KEYCLOAK.types();
    let user = json!({
        "username": "ali",
        "credentials": [{"type": "password", "value": "s3cret", "temporary": true}],
    });
    let shown = masked(types, "UserRepresentation", &user);
    assert_eq!(shown["credentials"][0]["value"], "**********");
    assert_eq!(shown["username"], "ali");
    for (kind, body) in [
        ("ClientRepresentation", json!({"secret": "s3cret"})),
        (
            "RealmRepresentation",
            json!({"smtpServer": {"password": "s3cret"}}),
        ),
        (
            "ComponentRepresentation",
            json!({"config": {"bindCredential": ["s3cret"]}}),
        ),
        (
            "IdentityProviderRepresentation",
            json!({"config": {"clientSecret": "s3cret"}}),
        ),
        (
            "ComponentRepresentation",
            json!({"config": {"private_key": ["s3cret"], "apiKey": ["s3cret"]}}),
        ),
        (
            "any",
            json!({"deep": [{"client_secret": {"value": "s3cret"}}]}),
        ),
    ] {
        let shown = masked(types, kind, &body).to_string();
        assert!(!shown.contains("s3cret"), "{kind}: {shown}");
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn each_secret_of_a_component_that_the_server_knows_is_masked() {
    let target = harness::keycloak();
    let credentials = Credentials::password(&target.admin_username, &target.admin_password);
    let keycloak = Keycloak::builder(&target.url).credentials(credentials);
    let keycloak = keycloak.build().expect("a URL");
    let info = keycloak.api().get_server_info().await.expect("an answer");
    let types = info.component_types.unwrap_or_default();
    let properties = types.into_values().flatten().flat_map(|component| {
        let own = component.properties.unwrap_or_default();
        let of_client = component.client_properties.unwrap_or_default();
        own.into_iter().chain(of_client)
    });
    let secrets = properties.filter(|property| {
        property.secret == Some(true) || property.type_.as_deref() == Some("Password")
    });
    let secrets: BTreeSet<String> = secrets.filter_map(|property| property.name).collect();
    for known in ["bindCredential", "keystorePassword", "privateKey"] {
        assert!(secrets.contains(known), "{secrets:?}");
    }
    for name in &secrets {
        let component = json!({"config": {name: ["planted"]}});
        let shown = masked(KEYCLOAK.types(), "ComponentRepresentation", &component);
        assert_eq!(shown, json!({"config": {name: ["**********"]}}));
    }
}

#[test]
fn paths_of_secrets_are_known() {
    let types = KEYCLOAK.types();
    for (kind, path, expected) in [
        ("UserRepresentation", "credentials[0].value", true),
        ("UserRepresentation", "username", false),
        ("ClientRepresentation", "secret", true),
        (
            "ClientRepresentation",
            "attributes.post.logout.redirect.uris",
            false,
        ),
        ("RealmRepresentation", "smtpServer.password", true),
    ] {
        assert_eq!(is_secret(types, kind, path), expected, "{kind} {path}");
    }
}

#[test]
fn a_file_that_is_too_long_is_refused_and_not_cut() {
    assert_eq!(read_at_most(3, &b"abc"[..]).unwrap(), b"abc");
    let error = read_at_most(3, &b"abcd"[..]).unwrap_err();
    assert_eq!(error.to_string(), "it is longer than 3 bytes");
}

#[test]
fn a_path_with_an_open_bracket_is_refused() {
    for path in ["annotations.a[0", "annotations.[0", "annotations..a"] {
        let assignment = Assignment::parse("--set", &format!("{path}=1")).unwrap();
        let mut body = json!({});
        let error = apply(KEYCLOAK.types(), "UPAttribute", &mut body, &assignment).unwrap_err();
        assert!(error.to_string().contains("empty name"), "{error}");
    }
}
