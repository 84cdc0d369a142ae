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

    // python: get_client_sessions_stats | php: getClientsSessionStats | js: realms.getClientSessionStats
    let stats = realm.session_stats().await?;
    assert_eq!(stats.len(), 1);
    let sessions = realm.users().id(&id).sessions().await?;
    assert_eq!(sessions.len(), 2);
    let session = sessions[0].id.as_deref().unwrap();

    // php: revokeUserSession | js: realms.deleteSession
    realm.delete_session(session).await?;
    assert_eq!(realm.users().id(&id).sessions().await?.len(), 1);

    // php: logoutAllUsers | js: realms.logoutAll
    realm.logout_all().await?;
    assert!(realm.users().id(&id).sessions().await?.is_empty());

    // php: pushRevocationPolicy | js: realms.pushRevocation
    let told = realm.push_revocation().await?;
    assert!(told.failed_requests.unwrap_or_default().is_empty());
    Ok(())
}
