//! Users, on a real server.

use std::collections::HashSet;
use std::time::Duration;

use keycloak_admin::types::{FederatedIdentityRepresentation, UnmanagedAttributePolicy};
use keycloak_admin::{Credentials, Error, Many, Temporary};
use keycloak_server::smtp::SmtpSink;

use crate::common::{TestRealm, attributes, person};
use crate::make;

/// How long a mail may take.
const MAIL: Duration = Duration::from_secs(30);

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_is_created_changed_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-users").await;
    let realm = test.get();
    let ann = make::user("ann");

    // python: create_user | php: createUser | js: users.create
    let id = realm.users().create(&ann).exist_ok().await?.into_inner();

    // python: get_users | php: getUsers | js: users.find
    let users = realm
        .users()
        .list()
        .query(|q| q.search("ann"))
        .try_collect()
        .await?;
    assert_eq!(users.len(), 1);

    // python: get_user_id
    let found = realm.users().id_by_username("ann").await?;
    assert_eq!(found.as_deref(), Some(id.as_str()));

    // python: get_user | php: getUser | js: users.findOne
    let user = realm.users().id(&id).get().await?;
    assert_eq!(user.username.as_deref(), Some("ann"));

    // python: users_count | php: count users | js: users.count
    let count = realm.users().count().query(|q| q.enabled(true)).await?;
    assert_eq!(count, 1);

    // python: update_user | php: updateUser | js: users.update
    realm
        .users()
        .id(&id)
        .modify(|user| user.first_name = Some("Anna".to_owned()))
        .await?;
    assert_eq!(
        realm.users().id(&id).get().await?.first_name.as_deref(),
        Some("Anna")
    );

    // python: disable_user
    realm
        .users()
        .id(&id)
        .modify(|user| user.enabled = Some(false))
        .await?;
    assert_eq!(realm.users().id(&id).get().await?.enabled, Some(false));

    // python: enable_user
    realm
        .users()
        .id(&id)
        .modify(|user| user.enabled = Some(true))
        .await?;
    assert_eq!(realm.users().id(&id).get().await?.enabled, Some(true));

    // python: set_user_password | php: reset password | js: users.resetPassword
    realm
        .users()
        .id(&id)
        .reset_password("another", Temporary::No)
        .await?;
    test.login("ann", "another").await?;

    // python: delete_user | php: deleteUser | js: users.del
    realm.users().id(&id).delete().await?;
    assert!(realm.users().id(&id).find().await?.is_none());
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
    assert_eq!(realm.users().count().query(|q| q.enabled(false)).await?, 25);

    // python: enable_all_users
    let results = realm
        .users()
        .modify_many(&ids, |user| user.enabled = Some(true))
        .await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(realm.users().count().query(|q| q.enabled(true)).await?, 25);

    let users = realm.users();
    let deleted = Many::new(ids.iter().map(|id| users.id(id).delete_if_exists())).await;
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
    let made = realm.users().create_many(people).await;
    let made: HashSet<String> = made.into_iter().collect::<Result<_, _>>()?;
    assert_eq!(made.len(), 1_050);
    for prefetch in [0, 4] {
        let mut seen = HashSet::new();
        let mut users = realm.users().list().prefetch(prefetch).stream();
        while let Some(user) = users.try_next().await? {
            assert!(seen.insert(user.id.unwrap()), "twice");
        }
        assert_eq!(seen, made);
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn credentials_are_named_ordered_and_removed() -> Result<(), Error> {
    let test = TestRealm::create("facade-users-cred").await;
    let realm = test.get();
    let id = realm.users().create(&make::user("ann")).await?;

    // python: get_credentials | js: users.getCredentials
    let credentials = realm.users().id(&id).credentials().await?;
    let password = credentials[0].id.as_deref().unwrap();

    // js: users.updateCredentialLabel
    realm
        .users()
        .id(&id)
        .label_credential(password, "the first")
        .await?;
    let labelled = realm.users().id(&id).credential(password).await?.unwrap();
    assert_eq!(labelled.user_label.as_deref(), Some("the first"));

    // js: users.moveCredentialPositionUp
    realm
        .users()
        .id(&id)
        .move_credential_to_first(password)
        .await?;

    // js: users.moveCredentialPositionDown
    let moved = realm
        .users()
        .id(&id)
        .move_credential_after(password, password)
        .await;
    // There is one alone, and it cannot stand behind itself.
    assert!(moved.is_ok() || moved.is_err_and(|error| error.status().is_some()));

    // php: disable credentials by type | js: users.disableCredentialTypes
    realm
        .users()
        .id(&id)
        .disable_credential_types(["password"])
        .await?;
    assert_eq!(
        realm.users().id(&id).credentials().await?.len(),
        1,
        "only user federation can"
    );
    assert!(
        realm
            .users()
            .id(&id)
            .user_storage_credential_types()
            .await?
            .is_empty()
    );

    // python: delete_credential | php: remove TOTP | js: users.deleteCredential
    realm.users().id(&id).delete_credential(password).await?;
    assert!(realm.users().id(&id).credentials().await?.is_empty());
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
    let account = FederatedIdentityRepresentation {
        user_id: make::text("4711"),
        user_name: make::text("ann@partner"),
        ..Default::default()
    };

    // python: add_user_social_login | php: add social login | js: users.addToFederatedIdentity
    realm
        .users()
        .id(&id)
        .add_federated_identity("partner", &account)
        .await?;

    // python: get_user_social_logins | php: social logins of a user | js: users.listFederatedIdentities
    let links = realm.users().id(&id).federated_identities().await?;
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].user_name.as_deref(), Some("ann@partner"));
    let again = realm
        .users()
        .id(&id)
        .add_federated_identity("partner", &account)
        .await;
    assert!(again.unwrap_err().is_conflict());

    // python: delete_user_social_login | php: remove social login | js: users.delFromFederatedIdentity
    realm
        .users()
        .id(&id)
        .remove_federated_identity("partner")
        .await?;
    assert!(
        realm
            .users()
            .id(&id)
            .federated_identities()
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

    // python: group_user_add | php: addUserToGroup | js: users.addToGroup
    realm.users().id(&id).join_group(&staff).await?;

    // python: get_user_groups | php: getUserGroups | js: users.listGroups
    let groups = realm.users().id(&id).groups().try_collect().await?;
    assert_eq!(groups[0].path.as_deref(), Some("/staff"));

    // php: getUserGroupsCount | js: users.countGroups
    let count = realm.users().id(&id).count_groups().await?["count"];
    assert_eq!(count, 1);

    // python: group_user_remove | php: deleteUserFromGroup | js: users.delFromGroup
    realm.users().id(&id).leave_group(&staff).await?;
    assert!(realm.users().id(&id).groups().await?.is_empty());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn mails_are_sent() -> Result<(), Error> {
    let sink = SmtpSink::start().unwrap();
    let test = TestRealm::create_with("facade-users-mail", make::mails(&sink)).await;
    let realm = test.get();
    let id = realm.users().create(&person("ann")).await?;

    // python: send_update_account | php: update-account mail | js: users.executeActionsEmail
    realm
        .users()
        .id(&id)
        .execute_actions_email(["UPDATE_PASSWORD"])
        .await?;
    assert!(sink.wait_for_message("ann@example.com", MAIL).is_ok());

    // python: send_verify_email | php: verification mail | js: users.sendVerifyEmail
    realm.users().id(&id).send_verify_email().await?;
    assert!(sink.wait_for_messages("ann@example.com", 2, MAIL).is_ok());
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
    test.connect(login).session().access_token().await?;

    // python: get_sessions | php: sessions of a user | js: users.listSessions
    let sessions = realm.users().id(&id).sessions().await?;
    assert_eq!(sessions.len(), 1);

    // php: offline sessions of a user and client | js: users.listOfflineSessions
    let offline = realm.users().id(&id).offline_sessions(&uuid).await?;
    assert!(offline.is_empty());

    // python: user_consents | php: consents of a user | js: users.listConsents
    let consents = realm.users().id(&id).consents().await?;
    assert!(consents.is_empty());

    // python: revoke_consent | php: revoke consent | js: users.revokeConsent
    let revoked = realm
        .users()
        .id(&id)
        .revoke_consent("app")
        .optional()
        .await?;
    assert!(revoked.is_none(), "there was none");

    // python: user_logout | php: log out a user | js: users.logout
    realm.users().id(&id).logout().await?;
    assert!(realm.users().id(&id).sessions().await?.is_empty());

    // php: impersonate | js: users.impersonation
    let impersonation = realm.users().id(&id).impersonate().await?;
    assert!(impersonation.contains_key("redirect"));
    assert_eq!(realm.users().id(&id).sessions().await?.len(), 1);
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

    // js: users.getUnmanagedAttributes
    let attributes = realm.users().id(&id).unmanaged_attributes().await?;
    assert_eq!(attributes["badge"], ["4711"]);

    // php: getUserManagementPermissions | js: realms.getUsersManagementPermissions
    let permissions = realm.users().management_permissions().await?;
    assert_eq!(permissions.enabled, Some(false));

    // php: updateUserManagementPermissions | js: realms.updateUsersManagementPermissions
    let permissions = realm.users().set_management_permissions(true).await?;
    assert_eq!(permissions.enabled, Some(true));
    assert!(
        permissions
            .scope_permissions
            .is_some_and(|scopes| scopes.contains_key("view"))
    );
    Ok(())
}
