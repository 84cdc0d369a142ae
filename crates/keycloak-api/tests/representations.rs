//! The promises of the representations: absent, empty and null; open enums; unknown fields; ordered maps; no secrets in
//! `Debug`.

use std::collections::BTreeMap;

use keycloak_api::types::{
    ClientRepresentation, CredentialRepresentation, IdentityProviderRepresentation, Logic,
    PolicyRepresentation, RealmRepresentation, UserRepresentation,
};
use serde_json::{Value, from_value, json, to_value};

fn round_trip<T: serde::de::DeserializeOwned + serde::Serialize>(value: &Value) -> Value {
    to_value(from_value::<T>(value.clone()).unwrap()).unwrap()
}

#[test]
fn lists_and_maps_can_be_absent_empty_or_null() {
    let absent: UserRepresentation = from_value(json!({})).unwrap();
    assert_eq!(absent.required_actions, None);
    assert_eq!(absent.attributes, None);
    assert_eq!(to_value(&absent).unwrap(), json!({}));

    let empty: UserRepresentation =
        from_value(json!({"requiredActions": [], "attributes": {}})).unwrap();
    assert_eq!(empty.required_actions, Some(vec![]));
    assert_eq!(empty.attributes, Some(BTreeMap::new()));
    assert_eq!(
        to_value(&empty).unwrap(),
        json!({"requiredActions": [], "attributes": {}})
    );

    // Keycloak reads null as absent, so that is what it becomes.
    let null: UserRepresentation =
        from_value(json!({"requiredActions": null, "attributes": null, "username": null})).unwrap();
    assert_eq!(to_value(&null).unwrap(), json!({}));
}

#[test]
fn an_unknown_enum_value_decodes_and_is_sent_back_unchanged() {
    let newer = json!({"logic": "PERHAPS", "name": "p"});
    let policy: PolicyRepresentation = from_value(newer.clone()).unwrap();
    assert_eq!(policy.logic, Some(Logic::Unknown("PERHAPS".to_owned())));
    assert_eq!(to_value(&policy).unwrap(), newer);

    let known: PolicyRepresentation = from_value(json!({"logic": "NEGATIVE"})).unwrap();
    assert_eq!(known.logic, Some(Logic::Negative));
    assert_eq!(to_value(&known).unwrap(), json!({"logic": "NEGATIVE"}));
}

#[test]
fn unknown_fields_are_ignored_and_known_ones_kept() {
    let newer = json!({"username": "ali", "fromTheFuture": {"deeply": ["nested"]}});
    assert_eq!(
        round_trip::<UserRepresentation>(&newer),
        json!({"username": "ali"})
    );
}

#[test]
fn maps_are_ordered() {
    let user = UserRepresentation::new()
        .with_attributes(["zebra", "ant", "mole"].map(|name| (name, Vec::<String>::new())));
    assert_eq!(
        serde_json::to_string(&user).unwrap(),
        r#"{"attributes":{"ant":[],"mole":[],"zebra":[]}}"#
    );
}

#[test]
fn debug_says_that_a_secret_is_set_and_not_what_it_is() {
    let secret = "c0rrect-h0rse";
    let map = || [("clientSecret", secret)];
    let shown = [
        format!(
            "{:?}",
            ClientRepresentation::new()
                .with_client_id("shop")
                .with_secret(secret)
                .with_registration_access_token(secret)
        ),
        format!(
            "{:?}",
            CredentialRepresentation::new()
                .with_value(secret)
                .with_secret_data(secret)
        ),
        format!(
            "{:?}",
            IdentityProviderRepresentation::new().with_config(map())
        ),
        format!("{:?}", RealmRepresentation::new().with_smtp_server(map())),
        format!(
            "{:?}",
            UserRepresentation::new()
                .with_credentials([CredentialRepresentation::new().with_value(secret)])
        ),
    ];
    for text in &shown {
        assert!(!text.contains(secret), "{text}");
        assert!(text.contains(keycloak_session::REDACTED), "{text}");
    }
    assert!(shown[0].contains("shop"), "{}", shown[0]);
}
