//! Users: their profile, credentials, mails, groups, linked identities and sessions.

use conformance::context::Context;
use keycloak_api::realms_admin::PartialImportRealm;
use keycloak_api::types::{
    AdditionalGrantRepresentation, CredentialRepresentation, FederatedIdentityRepresentation,
    IdentityProviderRepresentation, PartialImportPolicy, PartialImportRepresentation,
    UnmanagedAttributePolicy, UpAttribute, UpAttributePermissions, UpAttributeRequired,
    UpAttributeSelector, UpConfig, UpGroup, UserConsentGrantRepresentation,
    UserConsentRepresentation, UserRepresentation,
};
use keycloak_api::users::{
    AddFederatedIdentityToUser, AddUserToGroup, CountUserGroups, CountUsers, CreateUser,
    DeleteUserCredential, DisableUserCredentialTypes, ExecuteActionsEmail,
    GetUserUnmanagedAttributes, ImpersonateUser, ListUserConsents, ListUserCredentials,
    ListUserFederatedIdentities, ListUserOfflineSessions, ListUserSessions,
    ListUserStorageCredentialTypes, LogoutUser, MoveUserCredentialAfter, MoveUserCredentialToFirst,
    RemoveFederatedIdentityFromUser, RemoveUserFromGroup, ResetUserPassword, RevokeUserConsent,
    SendResetPasswordEmail, SendVerifyEmail, UpdateUser, UpdateUserCredentialLabel,
    UpdateUserProfileConfig,
};
use serde_json::{Map, json};

use super::make::{self, PASSWORD, text};

const CREDENTIALS: (&str, &str) = ("$.credentials", "credentials are not part of what is read");

pub(crate) async fn run(ctx: &Context) {
    profile(ctx).await;
    users(ctx).await;
    credentials(ctx).await;
    mails(ctx).await;
    groups(ctx).await;
    federated_identities(ctx).await;
    sessions(ctx).await;
    imported_consent(ctx).await;
}

async fn profile(ctx: &Context) -> Option<()> {
    let read = || ctx.keycloak.get_user_profile_config().realm(ctx.realm());
    let mut config = ctx.call(read()).await?.into_inner();
    config
        .attributes
        .get_or_insert_default()
        .push(shoe_size_attribute());
    config.groups.get_or_insert_default().push(
        UpGroup::new()
            .with_name("body")
            .with_display_header("Body")
            .with_display_description("What the tailor asks")
            .with_annotations(Map::from_iter([("order".to_owned(), json!(1))])),
    );
    // Attributes that are not in the profile are kept, which the other scenarios rely on.
    config.unmanaged_attribute_policy = Some(UnmanagedAttributePolicy::Enabled);
    let write = ctx.keycloak.update_user_profile_config();
    let written = ctx.call(write.realm(ctx.realm()).body(&config)).await?;
    ctx.stored::<UpdateUserProfileConfig>(&config, &*written, &[]);
    let stored: UpConfig = ctx.call(read()).await?.into_inner();
    ctx.stored::<UpdateUserProfileConfig>(&config, &stored, &[]);
    ctx.call(ctx.keycloak.get_user_profile_metadata().realm(ctx.realm()))
        .await?;
    Some(())
}

/// An attribute with everything that an attribute can have.
fn shoe_size_attribute() -> UpAttribute {
    UpAttribute::new()
        .with_name("shoeSize")
        .with_display_name("${shoeSize}")
        .with_group("body")
        .with_multivalued(false)
        .with_annotations(Map::from_iter([(
            "inputType".to_owned(),
            json!("html5-number"),
        )]))
        .with_permissions(
            UpAttributePermissions::new()
                .with_view(["admin"])
                .with_edit(["admin"]),
        )
        .with_required(
            UpAttributeRequired::new()
                .with_roles(["user"])
                .with_scopes(["phone"]),
        )
        .with_selector(UpAttributeSelector::new().with_scopes(["phone"]))
        .with_validations([(
            "integer",
            json!({"min": 15, "max": 60})
                .as_object()
                .cloned()
                .unwrap_or_default(),
        )])
}

