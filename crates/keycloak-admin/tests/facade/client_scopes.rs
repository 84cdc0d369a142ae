//! Client scopes, on a real server.

use keycloak_admin::{Ensured, Error};

use crate::common::TestRealm;
use crate::make::client_scope;

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_client_scope_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-scopes").await;
    let realm = test.get();
    let audit = client_scope("audit");

    // python: create_client_scope | php: createClientScope | js: clientScopes.create | crate: realm_client_scopes_post, realm_client_templates_post
    let id = realm
        .client_scopes()
        .create(&audit)
        .exist_ok()
        .await?
        .into_id();
    let again = realm.client_scopes().create(&audit).exist_ok().await?;
    assert_eq!(again, Ensured::Existing(id.clone()));

    // python: get_client_scopes | php: getClientScopes | js: clientScopes.find | crate: realm_client_scopes_get, realm_client_templates_get
    let scopes = realm.client_scopes().list().await?;
    assert!(scopes.iter().any(|scope| scope.id.as_ref() == Some(&id)));

    // python: get_client_scope | php: getClientScope | js: clientScopes.findOne | crate: realm_client_scopes_with_client_scope_id_get, realm_client_templates_with_client_scope_id_get
    let scope = realm.client_scope(&id).get().await?;
    assert_eq!(scope.name.as_deref(), Some("audit"));

    // python: get_client_scope_by_name | js: clientScopes.findOneByName
    let found = realm.client_scopes().find_by_name("audit").await?;
    assert_eq!(found.and_then(|scope| scope.id).as_ref(), Some(&id));

    // python: update_client_scope | php: updateClientScope | js: clientScopes.update
    realm
        .client_scope(&id)
        .modify(|scope| scope.description = Some("who did what".to_owned()))
        .await?;
    assert_eq!(
        realm.client_scope(&id).get().await?.description.as_deref(),
        Some("who did what")
    );

    // python: add_default_default_client_scope | php: setScopeAsDefaultClientScope | js: clientScopes.addDefaultClientScope | crate: realm_default_default_client_scopes_with_client_scope_id_put
    realm.client_scope(&id).make_default().await?;

    // python: get_default_default_client_scopes | php: getDefaultClientScopes | js: clientScopes.listDefaultClientScopes | crate: realm_default_default_client_scopes_get
    let scopes = realm.list_default_client_scopes().await?;
    assert!(scopes.iter().any(|scope| scope.id.as_ref() == Some(&id)));

    // It is a default one already, so it cannot be an optional one.
    assert!(!realm.client_scope(&id).ensure_default().await?);
    let refused = realm.client_scope(&id).ensure_optional().await;
    assert!(refused.is_err_and(|error| error.is_conflict()));

    // python: delete_default_default_client_scope | php: unsetScopeAsDefaultClientScope | js: clientScopes.delDefaultClientScope | crate: realm_default_default_client_scopes_with_client_scope_id_delete
    realm.client_scope(&id).unmake_default().await?;

    // python: add_default_optional_client_scope | php: setScopeAsOptionalClientScope | js: clientScopes.addDefaultOptionalClientScope | crate: realm_default_optional_client_scopes_with_client_scope_id_put
    realm.client_scope(&id).make_optional().await?;

    // python: get_default_optional_client_scopes | php: getOptionalClientScopes | js: clientScopes.listDefaultOptionalClientScopes | crate: realm_default_optional_client_scopes_get
    let scopes = realm.list_optional_client_scopes().await?;
    assert!(scopes.iter().any(|scope| scope.id.as_ref() == Some(&id)));

    assert!(!realm.client_scope(&id).ensure_optional().await?);
    let refused = realm.client_scope(&id).ensure_default().await;
    assert!(refused.is_err_and(|error| error.is_conflict()));

    // python: delete_default_optional_client_scope | php: unsetScopeAsOptionalClientScope | js: clientScopes.delDefaultOptionalClientScope | crate: realm_default_optional_client_scopes_with_client_scope_id_delete
    realm.client_scope(&id).unmake_optional().await?;
    assert!(
        !realm
            .list_optional_client_scopes()
            .await?
            .iter()
            .any(|scope| scope.id.as_ref() == Some(&id))
    );

    // crate: realm_client_scopes_with_client_scope_id_put, realm_client_templates_with_client_scope_id_put
    realm
        .client_scope(&id)
        .update(&client_scope("trail"))
        .await?;

    // python: delete_client_scope | php: deleteClientScope | js: clientScopes.del | crate: realm_client_scopes_with_client_scope_id_delete, realm_client_templates_with_client_scope_id_delete
    realm.client_scope(&id).delete().await?;
    assert!(realm.client_scope(&id).find().await?.is_none());
    assert!(!realm.client_scope(&id).delete_if_exists().await?);
    Ok(())
}
