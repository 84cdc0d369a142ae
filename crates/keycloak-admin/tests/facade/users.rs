//! Users, on a real server.

use std::collections::HashSet;
use std::time::Duration;

use keycloak_admin::types::{
    CredentialRepresentation, FederatedIdentityRepresentation, UnmanagedAttributePolicy,
};
use keycloak_admin::{Batch, Credentials, Ensured, Error, Temporary};
use keycloak_server::smtp::{Mail, SmtpSink};

use crate::common::{TestRealm, attributes, person};
use crate::make;

/// The longest time that a mail may take.
const MAIL: Duration = Duration::from_secs(120);

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-users").await;
    let realm = test.get();
    let ann = make::user("ann");

    // python: create_user | php: createUser | js: users.create | crate: realm_users_post
    let id = realm.users().create(&ann).exist_ok().await?.into_id();

    // python: get_users | php: getUsers | js: users.find | crate: realm_users_get
    let users = realm.users().list().search("ann").try_collect().await?;
    assert_eq!(users.len(), 1);

    // python: get_user_id
    let found = realm.users().find_id("ann").await?;
    assert_eq!(found.as_deref(), Some(id.as_str()));

    // python: get_user | php: getUser | js: users.findOne | crate: realm_users_with_user_id_get
    let user = realm.user(&id).get().await?;
    assert_eq!(user.username.as_deref(), Some("ann"));

    // python: users_count | php: count users | js: users.count | crate: realm_users_count_get
    let count = realm.users().count().enabled(true).await?;
    assert_eq!(count, 1);

    // python: update_user | php: updateUser | js: users.update | crate: realm_users_with_user_id_put
    realm
        .user(&id)
        .modify(|user| user.first_name = Some("Anna".to_owned()))
        .await?;
    assert_eq!(
        realm.user(&id).get().await?.first_name.as_deref(),
        Some("Anna")
    );

    // python: disable_user
    realm
        .user(&id)
        .modify(|user| user.enabled = Some(false))
        .await?;
    assert_eq!(realm.user(&id).get().await?.enabled, Some(false));

    // python: enable_user
    realm
        .user(&id)
        .modify(|user| user.enabled = Some(true))
        .await?;
    assert_eq!(realm.user(&id).get().await?.enabled, Some(true));

    // python: set_user_password | php: reset password | js: users.resetPassword | crate: realm_users_with_user_id_reset_password_put
    realm
        .user(&id)
        .reset_password("another", Temporary::No)
        .await?;
    test.login("ann", "another").await?;

    // python: delete_user | php: deleteUser | js: users.del | crate: realm_users_with_user_id_delete
    realm.user(&id).delete().await?;
    assert!(realm.user(&id).find().await?.is_none());
    assert!(realm.user(&id).get().await.unwrap_err().is_not_found());
    assert!(realm.user(&id).delete().await.unwrap_err().is_not_found());
    assert!(!realm.user(&id).delete_if_exists().await?);
    let id = realm.users().create(&ann).await?;
    assert!(realm.user(&id).delete_if_exists().await?);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn all_users_are_changed_at_once() -> Result<(), Error> {
    let test = TestRealm::create("facade-users-all").await;
    let realm = test.get();
    let people: Vec<_> = (0..25).map(|n| person(&format!("user-{n}"))).collect();
    let made = realm.users().create_many(&people).await;
    let ids: Vec<String> = made.into_iter().collect::<Result<_, _>>()?;

    // python: disable_all_users
    let results = realm
        .users()
        .modify_many(&ids, |user| user.enabled = Some(false))
        .await;
    assert!(results.len() == 25 && results.iter().all(Result::is_ok));
    assert_eq!(realm.users().count().enabled(false).await?, 25);

    // python: enable_all_users
    let results = realm
        .users()
        .modify_many(&ids, |user| user.enabled = Some(true))
        .await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(realm.users().count().enabled(true).await?, 25);

    let deletions = ids.iter().map(|id| {
        let user = realm.user(id);
        async move { user.delete_if_exists().await }
    });
    let deleted = Batch::new(deletions).await;
    assert!(
        deleted
            .into_iter()
            .all(|deleted| deleted.is_ok_and(|deleted| deleted))
    );
    assert_eq!(realm.users().count().await?, 0);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn every_user_comes_once_also_past_the_servers_default() -> Result<(), Error> {
    let test = TestRealm::create("facade-users-1050").await;
    let realm = test.get();
    let people = (0..1_050).map(|n| person(&format!("user-{n:04}")));
    // python: create_user | php: createUser | js: users.create | crate: realm_users_post
    let summary = realm.users().import(people).await;
    assert_eq!(summary.created, 1_050, "{summary:?}");
    for prefetch in [0, 4] {
        let mut seen = HashSet::new();
        let mut users = realm.users().list().stream().prefetch(prefetch);
        while let Some(user) = users.try_next().await? {
            assert!(seen.insert(user.id.unwrap()), "twice");
        }
        assert_eq!(seen.len(), 1_050);
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn credentials_are_named_ordered_and_removed() -> Result<(), Error> {
    let test = TestRealm::create("facade-users-cred").await;
    let realm = test.get();
    let mut ann = make::user("ann");
    let otp = CredentialRepresentation::new()
        .with_type("otp")
        .with_secret_data(r#"{"value":"JBSWY3DPEHPK3PXP"}"#)
        .with_credential_data(
            r#"{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"}"#,
        );
    ann.credentials.get_or_insert_default().push(otp);
    let id = realm.users().create(&ann).await?;
    let types = |credentials: Vec<CredentialRepresentation>| -> Vec<String> {
        let all = credentials.into_iter();
        all.filter_map(|credential| credential.type_).collect()
    };

    // python: get_credentials | js: users.getCredentials | crate: realm_users_with_user_id_credentials_get
    let credentials = realm.user(&id).list_credentials().await?;
    assert_eq!(types(credentials.clone()), ["password", "otp"]);
    let password = credentials[0].id.as_deref().unwrap();
    let otp = credentials[1].id.as_deref().unwrap();
    let shows = |credential: &CredentialRepresentation| {
        credential.value.is_some() || credential.secret_data.is_some()
    };
    assert!(!credentials.iter().any(shows));
    assert!(realm.user(&id).find_credential("another").await?.is_none());

    // js: users.updateCredentialLabel | crate: realm_users_with_user_id_credentials_with_credential_id_user_label_put
    realm
        .user(&id)
        .label_credential(password, "the first")
        .await?;
    let labelled = realm.user(&id).find_credential(password).await?.unwrap();
    assert_eq!(labelled.user_label.as_deref(), Some("the first"));

    // js: users.moveCredentialPositionDown | crate: realm_users_with_user_id_credentials_with_credential_id_move_after_with_new_previous_credential_id_post
    realm.user(&id).move_credential_after(password, otp).await?;
    let moved = realm.user(&id).list_credentials().await?;
    assert_eq!(types(moved), ["otp", "password"]);

    // js: users.moveCredentialPositionUp | crate: realm_users_with_user_id_credentials_with_credential_id_move_to_first_post
    realm.user(&id).move_credential_to_first(password).await?;
    let moved = realm.user(&id).list_credentials().await?;
    assert_eq!(types(moved), ["password", "otp"]);

    // php: disable credentials by type | js: users.disableCredentialTypes | crate: realm_users_with_user_id_disable_credential_types_put
    realm
        .user(&id)
        .disable_credential_types(["password"])
        .await?;
    assert_eq!(
        realm.user(&id).list_credentials().await?.len(),
        2,
        "only user federation can"
    );
    // crate: realm_users_with_user_id_configured_user_storage_credential_types_get
    let types_of_provider = realm.user(&id).list_user_storage_credential_types().await?;
    assert!(types_of_provider.is_empty());

    // python: delete_credential | php: remove TOTP | js: users.deleteCredential | crate: realm_users_with_user_id_credentials_with_credential_id_delete
    realm.user(&id).delete_credential(password).await?;
    let left = realm.user(&id).list_credentials().await?;
    assert_eq!(types(left), ["otp"]);
    let again = realm.user(&id).delete_credential(password).await;
    assert!(again.unwrap_err().is_not_found());
    realm.user(&id).delete_credential(otp).await?;
    assert!(realm.user(&id).list_credentials().await?.is_empty());
    let login = test.login("ann", make::PASSWORD).await;
    assert!(login.unwrap_err().is_authentication());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn accounts_at_identity_providers_are_linked_and_unlinked() -> Result<(), Error> {
    let test = TestRealm::create("facade-users-links").await;
    let realm = test.get();
    let id = realm.users().create(&person("ann")).await?;
    realm
        .identity_providers()
        .create(&make::identity_provider("partner"))
        .await?;
    let account = FederatedIdentityRepresentation::new()
        .with_user_id("4711")
        .with_user_name("ann@partner");

    // python: add_user_social_login | php: add social login | js: users.addToFederatedIdentity | crate: realm_users_with_user_id_federated_identity_with_provider_post
    realm
        .user(&id)
        .add_federated_identity("partner", &account)
        .await?;

    // python: get_user_social_logins | php: social logins of a user | js: users.listFederatedIdentities | crate: realm_users_with_user_id_federated_identity_get
    let links = realm.user(&id).list_federated_identities().await?;
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].user_name.as_deref(), Some("ann@partner"));
    let again = realm
        .user(&id)
        .add_federated_identity("partner", &account)
        .await;
    assert!(again.unwrap_err().is_conflict());

    // python: delete_user_social_login | php: remove social login | js: users.delFromFederatedIdentity | crate: realm_users_with_user_id_federated_identity_with_provider_delete
    realm.user(&id).remove_federated_identity("partner").await?;
    assert!(
        realm
            .user(&id)
            .list_federated_identities()
            .await?
            .is_empty()
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_join_and_leave_groups() -> Result<(), Error> {
    let test = TestRealm::create("facade-users-groups").await;
    let realm = test.get();
    let id = realm.users().create(&person("ann")).await?;
    let staff = realm.groups().create(&make::group("staff")).await?;
    assert!(realm.user(&id).list_groups().await?.is_empty());

    // python: group_user_add | php: addUserToGroup | js: users.addToGroup | crate: realm_users_with_user_id_groups_with_group_id_put
    realm.user(&id).join_group(&staff).await?;

    realm.user(&id).join_group(&staff).await?;
    let missing = realm.user(&id).join_group("no-such-group").await;
    assert!(missing.unwrap_err().is_not_found());

    // python: get_user_groups | php: getUserGroups | js: users.listGroups | crate: realm_users_with_user_id_groups_get
    let groups = realm.user(&id).list_groups().try_collect().await?;
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].id.as_ref(), Some(&staff));
    assert_eq!(groups[0].path.as_deref(), Some("/staff"));

    // php: getUserGroupsCount | js: users.countGroups | crate: realm_users_with_user_id_groups_count_get
    let count = realm.user(&id).count_groups().await?;
    assert_eq!(count, 1);

    // python: group_user_remove | php: deleteUserFromGroup | js: users.delFromGroup | crate: realm_users_with_user_id_groups_with_group_id_delete
    realm.user(&id).leave_group(&staff).await?;
    assert!(realm.user(&id).list_groups().await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn mails_are_sent() -> Result<(), Error> {
    let sink = SmtpSink::start().unwrap();
    let test = TestRealm::create_with("facade-users-mail", make::mails(&sink)).await;
    let realm = test.get();
    let id = realm.users().create(&person("ann")).await?;

    // python: send_update_account | php: update-account mail | js: users.executeActionsEmail | crate: realm_users_with_user_id_execute_actions_email_put, realm_users_with_user_id_reset_password_email_put
    realm
        .user(&id)
        .execute_actions_email(["UPDATE_PASSWORD"])
        .await?;

    let mail = sink.wait_for_message("ann@example.com", MAIL).unwrap();
    assert_eq!(mail.from, "keycloak@example.com");
    let action = format!("/realms/{}/login-actions/action-token?key=", test.name);
    let has_link = |mail: &Mail| mail.links().iter().any(|link| link.contains(&action));
    assert!(has_link(&mail), "{:?}", mail.links());
    let call = realm.user(&id).execute_actions_email(["UPDATE_PASSWORD"]);
    call.lifespan(3600).client_id("account").await?;
    let unknown = realm.user(&id).execute_actions_email(["NO_SUCH_ACTION"]);
    assert!(unknown.await.unwrap_err().is_bad_request());

    // python: send_verify_email | php: verification mail | js: users.sendVerifyEmail | crate: realm_users_with_user_id_send_verify_email_put
    realm.user(&id).send_verify_email().await?;

    let mails = sink.wait_for_messages("ann@example.com", 3, MAIL).unwrap();
    assert!(has_link(&mails[1]));
    assert_eq!(mails[2].subject(), "Verify email");
    assert!(has_link(&mails[2]));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn sessions_of_a_user_are_seen_and_ended() -> Result<(), Error> {
    let test = TestRealm::create("facade-users-sessions").await;
    let realm = test.get();
    let id = realm.users().create(&make::user("ann")).await?;
    let uuid = realm.clients().create(&make::client("app")).await?;
    let login = Credentials::password("ann", make::PASSWORD)
        .with_client_id("app")
        .with_client_secret("s3cret");
    assert!(realm.user(&id).list_sessions().await?.is_empty());
    test.connect(login.clone()).session().access_token().await?;
    test.connect(login).session().access_token().await?;

    // python: get_sessions | php: sessions of a user | js: users.listSessions | crate: realm_users_with_user_id_sessions_get
    let sessions = realm.user(&id).list_sessions().await?;
    assert_eq!(sessions.len(), 2);
    for session in &sessions {
        assert_eq!(session.username.as_deref(), Some("ann"));
        assert_eq!(session.user_id.as_ref(), Some(&id));
        assert!(session.start.is_some() && session.ip_address.is_some());
    }

    // php: offline sessions of a user and client | js: users.listOfflineSessions | crate: realm_users_with_user_id_offline_sessions_with_client_uuid_get
    let offline = realm.user(&id).list_offline_sessions(&uuid).await?;
    assert!(offline.is_empty());

    // python: user_consents | php: consents of a user | js: users.listConsents | crate: realm_users_with_user_id_consents_get
    let consents = realm.user(&id).list_consents().await?;
    assert!(consents.is_empty());

    // python: revoke_consent | php: revoke consent | js: users.revokeConsent | crate: realm_users_with_user_id_consents_with_client_delete
    let revoked = realm.user(&id).revoke_consent("app").optional().await?;
    assert!(revoked.is_none(), "there was none");

    // python: user_logout | php: log out a user | js: users.logout | crate: realm_users_with_user_id_logout_post
    realm.user(&id).logout().await?;
    assert!(realm.user(&id).list_sessions().await?.is_empty());

    // php: impersonate | js: users.impersonation | crate: realm_users_with_user_id_impersonation_post
    let impersonation = realm.user(&id).impersonate().send().await?;
    let account = format!("/realms/{}/account", test.name);
    assert!(
        impersonation
            .redirect
            .as_deref()
            .unwrap()
            .contains(&account)
    );
    assert_eq!(impersonation.same_realm, Some(false));
    let cookies: HashSet<&[u8]> = impersonation
        .headers()
        .filter(|(name, _)| *name == "set-cookie")
        .filter_map(|(_, cookie)| cookie.split(|byte| *byte == b'=').next())
        .collect();
    let of_session: [&[u8]; 2] = [b"KEYCLOAK_IDENTITY", b"KEYCLOAK_SESSION"];
    assert!(of_session.iter().all(|name| cookies.contains(name)));
    assert_eq!(realm.user(&id).list_sessions().await?.len(), 1);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn attributes_that_nobody_manages_are_seen() -> Result<(), Error> {
    let test = TestRealm::create("facade-users-attr").await;
    let realm = test.get();
    let allow = |config: &mut keycloak_admin::types::UpConfig| {
        config.unmanaged_attribute_policy = Some(UnmanagedAttributePolicy::Enabled);
    };
    realm.user_profile().modify(allow).await?;
    let mut ann = person("ann");
    ann.attributes = Some(attributes([("badge", "4711")]));
    let id = realm.users().create(&ann).await?;

    // js: users.getUnmanagedAttributes | crate: realm_users_with_user_id_unmanaged_attributes_get
    let attributes = realm.user(&id).get_unmanaged_attributes().await?;
    assert_eq!(attributes["badge"], ["4711"]);

    // php: getUserManagementPermissions | js: realms.getUsersManagementPermissions | crate: realm_users_management_permissions_get
    let permissions = realm.users().get_management_permissions().await?;
    assert_eq!(permissions.enabled, Some(false));

    // php: updateUserManagementPermissions | js: realms.updateUsersManagementPermissions | crate: realm_users_management_permissions_put
    let permissions = realm.users().set_management_permissions(true).await?;
    assert_eq!(permissions.enabled, Some(true));
    assert!(
        permissions
            .scope_permissions
            .is_some_and(|scopes| scopes.contains_key("view"))
    );
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn where_the_address_is_the_username_a_user_is_found_by_it() -> Result<(), Error> {
    let test = TestRealm::create_with("facade-users-email", |realm| {
        realm.registration_email_as_username = Some(true);
    })
    .await;
    let users = test.get().users();
    // The server takes ann@example.com for the username.
    let id = users.create(&person("ann")).exist_ok().await?;
    assert!(id.is_created());
    let again = users.create(&person("ann")).exist_ok().await?;
    assert!(!again.is_created());
    assert_eq!(again.inner(), id.inner());
    let found = users.find_by_username("ann@example.com").await?;
    assert_eq!(found.and_then(|user| user.id).as_ref(), Some(id.inner()));

    let mut ben = person("ben");
    ben.username = None;
    let id = users.create(&ben).exist_ok().await?;
    assert!(id.is_created());
    let again = users.create(&ben).exist_ok().await?;
    assert_eq!(again, Ensured::Existing(id.into_id()));
    Ok(())
}
