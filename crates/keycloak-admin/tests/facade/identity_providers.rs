//! Identity providers, on a real server.

use keycloak_admin::types::IdentityProviderMapperRepresentation;
use keycloak_admin::{Ensured, Error, Many};

use crate::common::TestRealm;
use crate::make::{self, identity_provider, strings, text};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_identity_provider_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-idp").await;
    let realm = test.get();
    let partner = identity_provider("partner");

    // python: create_idp | php: createIdentityProvider | js: identityProviders.create
    let alias = realm
        .identity_providers()
        .create(&partner)
        .exist_ok()
        .await?
        .into_inner();
    assert_eq!(alias, "partner");
    let again = realm
        .identity_providers()
        .create(&partner)
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(alias));

    // python: get_idps | php: getIdentityProviders | js: identityProviders.find
    let providers = realm.identity_providers().list().try_collect().await?;
    assert_eq!(providers.len(), 1);

    // python: get_idp | php: getIdentityProvider | js: identityProviders.findOne
    let provider = realm.identity_providers().alias("partner").get().await?;
    assert_eq!(provider.config.unwrap()["clientSecret"], "**********");

    // python: update_idp | php: updateIdentityProvider | js: identityProviders.update
    realm
        .identity_providers()
        .alias("partner")
        .modify(|provider| provider.display_name = Some("Partner".to_owned()))
        .await?;
    let changed = realm.identity_providers().alias("partner").get().await?;
    assert_eq!(changed.display_name.as_deref(), Some("Partner"));
    // The mask that was sent back has not become the secret: the server would show it then.
    let export = realm.partial_export().await?;
    let exported = &export.identity_providers.unwrap()[0];
    assert_eq!(
        exported.config.as_ref().unwrap()["clientSecret"],
        "**********"
    );
    realm
        .identity_providers()
        .alias("partner")
        .update(&partner)
        .await?;

    // php: getIdentityProviderById | js: identityProviders.findFactory
    let factory = realm.identity_providers().factory("oidc").await?;
    assert!(serde_json::to_string(&factory).unwrap().contains("oidc"));

    // php: getIdentityProviderManagementPermissions | js: identityProviders.listPermissions
    let permissions = realm
        .identity_providers()
        .alias("partner")
        .management_permissions()
        .await?;
    assert_eq!(permissions.enabled, Some(false));

    // php: updateIdentityProviderManagementPermissions | js: identityProviders.updatePermission
    let permissions = realm
        .identity_providers()
        .alias("partner")
        .set_management_permissions(true)
        .await?;
    assert_eq!(permissions.enabled, Some(true));

    // js: identityProviders.reloadKeys
    let reloaded = realm
        .identity_providers()
        .alias("partner")
        .reload_keys()
        .await?;
    assert!(!reloaded, "it has no keys to fetch");

    // python: delete_idp | php: deleteIdentityProvider | js: identityProviders.del
    realm.identity_providers().alias("partner").delete().await?;
    assert!(
        realm
            .identity_providers()
            .alias("partner")
            .find()
            .await?
            .is_none()
    );
    assert!(
        !realm
            .identity_providers()
            .alias("partner")
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

    // php: importIdentityProvider | js: identityProviders.importFromUrl
    let config = realm
        .identity_providers()
        .config_from_url("oidc", &discovery)
        .await?;
    assert_eq!(
        config["tokenUrl"],
        format!("{base}/protocol/openid-connect/token")
    );

    let file = br#"{"issuer": "https://login.example.com", "token_endpoint": "https://login.example.com/token"}"#;
    let config = realm
        .identity_providers()
        .config_from_file("oidc", file)
        .await?;
    assert_eq!(config["tokenUrl"], "https://login.example.com/token");

    let mut saml = identity_provider("saml-partner");
    saml.provider_id = text("saml");
    saml.config = Some(strings([(
        "singleSignOnServiceUrl",
        "https://login.example.com/saml",
    )]));
    realm.identity_providers().create(&saml).await?;

    // php: exportIdentityProviderBrokerConfig
    let descriptor = realm
        .identity_providers()
        .alias("saml-partner")
        .export()
        .await?;
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
    let badge = IdentityProviderMapperRepresentation {
        name: text("badge"),
        identity_provider_alias: text("partner"),
        identity_provider_mapper: text("oidc-user-attribute-idp-mapper"),
        config: Some(strings([
            ("claim", "badge"),
            ("user.attribute", "badge"),
            ("syncMode", "INHERIT"),
        ])),
        ..Default::default()
    };

    // python: add_mapper_to_idp | php: createIdentityProviderMapper | js: identityProviders.createMapper
    let id = realm
        .identity_providers()
        .alias("partner")
        .mappers()
        .create(&badge)
        .exist_ok()
        .await?
        .into_inner();
    let again = realm
        .identity_providers()
        .alias("partner")
        .mappers()
        .create(&badge)
        .exist_ok()
        .await?;
    assert_eq!(again, Ensured::Existing(id.clone()));

    let refused = realm
        .identity_providers()
        .alias("partner")
        .mappers()
        .create(&badge)
        .await;
    assert!(refused.unwrap_err().is_bad_request(), "the name is taken");

    // python: get_idp_mappers | php: getIdentityProviderMappers | js: identityProviders.findMappers
    let mappers = realm
        .identity_providers()
        .alias("partner")
        .mappers()
        .list()
        .await?;
    assert_eq!(mappers.len(), 1);
    assert!(
        realm
            .identity_providers()
            .alias("partner")
            .mappers()
            .find_by_name("badg")
            .await?
            .is_none()
    );

    // php: getIdentityProviderMapper | js: identityProviders.findOneMapper
    let mapper = realm
        .identity_providers()
        .alias("partner")
        .mappers()
        .id(&id)
        .get()
        .await?;
    assert_eq!(mapper.name.as_deref(), Some("badge"));

    // python: update_mapper_in_idp | php: updateIdentityProviderMapper | js: identityProviders.updateMapper
    realm
        .identity_providers()
        .alias("partner")
        .mappers()
        .id(&id)
        .modify(|mapper| mapper.name = Some("number".to_owned()))
        .await?;
    let changed = realm
        .identity_providers()
        .alias("partner")
        .mappers()
        .id(&id)
        .get()
        .await?;
    assert_eq!(
        (changed.name.as_deref(), changed.config),
        (Some("number"), badge.config)
    );
    realm
        .identity_providers()
        .alias("partner")
        .mappers()
        .id(&id)
        .update(&mapper)
        .await?;

    // php: getIdentityProviderMapperTypes | js: identityProviders.findMapperTypes
    let types = realm
        .identity_providers()
        .alias("partner")
        .mapper_types()
        .await?;
    assert!(types.contains_key("oidc-user-attribute-idp-mapper"));

    // php: deleteIdentityProviderMapper | js: identityProviders.delMapper
    realm
        .identity_providers()
        .alias("partner")
        .mappers()
        .id(&id)
        .delete()
        .await?;
    assert!(
        !realm
            .identity_providers()
            .alias("partner")
            .mappers()
            .id(&id)
            .delete_if_exists()
            .await?
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn of_a_hundred_callers_one_creates_an_identity_provider() {
    let test = TestRealm::create("facade-idp-race").await;
    let providers = test.get().identity_providers();
    let partner = identity_provider("partner");
    let calls = (0..100).map(|_| providers.create(&partner).exist_ok());
    make::assert_one_created(Many::new(calls).concurrency(100).await);
}
