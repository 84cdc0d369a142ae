//! User federation with an LDAP directory, on a real server.

use std::collections::BTreeMap;

use keycloak_admin::Error;
use keycloak_admin::types::{ComponentRepresentation, TestLdapConnectionRepresentation};
use keycloak_admin::user_storage::{Direction, Sync};
use keycloak_server::ldap::{ADMIN_DN, ADMIN_PASSWORD, LdapServer, PEOPLE};

use crate::common::TestRealm;
use crate::make;

fn component(
    kind: [&str; 2],
    parent: Option<&str>,
    config: &[(&str, &str)],
) -> ComponentRepresentation {
    let config = config
        .iter()
        .map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]));
    let mut component = ComponentRepresentation::new()
        .with_name(kind[1])
        .with_provider_type(kind[0])
        .with_provider_id(kind[1])
        .with_config(config.collect::<BTreeMap<_, _>>());
    component.parent_id = parent.map(str::to_owned);
    component
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_come_from_a_directory() -> Result<(), Error> {
    let ldap = LdapServer::start(PEOPLE).unwrap();
    let test = TestRealm::create("facade-ldap").await;
    let realm = test.get();
    let settings = |action: &str| {
        TestLdapConnectionRepresentation::new()
            .with_action(action)
            .with_connection_url(ldap.url())
            .with_auth_type("simple")
            .with_bind_dn(ADMIN_DN)
            .with_bind_credential(ADMIN_PASSWORD)
    };
    let login = settings("testAuthentication");

    // php: testLDAPConnection | js: realms.testLDAPConnection
    realm.test_ldap_connection(&login).await?;
    let capabilities = realm
        .list_ldap_server_capabilities(&settings("queryServerCapabilities"))
        .await?;
    assert!(!capabilities.is_empty());

    let url = ldap.url();
    let directory = component(
        ["org.keycloak.storage.UserStorageProvider", "ldap"],
        None,
        &[
            ("enabled", "true"),
            ("priority", "0"),
            ("editMode", "WRITABLE"),
            ("importEnabled", "true"),
            ("vendor", "other"),
            ("usernameLDAPAttribute", "uid"),
            ("rdnLDAPAttribute", "uid"),
            ("uuidLDAPAttribute", "entryUUID"),
            ("userObjectClasses", "inetOrgPerson, organizationalPerson"),
            ("connectionUrl", &url),
            ("usersDn", "ou=people,dc=example,dc=com"),
            ("authType", "simple"),
            ("bindDn", ADMIN_DN),
            ("bindCredential", ADMIN_PASSWORD),
        ],
    );
    let id = realm.components().create(&directory).await?;

    // python: sync_users | php: sync users | js: userStorageProvider.sync
    let result = realm.user_storage(&id).sync(Sync::Full).await?;
    assert_eq!((result.added, result.failed), (Some(2), Some(0)));
    let ada = realm.users().find_by_username("ada").await?.unwrap();
    assert_eq!(ada.federation_link.as_ref(), Some(&id));

    // A secret of the directory survives a change of something else.
    realm
        .component(&id)
        .modify(|directory| directory.name = Some("people".to_owned()))
        .await?;
    assert_eq!(
        realm.user_storage(&id).sync(Sync::Changed).await?.failed,
        Some(0)
    );

    // php: provider name for a client, provider name for a user | js: userStorageProvider.name
    let name = realm.user_storage(&id).get_name().await?;
    assert_eq!(name, "people");

    let mapper = component(
        [
            "org.keycloak.storage.ldap.mappers.LDAPStorageMapper",
            "group-ldap-mapper",
        ],
        Some(&id),
        &[
            ("groups.dn", "ou=groups,dc=example,dc=com"),
            ("groups.path", "/"),
            ("group.name.ldap.attribute", "cn"),
            ("group.object.classes", "groupOfNames"),
            ("preserve.group.inheritance", "false"),
            ("membership.ldap.attribute", "member"),
            ("membership.attribute.type", "DN"),
            ("membership.user.ldap.attribute", "uid"),
            ("mode", "LDAP_ONLY"),
            (
                "user.roles.retrieve.strategy",
                "LOAD_GROUPS_BY_MEMBER_ATTRIBUTE",
            ),
            ("drop.non.existing.groups.during.sync", "false"),
        ],
    );
    let mapper = realm.components().create(&mapper).await?;
    realm.groups().create(&make::group("sailors")).await?;

    // php: sync mapper data | js: userStorageProvider.mappersSync
    let result = realm
        .user_storage(&id)
        .sync_mapper(&mapper, Direction::ToProvider)
        .await?;
    assert_eq!(result.added, Some(1));
    let result = realm
        .user_storage(&id)
        .sync_mapper(&mapper, Direction::FromProvider)
        .await?;
    assert_eq!(result.failed, Some(0));

    // php: remove imported users | js: userStorageProvider.removeImportedUsers
    realm.user_storage(&id).remove_imported_users().await?;
    assert_eq!(
        realm.user_storage(&id).sync(Sync::Full).await?.added,
        Some(2),
        "nobody was left"
    );

    // php: unlink users | js: userStorageProvider.unlinkUsers
    realm.user_storage(&id).unlink_users().await?;
    let ada = realm.users().find_by_username("ada").await?.unwrap();
    assert_eq!(ada.federation_link, None);
    Ok(())
}
