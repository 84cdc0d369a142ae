//! Components and keys, on a real server.

use std::collections::BTreeMap;

use keycloak_admin::types::ComponentRepresentation;
use keycloak_admin::{Ensured, Error};

use crate::common::TestRealm;

const KEYS: &str = "org.keycloak.keys.KeyProvider";

/// A key provider that makes a key of its own.
fn keys(name: &str) -> ComponentRepresentation {
    ComponentRepresentation::new()
        .with_name(name)
        .with_provider_id("rsa-generated")
        .with_provider_type(KEYS)
        .with_config(BTreeMap::from([(
            "priority".to_owned(),
            vec!["50".to_owned()],
        )]))
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_component_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-components").await;
    let realm = test.get();

    // python: create_component | php: createComponent | js: components.create | crate: realm_components_post
    let id = realm
        .components()
        .create(&keys("spare"))
        .exist_ok()
        .await?
        .into_id();
    let again = realm.components().create(&keys("spare")).exist_ok().await?;
    assert_eq!(again, Ensured::Existing(id.clone()));

    let second = realm.components().create(&keys("spare")).await?;
    assert_ne!(second, id, "a second one of the same name");
    realm.component(&second).delete().await?;

    // python: get_components | php: getComponents | js: components.find | crate: realm_components_get
    let components = realm.components().list().r#type(KEYS).await?;
    assert!(
        components
            .iter()
            .any(|component| component.id.as_ref() == Some(&id))
    );
    assert!(
        realm
            .components()
            .find_by_name(KEYS, "spar")
            .await?
            .is_none()
    );

    // python: get_component | php: getComponent | js: components.findOne | crate: realm_components_with_id_get
    let component = realm.component(&id).get().await?;
    assert_eq!(component.name.as_deref(), Some("spare"));

    let urgent = |component: &mut ComponentRepresentation| {
        let config = component.config.get_or_insert_default();
        config.insert("priority".to_owned(), vec!["500".to_owned()]);
    };

    // python: update_component | php: updateComponent | js: components.update
    realm.component(&id).modify(urgent).await?;
    let changed = realm.component(&id).get().await?;
    assert_eq!(changed.config.unwrap()["priority"], ["500"]);

    // python: get_keys | php: getRealmKeys | js: realms.getKeys | crate: realm_keys_get
    let keys = realm.get_keys().await?;
    let active = &keys.active.unwrap()["RS256"];
    let of_component = keys
        .keys
        .unwrap()
        .into_iter()
        .find(|key| key.provider_id.as_ref() == Some(&id));
    assert_eq!(of_component.unwrap().kid.as_ref(), Some(active));

    // crate: realm_components_with_id_put
    realm.component(&id).update(&component).await?;

    // php: getComponentSubTypes | js: components.listSubComponents | crate: realm_components_with_id_sub_component_types_get
    let types = realm
        .component(&id)
        .list_subcomponent_types()
        .r#type(KEYS)
        .await?;
    assert!(
        types
            .iter()
            .any(|provider| provider.id.as_deref() == Some("rsa-generated"))
    );

    // python: delete_component | php: deleteComponent | js: components.del | crate: realm_components_with_id_delete
    realm.component(&id).delete().await?;
    assert!(realm.component(&id).find().await?.is_none());
    assert!(!realm.component(&id).delete_if_exists().await?);
    Ok(())
}
