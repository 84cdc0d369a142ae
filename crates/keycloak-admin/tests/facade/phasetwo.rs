//! Phase Two's extensions, on a server that has them.

#[allow(dead_code, unreachable_pub)] // its receiver is what the tests here take
#[path = "../../examples/phasetwo_webhooks.rs"]
mod phasetwo_webhooks;

use std::collections::{BTreeMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use keycloak_admin::phasetwo::scim::is_without_scim;
use keycloak_admin::phasetwo::types::{
    CreateOrganizationPortalLinkBody, EventRepresentation, IdentityProviderMapperRepresentation,
    IdentityProviderRepresentation, InvitationRequestRepresentation,
    LinkIdentityProviderRepresentation, OrganizationMemberAttributeRepresentation,
    OrganizationRepresentation, OrganizationRoleRepresentation, OrganizationScimRepresentation,
    OrganizationsConfigRepresentation, WebhookRepresentation, WebhookSendRepresentation,
};
use keycloak_admin::phasetwo::webhooks::Webhook;
use keycloak_admin::types::{
    ClientRepresentation, CredentialRepresentation,
    IdentityProviderRepresentation as RealmIdentityProvider,
};
use keycloak_admin::{Credentials, Ensured, Error, Keycloak, Realm};
use keycloak_server::harness;
use keycloak_server::smtp::SmtpSink;
use phasetwo_webhooks::Receiver;

use crate::common::{TestRealm, person};

/// The longest time that a mail or an event may take.
const PATIENCE: Duration = Duration::from_secs(120);

const PASSWORD: &str = "correct horse battery staple";

async fn test_realm(prefix: &str) -> TestRealm {
    TestRealm::create_on(harness::phasetwo(), prefix, |_| {}).await
}

fn organization(name: &str) -> OrganizationRepresentation {
    OrganizationRepresentation::new().with_name(name)
}

fn role(name: &str) -> OrganizationRoleRepresentation {
    OrganizationRoleRepresentation::new().with_name(name)
}

fn config<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    BTreeMap::from(pairs)
}

/// A client through which users log in with their password.
async fn public_client(test: &TestRealm, client_id: &str) -> Result<(), Error> {
    let client = ClientRepresentation::new()
        .with_client_id(client_id)
        .with_public_client(true)
        .with_direct_access_grants_enabled(true);
    let create = test.keycloak.api().create_client().realm(&test.name);
    create.body(client).await
}

