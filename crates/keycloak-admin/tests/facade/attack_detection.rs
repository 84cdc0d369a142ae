//! Attack detection, on a real server.

use std::time::{Duration, Instant};

use keycloak_admin::Error;

use crate::common::TestRealm;
use crate::make;

/// The longest wait until the server has counted the failures.
const COUNTED: Duration = Duration::from_secs(120);

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_who_is_locked_out_is_let_in_again() -> Result<(), Error> {
    let test = TestRealm::create_with("facade-attack", |realm| {
        realm.brute_force_protected = Some(true);
        realm.failure_factor = Some(2);
        realm.quick_login_check_milli_seconds = Some(0);
    })
    .await;
    let realm = test.get();
    let id = realm.users().create(&make::user("ann")).await?;
    lock_out(&test, &id).await?;

    // python: get_bruteforce_detection_status | php: getBruteForceUserStatus | js: attackDetection.findOne | crate: realm_attack_detection_brute_force_users_with_user_id_get
    let status = realm.user(&id).get_brute_force_status().await?;
    assert_eq!(status.disabled, Some(true));
    assert!(test.login("ann", make::PASSWORD).await.is_err());

    // python: clear_bruteforce_attempts_for_user | php: clearUserLoginFailures | js: attackDetection.del | crate: realm_attack_detection_brute_force_users_with_user_id_delete
    realm.user(&id).clear_login_failures().await?;
    test.login("ann", make::PASSWORD).await?;

    lock_out(&test, &id).await?;

    // python: clear_all_bruteforce_attempts | php: clearAllLoginFailures | js: attackDetection.delAll | crate: realm_attack_detection_brute_force_users_delete
    realm.clear_login_failures().await?;
    test.login("ann", make::PASSWORD).await
}

/// Logs in with a wrong password until that is refused because of how often it was tried.
async fn lock_out(test: &TestRealm, id: &str) -> Result<(), Error> {
    let started = Instant::now();
    while test.get().user(id).get_brute_force_status().await?.disabled != Some(true) {
        assert!(started.elapsed() < COUNTED, "not locked out");
        assert!(test.login("ann", "wrong").await.is_err());
    }
    Ok(())
}
