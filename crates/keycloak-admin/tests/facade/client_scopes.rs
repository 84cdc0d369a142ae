//! Client scopes, on a real server.

use keycloak_admin::{Ensured, Error, Many};

use crate::common::TestRealm;
use crate::make::{self, client_scope};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_client_scope_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-scopes").await;
    let realm = test.get();
    let audit = client_scope("audit");

    // python: create_client_scope | php: createClientScope | js: clientScopes.create
    let id = realm
        .client_scopes()
        .create(&audit)
        .exist_ok()
        .await?
        .into_inner();
    let again = realm.client_scopes().create(&audit).exist_ok().await?;
    assert_eq!(again, Ensured::Existing(id.clone()));

    // python: get_client_scopes | php: getClientScopes | js: clientScopes.find
    let scopes = realm.client_scopes().list().await?;
    assert!(scopes.iter().any(|scope| scope.id.as_ref() == Some(&id)));

    // python: get_client_scope | php: getClientScope | js: clientScopes.findOne
    let scope = realm.client_scopes().id(&id).get().await?;
    assert_eq!(scope.name.as_deref(), Some("audit"));

    // python: get_client_scope_by_name | js: clientScopes.findOneByName
    let found = realm.client_scopes().find_by_name("audit").await?;
    assert_eq!(found.and_then(|scope| scope.id).as_ref(), Some(&id));

    // python: update_client_scope | php: updateClientScope | js: clientScopes.update
    realm
        .client_scopes()
        .id(&id)
        .modify(|scope| scope.description = Some("who did what".to_owned()))
        .await?;
    assert_eq!(
        realm
            .client_scopes()
            .id(&id)
            .get()
            .await?
            .description
            .as_deref(),
        Some("who did what")
    );

    // python: add_default_default_client_scope | php: setScopeAsDefaultClientScope | js: clientScopes.addDefaultClientScope
    realm.client_scopes().id(&id).make_default().await?;

    // python: get_default_default_client_scopes | php: getDefaultClientScopes | js: clientScopes.listDefaultClientScopes
    let scopes = realm.default_client_scopes().await?;
    assert!(scopes.iter().any(|scope| scope.id.as_ref() == Some(&id)));

    // python: delete_default_default_client_scope | php: unsetScopeAsDefaultClientScope | js: clientScopes.delDefaultClientScope
    realm.client_scopes().id(&id).unmake_default().await?;

    // python: add_default_optional_client_scope | php: setScopeAsOptionalClientScope | js: clientScopes.addDefaultOptionalClientScope
    realm.client_scopes().id(&id).make_optional().await?;

    // python: get_default_optional_client_scopes | php: getOptionalClientScopes | js: clientScopes.listDefaultOptionalClientScopes
    let scopes = realm.optional_client_scopes().await?;
    assert!(scopes.iter().any(|scope| scope.id.as_ref() == Some(&id)));

    // python: delete_default_optional_client_scope | php: unsetScopeAsOptionalClientScope | js: clientScopes.delDefaultOptionalClientScope
    realm.client_scopes().id(&id).unmake_optional().await?;
    assert!(
        !realm
            .optional_client_scopes()
            .await?
            .iter()
            .any(|scope| scope.id.as_ref() == Some(&id))
    );

    realm
        .client_scopes()
        .id(&id)
        .update(&client_scope("trail"))
        .await?;

    // python: delete_client_scope | php: deleteClientScope | js: clientScopes.del
    realm.client_scopes().id(&id).delete().await?;
    assert!(realm.client_scopes().id(&id).find().await?.is_none());
    assert!(!realm.client_scopes().id(&id).delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn of_a_hundred_callers_one_creates_a_client_scope() {
    let test = TestRealm::create("facade-scopes-race").await;
    let scopes = test.get().client_scopes();
    let audit = client_scope("audit");
    let calls = (0..100).map(|_| scopes.create(&audit).exist_ok());
    make::assert_one_created(Many::new(calls).concurrency(100).await);
}
