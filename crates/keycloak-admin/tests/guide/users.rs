//! Users.

use std::collections::BTreeMap;
use std::time::Duration;

use keycloak_admin::types::{
    CredentialRepresentation, GroupRepresentation, UnmanagedAttributePolicy, UpAttribute,
    UpAttributePermissions, UserRepresentation,
};
use keycloak_admin::{Batch, Error, Realm, Temporary};
use keycloak_server::smtp::SmtpSink;
use serde_json::json;

use super::common::{TestRealm, person};

async fn create(realm: &Realm) -> Result<String, Error> {
    // ANCHOR: create
    let ada = UserRepresentation::new()
        .with_username("ada")
        .with_email("ada@example.com")
        .with_first_name("Ada")
        .with_last_name("Lovelace")
        .with_enabled(true)
        .with_credentials([
            CredentialRepresentation::password("first password").with_temporary(true)
        ]);
    let id = realm.users().create(&ada).await?;
    // ANCHOR_END

    // ANCHOR: exist_ok
    let made = realm.users().create(&ada).exist_ok().await?;
    if made.is_created() {
        println!("a new user");
    }
    let same_id = made.into_id();
    // ANCHOR_END
    assert_eq!(same_id, id);
    Ok(id)
}

async fn search(realm: &Realm) -> Result<(), Error> {
    // ANCHOR: search
    // Exactly this username, in upper or lower case.
    let ada = realm.users().find_by_username("ada").await?;
    // Exactly this e-mail address.
    let by_email = realm
        .users()
        .list()
        .email("ada@example.com")
        .exact(true)
        .await?;
    // A part of the username, the e-mail address, the first name or the last name.
    let by_text = realm.users().list().search("love").await?;
    // An attribute.
    let by_attribute = realm.users().list().q("department:engines").await?;
    // The number of users without reading them.
    let enabled = realm.users().count().enabled(true).await?;
    // ANCHOR_END
    let id = ada.unwrap().id;
    assert_eq!(by_email.len(), 1);
    assert_eq!(by_email[0].id, id);
    assert_eq!(by_text.len(), 1);
    assert_eq!(by_text[0].id, id);
    assert_eq!(by_attribute.len(), 1);
    assert_eq!(by_attribute[0].id, id);
    assert_eq!(enabled, 1);
    Ok(())
}

async fn attributes(realm: &Realm, id: &str) -> Result<(), Error> {
    // ANCHOR: profile
    let department = UpAttribute::new()
        .with_name("department")
        .with_display_name("Department")
        .with_permissions(
            UpAttributePermissions::new()
                .with_view(["admin", "user"])
                .with_edit(["admin"]),
        );
    realm
        .user_profile()
        .modify(|profile| {
            let attributes = profile.attributes.get_or_insert_default();
            if !attributes
                .iter()
                .any(|attribute| attribute.name == department.name)
            {
                attributes.push(department);
            }
        })
        .await?;
    // ANCHOR_END

    // ANCHOR: attributes
    let user = realm.user(id);
    user.modify(|user| {
        let attributes = user.attributes.get_or_insert_default();
        attributes.insert("department".to_owned(), vec!["engines".to_owned()]);
    })
    .await?;
    // ANCHOR_END
    let stored = user.get().await?.attributes.unwrap();
    assert_eq!(stored["department"], ["engines"]);
    at_once(realm).await?;

    // Without a policy, an attribute that the profile does not have is dropped without an error.
    let set_badge = |user: &mut UserRepresentation| {
        let attributes = user.attributes.get_or_insert_default();
        attributes.insert("badge".to_owned(), vec!["7".to_owned()]);
    };
    user.modify(set_badge).await?;
    let stored = user.get().await?.attributes.unwrap();
    assert!(!stored.contains_key("badge"));

    // ANCHOR: unmanaged
    realm
        .user_profile()
        .modify(|profile| {
            profile.unmanaged_attribute_policy = Some(UnmanagedAttributePolicy::AdminEdit);
        })
        .await?;
    // ANCHOR_END
    user.modify(set_badge).await?;
    let stored = user.get().await?.attributes.unwrap();
    assert_eq!(stored["badge"], ["7"]);
    Ok(())
}

/// A new user with an attribute and a group, and one whose group does not exist.
async fn at_once(realm: &Realm) -> Result<(), Error> {
    let staff = GroupRepresentation::new().with_name("staff");
    realm.groups().create(&staff).await?;

    // ANCHOR: at_once
    let department = ("department".to_owned(), vec!["looms".to_owned()]);
    let joan = UserRepresentation::new()
        .with_username("joan")
        .with_attributes(BTreeMap::from([department]))
        .with_groups(["/staff"]); // the paths of the groups
    let id = realm.users().create(&joan).await?;
    // ANCHOR_END
    let joan = realm.user(&id);
    let attributes = joan.get().await?.attributes.unwrap();
    assert_eq!(attributes["department"], ["looms"]);
    let groups = joan.list_groups().await?;
    assert_eq!(groups[0].path.as_deref(), Some("/staff"));

    let lost = person("lost").with_groups(["/no-such-group"]);
    assert!(realm.users().create(&lost).await.is_err());
    assert!(realm.users().find_by_username("lost").await?.is_none());
    joan.delete().await
}

