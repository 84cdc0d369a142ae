//! Phase Two's extensions, on a real server.

mod common;

use common::TestRealm;
use keycloak_admin::Ensured;
use keycloak_admin::phasetwo::types::OrganizationRepresentation;
use keycloak_server::harness;

fn organization(name: &str) -> OrganizationRepresentation {
    OrganizationRepresentation {
        name: Some(name.to_owned()),
        ..Default::default()
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_organization_is_created_once_modified_and_deleted() {
    let realm = TestRealm::create_on(harness::phasetwo(), "orgs", |_| {}).await;
    let organizations = realm.get().phasetwo().organizations();
    assert_eq!(organizations.list().await.unwrap().len(), 0);
    let acme = OrganizationRepresentation {
        display_name: Some("Acme Inc".to_owned()),
        domains: Some(vec!["acme.example".to_owned()]),
        ..organization("acme")
    };
    let id = organizations.create(&acme).await.unwrap();
    organizations.create(&organization("acme2")).await.unwrap();
    assert!(organizations.create(&acme).await.unwrap_err().is_conflict());
    let found = organizations.create(&acme).exist_ok().await.unwrap();
    assert_eq!(found, Ensured::Existing(id.clone()));

    let organization = organizations.id(&id);
    organization
        .modify(|organization| organization.display_name = Some("Acme Ltd".to_owned()))
        .await
        .unwrap();
    let stored = organization.get().await.unwrap();
    assert_eq!(stored.display_name.as_deref(), Some("Acme Ltd"));
    assert_eq!(
        stored.domains, acme.domains,
        "modify keeps what an update would drop"
    );

    organization.delete().await.unwrap();
    assert!(organization.find().await.unwrap().is_none());
    assert!(!organization.delete_if_exists().await.unwrap());
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn all_organizations_come_although_the_server_caps_pages() {
    let realm = TestRealm::create_on(harness::phasetwo(), "orgs-pages", |_| {}).await;
    let organizations = realm.get().phasetwo().organizations();
    for n in 0..130 {
        organizations
            .create(&organization(&format!("org-{n:03}")))
            .await
            .unwrap();
    }
    let all = organizations
        .list()
        .page_size(500)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 130);
}
