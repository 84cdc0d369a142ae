//! Files of realms that are written, read leniently, and sent as they are.

use std::error::Error as StdError;

use keycloak_admin::types::RealmRepresentation;
use keycloak_admin::{Error, Keycloak, Realm, files};
use keycloak_server::harness;

use super::common::TestRealm;

const HAND_WRITTEN: &str = r#"{
    "realm": "NAME",
    "enabled": "true",
    "displayName": 2026,
    "accessTokenLifespan": "301",
    "colour": "blue"
}"#;

async fn export(realm: &Realm) -> Result<String, Box<dyn StdError>> {
    // ANCHOR: export
    let export = realm.partial_export().export_clients(true).await?;
    let text = serde_json::to_string_pretty(&export)?;
    // ANCHOR_END
    Ok(text)
}

async fn create(keycloak: &Keycloak, json: &str) -> Result<(), Error> {
    // ANCHOR: read
    let file = files::read::<RealmRepresentation>(json)?;
    for place in &file.coerced {
        println!("{place} was converted");
    }
    for place in &file.unknown {
        eprintln!("{place} is not a field of a realm");
    }
    keycloak.realms().create(&file.value).exist_ok().await?; // without the unknown fields
    // ANCHOR_END
    assert_eq!(
        file.coerced,
        ["/accessTokenLifespan", "/displayName", "/enabled"]
    );
    assert_eq!(file.unknown, ["/colour"]);
    Ok(())
}

async fn send(keycloak: &Keycloak, json: &str) -> Result<(), Error> {
    // ANCHOR: json_text
    let file = files::read::<RealmRepresentation>(json)?;
    let create = keycloak.realms().create(&file.value);
    create.json_text(json).exist_ok().await?;
    // ANCHOR_END
    Ok(())
}

async fn assert_stored(realm: &Realm) -> Result<(), Error> {
    let stored = realm.get().await?;
    assert_eq!(stored.enabled, Some(true));
    assert_eq!(stored.display_name.as_deref(), Some("2026"));
    assert_eq!(stored.access_token_lifespan, Some(301));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_hand_written_realm_is_read_or_sent_as_it_is() -> Result<(), Box<dyn StdError>> {
    let read = TestRealm::reserve(harness::keycloak(), "guide-read");
    create(&read.keycloak, &HAND_WRITTEN.replace("NAME", &read.name)).await?;
    assert_stored(&read.get()).await?;

    let sent = TestRealm::reserve(harness::keycloak(), "guide-sent");
    let json = HAND_WRITTEN.replace("NAME", &sent.name);
    let error = send(&sent.keycloak, &json).await.unwrap_err();
    assert!(error.is_bad_request(), "an unknown field: {error}");
    let known = json.replace(",\n    \"colour\": \"blue\"", "");
    send(&sent.keycloak, &known).await?;
    assert_stored(&sent.get()).await?;

    let text = export(&sent.get()).await?;
    let back = files::read::<RealmRepresentation>(&text)?;
    assert_eq!(back.value.display_name.as_deref(), Some("2026"));
    assert_eq!(back.unknown, [""; 0]);
    Ok(())
}
