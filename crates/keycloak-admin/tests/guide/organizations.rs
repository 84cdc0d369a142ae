//! Organisations: Keycloak's and Phase Two's.

use keycloak_admin::phasetwo::types as phasetwo;
use keycloak_admin::types::{OrganizationDomainRepresentation, OrganizationRepresentation};
use keycloak_admin::{Error, Realm};
use keycloak_server::harness;

use super::common::{TestRealm, person};

async fn keycloak_organization(realm: &Realm, user_id: &str) -> Result<(), Error> {
    // ANCHOR: keycloak
    realm
        .modify(|realm| realm.organizations_enabled = Some(true))
        .await?;
    let initech = OrganizationRepresentation::new()
        .with_name("initech")
        .with_domains([OrganizationDomainRepresentation::new()
            .with_name("initech.example")
            .with_verified(true)]);
    let id = realm
        .organizations()
        .create(&initech)
        .exist_ok()
        .await?
        .into_id();
    let organization = realm.organization(&id);
    organization.members().add_user(user_id).await?;

    let of_user = realm.organizations().list_for_user(user_id).await?;
    let by_domain = realm
        .organizations()
        .find_by_domain("initech.example")
        .await?;
    // ANCHOR_END
    assert_eq!(of_user.len(), 1);
    assert_eq!(by_domain.unwrap().id, Some(id));
    let again = organization.members().add_user(user_id).await.unwrap_err();
    assert!(again.is_conflict(), "{again}");

    // ANCHOR: member_again
    match organization.members().add_user(user_id).await {
        Err(error) if error.is_conflict() => {} // a member already
        result => result?,
    }
    // ANCHOR_END
    assert_eq!(organization.members().count().await?, 1);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_joins_an_organization_of_keycloak() -> Result<(), Error> {
    let test = TestRealm::create("guide-organizations").await;
    let realm = test.get();
    let user_id = realm.users().create(&person("peter")).await?;
    keycloak_organization(&realm, &user_id).await
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_joins_an_organization_of_phasetwo() -> Result<(), Error> {
    let test = TestRealm::create_on(harness::phasetwo(), "guide-phasetwo", |_| {}).await;
    let realm = test.get();
    let user_id = &realm.users().create(&person("peter")).await?;

    // ANCHOR: phasetwo
    let initech = phasetwo::OrganizationRepresentation::new()
        .with_name("initech")
        .with_domains(["initech.example"]);
    let organizations = realm.phasetwo().organizations();
    let id = organizations.create(&initech).exist_ok().await?.into_id();
    let organization = realm.phasetwo().organization(&id);
    organization.members().add_user(user_id).await?;

    let owner = phasetwo::OrganizationRoleRepresentation::new().with_name("owner");
    organization.roles().create(&owner).exist_ok().await?;
    for granted in organization.member(user_id).grant(&[owner]).await? {
        granted?; // each role has a result of its own
    }
    // ANCHOR_END
    let roles = organization.member(user_id).list_roles().await?;
    assert!(
        roles
            .iter()
            .any(|role| role.name.as_deref() == Some("owner"))
    );
    // A second time is no error.
    organization.members().add_user(user_id).await?;
    Ok(())
}
