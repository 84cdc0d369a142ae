//! Changes of the user profile, against a server that answers as a test says.

use std::sync::{Arc, Mutex};

use crate::fake::{Answer, Fake};
use keycloak_admin::ErrorKind;
use keycloak_admin::types::{UnmanagedAttributePolicy, UpAttribute};
use serde_json::{Value, json};

const PROFILE: &str = "/admin/realms/acme/users/profile";

/// A configuration with fields of a newer release, which the types do not know.
fn stored() -> Value {
    json!({
        "attributes": [
            {"name": "username", "multivalued": false, "fromANewerRelease": {"deep": [1, 2]}},
            {"name": "email", "fromANewerRelease": true},
        ],
        "groups": [{"name": "user-metadata", "fromANewerRelease": "group"}],
        "fromANewerRelease": ["a", "b"],
    })
}

/// A server that stores the profile that it gets.
fn server() -> Fake {
    let profile = Arc::new(Mutex::new(stored()));
    Fake::start(move |request| {
        assert_eq!(request.path, PROFILE);
        let mut profile = profile.lock().unwrap();
        if request.method == "PUT" {
            *profile = serde_json::from_str(&request.body).unwrap();
            // The server has the last word about what it stores.
            profile["unmanagedAttributePolicy"] = "ENABLED".into();
        }
        Answer::json(profile.to_string())
    })
}

#[tokio::test]
async fn a_change_keeps_the_fields_that_the_types_do_not_know() {
    let fake = server();
    let profile = fake.keycloak().realm("acme").user_profile();
    let badge = UpAttribute::new().with_name("badge");
    let config = profile
        .modify(|config| {
            let attributes = config.attributes.as_mut().unwrap();
            attributes[1].display_name = Some("E-mail".to_owned());
            config.groups.as_mut().unwrap()[0].display_header = Some("Data".to_owned());
        })
        .await
        .unwrap();
    // The answer is the configuration as it is stored.
    assert_eq!(
        config.unmanaged_attribute_policy,
        Some(UnmanagedAttributePolicy::Enabled)
    );
    let requests = [format!("GET {PROFILE}"), format!("PUT {PROFILE}")];
    assert_eq!(fake.lines(), requests);
    let mut expected = stored();
    expected["attributes"][1]["displayName"] = "E-mail".into();
    expected["groups"][0]["displayHeader"] = "Data".into();
    let sent: Value = serde_json::from_str(&fake.received()[1].body).unwrap();
    assert_eq!(sent, expected);

    profile
        .modify(|config| config.attributes.as_mut().unwrap().insert(0, badge))
        .await
        .unwrap();
    let sent: Value = serde_json::from_str(&fake.received()[3].body).unwrap();
    expected["attributes"]
        .as_array_mut()
        .unwrap()
        .insert(0, json!({"name": "badge"}));
    expected["unmanagedAttributePolicy"] = "ENABLED".into();
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn without_a_change_nothing_is_written() {
    let fake = server();
    let profile = fake.keycloak().realm("acme").user_profile();
    let config = profile
        .modify(|config| config.attributes.as_mut().unwrap()[0].multivalued = Some(false))
        .await
        .unwrap();
    assert_eq!(fake.lines(), [format!("GET {PROFILE}")]);
    assert_eq!(config, profile.get().await.unwrap());
}

#[tokio::test]
async fn an_answer_of_another_shape_is_an_error_and_nothing_is_written() {
    let fake = Fake::start(|_| Answer::json(r#"{"attributes": "hunter2"}"#));
    let profile = fake.keycloak().realm("acme").user_profile();
    let error = profile.modify(|_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.operation(), Some("get_user_profile_config"));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    assert_eq!(fake.lines(), [format!("GET {PROFILE}")]);
}
