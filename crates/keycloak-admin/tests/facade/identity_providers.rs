//! Identity providers, on a real server.

use keycloak_admin::types::IdentityProviderMapperRepresentation;
use keycloak_admin::{Ensured, Error};

use crate::common::TestRealm;
use crate::make::{identity_provider, strings, text};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_identity_provider_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-idp").await;
    let realm = test.get();
    let partner = identity_provider("partner");

    // python: create_idp | php: createIdentityProvider | js: identityProviders.create | crate: realm_identity_provider_instances_post
    let alias = realm
        .identity_providers()
        .create(&partner)
        .exist_ok()
        .await?
        .into_id();
    assert_eq!(alias, "partner");
    let again = realm
        .identity_providers()
        .create(&partner)
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(alias));

    // python: get_idps | php: getIdentityProviders | js: identityProviders.find | crate: realm_identity_provider_instances_get
    let providers = realm.identity_providers().list().try_collect().await?;
    assert_eq!(providers.len(), 1);

    // python: get_idp | php: getIdentityProvider | js: identityProviders.findOne | crate: realm_identity_provider_instances_with_alias_get
    let provider = realm.identity_provider("partner").get().await?;
    assert_eq!(provider.config.unwrap()["clientSecret"], "**********");

    // python: update_idp | php: updateIdentityProvider | js: identityProviders.update
    realm
        .identity_provider("partner")
        .modify(|provider| provider.display_name = Some("Partner".to_owned()))
        .await?;
    let changed = realm.identity_provider("partner").get().await?;
    assert_eq!(changed.display_name.as_deref(), Some("Partner"));
    // The mask that was sent back has not become the secret: the server would show it then.
    let export = realm.partial_export().await?;
    let exported = &export.identity_providers.unwrap()[0];
    assert_eq!(
        exported.config.as_ref().unwrap()["clientSecret"],
        "**********"
    );
    // crate: realm_identity_provider_instances_with_alias_put
    realm.identity_provider("partner").update(&partner).await?;

    // php: getIdentityProviderById | js: identityProviders.findFactory | crate: realm_identity_provider_providers_with_provider_id_get
    let factory = realm.identity_providers().get_factory("oidc").await?;
    assert!(serde_json::to_string(&factory).unwrap().contains("oidc"));

    // php: getIdentityProviderManagementPermissions | js: identityProviders.listPermissions | crate: realm_identity_provider_instances_with_alias_management_permissions_get
    let permissions = realm
        .identity_provider("partner")
        .get_management_permissions()
        .await?;
    assert_eq!(permissions.enabled, Some(false));

    // php: updateIdentityProviderManagementPermissions | js: identityProviders.updatePermission | crate: realm_identity_provider_instances_with_alias_management_permissions_put
    let permissions = realm
        .identity_provider("partner")
        .set_management_permissions(true)
        .await?;
    assert_eq!(permissions.enabled, Some(true));

    // js: identityProviders.reloadKeys | crate: realm_identity_provider_instances_with_alias_reload_keys_get
    let reloaded = realm.identity_provider("partner").reload_keys().await?;
    assert!(!reloaded, "it has no keys to fetch");

    // python: delete_idp | php: deleteIdentityProvider | js: identityProviders.del | crate: realm_identity_provider_instances_with_alias_delete
    realm.identity_provider("partner").delete().await?;
    assert!(realm.identity_provider("partner").find().await?.is_none());
    assert!(
        !realm
            .identity_provider("partner")
            .delete_if_exists()
            .await?
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn configurations_are_taken_from_descriptions() -> Result<(), Error> {
    let test = TestRealm::create("facade-idp-config").await;
    let realm = test.get();
    let base = format!(
        "{}/realms/{}",
        test.keycloak.session().base_url(),
        test.name
    );
    let discovery = format!("{base}/.well-known/openid-configuration");

    // php: importIdentityProvider | js: identityProviders.importFromUrl | crate: realm_identity_provider_import_config_post
    let config = realm
        .identity_providers()
        .read_config_from_url("oidc", &discovery)
        .await?;
    assert_eq!(
        config["tokenUrl"],
        format!("{base}/protocol/openid-connect/token")
    );

    let file = br#"{"issuer": "https://login.example.com", "token_endpoint": "https://login.example.com/token"}"#;
    // crate: realm_identity_provider_import_config_post_form
    let config = realm
        .identity_providers()
        .read_config_from_file("oidc", file)
        .await?;
    assert_eq!(config["tokenUrl"], "https://login.example.com/token");

    let mut saml = identity_provider("saml-partner");
    saml.provider_id = text("saml");
    saml.config = Some(strings([(
        "singleSignOnServiceUrl",
        "https://login.example.com/saml",
    )]));
    realm.identity_providers().create(&saml).await?;

    // php: exportIdentityProviderBrokerConfig | crate: realm_identity_provider_instances_with_alias_export_get
    let descriptor = realm.identity_provider("saml-partner").export().await?;
    assert!(descriptor.text()?.contains("EntityDescriptor"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn identity_providers_have_mappers() -> Result<(), Error> {
    let test = TestRealm::create("facade-idp-mappers").await;
    let realm = test.get();
    realm
        .identity_providers()
        .create(&identity_provider("partner"))
        .await?;
    let badge = IdentityProviderMapperRepresentation::new()
        .with_name("badge")
        .with_identity_provider_mapper("oidc-user-attribute-idp-mapper")
        .with_config([
            ("claim", "badge"),
            ("user.attribute", "badge"),
            ("syncMode", "INHERIT"),
        ]);

    // python: add_mapper_to_idp | php: createIdentityProviderMapper | js: identityProviders.createMapper | crate: realm_identity_provider_instances_with_alias_mappers_post
    let id = realm
        .identity_provider("partner")
        .mappers()
        .create(&badge)
        .exist_ok()
        .await?
        .into_id();
    let again = realm
        .identity_provider("partner")
        .mappers()
        .create(&badge)
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(id.clone()));

    let refused = realm
        .identity_provider("partner")
        .mappers()
        .create(&badge)
        .await;
    assert!(refused.unwrap_err().is_bad_request(), "the name is taken");

    // python: get_idp_mappers | php: getIdentityProviderMappers | js: identityProviders.findMappers | crate: realm_identity_provider_instances_with_alias_mappers_get
    let mappers = realm.identity_provider("partner").mappers().list().await?;
    assert_eq!(mappers.len(), 1);
    assert!(
        realm
            .identity_provider("partner")
            .mappers()
            .find_by_name("badg")
            .await?
            .is_none()
    );

    // php: getIdentityProviderMapper | js: identityProviders.findOneMapper | crate: realm_identity_provider_instances_with_alias_mappers_with_id_get
    let mapper = realm.identity_provider("partner").mapper(&id).get().await?;
    assert_eq!(mapper.name.as_deref(), Some("badge"));
    assert_eq!(mapper.identity_provider_alias.as_deref(), Some("partner"));
    let found = realm
        .identity_provider("partner")
        .mapper(&id)
        .find()
        .await?;
    assert_eq!(found.as_ref(), Some(&mapper));

    // python: update_mapper_in_idp | php: updateIdentityProviderMapper | js: identityProviders.updateMapper
    realm
        .identity_provider("partner")
        .mapper(&id)
        .modify(|mapper| mapper.name = Some("number".to_owned()))
        .await?;
    let changed = realm.identity_provider("partner").mapper(&id).get().await?;
    assert_eq!(
        (changed.name.as_deref(), changed.config),
        (Some("number"), badge.config)
    );
    // crate: realm_identity_provider_instances_with_alias_mappers_with_id_put
    realm
        .identity_provider("partner")
        .mapper(&id)
        .update(&mapper)
        .await?;

    // php: getIdentityProviderMapperTypes | js: identityProviders.findMapperTypes | crate: realm_identity_provider_instances_with_alias_mapper_types_get
    let types = realm
        .identity_provider("partner")
        .list_mapper_types()
        .await?;
    assert!(types.contains_key("oidc-user-attribute-idp-mapper"));

    // php: deleteIdentityProviderMapper | js: identityProviders.delMapper | crate: realm_identity_provider_instances_with_alias_mappers_with_id_delete
    realm
        .identity_provider("partner")
        .mapper(&id)
        .delete()
        .await?;
    assert!(
        !realm
            .identity_provider("partner")
            .mapper(&id)
            .delete_if_exists()
            .await?
    );
    let mapper = realm.identity_provider("partner").mapper(&id);
    assert!(mapper.find().await?.is_none());
    Ok(())
}
