//! Sessions of a realm, on a real server.

use keycloak_admin::{Credentials, Error};

use crate::common::TestRealm;
use crate::make;

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn sessions_are_counted_and_ended() -> Result<(), Error> {
    let test = TestRealm::create("facade-sessions").await;
    let realm = test.get();
    let id = realm.users().create(&make::user("ann")).await?;
    realm.clients().create(&make::client("app")).await?;
    let login = || {
        Credentials::password("ann", make::PASSWORD)
            .with_client_id("app")
            .with_client_secret("s3cret")
    };
    test.connect(login()).session().access_token().await?;
    test.connect(login()).session().access_token().await?;

    // python: get_client_sessions_stats | php: getClientsSessionStats | js: realms.getClientSessionStats | crate: realm_client_session_stats_get
    let stats = realm.list_session_stats().await?;
    assert_eq!(stats.len(), 1);
    let sessions = realm.user(&id).list_sessions().await?;
    assert_eq!(sessions.len(), 2);
    let session = sessions[0].id.as_deref().unwrap();

    // php: revokeUserSession | js: realms.deleteSession | crate: realm_sessions_with_session_delete
    realm.delete_session(session).await?;
    assert_eq!(realm.user(&id).list_sessions().await?.len(), 1);

    // php: logoutAllUsers | js: realms.logoutAll | crate: realm_logout_all_post
    realm.logout_all().await?;
    assert!(realm.user(&id).list_sessions().await?.is_empty());

    // php: pushRevocationPolicy | js: realms.pushRevocation | crate: realm_push_revocation_post
    let told = realm.push_revocation().await?;
    assert!(told.failed_requests.unwrap_or_default().is_empty());
    Ok(())
}
