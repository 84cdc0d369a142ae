//! Events, on a real server.

use std::time::{Duration, Instant};

use keycloak_admin::Error;
use keycloak_admin::types::RealmEventsConfigRepresentation;

use crate::common::TestRealm;
use crate::make;

/// The longest time that the server may take to store an event.
const STORED: Duration = Duration::from_secs(120);

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn events_are_kept_listed_and_cleared() -> Result<(), Error> {
    let test = TestRealm::create("facade-events").await;
    let realm = test.get();
    let keep = |config: &mut RealmEventsConfigRepresentation| {
        config.events_enabled = Some(true);
        config.admin_events_enabled = Some(true);
        config.admin_events_details_enabled = Some(true);
    };

    // python: set_events | php: updateEventsConfig | js: realms.updateConfigEvents
    realm.events().modify_config(keep).await?;

    // php: getEventsConfig | js: realms.getConfigEvents | crate: realm_events_config_get
    let config = realm.events().get_config().await?;
    assert_eq!(config.admin_events_details_enabled, Some(true));

    let id = realm.users().create(&make::user("ann")).await?;
    for n in 0..3 {
        assert!(test.login("ann", &format!("wrong {n}")).await.is_err());
    }
    let started = Instant::now();
    while realm.events().list().await?.len() < 3 {
        assert!(started.elapsed() < STORED, "the events are not stored");
    }

    // python: get_events | php: getAllEvents | js: realms.findEvents | crate: realm_events_get
    let events = realm
        .events()
        .list()
        .r#type(["LOGIN_ERROR"])
        .stream()
        .page_size(2)
        .try_collect()
        .await?;
    assert_eq!(events.len(), 3);
    assert!(
        events
            .iter()
            .all(|event| event.user_id.as_ref() == Some(&id))
    );

    // python: get_admin_events | php: getAdminEvents | js: realms.findAdminEvents | crate: realm_admin_events_get
    let events = realm
        .admin_events()
        .list()
        .resource_types(["USER"])
        .try_collect()
        .await?;
    assert_eq!(
        events[0].resource_path.as_deref(),
        Some(format!("users/{id}").as_str())
    );

    // php: deleteAllEvents | js: realms.clearEvents | crate: realm_events_delete
    realm.events().clear().await?;
    assert!(realm.events().list().await?.is_empty());

    // php: deleteAdminEvents | js: realms.clearAdminEvents | crate: realm_admin_events_delete
    realm.admin_events().clear().await?;
    assert!(
        realm
            .admin_events()
            .list()
            .resource_types(["USER"])
            .await?
            .is_empty()
    );

    let off = RealmEventsConfigRepresentation::new().with_events_enabled(false);
    // crate: realm_events_config_put
    realm.events().update_config(&off).await?;
    assert_eq!(
        realm.events().get_config().await?.events_enabled,
        Some(false)
    );
    Ok(())
}
