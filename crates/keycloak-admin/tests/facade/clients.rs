//! Clients, on a real server.

use keycloak_admin::clients::CertificateFile;
use keycloak_admin::types::{
    ClientInitialAccessCreatePresentation, ClientPoliciesRepresentation,
    ClientProfileRepresentation, ClientProfilesRepresentation, KeyStoreConfig,
};
use keycloak_admin::{Credentials, Ensured, Error, Multipart};

use crate::common::TestRealm;
use crate::make::{self, client, strings, text};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_client_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-clients").await;
    let realm = test.get();
    let app = client("app");

    // python: create_client | php: createClient, importClient | js: clients.create | crate: realm_clients_post
    let uuid = realm.clients().create(&app).exist_ok().await?.into_id();
    let again = realm.clients().create(&app).exist_ok().await?;
    assert_eq!(again, Ensured::Existing(uuid.clone()));

    // python: get_clients | php: getClients | js: clients.find | crate: realm_clients_get
    let clients = realm.clients().list().try_collect().await?;
    assert!(
        clients
            .iter()
            .any(|client| client.client_id.as_deref() == Some("app"))
    );

    // python: get_client_id
    let found = realm.clients().find_uuid("app").await?;
    assert_eq!(found.as_ref(), Some(&uuid));
    assert!(realm.clients().find_by_client_id("ap").await?.is_none());

    // python: get_client | php: getClient | js: clients.findOne | crate: realm_clients_with_client_uuid_get
    let client = realm.client_by_uuid(&uuid).get().await?;
    assert_eq!(client.client_id.as_deref(), Some("app"));
    assert_eq!(realm.client_by_uuid(&uuid).uuid(), uuid);

    // python: update_client | php: updateClient | js: clients.update
    realm
        .client_by_uuid(&uuid)
        .modify(|client| client.name = Some("The app".to_owned()))
        .await?;
    let changed = realm.client_by_uuid(&uuid).get().await?;
    assert_eq!(changed.name.as_deref(), Some("The app"));
    assert_eq!(
        changed.secret.as_deref(),
        Some("s3cret"),
        "modify keeps the secret"
    );

    // python: get_client_management_permissions | php: getClientAuthorizationPermissionsStatus | js: clients.listFineGrainPermissions | crate: realm_clients_with_client_uuid_management_permissions_get
    let permissions = realm
        .client_by_uuid(&uuid)
        .get_management_permissions()
        .await?;
    assert_eq!(permissions.enabled, Some(false));

    // python: update_client_management_permissions | php: updateClientAuthorizationPermissionsStatus | js: clients.updateFineGrainPermission | crate: realm_clients_with_client_uuid_management_permissions_put
    let permissions = realm
        .client_by_uuid(&uuid)
        .set_management_permissions(true)
        .await?;
    assert_eq!(permissions.enabled, Some(true));

    // python: get_client_installation_provider | php: getClientInstallationConfiguration | js: clients.getInstallationProviders | crate: realm_clients_with_client_uuid_installation_providers_with_provider_id_get
    let file = realm
        .client_by_uuid(&uuid)
        .get_installation_config("keycloak-oidc-keycloak-json")
        .await?;
    let config: serde_json::Value = serde_json::from_str(file.text()?).unwrap();
    assert_eq!(config["resource"], "app");

    // php: generateClientRegistrationToken | js: clients.generateRegistrationAccessToken | crate: realm_clients_with_client_uuid_registration_access_token_post
    let token = realm
        .client_by_uuid(&uuid)
        .regenerate_registration_access_token()
        .await?;
    assert!(token.registration_access_token.is_some());

    // python: delete_client | php: deleteClient | js: clients.del | crate: realm_clients_with_client_uuid_delete
    realm.client_by_uuid(&uuid).delete().await?;
    assert!(realm.client_by_uuid(&uuid).find().await?.is_none());
    assert!(!realm.client_by_uuid(&uuid).delete_if_exists().await?);
    let many = realm
        .clients()
        .create_many([client_of("one"), client_of("two")])
        .await;
    assert!(many.iter().all(Result::is_ok));
    let uuid = realm.clients().find_uuid("one").await?.unwrap();
    // crate: realm_clients_with_client_uuid_put
    realm
        .client_by_uuid(&uuid)
        .update(&client_of("three"))
        .await?;
    assert!(realm.clients().find_by_client_id("three").await?.is_some());
    Ok(())
}

