//! Clients and secrets.

use std::collections::BTreeMap;

use keycloak_admin::types::{ClientRepresentation, ProtocolMapperRepresentation};
use keycloak_admin::{Credentials, Error, Realm};

use super::common::TestRealm;

async fn website(realm: &Realm) -> Result<(), Error> {
    // ANCHOR: public
    let website = ClientRepresentation::new()
        .with_client_id("website")
        .with_public_client(true) // a browser keeps no secret
        .with_redirect_uris(["https://www.example.com/*"])
        .with_web_origins(["+"]);
    let uuid = realm.clients().create(&website).exist_ok().await?.into_id();
    // ANCHOR_END

    // ANCHOR: modify
    let found = realm.clients().find_uuid("website").await?;
    if let Some(uuid) = found {
        let website = realm.client_by_uuid(uuid);
        website
            .modify(|client| {
                client.redirect_uris = Some(vec!["https://shop.example.com/*".to_owned()])
            })
            .await?;
    }
    // ANCHOR_END
    let client = realm.client_by_uuid(&uuid);
    let stored = client.get().await?;
    assert_eq!(
        stored.redirect_uris.unwrap(),
        ["https://shop.example.com/*"]
    );

    // ANCHOR: mapper
    let department = ProtocolMapperRepresentation::new()
        .with_name("department")
        .with_protocol("openid-connect")
        .with_protocol_mapper("oidc-usermodel-attribute-mapper")
        .with_config(BTreeMap::from(
            [
                ("user.attribute", "department"),
                ("claim.name", "department"),
                ("jsonType.label", "String"),
                ("access.token.claim", "true"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        ));
    client
        .protocol_mappers()
        .create(&department)
        .exist_ok()
        .await?;
    // ANCHOR_END
    assert_eq!(client.protocol_mappers().list().await?.len(), 1);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn clients_are_made_and_get_new_secrets() -> Result<(), Error> {
    let test = TestRealm::create("guide-clients").await;
    let realm = test.get();
    website(&realm).await?;

    // ANCHOR: confidential
    let backend = ClientRepresentation::new()
        .with_client_id("backend")
        .with_public_client(false)
        .with_service_accounts_enabled(true) // logs in as itself
        .with_standard_flow_enabled(false); // no browser
    let uuid = realm.clients().create(&backend).exist_ok().await?.into_id();
    let backend = realm.client_by_uuid(&uuid);
    let secret = backend.get_secret().await?.value.unwrap_or_default();
    // ANCHOR_END
    let log_in = async |secret: &str| {
        let session = test.connect(Credentials::client_secret("backend", secret));
        session.session().access_token().await.map(drop)
    };
    log_in(&secret).await?;

    // ANCHOR: rotate
    let new_secret = backend.regenerate_secret().await?.value.unwrap_or_default();
    // ANCHOR_END
    log_in(&new_secret).await?;
    assert!(log_in(&secret).await.unwrap_err().is_authentication());
    Ok(())
}
