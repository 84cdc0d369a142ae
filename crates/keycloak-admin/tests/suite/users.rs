//! Users, on a real server.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]

use std::collections::HashSet;

use crate::common::repeat::make_realm_admin;
use crate::common::{TestRealm, attributes, person};
use keycloak_admin::types::{
    ClientRepresentation, CredentialRepresentation, UserConsentRepresentation, UserRepresentation,
};
use keycloak_admin::{ApiCall as _, Credentials, Ensured, ErrorKind, Realm, Temporary};

fn person_with_password(username: &str, value: &str) -> UserRepresentation {
    person(username).with_credentials([CredentialRepresentation::password(value)])
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_is_created_once() {
    let realm = TestRealm::create("users-create").await;
    let users = realm.get().users();
    let example = UserRepresentation::new()
        .with_username("Example@example.com")
        .with_email("Example@example.com")
        .with_enabled(true)
        .with_first_name("Example")
        .with_last_name("Example");
    let id = users.create(&example).await.unwrap();
    let stored = realm.get().user(&id).get().await.unwrap();
    assert_eq!(stored.id.as_ref(), Some(&id));
    assert_eq!(
        stored.username.as_deref(),
        Some("example@example.com"),
        "in lower case"
    );
    assert_eq!(
        stored.email.as_deref(),
        Some("example@example.com"),
        "in lower case"
    );
    assert_eq!(
        (stored.first_name, stored.last_name),
        (example.first_name.clone(), example.last_name.clone())
    );
    assert_eq!(stored.enabled, Some(true));

    let error = users.create(&example).await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.status(), Some(409));
    assert_eq!(error.operation(), Some("create_user"));
    // Both are taken; the server names one of them.
    let message = error.message().unwrap();
    assert!(message.starts_with("User exists with same "), "{message}");
    assert_eq!(users.count().await.unwrap(), 1);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn exist_ok_finds_the_user_of_that_name() {
    let realm = TestRealm::create("users-exist-ok").await;
    let users = realm.get().users();
    let made = users.create(&person("alice")).exist_ok().await.unwrap();
    assert!(made.is_created());
    let found = users.create(&person("ALICE")).exist_ok().await.unwrap();
    assert_eq!(found, Ensured::Existing(made.into_inner()));
    // A name that is part of another: the lookup is exact.
    assert!(
        users
            .create(&person("ali"))
            .exist_ok()
            .await
            .unwrap()
            .is_created()
    );
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn exist_ok_does_not_take_another_users_email_for_the_user() {
    let realm = TestRealm::create("users-email").await;
    let users = realm.get().users();
    users.create(&person("alice")).await.unwrap();
    let bob = person("bob").with_email("alice@example.com");
    let error = users.create(&bob).exist_ok().await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let text = error.to_string();
    assert!(text.contains("User exists with same email"), "{text}");
    assert!(text.contains("username \"bob\""), "{text}");
    assert!(users.find_by_username("bob").await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_who_is_created_with_a_password_can_log_in_with_it() {
    let realm = TestRealm::create("users-password").await;
    let users = realm.get().users();
    users
        .create(&person_with_password("alice", "secret"))
        .await
        .unwrap();
    realm.login("alice", "secret").await.unwrap();
    let error = realm.login("alice", "wrong").await.unwrap_err();
    assert!(error.is_authentication());
    assert_eq!(error.error_code(), Some("invalid_grant"));
    assert_eq!(error.message(), Some("Invalid user credentials"));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_locale_is_stored() {
    let realm = TestRealm::create_with("users-locale", |realm| {
        realm.internationalization_enabled = Some(true);
        realm.supported_locales = Some(vec!["en".to_owned(), "fr".to_owned()]);
        realm.default_locale = Some("en".to_owned());
    })
    .await;
    let users = realm.get().users();
    let user = person("example").with_attributes([("locale", ["fr"])]);
    let id = users.create(&user).await.unwrap();
    let stored = realm.get().user(&id).get().await.unwrap();
    assert_eq!(stored.attributes, Some(attributes([("locale", "fr")])));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_are_counted_listed_and_found() {
    let realm = TestRealm::create("users-find").await;
    let users = realm.get().users();
    assert_eq!(users.count().await.unwrap(), 0);
    let alice = users.create(&person("alice")).await.unwrap();
    let alice2 = users.create(&person("alice2")).await.unwrap();
    let locked = person("bob").with_enabled(false);
    users.create(&locked).await.unwrap();

    assert_eq!(users.count().await.unwrap(), 3);
    assert_eq!(users.count().search("alice").await.unwrap(), 2);
    assert_eq!(users.count().enabled(false).await.unwrap(), 1);
    let names = |users: Vec<UserRepresentation>| -> Vec<String> {
        users.into_iter().filter_map(|user| user.username).collect()
    };
    let everybody = users.list().await.unwrap();
    assert_eq!(names(everybody), ["alice", "alice2", "bob"]);
    let enabled = users.list().enabled(true).await.unwrap();
    assert_eq!(names(enabled), ["alice", "alice2"]);
    let second = users.list().first(1).max(1).await.unwrap();
    assert_eq!(names(second), ["alice2"]);
    let response = users.list().send().await.unwrap();
    assert_eq!((response.status(), response.len()), (200, 3));

    assert_eq!(users.find_id("alice").await.unwrap(), Some(alice));
    assert_eq!(users.find_id("Alice2").await.unwrap(), Some(alice2));
    assert_eq!(users.find_id("alic").await.unwrap(), None);
    assert_eq!(users.find_id("").await.unwrap(), None);
    let bob = users.find_by_username("bob").await.unwrap().unwrap();
    assert_eq!(bob.email.as_deref(), Some("bob@example.com"));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_update_without_attributes_changes_what_is_set() {
    let realm = TestRealm::create("users-update").await;
    let users = realm.get().users();
    let id = users.create(&person("alice")).await.unwrap();
    let user = realm.get().user(&id);
    let update = UserRepresentation::new().with_first_name("Example Update");
    user.update(&update).await.unwrap();
    let stored = user.get().await.unwrap();
    assert_eq!(stored.first_name.as_deref(), Some("Example Update"));
    assert_eq!(stored.last_name.as_deref(), Some("Person"));
    assert_eq!(stored.email.as_deref(), Some("alice@example.com"));
}

/// Attributes that no profile declares are kept where the realm's profile allows it.
async fn allow_any_attribute(realm: Realm) {
    let api = realm.keycloak().api();
    let profile = api.get_user_profile_config().realm(realm.name());
    let mut config = profile
        .into_request()
        .send_json::<serde_json::Value>()
        .await
        .unwrap()
        .into_inner();
    config["unmanagedAttributePolicy"] = "ENABLED".into();
    let mut update = api.update_user_profile_config().realm(realm.name());
    update.request_mut().set_json(&config);
    update.await.unwrap();
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn modify_keeps_what_it_does_not_touch_where_an_update_wipes_it() {
    let realm = TestRealm::create("users-modify").await;
    allow_any_attribute(realm.get()).await;
    let users = realm.get().users();
    let alice = person_with_password("alice", "secret")
        .with_attributes([("site", ["paris"]), ("team", ["blue"])])
        .with_required_actions(["VERIFY_EMAIL"])
        .with_email_verified(true);
    let id = users.create(&alice).await.unwrap();
    let user = realm.get().user(&id);
    let before = user.get().await.unwrap();
    user.modify(|user| {
        let attributes = user.attributes.get_or_insert_default();
        attributes.insert("team".to_owned(), vec!["red".to_owned()]);
        user.last_name = Some("Changed".to_owned());
        user.required_actions = Some(Vec::new());
    })
    .await
    .unwrap();
    let mut expected = before.clone();
    expected.attributes = Some(attributes([("site", "paris"), ("team", "red")]));
    expected.last_name = Some("Changed".to_owned());
    expected.required_actions = Some(Vec::new());
    let after = user.get().await.unwrap();
    assert_eq!(
        serde_json::to_value(&after).unwrap(),
        serde_json::to_value(&expected).unwrap()
    );
    realm
        .login("alice", "secret")
        .await
        .expect("the password is kept");

    // The same with a bare update: names and e-mail address are gone.
    let update = UserRepresentation::new().with_attributes([("team", ["green"])]);
    user.update(&update).await.unwrap();
    let after = user.get().await.unwrap();
    assert_eq!(after.attributes, Some(attributes([("team", "green")])));
    assert_eq!(
        (after.first_name, after.last_name, after.email),
        (None, None, None)
    );
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn modify_clears_what_is_set_to_none() {
    let realm = TestRealm::create("users-clear").await;
    let users = realm.get().users();
    // Without any attribute a plain update would keep what is left out.
    let id = users.create(&person("alice")).await.unwrap();
    let user = realm.get().user(&id);
    user.modify(|user| user.first_name = None).await.unwrap();
    let stored = user.get().await.unwrap();
    assert_eq!(stored.first_name, None);
    assert_eq!(stored.last_name.as_deref(), Some("Person"));
    assert_eq!(stored.email.as_deref(), Some("alice@example.com"));
    let error = realm
        .get()
        .user("no-such-user")
        .modify(|user| user.first_name = None)
        .await
        .unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.operation(), Some("get_user"));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn absent_and_null_keep_a_value_and_empty_clears_it() {
    let realm = TestRealm::create("users-null").await;
    allow_any_attribute(realm.get()).await;
    let users = realm.get().users();
    let alice = person("alice")
        .with_attributes([("site", ["paris"]), ("team", ["blue"])])
        .with_required_actions(["UPDATE_PASSWORD"]);
    let id = users.create(&alice).await.unwrap();
    let user = realm.get().user(&id);
    let actions = || async { user.get().await.unwrap().required_actions.unwrap() };

    user.update(&UserRepresentation::new()).await.unwrap();
    assert_eq!(actions().await, ["UPDATE_PASSWORD"], "absent keeps");

    // The types cannot hold a null in the JSON. It is the same as absent.
    let nulls = serde_json::json!({"requiredActions": null, "firstName": null, "attributes": null});
    let mut update = user.update(&UserRepresentation::new());
    update.request_mut().set_json(&nulls);
    update.await.unwrap();
    let stored = user.get().await.unwrap();
    assert_eq!(actions().await, ["UPDATE_PASSWORD"], "null keeps");
    assert_eq!(stored.first_name, alice.first_name);
    assert_eq!(stored.attributes, alice.attributes);

    let empty = UserRepresentation::new().with_required_actions([""; 0]);
    user.update(&empty).await.unwrap();
    assert_eq!(actions().await, [""; 0], "empty clears");

    let without_a_key = stored.with_attributes([("site", ["paris"])]);
    user.update(&without_a_key).await.unwrap();
    let stored = user.get().await.unwrap();
    assert_eq!(
        stored.attributes,
        Some(attributes([("site", "paris")])),
        "a map without a key clears the key"
    );
    assert_eq!(stored.first_name, alice.first_name);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_password_is_set_for_good_or_until_the_next_login() {
    let realm = TestRealm::create("users-reset").await;
    let users = realm.get().users();
    let id = users.create(&person("alice")).await.unwrap();
    let user = realm.get().user(&id);
    user.reset_password("first", Temporary::No).await.unwrap();
    realm.login("alice", "first").await.unwrap();
    assert_eq!(user.get().await.unwrap().required_actions, Some(Vec::new()));

    user.reset_password("secret", Temporary::Yes).await.unwrap();
    let stored = user.get().await.unwrap();
    assert_eq!(
        stored.required_actions,
        Some(vec!["UPDATE_PASSWORD".to_owned()])
    );
    let error = realm.login("alice", "secret").await.unwrap_err();
    assert_eq!(error.message(), Some("Account is not fully set up"));
    let error = realm.login("alice", "first").await.unwrap_err();
    assert_eq!(error.message(), Some("Invalid user credentials"));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn consents_are_listed_and_revoked() {
    let consent = UserConsentRepresentation::new()
        .with_client_id("shop")
        .with_granted_client_scopes(["email", "profile"]);
    let realm = TestRealm::create_with("users-consents", |realm| {
        realm.clients = Some(vec![
            ClientRepresentation::new()
                .with_client_id("shop")
                .with_consent_required(true),
        ]);
        realm.users = Some(vec![person("alice").with_client_consents([consent])]);
    })
    .await;
    let users = realm.get().users();
    let id = users.find_id("alice").await.unwrap().unwrap();
    let user = realm.get().user(&id);
    let consents = user.list_consents().await.unwrap();
    assert_eq!(consents.len(), 1);
    assert_eq!(consents[0].client_id.as_deref(), Some("shop"));
    let scopes = consents[0].granted_client_scopes.as_deref().unwrap();
    let scopes: HashSet<&str> = scopes.iter().map(String::as_str).collect();
    assert_eq!(scopes, HashSet::from(["email", "profile"]));

    user.revoke_consent("shop").await.unwrap();
    assert_eq!(user.list_consents().await.unwrap().len(), 0);
    assert!(
        user.revoke_consent("shop")
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn many_users_are_created_with_a_result_for_each() {
    let realm = TestRealm::create("users-many").await;
    let users = realm.get().users();
    users.create(&person("user-3")).await.unwrap();
    let people: Vec<_> = (0..10).map(|n| person(&format!("user-{n}"))).collect();
    let results = users.create_many(&people).concurrency(4).await;
    assert_eq!(results.len(), 10);
    for (n, result) in results.iter().enumerate() {
        if n == 3 {
            assert!(result.as_ref().unwrap_err().is_conflict());
        } else {
            let id = users.find_id(&format!("user-{n}")).await.unwrap();
            assert_eq!(result.as_ref().ok(), id.as_ref());
        }
    }
    let again = users.create_many(people).exist_ok().await;
    let ids: HashSet<String> = again
        .into_iter()
        .map(|result| match result.unwrap() {
            Ensured::Existing(id) => id,
            Ensured::Created(id) => panic!("{id} was created twice"),
        })
        .collect();
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn unusual_usernames_are_found_or_refused_with_the_field_that_is_wrong() {
    let realm = TestRealm::create("users-names").await;
    let users = realm.get().users();
    for name in ["élodie", "a+b@example.com", "under_score-dash.dot"] {
        let mut user = person(name);
        user.email = None;
        let id = users.create(&user).await.unwrap();
        assert_eq!(users.find_id(name).await.unwrap(), Some(id), "{name}");
        assert!(
            !users.create(&user).exist_ok().await.unwrap().is_created(),
            "{name}"
        );
    }
    for name in ["a/bc", "a%bc", "a;bc", "a bc", "名前名前"] {
        let mut user = person(name);
        user.email = None;
        let error = users.create(&user).await.unwrap_err();
        assert!(error.is_bad_request(), "{name}");
        assert_eq!(
            error.message(),
            Some("error-username-invalid-character"),
            "{name}"
        );
        assert_eq!(users.find_id(name).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_client_with_a_secret_works_in_the_realm_it_belongs_to() {
    let realm = TestRealm::create_with("users-client", |realm| {
        realm.clients = Some(vec![
            ClientRepresentation::new()
                .with_client_id("my_client")
                .with_secret("client-secret")
                .with_service_accounts_enabled(true)
                .with_direct_access_grants_enabled(true),
        ]);
    })
    .await;
    let users = realm.get().users();
    let admin = users
        .create(&person_with_password("example-admin", "secret"))
        .await
        .unwrap();
    make_realm_admin(&realm.get(), &admin).await.unwrap();

    // A user and a password through a confidential client.
    let credentials = Credentials::password("example-admin", "secret").with_client_id("my_client");
    let keycloak = realm.connect(credentials.clone().with_client_secret("client-secret"));
    assert_eq!(
        keycloak.realm(&realm.name).users().count().await.unwrap(),
        1
    );
    let error = keycloak.realm("master").users().count().await.unwrap_err();
    assert!(error.is_forbidden(), "{error}");
    let wrong = realm.connect(credentials.with_client_secret("wrong"));
    let error = wrong.realm(&realm.name).users().count().await.unwrap_err();
    assert!(error.is_authentication(), "{error}");

    // The client's own service account, without rights at first.
    let keycloak = realm.connect(Credentials::client_secret("my_client", "client-secret"));
    let in_realm = keycloak.realm(&realm.name);
    assert!(in_realm.users().count().await.unwrap_err().is_forbidden());
    let account = users
        .find_by_username("service-account-my_client")
        .await
        .unwrap()
        .unwrap();
    make_realm_admin(&realm.get(), account.id.as_deref().unwrap())
        .await
        .unwrap();
    keycloak.session().forget_token();
    assert_eq!(in_realm.users().count().await.unwrap(), 1);
    assert!(
        in_realm
            .users()
            .create(&person("alice"))
            .exist_ok()
            .await
            .unwrap()
            .is_created()
    );
}