fn client_of(client_id: &str) -> keycloak_admin::types::ClientRepresentation {
    client(client_id)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn secrets_are_read_and_made_anew() -> Result<(), Error> {
    let test = TestRealm::create("facade-secrets").await;
    let realm = test.get();
    let uuid = realm.clients().create(&client("app")).await?;
    rotate_secrets(&test).await?;

    // python: get_client_secrets | php: getClientSecret | js: clients.getClientSecret | crate: realm_clients_with_client_uuid_client_secret_get
    let secret = realm.client_by_uuid(&uuid).get_secret().await?.value;
    assert_eq!(secret.as_deref(), Some("s3cret"));

    // python: generate_client_secrets | php: generateClientSecret | js: clients.generateNewClientSecret | crate: realm_clients_with_client_uuid_client_secret_post
    let secret = realm
        .client_by_uuid(&uuid)
        .regenerate_secret()
        .await?
        .value
        .unwrap();
    let login = |secret: &str| test.connect(Credentials::client_secret("app", secret));
    login(&secret).session().access_token().await?;

    // crate: realm_clients_with_client_uuid_client_secret_rotated_get
    let old = realm
        .client_by_uuid(&uuid)
        .get_rotated_secret()
        .await?
        .value;
    assert_eq!(old.as_deref(), Some("s3cret"));
    login("s3cret").session().access_token().await?;

    // js: clients.invalidateSecret | crate: realm_clients_with_client_uuid_client_secret_rotated_delete
    realm
        .client_by_uuid(&uuid)
        .invalidate_rotated_secret()
        .await?;
    assert!(login("s3cret").session().access_token().await.is_err());

    // python: get_client_service_account_user | php: getServiceAccountDedicatedUser | js: clients.getServiceAccountUser | crate: realm_clients_with_client_uuid_service_account_user_get
    let account = realm
        .client_by_uuid(&uuid)
        .get_service_account_user()
        .await?;
    assert_eq!(account.username.as_deref(), Some("service-account-app"));
    Ok(())
}

/// Lets the old secret of each client live on for a while.
async fn rotate_secrets(test: &TestRealm) -> Result<(), Error> {
    let realm = test.get();
    let profiles: ClientProfilesRepresentation = serde_json::from_value(serde_json::json!({"profiles": [{
        "name": "rotation",
        "executors": [{"executor": "secret-rotation", "configuration": {
            "expiration-period": 86400, "rotated-expiration-period": 3600, "remaining-rotation-period": 600,
        }}],
    }]}))
    .unwrap();
    let policies: ClientPoliciesRepresentation = serde_json::from_value(serde_json::json!({"policies": [{
        "name": "rotation", "enabled": true, "profiles": ["rotation"],
        "conditions": [{"condition": "client-access-type", "configuration": {"type": ["confidential"]}}],
    }]}))
    .unwrap();

    // js: clientPolicies.createProfiles | crate: realm_client_policies_profiles_put
    realm.update_client_profiles(&profiles).await?;

    // js: clientPolicies.updatePolicy | crate: realm_client_policies_policies_put
    realm.update_client_policies(&policies).await?;

    // js: clientPolicies.listProfiles | crate: realm_client_policies_profiles_get
    let stored = realm
        .get_client_profiles()
        .include_global_profiles(true)
        .await?;
    assert!(
        stored
            .global_profiles
            .is_some_and(|profiles| !profiles.is_empty())
    );

    // js: clientPolicies.listPolicies | crate: realm_client_policies_policies_get
    let stored = realm.get_client_policies().await?;
    assert_eq!(
        stored.policies.unwrap()[0].name.as_deref(),
        Some("rotation")
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn policies_and_profiles_are_changed() -> Result<(), Error> {
    let test = TestRealm::create("facade-policies").await;
    let realm = test.get();
    let profile = ClientProfileRepresentation::new().with_name("strict");
    let add = |profiles: &mut ClientProfilesRepresentation| profiles.profiles = Some(vec![profile]);
    realm.modify_client_profiles(add).await?;
    let stored = realm.get_client_profiles().await?.profiles.unwrap();
    assert_eq!(stored[0].name.as_deref(), Some("strict"));
    let add = |policies: &mut ClientPoliciesRepresentation| {
        let policy = serde_json::json!({"name": "all", "enabled": true, "profiles": ["strict"],
            "conditions": [{"condition": "any-client", "configuration": {}}]});
        policies.policies = Some(vec![serde_json::from_value(policy).unwrap()]);
    };
    realm.modify_client_policies(add).await?;
    assert_eq!(
        realm.get_client_policies().await?.policies.unwrap().len(),
        1
    );

    // js: realms.getClientTypes | crate: realm_client_types_get
    let types = realm.get_client_types().await?;
    assert!(
        types
            .global_client_types
            .is_some_and(|types| !types.is_empty())
    );
    let mut none = keycloak_admin::types::ClientTypesRepresentation::new();
    none.client_types = Some(vec![]);
    // crate: realm_client_types_put
    realm.update_client_types(&none).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn client_scopes_of_a_client_come_and_go() -> Result<(), Error> {
    let test = TestRealm::create("facade-client-scopes-of").await;
    let realm = test.get();
    let uuid = realm.clients().create(&client("app")).await?;
    let app = realm.client_by_uuid(&uuid);
    let scope = realm
        .client_scopes()
        .create(&make::client_scope("audit"))
        .await?;

    // python: add_client_default_client_scope | php: setClientScopeAsDefault | js: clients.addDefaultClientScope | crate: realm_clients_with_client_uuid_default_client_scopes_with_client_scope_id_put
    app.add_default_client_scope(&scope).await?;

    // python: get_client_default_client_scopes | php: getClientDefaultScopes | js: clients.listDefaultClientScopes | crate: realm_clients_with_client_uuid_default_client_scopes_get
    let scopes = app.list_default_client_scopes().await?;
    assert!(
        scopes
            .iter()
            .any(|scope| scope.name.as_deref() == Some("audit"))
    );

    // python: delete_client_default_client_scope | php: removeClientScopeAsDefault | js: clients.delDefaultClientScope | crate: realm_clients_with_client_uuid_default_client_scopes_with_client_scope_id_delete
    app.remove_default_client_scope(&scope).await?;

    // python: add_client_optional_client_scope | php: assignClientOptionalScope | js: clients.addOptionalClientScope | crate: realm_clients_with_client_uuid_optional_client_scopes_with_client_scope_id_put
    app.add_optional_client_scope(&scope).await?;

    // python: get_client_optional_client_scopes | php: getClientOptionalScopes | js: clients.listOptionalClientScopes | crate: realm_clients_with_client_uuid_optional_client_scopes_get
    let scopes = app.list_optional_client_scopes().await?;
    assert!(
        scopes
            .iter()
            .any(|scope| scope.name.as_deref() == Some("audit"))
    );

    // python: delete_client_optional_client_scope | php: unassignClientOptionalScope | js: clients.delOptionalClientScope | crate: realm_clients_with_client_uuid_optional_client_scopes_with_client_scope_id_delete
    app.remove_optional_client_scope(&scope).await?;
    assert!(
        !app.list_optional_client_scopes()
            .await?
            .iter()
            .any(|scope| scope.name.as_deref() == Some("audit"))
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn sessions_of_a_client_are_seen() -> Result<(), Error> {
    let test = TestRealm::create("facade-client-sessions").await;
    let realm = test.get();
    realm.users().create(&make::user("ann")).await?;
    let uuid = realm.clients().create(&client("app")).await?;
    let app = realm.client_by_uuid(&uuid);
    let login = Credentials::password("ann", make::PASSWORD)
        .with_client_id("app")
        .with_client_secret("s3cret");
    test.connect(login).session().access_token().await?;

    // python: get_client_all_sessions | php: getClientSessions | js: clients.listSessions | crate: realm_clients_with_client_uuid_user_sessions_get
    let sessions = app.list_sessions().try_collect().await?;
    assert_eq!(sessions[0].username.as_deref(), Some("ann"));

    // php: getClientSessionsCount | js: clients.getSessionCount | crate: realm_clients_with_client_uuid_session_count_get
    let count = app.count_sessions().await?;
    assert_eq!(count, 1);

    // php: getClientOfflineSessions | js: clients.listOfflineSessions | crate: realm_clients_with_client_uuid_offline_sessions_get
    let offline = app.list_offline_sessions().try_collect().await?;
    assert!(offline.is_empty());

    // php: getClientOfflineSessionsCount | js: clients.getOfflineSessionCount | crate: realm_clients_with_client_uuid_offline_session_count_get
    let count = app.count_offline_sessions().await?;
    assert_eq!(count, 0);

    // php: pushClientRevocationPolicy | js: clients.pushRevocation | crate: realm_clients_with_client_uuid_push_revocation_post
    let told = app.push_revocation().await?;
    assert!(
        told.success_requests.unwrap_or_default().is_empty(),
        "it has no admin URL"
    );

    // php: registerClientClusterNode | js: clients.addClusterNode | crate: realm_clients_with_client_uuid_nodes_post
    app.register_node("node.example.com").await?;
    assert!(
        app.get()
            .await?
            .registered_nodes
            .is_some_and(|nodes| nodes.contains_key("node.example.com"))
    );

    // php: testClientNodesAvailability | js: clients.testNodesAvailable | crate: realm_clients_with_client_uuid_test_nodes_available_get
    let nodes = app.test_nodes().await?;
    assert!(nodes.success_requests.unwrap_or_default().is_empty());

    // php: unregisterClientClusterNode | js: clients.deleteClusterNode | crate: realm_clients_with_client_uuid_nodes_with_node_delete
    app.unregister_node("node.example.com").await?;
    assert!(
        app.get()
            .await?
            .registered_nodes
            .is_none_or(|nodes| nodes.is_empty())
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn what_tokens_would_hold_is_seen() -> Result<(), Error> {
    let test = TestRealm::create("facade-evaluate").await;
    let realm = test.get();
    let user = realm.users().create(&make::user("ann")).await?;
    let uuid = realm.clients().create(&client("app")).await?;
    let app = realm.client_by_uuid(&uuid);

    // php: getClientExampleAccessToken | js: clients.evaluateGenerateAccessToken | crate: realm_clients_with_client_uuid_evaluate_scopes_generate_example_access_token_get
    let token = app
        .scope_evaluation()
        .generate_example_access_token()
        .user_id(&user)
        .scope("openid")
        .await?;
    let token = serde_json::to_value(&token).unwrap();
    assert_eq!(token["preferred_username"], "ann");

    // js: clients.evaluateGenerateIdToken | crate: realm_clients_with_client_uuid_evaluate_scopes_generate_example_id_token_get
    let token = app
        .scope_evaluation()
        .generate_example_id_token()
        .user_id(&user)
        .scope("openid")
        .await?;
    assert_eq!(
        serde_json::to_value(&token).unwrap()["preferred_username"],
        "ann"
    );

    // js: clients.evaluateGenerateUserInfo | crate: realm_clients_with_client_uuid_evaluate_scopes_generate_example_userinfo_get
    let userinfo = app
        .scope_evaluation()
        .generate_example_userinfo()
        .user_id(&user)
        .scope("openid")
        .await?;
    assert_eq!(userinfo["preferred_username"], "ann");

    // php: getClientProtocolMappers | js: clients.evaluateListProtocolMapper | crate: realm_clients_with_client_uuid_evaluate_scopes_protocol_mappers_get
    let mappers = app
        .scope_evaluation()
        .list_protocol_mappers()
        .scope("openid")
        .await?;
    assert!(!mappers.is_empty());

    // php: getClientAllowedRoleMappingsInContainer | js: clients.evaluatePermission | crate: realm_clients_with_client_uuid_evaluate_scopes_scope_mappings_with_role_container_id_granted_get
    let granted = app
        .scope_evaluation()
        .list_granted_roles(realm.name())
        .await?;
    assert!(
        granted
            .iter()
            .any(|role| role.name.as_deref() == Some("offline_access"))
    );

    // php: getClientNotAllowedRoleMappingsInContainer | crate: realm_clients_with_client_uuid_evaluate_scopes_scope_mappings_with_role_container_id_not_granted_get
    let not_granted = app
        .scope_evaluation()
        .list_not_granted_roles(realm.name())
        .await?;
    assert!(not_granted.is_empty(), "the client has full scope");

    let mut saml = client("saml-app");
    saml.protocol = text("saml");
    let saml = realm.clients().create(&saml).await?;
    // crate: realm_clients_with_client_uuid_evaluate_scopes_generate_example_saml_response_get
    let response = realm
        .client_by_uuid(&saml)
        .scope_evaluation()
        .generate_example_saml_response()
        .user_id(&user)
        .await?;
    assert!(serde_json::to_string(&response).unwrap().contains("ann"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn certificates_go_up_and_come_down() -> Result<(), Error> {
    let test = TestRealm::create("facade-certificates").await;
    let realm = test.get();
    let uuid = realm.clients().create(&client("app")).await?;
    let app = realm.client_by_uuid(&uuid);
    let keystore = KeyStoreConfig::new()
        .with_format("PKCS12")
        .with_key_alias("app")
        .with_key_password("changeit")
        .with_store_password("changeit");

    // php: generateClientCertificate | js: clients.generateKey | crate: realm_clients_with_client_uuid_certificates_with_attr_generate_post
    let made = app.certificate("saml.signing").generate().await?;
    assert!(made.private_key.is_some());

    // python: get_client_certificate_key_info | php: getClientKeyInfo | js: clients.getKeyInfo | crate: realm_clients_with_client_uuid_certificates_with_attr_get
    let stored = app.certificate("saml.signing").get().await?;
    assert_eq!(stored.certificate, made.certificate);

    // php: getClientKeyStore | js: clients.downloadKey | crate: realm_clients_with_client_uuid_certificates_with_attr_download_post
    let file = app.certificate("saml.signing").download(&keystore).await?;
    assert!(!file.as_bytes().is_empty());

    // php: generateDownloadClientCertificate | js: clients.generateAndDownloadKey | crate: realm_clients_with_client_uuid_certificates_with_attr_generate_and_download_post
    let file = app
        .certificate("jwt.credential")
        .generate_and_download(&keystore)
        .await?;
    let bytes = file.as_bytes().to_vec();

    // php: uploadClientCertificateAndPrivateKey | js: clients.uploadKey
    let upload =
        CertificateFile::keystore("PKCS12", bytes, "changeit", "app").key_password("changeit");
    // crate: realm_clients_with_client_uuid_certificates_with_attr_upload_post
    app.certificate("saml.encryption")
        .upload_with_key(&upload)
        .await?;
    assert!(
        app.certificate("saml.encryption")
            .get()
            .await?
            .private_key
            .is_some()
    );

    let pem = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        made.certificate.as_deref().unwrap()
    );

    // The form of an upload can also be filled in by hand.
    let form = Multipart::new()
        .text("keystoreFormat", "Certificate PEM")
        .file(pem.as_bytes());
    let (content_type, bytes) = form.finish();
    let upload = test.keycloak.api().upload_client_certificate();
    let upload = upload.realm(realm.name());
    let upload = upload.client_uuid(app.uuid()).attr("saml.signing");
    let uploaded = upload.body(content_type, bytes).await?;
    assert_eq!(uploaded.certificate, made.certificate);

    // python: upload_certificate | php: uploadClientCertificateOnly | js: clients.uploadCertificate
    let pem = CertificateFile::certificate_pem(pem);
    // crate: realm_clients_with_client_uuid_certificates_with_attr_upload_certificate_post
    app.certificate("jwt.credential").upload(&pem).await?;
    assert_eq!(
        app.certificate("jwt.credential").get().await?.certificate,
        made.certificate
    );

    // js: identityProviders.uploadCertificate | crate: realm_identity_provider_upload_certificate_post
    let read = realm.identity_providers().read_certificate(&pem).await?;
    assert_eq!(read.certificate, made.certificate);
    assert!(!format!("{pem:?}").contains("BEGIN"));
    let broken = CertificateFile::public_key_pem("no key");
    assert!(
        app.certificate("jwt.credential")
            .upload(&broken)
            .await
            .is_err()
    );
    let broken = CertificateFile::json_web_key_set("{}");
    assert!(
        app.certificate("jwt.credential")
            .upload(&broken)
            .await
            .is_err()
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn clients_register_themselves() -> Result<(), Error> {
    let test = TestRealm::create("facade-initial-access").await;
    let realm = test.get();
    let two = ClientInitialAccessCreatePresentation::new()
        .with_count(2)
        .with_expiration(3600);

    // python: create_initial_access_token | php: createClientInitialAccessToken | js: realms.createClientsInitialAccess | crate: realm_clients_initial_access_post
    let token = realm.initial_access_tokens().create(&two).await?;
    assert!(token.token.is_some());

    // php: getClientInitialAccessTokens | js: realms.getClientsInitialAccess | crate: realm_clients_initial_access_get
    let tokens = realm.initial_access_tokens().list().await?;
    assert_eq!(tokens[0].remaining_count, Some(2));

    // php: deleteClientInitialAccessToken | js: realms.delClientsInitialAccess | crate: realm_clients_initial_access_with_id_delete
    realm
        .initial_access_tokens()
        .delete(token.id.as_deref().unwrap())
        .await?;
    assert!(realm.initial_access_tokens().list().await?.is_empty());

    // php: getClientRegistrationPolicyProviders | js: realms.getClientRegistrationPolicyProviders | crate: realm_client_registration_policy_providers_get
    let providers = realm.list_client_registration_policy_providers().await?;
    assert!(
        providers
            .iter()
            .any(|provider| provider.id.as_deref() == Some("max-clients"))
    );

    // js: realms.convertClientDescription | crate: realm_client_description_converter_post
    let described = realm
        .convert_client_description(r#"{"clientId": "described"}"#)
        .await?;
    assert_eq!(described.client_id.as_deref(), Some("described"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_masked_secret_does_not_become_the_secret() -> Result<(), Error> {
    let test = TestRealm::create("facade-masked").await;
    let realm = test.get();
    let uuid = realm.clients().create(&client("app")).await?;
    let app = realm.client_by_uuid(&uuid);
    app.modify(|client| {
        client
            .attributes
            .get_or_insert_default()
            .extend(strings([("a", "b")]))
    })
    .await?;
    assert_eq!(app.get_secret().await?.value.as_deref(), Some("s3cret"));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_attribute_stays_in_an_update_and_goes_by_modify() -> Result<(), Error> {
    let test = TestRealm::create("facade-client-attributes").await;
    let realm = test.get();
    let app = client("app").with_attributes([("a", "1"), ("b", "2")]);
    let uuid = realm.clients().create(&app).await?;
    let app = realm.client_by_uuid(&uuid);

    app.update(&client("app").with_attributes([("a", "3")]))
        .await?;
    let attributes = app.get().await?.attributes.unwrap();
    assert_eq!(attributes["a"], "3");
    assert_eq!(attributes["b"], "2", "an update keeps it");

    app.modify(|client| {
        client.attributes.as_mut().unwrap().remove("b");
    })
    .await?;
    let attributes = app.get().await?.attributes.unwrap();
    assert!(!attributes.contains_key("b"), "{attributes:?}");
    Ok(())
}