async fn users(ctx: &Context) -> Option<()> {
    let name = ctx.name("user");
    let mut user = make::person(&name)
        .with_attributes([("shoeSize", vec!["46"]), ("nick", vec!["ada", "al"])])
        .with_required_actions(["CONFIGURE_TOTP"]);
    let create = || ctx.keycloak.create_user().realm(ctx.realm());
    let id = ctx.create(create().body(&user)).await?;
    ctx.expect_error(create().body(&user), 409).await;

    let get = || ctx.keycloak.get_user().realm(ctx.realm()).user_id(&id);
    let stored = ctx.call(get().user_profile_metadata(true)).await?;
    ctx.stored::<CreateUser>(&user, &*stored, &[CREDENTIALS]);
    let unknown = ctx.keycloak.get_user().realm(ctx.realm());
    ctx.expect_error(unknown.user_id("nobody"), 404).await;

    user.first_name = text("Grace");
    user.enabled = Some(false);
    user.credentials = None;
    let update = ctx.keycloak.update_user().realm(ctx.realm());
    ctx.call(update.user_id(&id).body(&user)).await;
    let stored = ctx.call(get()).await?;
    ctx.stored::<UpdateUser>(&user, &*stored, &[]);

    let unmanaged = ctx.keycloak.get_user_unmanaged_attributes();
    let unmanaged = ctx.call(unmanaged.realm(ctx.realm()).user_id(&id)).await?;
    ctx.check::<GetUserUnmanagedAttributes>(
        unmanaged.keys().eq(["nick"]),
        "only the attribute outside the profile is unmanaged",
    );
    find_users(ctx, &name).await;
    let delete = ctx.keycloak.delete_user().realm(ctx.realm());
    ctx.call(delete.user_id(&id)).await?;
    ctx.expect_error(get(), 404).await;
    Some(())
}

async fn find_users(ctx: &Context, name: &str) -> Option<()> {
    let list = || ctx.keycloak.list_users().realm(ctx.realm());
    let found = ctx.call(list().username(name).exact(true)).await?;
    ctx.check::<keycloak_api::users::ListUsers>(
        found.len() == 1 && found[0].username.as_deref() == Some(name),
        "the filter `username` with `exact` gives the one user",
    );
    ctx.call(list().brief_representation(true).first(0).max(1))
        .await;
    ctx.call(list().search(name).enabled(false)).await;
    ctx.call(list().q("nick:ada").email_verified(true)).await;
    let count = || ctx.keycloak.count_users().realm(ctx.realm());
    ctx.call(count()).await;
    let matches = ctx.call(count().username(name)).await?.into_inner();
    ctx.check::<CountUsers>(matches == 1, "the filter `username` counts the one user");
    Some(())
}

/// A second factor as an export has it: the secret is in `secretData`, everything else in `credentialData`.
fn one_time_password(label: &str, kind: &str) -> CredentialRepresentation {
    let data =
        json!({"subType": kind, "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1"});
    CredentialRepresentation::new()
        .with_type("otp")
        .with_user_label(label)
        .with_secret_data(json!({"value": "JBSWY3DPEHPK3PXP"}).to_string())
        .with_credential_data(data.to_string())
}

/// A security key as an export has it.
fn security_key() -> CredentialRepresentation {
    let data = json!({
        "aaguid": "00000000-0000-0000-0000-000000000000",
        "credentialId": "AAAA",
        "counter": 0,
        "credentialPublicKey": "AAAA",
        "attestationStatementFormat": "none",
    });
    CredentialRepresentation::new()
        .with_type("webauthn")
        .with_user_label("key")
        .with_secret_data("{}")
        .with_credential_data(data.to_string())
}

