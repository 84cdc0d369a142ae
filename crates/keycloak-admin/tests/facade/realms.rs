//! Realms, on a real server.

use keycloak_admin::types::{
    ClientRepresentation, PartialImportPolicy, PartialImportRepresentation, RealmRepresentation,
    UpAttribute, UpAttributePermissions, UpConfig,
};
use keycloak_admin::{Batch, Ensured, Error};
use keycloak_server::harness;
use keycloak_server::smtp::SmtpSink;

use crate::common::repeat::make_realm_admin;
use crate::common::{TestRealm, connect, person};
use crate::make::{self, strings};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_realm_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::reserve(harness::keycloak(), "facade-realm");
    let keycloak = &test.keycloak;
    let acme = RealmRepresentation::new()
        .with_realm(test.name.clone())
        .with_enabled(true);
    assert!(test.get().find().await?.is_none());

    // python: create_realm, import_realm | php: importRealm | js: realms.create | crate: post
    let name = keycloak.realms().create(&acme).exist_ok().await?.into_id();

    let again = keycloak.realms().create(&acme).await;
    assert!(again.unwrap_err().is_conflict());
    let again = keycloak.realms().create(&acme).exist_ok().await?;
    assert_eq!(again, Ensured::Existing(name.clone()));

    // python: change_current_realm
    let realm = keycloak.realm(&name);

    // python: get_current_realm
    let current = realm.name();
    assert_eq!(current, test.name);

    // python: get_realms | js: realms.find | crate: get
    let realms = keycloak.realms().list().await?;

    let names: Vec<&str> = realms
        .iter()
        .filter_map(|realm| realm.realm.as_deref())
        .collect();
    assert!(names.contains(&&*name) && names.contains(&"master"));
    let brief = keycloak.realms().list().brief_representation(true).await?;
    assert!(
        brief
            .iter()
            .any(|realm| realm.realm.as_ref() == Some(&name))
    );

    // python: get_realm | php: getRealm | js: realms.findOne | crate: realm_get
    let settings = realm.get().await?;
    assert_eq!(settings.realm.as_ref(), Some(&name));
    assert!(
        settings.id.is_some() && settings.ssl_required.is_some(),
        "not the name alone"
    );
    // At once, with a token that knows the realm.
    realm.users().create(&person("ann")).await?;

    // python: update_realm | php: updateRealm | js: realms.update | crate: realm_put
    realm
        .modify(|realm| realm.verify_email = Some(true))
        .await?;
    assert_eq!(realm.get().await?.verify_email, Some(true));

    // python: clear_realm_cache | php: clearRealmCache | js: cache.clearRealmCache
    realm.clear_realm_cache().await?;

    // python: clear_user_cache | php: clearUserCache | js: cache.clearUserCache
    realm.clear_user_cache().await?;

    // python: clear_keys_cache | php: clearExternalPublicKeysCache | js: cache.clearKeysCache
    realm.clear_keys_cache().await?;

    // js: cache.clearCrlCache
    realm.clear_crl_cache().await?;

    // php: getCredentialRegistrators | crate: realm_credential_registrators_get
    let registrators = realm.list_credential_registrators().await?;
    assert!(registrators.iter().any(|action| action == "CONFIGURE_TOTP"));

    // python: delete_realm | php: deleteRealm | js: realms.del | crate: realm_delete
    realm.delete().await?;
    assert!(realm.find().await?.is_none());
    assert!(!realm.delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn new_users_are_put_into_the_default_groups() -> Result<(), Error> {
    let test = TestRealm::create("facade-default-groups").await;
    let realm = test.get();
    let staff = realm.groups().create(&make::group("staff")).await?;

    // php: setGroupAsDefaultGroup | js: realms.addDefaultGroup | crate: realm_default_groups_with_group_id_put
    realm.add_default_group(&staff).await?;

    // php: getDefaultGroupHierarchy | js: realms.getDefaultGroups | crate: realm_default_groups_get
    let groups = realm.list_default_groups().await?;
    assert_eq!(groups[0].id.as_ref(), Some(&staff));
    let id = realm.users().create(&person("ann")).await?;
    assert_eq!(realm.user(&id).list_groups().await?.len(), 1);

    // php: unsetGroupAsDefaultGroup | js: realms.removeDefaultGroup | crate: realm_default_groups_with_group_id_delete
    realm.remove_default_group(&staff).await?;
    assert!(realm.list_default_groups().await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn parts_of_a_realm_go_from_one_to_another() -> Result<(), Error> {
    let test = TestRealm::create("facade-export").await;
    let realm = test.get();
    realm.clients().create(&make::client("app")).await?;
    realm.groups().create(&make::group("staff")).await?;

    // python: export_realm | php: partialExportRealm | js: realms.export | crate: realm_partial_export_post
    let export = realm
        .partial_export()
        .export_clients(true)
        .export_groups_and_roles(true)
        .await?;
    assert!(
        export
            .groups
            .as_ref()
            .is_some_and(|groups| groups.len() == 1)
    );

    let other = TestRealm::create("facade-import").await;
    let realm = other.get();
    // Ids are for one realm.
    let groups = export.groups.into_iter().flatten().map(|mut group| {
        group.id = None;
        group
    });
    let is_ours = |client: &ClientRepresentation| client.client_id.as_deref() == Some("app");
    let clients = export.clients.into_iter().flatten().filter(is_ours);
    let clients = clients.map(|mut client| {
        client.id = None;
        client.protocol_mappers = None;
        client
    });
    let import = PartialImportRepresentation::new()
        .with_if_resource_exists(PartialImportPolicy::Skip)
        .with_groups(groups)
        .with_clients(clients)
        .with_users([person("imported")]);

    // python: partial_import_realm | php: partialImportRealm | js: realms.partialImport | crate: realm_partial_import_post
    let results = realm.partial_import(&import).await?;
    assert!(
        results.added.is_some_and(|added| added >= 3),
        "the group, the client and the user"
    );
    assert_eq!(results.skipped, Some(0));
    let again = realm.partial_import(&import).await?;
    assert_eq!((again.added, again.skipped), (Some(0), results.added));
    assert!(realm.clients().find_by_client_id("app").await?.is_some());
    assert!(realm.groups().find_by_path("/staff").await?.is_some());
    let user = realm.users().find_by_username("imported").await?;
    assert!(user.is_some());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_user_profile_is_read_and_changed() -> Result<(), Error> {
    let test = TestRealm::create("facade-profile").await;
    let realm = test.get();

    // python: get_realm_users_profile | js: users.getProfile | crate: realm_users_profile_get
    let mut profile = realm.user_profile().get().await?;

    let badge = UpAttribute::new().with_name("badge").with_permissions(
        UpAttributePermissions::new()
            .with_view(["admin"])
            .with_edit(["admin"]),
    );
    profile.attributes.get_or_insert_default().push(badge);

    // python: update_realm_users_profile | js: users.updateProfile | crate: realm_users_profile_put
    let stored = realm.user_profile().update(&profile).await?;
    assert!(
        stored
            .attributes
            .iter()
            .flatten()
            .any(|attribute| attribute.name.as_deref() == Some("badge"))
    );

    let unchanged = realm.user_profile().modify(|_| {}).await?;
    assert_eq!(unchanged, realm.user_profile().get().await?);
    let modified = realm
        .user_profile()
        .modify(|config| {
            let attributes = config.attributes.get_or_insert_default();
            let badge = attributes
                .iter_mut()
                .find(|attribute| attribute.name.as_deref() == Some("badge"));
            badge.unwrap().display_name = Some("Badge".to_owned());
        })
        .await?;
    let names = |config: UpConfig| -> Vec<(Option<String>, Option<String>)> {
        let attributes = config.attributes.unwrap();
        attributes
            .into_iter()
            .map(|attribute| (attribute.name, attribute.display_name))
            .collect()
    };
    let mut expected = names(stored);
    expected.last_mut().unwrap().1 = Some("Badge".to_owned());
    assert_eq!(names(modified), expected);
    assert_eq!(names(realm.user_profile().get().await?), expected);

    // js: users.getProfileMetadata | crate: realm_users_profile_metadata_get
    let metadata = realm.user_profile().get_metadata().await?;
    assert!(
        metadata
            .attributes
            .unwrap()
            .iter()
            .any(|attribute| attribute.name.as_deref() == Some("badge"))
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn mail_settings_are_tried_out() -> Result<(), Error> {
    let sink = SmtpSink::start().unwrap();
    let test = TestRealm::create("facade-smtp").await;
    let realm = test.get();
    // The mail goes to the session's account, which needs an address.
    let id = realm.users().create(&make::user("root")).await?;
    make_realm_admin(&realm, &id).await?;
    let root = test.connect(keycloak_admin::Credentials::password(
        "root",
        make::PASSWORD,
    ));
    let port = sink.port().to_string();
    let settings = strings([
        ("host", "127.0.0.1"),
        ("port", &port),
        ("from", "keycloak@example.com"),
    ]);
    let realm = root.realm(&test.name);

    // php: testSMTPConnection | js: realms.testSMTPConnection | crate: realm_test_smtp_connection_post
    realm.test_smtp_connection(&settings).await?;
    let mail = sink.wait_for_message("root@example.com", std::time::Duration::from_secs(120));
    assert!(mail.is_ok());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn of_a_hundred_callers_one_creates_a_realm() {
    let test = TestRealm::reserve(harness::keycloak(), "facade-realm-race");
    let realm = RealmRepresentation::new().with_realm(test.name.clone());
    let realms = test.keycloak.realms();
    let calls = (0..100).map(|_| realms.create(&realm).exist_ok());
    let results = Batch::new(calls).concurrency(100).await;
    let results: Vec<Ensured<String>> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!(results.len(), 100);
    let created = results.iter().filter(|result| result.is_created());
    assert_eq!(created.count(), 1);
    assert!(results.iter().all(|result| *result.inner() == test.name));
}

/// Keycloak answers as soon as it knows the length, and closes the connection.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_realm_of_twelve_megabytes_is_refused_with_its_length() {
    let keycloak = connect(harness::keycloak());
    let large = RealmRepresentation::new().with_display_name("x".repeat(12_000_000));
    for _ in 0..5 {
        let error = keycloak
            .realms()
            .create(&large)
            .await
            .expect_err("too large");
        assert_eq!(error.status(), Some(413), "{error}");
        assert!(!error.may_have_been_applied() && !error.is_transient());
        assert!(
            error.to_string().contains("the body has 12000018 bytes"),
            "{error}"
        );
    }
}
