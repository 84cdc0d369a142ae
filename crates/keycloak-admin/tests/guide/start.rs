//! Start in five minutes.

// ANCHOR: program
use keycloak_admin::types::{RealmRepresentation, UserRepresentation};
use keycloak_admin::{Credentials, Keycloak, Temporary};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let variable = |name: &str, default: &str| std::env::var(name).unwrap_or(default.to_owned());
    let keycloak = Keycloak::builder(&variable("KEYCLOAK_URL", "http://127.0.0.1:8080"))
        .credentials(Credentials::password(
            variable("KEYCLOAK_ADMIN_USERNAME", "admin"),
            variable("KEYCLOAK_ADMIN_PASSWORD", "admin"),
        ))
        .build()?;

    let first_steps = RealmRepresentation::new()
        .with_realm("first-steps")
        .with_enabled(true);
    keycloak.realms().create(&first_steps).exist_ok().await?;
    let realm = keycloak.realm("first-steps");

    let ada = UserRepresentation::new()
        .with_username("ada")
        .with_email("ada@example.com")
        .with_first_name("Ada")
        .with_last_name("Lovelace")
        .with_enabled(true);
    let id = realm.users().create(&ada).exist_ok().await?.into_id();
    realm
        .user(&id)
        .reset_password("engine", Temporary::Yes)
        .await?;

    for user in realm.users().list().search("ada").await? {
        println!("{} has the id {id}", user.username.unwrap_or_default());
    }
    Ok(())
}
// ANCHOR_END

use keycloak_server::harness;

use super::common::TestRealm;

/// The realm is deleted at the end.
#[test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
fn the_program_runs_twice() {
    let mut test = TestRealm::reserve(harness::keycloak(), "guide-start");
    test.name = "first-steps".to_owned();
    main().unwrap();
    main().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let users = runtime.block_on(async { test.get().users().count().await });
    assert_eq!(users.unwrap(), 1);
}