async fn credentials(ctx: &Context) -> Option<()> {
    let mut user = make::person(&ctx.name("credentials"));
    user.credentials.get_or_insert_default().extend([
        one_time_password("phone", "totp"),
        one_time_password("token", "hotp"),
        security_key(),
    ]);
    let create = ctx.keycloak.create_user().realm(ctx.realm());
    let id = ctx.create(create.body(&user)).await?;
    let list = async || {
        let call = ctx.keycloak.list_user_credentials().realm(ctx.realm());
        Some(ctx.call(call.user_id(&id)).await?.into_inner())
    };
    let credentials = list().await?;
    let types: Vec<_> = credentials.iter().map(|c| c.type_.as_deref()).collect();
    let expected = ["password", "otp", "otp", "webauthn"].map(Some);
    ctx.check::<ListUserCredentials>(types == expected, "each kind of credential is listed");
    let ids: Vec<String> = credentials.into_iter().filter_map(|c| c.id).collect();
    let [password, phone, token, key] = ids.as_slice() else {
        return None;
    };

    let label = ctx.keycloak.update_user_credential_label();
    let label = label.realm(ctx.realm()).user_id(&id).credential_id(phone);
    ctx.call(label.body("old phone")).await;
    let labels: Vec<_> = list().await?.into_iter().map(|c| c.user_label).collect();
    ctx.check::<UpdateUserCredentialLabel>(
        labels.contains(&text("old phone")),
        "the label is stored",
    );

    let order = async || {
        let credentials = list().await?;
        Some(
            credentials
                .into_iter()
                .filter_map(|c| c.id)
                .collect::<Vec<_>>(),
        )
    };
    let first = ctx.keycloak.move_user_credential_to_first();
    let first = first.realm(ctx.realm()).user_id(&id).credential_id(key);
    ctx.call(first).await;
    let is_first = order().await?.first() == Some(key);
    ctx.check::<MoveUserCredentialToFirst>(is_first, "the credential is the first");
    let after = ctx.keycloak.move_user_credential_after();
    let after = after.realm(ctx.realm()).user_id(&id).credential_id(key);
    ctx.call(after.new_previous_credential_id(token)).await;
    let is_last = order().await?.last() == Some(key);
    ctx.check::<MoveUserCredentialAfter>(is_last, "the credential is behind the other");

    let delete = ctx.keycloak.delete_user_credential();
    let delete = delete.realm(ctx.realm()).user_id(&id).credential_id(key);
    ctx.call(delete).await;
    let is_gone = !order().await?.contains(key);
    ctx.check::<DeleteUserCredential>(is_gone, "the credential is gone");

    let disable = ctx.keycloak.disable_user_credential_types();
    let disable = disable.realm(ctx.realm()).user_id(&id).body(["otp"]);
    ctx.call(disable).await;
    let left = order().await?;
    ctx.check::<DisableUserCredentialTypes>(
        left.contains(password),
        "the password is not of the type that was disabled",
    );

    let reset = ctx.keycloak.reset_user_password().realm(ctx.realm());
    let reset = reset.user_id(&id).body(make::password("another password"));
    ctx.call(reset).await;
    let created: Vec<_> = list().await?.into_iter().map(|c| c.type_).collect();
    ctx.check::<ResetUserPassword>(created.contains(&text("password")), "there is a password");

    let types = ctx.keycloak.list_user_storage_credential_types();
    let types = ctx.call(types.realm(ctx.realm()).user_id(&id)).await?;
    ctx.check::<ListUserStorageCredentialTypes>(
        types.is_empty(),
        "a user of the realm itself has no credentials elsewhere",
    );
    Some(())
}

async fn mails(ctx: &Context) -> Option<()> {
    let client_id = ctx.name("mail-client");
    make::public_client(ctx, &client_id).await?;
    let user = make::person(&ctx.name("mails"));
    let create = ctx.keycloak.create_user().realm(ctx.realm());
    let id = ctx.create(create.body(&user)).await?;
    let address = user.email?;
    let (realm, redirect) = (ctx.realm(), "http://localhost/done");

    let actions = ctx.keycloak.execute_actions_email().realm(realm);
    let actions = actions.user_id(&id).client_id(&client_id);
    let actions = actions.redirect_uri(redirect).lifespan(600);
    if ctx.call(actions.body(["UPDATE_PASSWORD"])).await.is_some() {
        let mails = ctx.mails::<ExecuteActionsEmail>(&address, 1)?;
        let has_link = !mails[0].links().is_empty();
        ctx.check::<ExecuteActionsEmail>(has_link, "the mail has a link");
    }
    let sent = ctx.smtp.messages_for(&address).len();
    let reset = ctx.keycloak.send_reset_password_email().realm(realm);
    let reset = reset.user_id(&id).client_id(&client_id);
    if ctx.call(reset.redirect_uri(redirect)).await.is_some() {
        ctx.mails::<SendResetPasswordEmail>(&address, sent + 1)?;
    }
    let sent = ctx.smtp.messages_for(&address).len();
    let verify = ctx.keycloak.send_verify_email().realm(realm);
    let verify = verify.user_id(&id).client_id(&client_id);
    let verify = verify.redirect_uri(redirect).lifespan(600);
    if ctx.call(verify).await.is_some() {
        ctx.mails::<SendVerifyEmail>(&address, sent + 1)?;
    }
    Some(())
}

