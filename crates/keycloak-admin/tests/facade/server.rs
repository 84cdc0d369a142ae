//! The server itself, on a real server.

use keycloak_admin::Error;
use keycloak_server::harness;

use crate::common::connect;

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_server_says_what_it_is() -> Result<(), Error> {
    let keycloak = connect(harness::keycloak());

    // python: get_server_info | php: server info | js: serverInfo.find
    let info = keycloak.server_info().await?;
    let version = info.system_info.unwrap().version;
    assert!(version.is_some_and(|version| version.starts_with("26.")));

    // js: whoAmI.find
    let me = keycloak.realm("master").whoami().await?;
    assert_eq!(me.display_name.as_deref(), Some("admin"));
    assert_eq!(me.create_realm, Some(true));
    Ok(())
}