async fn passwords(realm: &Realm, id: &str) -> Result<(), Error> {
    // ANCHOR: password
    let user = realm.user(id);
    user.reset_password("correct horse", Temporary::No).await?;
    // ANCHOR_END

    // ANCHOR: disable
    user.modify(|user| user.enabled = Some(false)).await?;
    user.logout().await?; // ends the sessions of the user
    // ANCHOR_END
    assert_eq!(user.get().await?.enabled, Some(false));
    user.modify(|user| user.enabled = Some(true)).await
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_are_created_changed_and_found() -> Result<(), Error> {
    let test = TestRealm::create("guide-users").await;
    let realm = test.get();
    let id = create(&realm).await?;
    let actions = realm.user(&id).get().await?.required_actions;
    assert_eq!(
        actions.unwrap(),
        ["UPDATE_PASSWORD"],
        "a temporary password"
    );
    attributes(&realm, &id).await?;
    search(&realm).await?;
    passwords(&realm, &id).await?;
    test.login("ada", "correct horse").await?;

    // ANCHOR: delete
    let existed = realm.user(&id).delete_if_exists().await?;
    // ANCHOR_END
    assert!(existed);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_is_asked_to_act() -> Result<(), Error> {
    let sink = SmtpSink::start().unwrap();
    let port = sink.port().to_string();
    let test = TestRealm::create_with("guide-mail", |realm| {
        let smtp = [
            ("host", "127.0.0.1"),
            ("port", &port),
            ("from", "sso@example.com"),
        ];
        let smtp = smtp.map(|(name, value)| (name.to_owned(), value.to_owned()));
        realm.smtp_server = Some(smtp.into());
    })
    .await;
    let realm = test.get();
    let id = realm.users().create(&person("ada")).await?;

    // ANCHOR: actions
    let user = realm.user(&id);
    // At the next login.
    user.modify(|user| {
        user.required_actions = Some(vec![
            "UPDATE_PASSWORD".to_owned(),
            "CONFIGURE_TOTP".to_owned(),
        ]);
    })
    .await?;
    // By a mail with a link that works for an hour. The realm needs a mail server.
    user.execute_actions_email(["UPDATE_PASSWORD"])
        .lifespan(3600)
        .await?;
    // ANCHOR_END
    let mail = sink.wait_for_message("ada@example.com", Duration::from_secs(30));
    assert!(mail.is_ok());
    let actions = user.get().await?.required_actions.unwrap();
    assert_eq!(actions.len(), 2);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_password_is_migrated_with_its_hash() -> Result<(), Error> {
    let test = TestRealm::create("guide-migration").await;
    let realm = test.get();
    // PBKDF2-SHA256 of "correct horse" with the salt "salt of grace" and 27,500 rounds, made with hashlib of Python.
    let (salt, hash) = (
        "c2FsdCBvZiBncmFjZQ==",
        "xgR2V39Eg3hJ5ZYgAdPGRROwVNBSlhQLUvrAc8pInu8=",
    );

    // ANCHOR: hash
    let stored_hash = CredentialRepresentation::new()
        .with_type("password")
        .with_credential_data(
            json!({"algorithm": "pbkdf2-sha256", "hashIterations": 27_500}).to_string(),
        )
        .with_secret_data(json!({"salt": salt, "value": hash}).to_string()); // both in Base64
    let grace = UserRepresentation::new()
        .with_username("grace")
        .with_email("grace@example.com")
        .with_email_verified(true)
        .with_first_name("Grace")
        .with_last_name("Hopper")
        .with_enabled(true)
        .with_credentials([stored_hash]);
    // ANCHOR_END

    let people = vec![grace, person("ada")];
    let import = people.iter().cloned();
    // ANCHOR: import
    let summary = realm.users().import(import).validate(true).await;
    println!("{} new, {} known", summary.created, summary.existing);
    for failure in &summary.failures {
        eprintln!("{failure}"); // item 17 ("grace"): ...
    }
    // ANCHOR_END
    assert_eq!(summary.created, 2, "{summary:?}");

    // ANCHOR: many
    let results = realm.users().create_many(&people).exist_ok().await;
    for (user, result) in people.iter().zip(&results) {
        if let Err(error) = result {
            eprintln!("{:?}: {error}", user.username);
        }
    }
    // ANCHOR_END
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    test.login("grace", "correct horse").await?;
    assert!(test.login("grace", "battery staple").await.is_err());

    let ids: Vec<String> = results
        .into_iter()
        .map(|made| made.unwrap().into_id())
        .collect();
    // ANCHOR: batch
    let results = Batch::new(ids.iter().map(|id| realm.user(id).delete()))
        .concurrency(8)
        .await;
    // ANCHOR_END
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    Ok(())
}