async fn groups(ctx: &Context) -> Option<()> {
    let id = make::user(ctx, &ctx.name("member")).await?;
    let name = ctx.name("group");
    let group_id = make::group(ctx, &name).await?;
    let add = ctx.keycloak.add_user_to_group().realm(ctx.realm());
    ctx.call(add.user_id(&id).group_id(&group_id)).await?;
    let list = || {
        let call = ctx.keycloak.list_user_groups();
        call.realm(ctx.realm()).user_id(&id)
    };
    let groups = ctx.call(list().brief_representation(false)).await?;
    ctx.check::<AddUserToGroup>(
        groups.len() == 1 && groups[0].id.as_ref() == Some(&group_id),
        "the user is in the group",
    );
    ctx.call(list().search(&name).first(0).max(1)).await;
    let count = ctx.keycloak.count_user_groups().realm(ctx.realm());
    let count = ctx.call(count.user_id(&id)).await?;
    ctx.check::<CountUserGroups>(*count == 1, "the user is in one group");
    let remove = ctx.keycloak.remove_user_from_group().realm(ctx.realm());
    ctx.call(remove.user_id(&id).group_id(&group_id)).await;
    let is_empty = ctx.call(list()).await?.is_empty();
    ctx.check::<RemoveUserFromGroup>(is_empty, "the user is in no group");
    Some(())
}

async fn federated_identities(ctx: &Context) -> Option<()> {
    let id = make::user(ctx, &ctx.name("federated")).await?;
    let alias = ctx.name("github");
    let provider = IdentityProviderRepresentation::new()
        .with_alias(&alias)
        .with_provider_id("github")
        .with_enabled(true)
        .with_config([("clientId", "id"), ("clientSecret", "s3cret")]);
    let create = ctx.keycloak.create_identity_provider().realm(ctx.realm());
    ctx.call(create.body(provider)).await?;

    let identity = FederatedIdentityRepresentation::new()
        .with_identity_provider(&alias)
        .with_user_id("583231")
        .with_user_name("octocat");
    let add = ctx.keycloak.add_federated_identity_to_user();
    let add = add.realm(ctx.realm()).user_id(&id).provider(&alias);
    ctx.call(add.body(&identity)).await?;
    let list = || {
        let call = ctx.keycloak.list_user_federated_identities();
        call.realm(ctx.realm()).user_id(&id)
    };
    let identities = ctx.call(list()).await?;
    ctx.check::<ListUserFederatedIdentities>(identities.len() == 1, "one identity is linked");
    ctx.stored::<AddFederatedIdentityToUser>(&identity, identities.first()?, &[]);
    let remove = ctx.keycloak.remove_federated_identity_from_user();
    let remove = remove.realm(ctx.realm()).user_id(&id).provider(&alias);
    ctx.call(remove).await;
    let is_empty = ctx.call(list()).await?.is_empty();
    ctx.check::<RemoveFederatedIdentityFromUser>(is_empty, "no identity is linked");
    Some(())
}

