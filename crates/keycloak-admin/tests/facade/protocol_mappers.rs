//! Protocol mappers, on a real server.

use keycloak_admin::types::ProtocolMapperRepresentation;
use keycloak_admin::{Ensured, Error};

use crate::common::TestRealm;
use crate::make;

/// A mapper that puts a constant into the access token.
fn mapper(name: &str) -> ProtocolMapperRepresentation {
    ProtocolMapperRepresentation::new()
        .with_name(name)
        .with_protocol("openid-connect")
        .with_protocol_mapper("oidc-hardcoded-claim-mapper")
        .with_config([
            ("claim.name", name),
            ("claim.value", "1"),
            ("jsonType.label", "int"),
            ("access.token.claim", "true"),
        ])
}

fn set(mapper: &mut ProtocolMapperRepresentation) {
    let config = mapper.config.get_or_insert_default();
    config.insert("claim.value".to_owned(), "2".to_owned());
}

fn value(mapper: &ProtocolMapperRepresentation) -> &str {
    &mapper.config.as_ref().unwrap()["claim.value"]
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn clients_have_mappers() -> Result<(), Error> {
    let test = TestRealm::create("facade-client-mappers").await;
    let realm = test.get();
    let uuid = realm.clients().create(&make::client("app")).await?;
    let client = realm.client_by_uuid(&uuid);

    // python: add_mapper_to_client | php: createClientProtocolMapper | js: clients.addProtocolMapper | crate: realm_clients_with_client_uuid_protocol_mappers_models_post
    let id = client
        .protocol_mappers()
        .create(&mapper("level"))
        .exist_ok()
        .await?
        .into_id();
    let again = client
        .protocol_mappers()
        .create(&mapper("level"))
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(id.clone()));

    // python: get_mappers_from_client | php: getClientProtocolMappers | js: clients.listProtocolMappers | crate: realm_clients_with_client_uuid_protocol_mappers_models_get
    let mappers = client.protocol_mappers().list().await?;
    assert!(mappers.iter().any(|mapper| mapper.id.as_ref() == Some(&id)));

    // js: clients.findProtocolMapperByName
    let found = client.protocol_mappers().find_by_name("level").await?;
    assert!(found.is_some());

    // php: getClientProtocolMapperById | js: clients.findProtocolMapperById | crate: realm_clients_with_client_uuid_protocol_mappers_models_with_id_get
    let level = client.protocol_mapper(&id).get().await?;
    assert_eq!(value(&level), "1");

    // python: update_client_mapper | php: updateClientProtocolMapper | js: clients.updateProtocolMapper
    client.protocol_mapper(&id).modify(set).await?;
    assert_eq!(value(&client.protocol_mapper(&id).get().await?), "2");
    // crate: realm_clients_with_client_uuid_protocol_mappers_models_with_id_put
    client.protocol_mapper(&id).update(&level).await?;
    assert_eq!(value(&client.protocol_mapper(&id).get().await?), "1");

    // php: createClientProtocolMappers | js: clients.addMultipleProtocolMappers | crate: realm_clients_with_client_uuid_protocol_mappers_add_models_post
    client
        .protocol_mappers()
        .create_all(&[mapper("a"), mapper("b")])
        .await?;

    // php: getClientProtocolMappersByProtocolName | js: clients.findProtocolMappersByProtocol | crate: realm_clients_with_client_uuid_protocol_mappers_protocol_with_protocol_get
    let mappers = client
        .protocol_mappers()
        .list_by_protocol("openid-connect")
        .await?;
    assert!(["a", "b", "level"].iter().all(|name| {
        mappers
            .iter()
            .any(|mapper| mapper.name.as_deref() == Some(name))
    }));

    // python: remove_client_mapper | php: deleteClientProtocolMapper | js: clients.delProtocolMapper | crate: realm_clients_with_client_uuid_protocol_mappers_models_with_id_delete
    client.protocol_mapper(&id).delete().await?;
    assert!(client.protocol_mapper(&id).find().await?.is_none());
    assert!(!client.protocol_mapper(&id).delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn client_scopes_have_mappers() -> Result<(), Error> {
    let test = TestRealm::create("facade-scope-mappers").await;
    let realm = test.get();
    let id = realm
        .client_scopes()
        .create(&make::client_scope("audit"))
        .await?;
    let scope = realm.client_scope(&id);

    // python: add_mapper_to_client_scope | php: createClientScopeProtocolMapper | js: clientScopes.addProtocolMapper | crate: realm_client_scopes_with_client_scope_id_protocol_mappers_models_post, realm_client_templates_with_client_scope_id_protocol_mappers_models_post
    let id = scope
        .protocol_mappers()
        .create(&mapper("level"))
        .exist_ok()
        .await?
        .into_id();

    // python: get_mappers_from_client_scope | php: getClientScopeProtocolMappers | js: clientScopes.listProtocolMappers | crate: realm_client_scopes_with_client_scope_id_protocol_mappers_models_get, realm_client_templates_with_client_scope_id_protocol_mappers_models_get
    let mappers = scope.protocol_mappers().list().await?;
    assert_eq!(mappers.len(), 1);

    // php: getClientScopeProtocolMapperById | js: clientScopes.findProtocolMapper | crate: realm_client_scopes_with_client_scope_id_protocol_mappers_models_with_id_get, realm_client_templates_with_client_scope_id_protocol_mappers_models_with_id_get
    let level = scope.protocol_mapper(&id).get().await?;
    assert_eq!(level.name.as_deref(), Some("level"));
    assert!(
        scope
            .protocol_mappers()
            .find_by_name("leve")
            .await?
            .is_none()
    );

    // python: update_mapper_in_client_scope | php: updateClientScopeProtocolMapper | js: clientScopes.updateProtocolMapper
    scope.protocol_mapper(&id).modify(set).await?;
    assert_eq!(value(&scope.protocol_mapper(&id).get().await?), "2");
    // crate: realm_client_scopes_with_client_scope_id_protocol_mappers_models_with_id_put, realm_client_templates_with_client_scope_id_protocol_mappers_models_with_id_put
    scope.protocol_mapper(&id).update(&level).await?;

    // php: createClientScopeProtocolMappers | js: clientScopes.addMultipleProtocolMappers | crate: realm_client_scopes_with_client_scope_id_protocol_mappers_add_models_post, realm_client_templates_with_client_scope_id_protocol_mappers_add_models_post
    scope
        .protocol_mappers()
        .create_all(&[mapper("a"), mapper("b")])
        .await?;

    // php: getClientScopeProtocolMappersByProtocolName | js: clientScopes.findProtocolMappersByProtocol | crate: realm_client_scopes_with_client_scope_id_protocol_mappers_protocol_with_protocol_get, realm_client_templates_with_client_scope_id_protocol_mappers_protocol_with_protocol_get
    let mappers = scope
        .protocol_mappers()
        .list_by_protocol("openid-connect")
        .await?;
    assert_eq!(mappers.len(), 3);

    // python: delete_mapper_from_client_scope | php: deleteClientScopeProtocolMapper | js: clientScopes.delProtocolMapper | crate: realm_client_scopes_with_client_scope_id_protocol_mappers_models_with_id_delete, realm_client_templates_with_client_scope_id_protocol_mappers_models_with_id_delete
    scope.protocol_mapper(&id).delete().await?;
    assert!(scope.protocol_mapper(&id).find().await?.is_none());
    assert!(!scope.protocol_mapper(&id).delete_if_exists().await?);
    Ok(())
}
