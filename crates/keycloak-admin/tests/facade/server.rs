//! The server itself, on a real server.

use keycloak_admin::types::ClientRepresentation;
use keycloak_admin::{Credentials, Error};
use keycloak_server::harness;

use crate::common::repeat::make_realm_admin;
use crate::common::{TestRealm, connect};
use crate::make;

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_server_says_what_it_is() -> Result<(), Error> {
    let keycloak = connect(harness::keycloak());

    // python: get_server_info | php: server info | js: serverInfo.find
    let info = keycloak.get_server_info().await?;
    let version = info.system_info.unwrap().version;
    assert!(version.is_some_and(|version| version.starts_with("26.")));

    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_server_says_who_is_asking() -> Result<(), Error> {
    let test = TestRealm::create("facade-whoami").await;
    let realm = test.get();
    let id = realm.users().create(&make::user("ann")).await?;
    make_realm_admin(&realm, &id).await?;
    // Only tokens of the admin console may ask.
    let uuid = realm
        .clients()
        .find_uuid("security-admin-console")
        .await?
        .unwrap();
    let allow =
        |client: &mut ClientRepresentation| client.direct_access_grants_enabled = Some(true);
    realm.client_by_uuid(&uuid).modify(allow).await?;
    let login = Credentials::password("ann", make::PASSWORD);
    let ann = test.connect(login.with_client_id("security-admin-console"));
    let realm = ann.realm(&test.name);

    // js: whoAmI.find
    let me = realm.get_whoami().await?;
    assert_eq!(me.realm.as_ref(), Some(&test.name));
    assert_eq!(me.create_realm, Some(false));
    Ok(())
}