async fn sessions(ctx: &Context) -> Option<()> {
    let username = ctx.name("session");
    let id = make::user(ctx, &username).await?;
    let client_id = ctx.name("session-client");
    let client_uuid = make::public_client(ctx, &client_id).await?;
    let login = [
        ("grant_type", "password"),
        ("client_id", &client_id),
        ("username", &username),
        ("password", PASSWORD),
    ];
    let logged_in = ctx.login(&login).await.is_some();
    ctx.check::<ListUserSessions>(logged_in, "the user cannot log in");
    let list = || {
        let call = ctx.keycloak.list_user_sessions();
        call.realm(ctx.realm()).user_id(&id)
    };
    let sessions = ctx.call(list()).await?;
    ctx.check::<ListUserSessions>(sessions.len() == 1, "the login made a session");

    let mut offline = login.to_vec();
    offline.push(("scope", "openid offline_access"));
    let logged_in = ctx.login(&offline).await.is_some();
    ctx.check::<ListUserOfflineSessions>(logged_in, "the user cannot log in offline");
    let sessions = ctx.keycloak.list_user_offline_sessions();
    let sessions = sessions.realm(ctx.realm()).user_id(&id);
    let sessions = ctx.call(sessions.client_uuid(&client_uuid)).await?;
    ctx.check::<ListUserOfflineSessions>(sessions.len() == 1, "the login made an offline session");
    offline_consent(ctx, &id, &client_id, client_uuid).await;

    let impersonate = ctx.keycloak.impersonate_user().realm(ctx.realm());
    if let Some(impersonation) = ctx.call(impersonate.user_id(&id)).await {
        let redirect = impersonation.redirect.as_deref().unwrap_or_default();
        ctx.check::<ImpersonateUser>(
            impersonation.same_realm == Some(false)
                && redirect.contains(&format!("/realms/{}/", ctx.realm())),
            "the administrator is in another realm and is sent to the user's",
        );
    }
    let logout = ctx.keycloak.logout_user().realm(ctx.realm());
    let left = ctx.call_twice(logout.user_id(&id), list()).await?;
    ctx.check::<LogoutUser>(left.is_empty(), "no session is left");
    Some(())
}

async fn consents(ctx: &Context, id: &str) -> Option<Vec<UserConsentGrantRepresentation>> {
    let list = ctx.keycloak.list_user_consents().realm(ctx.realm());
    Some(ctx.call(list.user_id(id)).await?.into_inner())
}

/// Revokes the one consent of a user.
async fn revoke_consent(ctx: &Context, id: &str, client_id: &str) -> Option<()> {
    let revoke = ctx.keycloak.revoke_user_consent().realm(ctx.realm());
    ctx.call(revoke.user_id(id).client_id(client_id)).await;
    let is_empty = consents(ctx, id).await?.is_empty();
    ctx.check::<RevokeUserConsent>(is_empty, "no consent is left");
    Some(())
}

/// An offline session counts as a consent. It has no scopes and no dates.
async fn offline_consent(
    ctx: &Context,
    id: &str,
    client_id: &str,
    client_uuid: String,
) -> Option<()> {
    let offline_token = AdditionalGrantRepresentation::new()
        .with_client(client_uuid)
        .with_key("Offline Token");
    let expected = UserConsentGrantRepresentation::new()
        .with_client_id(client_id)
        .with_granted_client_scopes([""; 0])
        .with_additional_grants([offline_token]);
    let consents = consents(ctx, id).await?;
    ctx.check::<ListUserConsents>(consents == [expected], "the offline session is listed");
    revoke_consent(ctx, id, client_id).await
}

/// A consent that is no offline session has scopes and dates. An import can give it without a login.
async fn imported_consent(ctx: &Context) -> Option<()> {
    let client_id = ctx.name("consent-client");
    make::public_client(ctx, &client_id).await?;
    let given = UserConsentRepresentation::new()
        .with_client_id(&client_id)
        .with_granted_client_scopes(["profile"]);
    let user = UserRepresentation::new()
        .with_username(ctx.name("consent"))
        .with_enabled(true)
        .with_client_consents([given.clone()]);
    let import = PartialImportRepresentation::new()
        .with_if_resource_exists(PartialImportPolicy::Fail)
        .with_users([user]);
    let call = ctx.keycloak.partial_import_realm().realm(ctx.realm());
    let imported = ctx.call(call.body(import)).await?.into_inner();
    let id = imported
        .results
        .into_iter()
        .flatten()
        .find_map(|user| user.id);
    ctx.check::<PartialImportRealm>(id.is_some(), "the user was imported");
    let id = id?;

    let consents = consents(ctx, &id).await?;
    ctx.check::<ListUserConsents>(consents.len() == 1, "the imported consent is listed");
    let consent = consents.first()?;
    ctx.stored::<ListUserConsents>(&given, consent, &[]);
    ctx.check::<ListUserConsents>(
        consent.created_date > Some(0)
            && consent.last_updated_date >= consent.created_date
            && consent
                .additional_grants
                .as_ref()
                .is_some_and(Vec::is_empty),
        "the imported consent has dates and no further grants",
    );
    revoke_consent(ctx, &id, &client_id).await
}