/// A user with a verified address, and a client of theirs whose tokens tell of it; those of `admin-cli` do not.
async fn logged_in(test: &TestRealm, username: &str) -> Result<(String, Keycloak), Error> {
    let mut user = person(username);
    user.email_verified = Some(true);
    user.credentials = Some(vec![
        CredentialRepresentation::new()
            .with_type("password")
            .with_value(PASSWORD),
    ]);
    let id = test.get().users().create(&user).await?;
    public_client(test, "portal").await?;
    let credentials = Credentials::password(username, PASSWORD).with_client_id("portal");
    Ok((id, test.connect(credentials)))
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_organization_is_created_found_changed_and_deleted() -> Result<(), Error> {
    let test = test_realm("p2-organizations").await;
    let realm = test.get();
    assert!(realm.phasetwo().is_available().await?);
    let organizations = realm.phasetwo().organizations();
    let acme = organization("acme")
        .with_display_name("Acme Inc")
        .with_domains(["acme.example"])
        .with_attributes([("tier", ["gold"])]);
    let id = organizations.create(&acme).await?;
    let found = organizations.create(&acme).exist_ok().await?;
    assert_eq!(found, Ensured::Existing(id.clone()));
    organizations.create(&organization("ACME")).await?;

    let found = organizations.find_by_name("acme").await?.unwrap();
    assert_eq!(found.id.as_ref(), Some(&id));
    assert!(organizations.find_by_name("acm").await?.is_none());
    assert_eq!(organizations.count().await?, 2);
    assert_eq!(organizations.count().q("tier:gold").await?, 1);

    let one = realm.phasetwo().organization(&id);
    assert_eq!(one.id(), id);
    one.modify(|acme| acme.display_name = Some("Acme Ltd".to_owned()))
        .await?;
    let stored = one.get().await?;
    assert_eq!(stored.display_name.as_deref(), Some("Acme Ltd"));
    assert_eq!(
        (stored.domains, stored.attributes),
        (acme.domains, acme.attributes)
    );
    one.update(&organization("acme")).await?;
    assert_eq!(
        one.get().await?.domains,
        Some(Vec::new()),
        "an update replaces"
    );

    one.delete().await?;
    assert!(one.find().await?.is_none());
    assert!(!one.delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_server_without_the_extensions_says_so() -> Result<(), Error> {
    let test = TestRealm::create("p2-missing").await;
    let phasetwo = test.get().phasetwo();
    assert!(!phasetwo.is_available().await?);
    let error = phasetwo.organizations().list().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    Ok(())
}

/// The servers of the tests have no SCIM yet. This test fails when they do: then the methods can be called there.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_server_without_scim_says_so() -> Result<(), Error> {
    let test = test_realm("p2-scim").await;
    let phasetwo = test.get().phasetwo();
    let id = phasetwo
        .organizations()
        .create(&organization("acme"))
        .await?;
    let scim = phasetwo.organization(&id).scim();
    let wanted = OrganizationScimRepresentation::new().with_enabled(true);
    let errors = [
        scim.get().await.unwrap_err(),
        scim.create(&wanted).await.unwrap_err(),
        scim.update(&wanted).await.unwrap_err(),
        scim.delete().await.unwrap_err(),
    ];
    for error in errors {
        assert!(is_without_scim(&error), "{error}");
    }
    for error in [
        scim.find().await.unwrap_err(),
        scim.delete_if_exists().await.unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("the server has no SCIM"),
            "{error}"
        );
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn configuration_export_and_import() -> Result<(), Error> {
    let test = test_realm("p2-export").await;
    let phasetwo = test.get().phasetwo();
    let organizations = phasetwo.organizations();
    let settings = OrganizationsConfigRepresentation::new()
        .with_create_admin_user_enabled(false)
        .with_multiple_idps_enabled(true);
    let answer = organizations.update_config(&settings).await?;
    assert_eq!(answer.multiple_idps_enabled, Some(true));
    let stored = organizations.get_config().await?;
    assert_eq!(stored.create_admin_user_enabled, Some(false));
    assert_eq!(stored.expiration_in_secs, Some(86_400), "the default");
    organizations
        .modify_config(|config| config.expiration_in_secs = Some(60))
        .await?;
    let stored = organizations.get_config().await?;
    assert_eq!(stored.expiration_in_secs, Some(60));
    assert_eq!(stored.multiple_idps_enabled, Some(true));
    assert_eq!(stored.create_admin_user_enabled, Some(false));

    let user_id = test.get().users().create(&person("alice")).await?;
    let id = organizations.create(&organization("acme")).await?;
    phasetwo
        .organization(&id)
        .members()
        .add_user(&user_id)
        .await?;
    let bare = organizations.export().await?.organizations.unwrap();
    assert_eq!(bare[0].members.as_ref().unwrap().len(), 0);
    let export = organizations.export();
    let export = export.export_members_and_invitations(true).await?;

    let other = test_realm("p2-import").await;
    let imported = other.get().phasetwo().organizations();
    let error = imported.import(&export).await.unwrap_err();
    assert!(error.is_bad_request(), "there is no alice: {error}");
    imported.import(&export).skip_missing_member(true).await?;
    assert!(imported.find_by_name("acme").await?.is_some());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn members_roles_and_grants() -> Result<(), Error> {
    let test = test_realm("p2-members").await;
    let realm = test.get();
    let phasetwo = realm.phasetwo();
    let id = phasetwo
        .organizations()
        .create(&organization("acme"))
        .await?;
    let acme = phasetwo.organization(&id);
    let user_id = realm.users().create(&person("alice")).await?;
    let alice = acme.member(&user_id);

    assert!(!acme.members().contains(&user_id).await?);
    acme.members().add_user(&user_id).await?;
    acme.members().add_user(&user_id).await?;
    assert!(acme.members().contains(&user_id).await?);
    // The administrator that every organisation has is the other one.
    assert_eq!(acme.members().count().await?, 2);
    let members = acme.members().list().exclude_admin_accounts(true);
    let members = members.try_collect().await?;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].id.as_ref(), Some(&user_id));
    let title =
        OrganizationMemberAttributeRepresentation::new().with_attributes([("title", ["boss"])]);
    alice.update_attributes(&title).await?;
    assert_eq!(Some(alice.get_attributes().await?), title.attributes);
    let organizations = phasetwo.user(&user_id).list_organizations().await?;
    assert_eq!(organizations[0].id.as_ref(), Some(&id));

    assert_eq!(acme.roles().create(&role("a clerk")).await?, "a clerk");
    let found = acme.roles().create(&role("a clerk")).exist_ok().await?;
    assert_eq!(found, Ensured::Existing("a clerk".to_owned()));
    let clerk = acme.role("a clerk");
    clerk
        .modify(|role| role.description = Some("Files".to_owned()))
        .await?;
    assert_eq!(clerk.get().await?.description.as_deref(), Some("Files"));
    clerk.update(&role("a clerk")).await?;
    clerk.grant_to(&user_id).await?;
    clerk.grant_to(&user_id).await?;
    assert!(clerk.is_granted_to(&user_id).await?);
    assert_eq!(clerk.list_users().await?[0].id.as_ref(), Some(&user_id));
    assert_eq!(
        alice.list_roles().await?[0].name.as_deref(),
        Some("a clerk")
    );
    clerk.revoke_from(&user_id).await?;
    assert!(!clerk.is_granted_to(&user_id).await?);

    let names = |roles: Vec<OrganizationRoleRepresentation>| -> HashSet<String> {
        roles.into_iter().filter_map(|role| role.name).collect()
    };
    assert!(names(acme.roles().list().await?).contains("view-organization"));
    clerk.delete().await?;
    assert!(clerk.find().await?.is_none());
    assert!(!clerk.delete_if_exists().await?);
    acme.members().remove_user(&user_id).await?;
    assert!(!acme.members().contains(&user_id).await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn bulk_calls_have_a_result_for_each_role_in_order() -> Result<(), Error> {
    /// For each result its status: the error's, or `None`.
    fn statuses(results: &[Result<OrganizationRoleRepresentation, Error>]) -> Vec<Option<u16>> {
        let status = |result: &Result<_, Error>| result.as_ref().err().and_then(Error::status);
        results.iter().map(status).collect()
    }
    let test = test_realm("p2-bulk").await;
    let realm = test.get();
    let phasetwo = realm.phasetwo();
    let organizations = phasetwo.organizations();
    let id = organizations.create(&organization("acme")).await?;
    let acme = phasetwo.organization(&id);
    let user_id = realm.users().create(&person("alice")).await?;
    let alice = acme.member(&user_id);

    let [clerk, boss, nobody] = ["clerk", "boss", "nobody"].map(role);
    let default = role("view-organization");
    let roles = [clerk.clone(), default.clone(), boss.clone()];
    let made = acme.roles().create_all(&roles).await?;
    assert_eq!(statuses(&made), [None, Some(400), None]);
    assert_eq!(made[2].as_ref().unwrap().name.as_deref(), Some("boss"));
    assert!(made[1].as_ref().unwrap_err().is_bad_request());

    let roles = [nobody.clone(), clerk.clone(), boss.clone(), clerk.clone()];
    let error = alice.grant(&roles).await.unwrap_err();
    assert!(error.is_bad_request(), "not a member: {error}");
    acme.members().add_user(&user_id).await?;
    let granted = alice.grant(&roles).await?;
    assert_eq!(statuses(&granted), [Some(400), None, None, None]);
    let message = granted[0].as_ref().unwrap_err().to_string();
    assert!(message.contains("nobody"), "{message}");
    assert_eq!(alice.list_roles().await?.len(), 2);
    let revoked = alice.revoke(&[boss.clone(), nobody]).await?;
    assert_eq!(statuses(&revoked), [None, Some(400)]);
    assert_eq!(alice.list_roles().await?[0].name.as_deref(), Some("clerk"));

    let deleted = acme.roles().delete_all(&[boss, default, clerk]).await?;
    assert_eq!(statuses(&deleted), [None, Some(400), None]);
    assert!(acme.role("boss").find().await?.is_none());

    // Nothing is sent for an empty list: who is unknown is not asked for.
    let unknown = phasetwo.organization("unknown");
    assert!(unknown.member("unknown").grant(&[]).await?.is_empty());
    assert!(unknown.member("unknown").revoke(&[]).await?.is_empty());
    assert!(unknown.roles().create_all(&[]).await?.is_empty());
    assert!(unknown.roles().delete_all(&[]).await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn invitations_are_sent_listed_and_withdrawn() -> Result<(), Error> {
    let sink = SmtpSink::start().unwrap();
    let test = TestRealm::create_on(harness::phasetwo(), "p2-invitations", |realm| {
        realm.smtp_server = Some(config([
            ("host", "127.0.0.1"),
            ("port", &sink.port().to_string()),
            ("from", "keycloak@example.com"),
        ]));
    })
    .await;
    let realm = test.get();
    let phasetwo = realm.phasetwo();
    let organizations = phasetwo.organizations();
    let id = organizations.create(&organization("acme")).await?;
    let acme = phasetwo.organization(&id);
    let invitations = acme.invitations();
    let user_id = realm.users().create(&person("alice")).await?;
    let invitation = InvitationRequestRepresentation::new()
        .with_email("Alice@example.com")
        .with_send(true);

    let id = invitations.create(&invitation).await?;
    sink.wait_for_message("alice@example.com", PATIENCE)
        .unwrap();
    let found = invitations.create(&invitation).exist_ok().await?;
    assert_eq!(found, Ensured::Existing(id.clone()));
    assert_eq!(sink.messages_for("alice@example.com").len(), 1);
    let found = invitations.find_by_email("ALICE@example.com").await?;
    assert_eq!(found.unwrap().id.as_ref(), Some(&id));
    assert!(
        invitations
            .find_by_email("lice@example.com")
            .await?
            .is_none()
    );
    assert_eq!(invitations.count().await?, 1);
    assert_eq!(invitations.list().try_collect().await?.len(), 1);
    let of_user = phasetwo.user(&user_id).list_invitations().await?;
    assert_eq!(of_user[0].id.as_ref(), Some(&id));
    let email = acme.invitation(&id).get().await?.email;
    assert_eq!(email.as_deref(), Some("alice@example.com"));

    acme.invitation(&id).resend().await?;
    sink.wait_for_messages("alice@example.com", 2, PATIENCE)
        .unwrap();
    acme.invitation(&id).delete().await?;
    assert!(acme.invitation(&id).find().await?.is_none());
    assert!(!acme.invitation(&id).delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn domains_and_portal_links() -> Result<(), Error> {
    let test = test_realm("p2-domains").await;
    let phasetwo = test.get().phasetwo();
    let acme = organization("acme").with_domains(["acme.example"]);
    let id = phasetwo.organizations().create(&acme).await?;
    let acme = phasetwo.organization(&id);
    assert_eq!(acme.domains().list().await?.len(), 1);
    let domain = acme.domain("acme.example");
    assert!(domain.get().await?.record_value.is_some());
    assert!(acme.domain("acme.test").find().await?.is_none());
    // No name server knows the record.
    assert_eq!(domain.verify().await?.verified, Some(false));

    let options = CreateOrganizationPortalLinkBody::new();
    let error = acme.create_portal_link(&options).await.unwrap_err();
    assert!(
        error.is_bad_request(),
        "without the wizard's client: {error}"
    );
    public_client(&test, "idp-wizard").await?;
    let link = acme.create_portal_link(&options).await?;
    assert!(link.link.as_deref().unwrap().contains("/login-actions/"));
    assert!(
        !format!("{link:?}").contains("/login-actions/"),
        "it is a secret"
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn identity_providers_are_created_linked_and_mapped() -> Result<(), Error> {
    let test = test_realm("p2-idps").await;
    let keycloak = &test.keycloak;
    let phasetwo = test.get().phasetwo();
    let organizations = phasetwo.organizations();
    let several = OrganizationsConfigRepresentation::new().with_multiple_idps_enabled(true);
    organizations.update_config(&several).await?;
    let id = organizations.create(&organization("acme")).await?;
    let other_id = organizations.create(&organization("other")).await?;
    let acme = phasetwo.organization(&id);
    let providers = acme.identity_providers();

    let url = keycloak.session().base_url();
    let metadata = format!("{url}/realms/master/.well-known/openid-configuration");
    let mut imported = providers.read_config_from_url("oidc", &metadata).await?;
    assert_eq!(imported["issuer"], format!("{url}/realms/master"));
    let file =
        br#"{"issuer": "https://idp.example", "token_endpoint": "https://idp.example/token"}"#;
    let from_file = providers.read_config_from_file("oidc", file).await?;
    assert_eq!(from_file["tokenUrl"], "https://idp.example/token");
    imported.insert("clientId".to_owned(), "acme".to_owned());
    imported.insert("clientSecret".to_owned(), "s3cret".to_owned());
    let login = IdentityProviderRepresentation::new()
        .with_alias("acme-login")
        .with_provider_id("oidc")
        .with_enabled(true)
        .with_config(imported);
    assert_eq!(providers.create(&login).await?, "acme-login");
    let found = providers.create(&login).exist_ok().await?;
    assert_eq!(found, Ensured::Existing("acme-login".to_owned()));
    let elsewhere = phasetwo.organization(&other_id).identity_providers();
    let error = elsewhere.create(&login).exist_ok().await.unwrap_err();
    assert!(error.is_conflict(), "it is another organisation's: {error}");

    let one = acme.identity_provider("acme-login");
    one.modify(|provider| provider.display_name = Some("Acme".to_owned()))
        .await?;
    let stored = one.get().await?;
    assert_eq!(stored.display_name.as_deref(), Some("Acme"));
    one.update(&stored).await?;

    let mapper = IdentityProviderMapperRepresentation::new()
        .with_name("department")
        .with_identity_provider_mapper("oidc-user-attribute-idp-mapper")
        .with_config([("claim", "department"), ("user.attribute", "department")]);
    let mappers = one.mappers();
    let mapper_id = mappers.create(&mapper).await?;
    let found = mappers.create(&mapper).exist_ok().await?;
    assert_eq!(found, Ensured::Existing(mapper_id.clone()));
    assert_eq!(mappers.list().await?.len(), 1);
    assert!(mappers.find_by_name("dep").await?.is_none());
    let mapper = one.mapper(&mapper_id);
    let change = |mapper: &mut IdentityProviderMapperRepresentation| {
        let config = mapper.config.get_or_insert_default();
        config.insert("claim".to_owned(), "division".to_owned());
    };
    mapper.modify(change).await?;
    let stored = mapper.get().await?;
    assert_eq!(stored.config.as_ref().unwrap()["claim"], "division");
    mapper.update(&stored).await?;
    mapper.delete().await?;
    assert!(mapper.find().await?.is_none());
    assert!(!mapper.delete_if_exists().await?);

    let github = RealmIdentityProvider::new()
        .with_alias("github")
        .with_provider_id("github")
        .with_enabled(true)
        .with_config([("clientId", "id"), ("clientSecret", "s3cret")]);
    let create = keycloak.api().create_identity_provider().realm(&test.name);
    create.body(github).await?;
    let link = LinkIdentityProviderRepresentation::new()
        .with_alias("github")
        .with_sync_mode("IMPORT");
    assert_eq!(providers.link(&link).await?, "github");
    assert_eq!(providers.list().await?.len(), 2);
    acme.identity_provider("github").unlink().await?;
    assert!(acme.identity_provider("github").find().await?.is_none());

    one.delete().await?;
    assert!(!one.delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_see_accept_and_switch_their_organizations() -> Result<(), Error> {
    let test = test_realm("p2-me").await;
    let phasetwo = test.get().phasetwo();
    let organizations = phasetwo.organizations();
    let (user_id, users_own) = logged_in(&test, "alice").await?;
    let me = users_own.realm(&test.name).phasetwo().me();
    let mut ids = Vec::new();
    let mut invitations = Vec::new();
    for name in ["acme", "initech"] {
        let id = organizations.create(&organization(name)).await?;
        let invitation = InvitationRequestRepresentation::new()
            .with_email("alice@example.com")
            .with_send(false);
        let invited = phasetwo.organization(&id).invitations();
        invitations.push(invited.create(&invitation).await?);
        ids.push(id);
    }

    let error = me.get_active_organization().await.unwrap_err();
    assert!(error.is_unauthorized(), "{error}");
    assert_eq!(me.list_invitations().await?.len(), 2);
    me.accept_invitation(&invitations[0]).await?;
    me.reject_invitation(&invitations[1]).await?;
    assert!(me.list_invitations().await?.is_empty());
    assert!(me.list_organizations().await?.keys().eq([&ids[0]]));
    assert_eq!(
        me.get_active_organization().await?.id.as_ref(),
        Some(&ids[0])
    );

    let error = me.switch_organization(&ids[1]).await.unwrap_err();
    assert!(error.is_unauthorized(), "not a member: {error}");
    let initech = phasetwo.organization(&ids[1]);
    initech.members().add_user(&user_id).await?;
    let tokens = me.switch_organization(&ids[1]).await?;
    assert!(tokens.access_token.is_some());
    assert_eq!(
        me.get_active_organization().await?.id.as_ref(),
        Some(&ids[1])
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn realm_attributes_are_set_and_deleted() -> Result<(), Error> {
    let test = test_realm("p2-attributes").await;
    let attributes = test.get().phasetwo().attributes();
    assert_eq!(attributes.find("acme/color").await?, None);
    for value in ["red", "blue"] {
        attributes.set("acme/color", value).await?;
        assert_eq!(attributes.find("acme/color").await?.as_deref(), Some(value));
    }
    assert_eq!(
        attributes.get("acme/color").await?.value.as_deref(),
        Some("blue")
    );
    let all = attributes.list().await?;
    assert_eq!(all["acme/color"].value.as_deref(), Some("blue"));
    attributes.delete("acme/color").await?;
    attributes.delete("acme/color").await?;
    assert_eq!(attributes.find("acme/color").await?, None);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn webhooks_keep_their_secret_when_they_are_changed() -> Result<(), Error> {
    let test = test_realm("p2-webhooks").await;
    let phasetwo = test.get().phasetwo();
    let webhooks = phasetwo.webhooks();
    let hook = WebhookRepresentation::new()
        .with_url("https://hooks.example/one")
        .with_enabled(true)
        .with_secret("s3cret")
        .with_event_types(["admin.*"]);
    // The id is the right one, although `Location` leads nowhere.
    let id = webhooks.create(&hook).await?;
    let found = webhooks.create(&hook).exist_ok().await?;
    assert_eq!(found, Ensured::Existing(id.clone()));
    let one = phasetwo.webhook(&id);
    assert_eq!(one.id(), id);
    assert_eq!(one.get().await?.url, hook.url);
    webhooks
        .create(&WebhookRepresentation::new().with_url("https://hooks.example/two"))
        .await?;
    assert_eq!(webhooks.count().await?, 2);
    assert_eq!(webhooks.list().try_collect().await?.len(), 2);
    let found = webhooks.find_by_url("https://hooks.example/one").await?;
    assert_eq!(found.unwrap().id.as_ref(), Some(&id));
    assert!(
        webhooks
            .find_by_url("https://hooks.example")
            .await?
            .is_none()
    );

    let other = |hook: &mut WebhookRepresentation| {
        hook.url = Some("https://hooks.example/three".to_owned());
    };
    one.modify(other).await?;
    let stored = one.get().await?;
    assert_eq!(stored.enabled, Some(true));
    assert_eq!(one.get_secret().await?.as_deref(), Some("s3cret"));
    one.update(&stored.with_secret("another")).await?;
    assert_eq!(one.get_secret().await?.as_deref(), Some("another"));

    one.delete().await?;
    assert!(one.find().await?.is_none());
    assert!(!one.delete_if_exists().await?);
    Ok(())
}

/// Waits until the server has noted that a send was answered so many times. It is `None` if that takes longer than the limit.
async fn noted(
    webhook: &Webhook,
    send_id: &str,
    times: i32,
    limit: Duration,
) -> Result<Option<WebhookSendRepresentation>, Error> {
    let started = Instant::now();
    while started.elapsed() < limit {
        let send = webhook.find_send(send_id).await?;
        if send.as_ref().and_then(|send| send.retries) == Some(times) {
            return Ok(send);
        }
    }
    Ok(None)
}

/// Creates users until the server has noted the send of an event of theirs, and returns that note.
///
/// Phase Two 0.55 calls the webhook before the transaction that stores the event has ended. If the answer comes before that end, it notes nothing,
/// and never will. Each user after the first is printed by `cargo xtask test`.
async fn noted_creation(
    realm: &Realm,
    webhook: &Webhook,
    receiver: &mut Receiver,
) -> Result<WebhookSendRepresentation, Error> {
    for attempt in 0..10 {
        let username = format!("alice-{attempt}");
        realm.users().create(&person(&username)).await?;
        let event = next_event(receiver).await;
        assert_eq!(event.type_.as_deref(), Some("admin.USER-CREATE"));
        let send_id = event.uid.unwrap();
        if let Some(send) = noted(webhook, &send_id, 1, Duration::from_secs(10)).await? {
            return Ok(send);
        }
        harness::note_repeat("Phase Two forgot a send that was answered too early");
    }
    panic!("no send of ten is noted");
}

async fn next_event(receiver: &mut Receiver) -> EventRepresentation {
    let event = tokio::time::timeout(PATIENCE, receiver.next()).await;
    event.expect("an event arrives").unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn events_arrive_at_webhooks_and_can_be_sent_again() -> Result<(), Error> {
    let test = TestRealm::create_on(harness::phasetwo(), "p2-events", |realm| {
        realm.admin_events_enabled = Some(true);
        realm.admin_events_details_enabled = Some(true);
        realm.events_listeners = Some(vec!["ext-event-webhook".to_owned()]);
    })
    .await;
    let realm = test.get();
    let phasetwo = realm.phasetwo();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut receiver = Receiver::start(address, "s3cret").await.unwrap();
    let url = receiver.url();
    let hook = WebhookRepresentation::new()
        .with_url(url)
        .with_enabled(true)
        .with_secret("s3cret")
        .with_event_types(["*"]);
    let id = phasetwo.webhooks().create(&hook).await?;
    let webhook = phasetwo.webhook(&id);

    let ordered = EventRepresentation::new()
        .with_type("order.created")
        .with_resource_path("orders/17");
    phasetwo.create_event(&ordered).await?;
    let event = next_event(&mut receiver).await;
    assert_eq!(event.type_.as_deref(), Some("order.created"));
    assert_eq!(event.resource_path.as_deref(), Some("orders/17"));
    let reserved = EventRepresentation::new().with_type("access.LOGIN");
    let error = phasetwo.create_event(&reserved).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");

    let send = noted_creation(&realm, &webhook, &mut receiver).await?;
    assert_eq!(send.type_.as_deref(), Some("admin.USER-CREATE"));
    let send_id = send.id.unwrap();
    let sends = webhook.list_sends().try_collect().await?;
    assert!(sends.iter().any(|send| send.id.as_ref() == Some(&send_id)));
    let event_id = send.keycloak_event_id.unwrap();
    let payload = phasetwo
        .webhooks()
        .get_payload_of_event("admin", &event_id)
        .await?;
    assert_eq!(payload.type_.as_deref(), Some("admin.USER-CREATE"));
    let sends = phasetwo
        .webhooks()
        .list_sends_of_event("admin", &event_id)
        .await?;
    assert_eq!(sends[0].id.as_ref(), Some(&send_id));
    assert!(webhook.get_send(&send_id).await?.payload.is_some());
    assert!(webhook.find_send("no-such-send").await?.is_none());

    webhook.resend(&send_id).await?;
    assert_eq!(next_event(&mut receiver).await.uid, Some(send_id.clone()));
    let sent_again = noted(&webhook, &send_id, 2, PATIENCE).await?;
    assert!(sent_again.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_hundred_callers_create_one_organization() -> Result<(), Error> {
    let test = test_realm("p2-race").await;
    let organizations = test.get().phasetwo().organizations();
    let acme = organization("acme");
    let calls = (0..100).map(|_| organizations.create(&acme).exist_ok().into_future());
    let results = join_all(calls.map(tokio::spawn)).await;
    let results: Vec<Ensured<String>> = results
        .into_iter()
        .map(|result| result.unwrap())
        .collect::<Result<_, _>>()?;
    let created = results.iter().filter(|result| result.is_created());
    assert_eq!(created.count(), 1);
    let ids: HashSet<String> = results.into_iter().map(Ensured::into_id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(organizations.count().await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn all_organizations_and_members_come_once_although_the_server_caps_pages()
-> Result<(), Error> {
    const COUNT: usize = 120;
    let test = test_realm("p2-pages").await;
    let realm = test.get();
    let phasetwo = realm.phasetwo();
    let organizations = phasetwo.organizations();
    let settings = OrganizationsConfigRepresentation::new().with_create_admin_user_enabled(false);
    organizations.update_config(&settings).await?;
    let mut made = HashSet::new();
    for n in 0..COUNT {
        made.insert(
            organizations
                .create(&organization(&format!("org-{n:03}")))
                .await?,
        );
    }
    assert_eq!(organizations.list().max(500).await?.len(), 100, "the cap");
    for page_size in [7, 100, 500] {
        let mut stream = organizations.list().stream().page_size(page_size);
        let mut seen = HashSet::new();
        while let Some(organization) = stream.try_next().await? {
            assert!(seen.insert(organization.id.unwrap()), "one came twice");
        }
        assert_eq!(seen, made, "{page_size} a page");
    }

    let people = (0..COUNT).map(|n| person(&format!("member-{n:03}")));
    let users = realm.users().create_many(people).await;
    let users: HashSet<String> = users.into_iter().collect::<Result<_, _>>()?;
    let id = made.into_iter().next().unwrap();
    let members = phasetwo.organization(&id).members();
    for id in &users {
        members.add_user(id).await?;
    }
    for page_size in [7, 100, 500] {
        let mut stream = members.list().stream().page_size(page_size);
        let mut seen = HashSet::new();
        while let Some(member) = stream.try_next().await? {
            assert!(seen.insert(member.id.unwrap()), "one came twice");
        }
        assert_eq!(seen, users, "{page_size} a page");
    }
    Ok(())
}
