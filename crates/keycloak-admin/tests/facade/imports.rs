//! Imports in batches, on a real server.

use std::collections::BTreeSet;

use futures_util::stream::iter;
use keycloak_admin::types::{
    CredentialRepresentation, PartialImportPolicy, RequiredActionProviderRepresentation,
    UserRepresentation,
};
use keycloak_admin::{Error, ImportError, ImportSummary, Imported, Realm};
use serde_json::json;

use crate::common::{TestRealm, person};
use crate::make;

// Hashes of `s3cret`. Those of PBKDF2 have 1,000 rounds and the salt `0123456789abcdef`.
const SHA1: &str =
    "w3iNdZp3PQjk0L7b0QSNWmUSEfv004OomatKwJfhDjoyMtXpSDg/fTnS4BpN1mkSHbGhAzejFtnOmOECuIWyLQ==";
const SHA256: &str =
    "Pz0s4HPO+TyHnyTxIR8Lx+fEZojc3Lc26DQkf4ZOWCm7nlXYjpYQg72ii0fdZl5e07jkqXotRXcri5lK1pfSnQ==";
const SHA512: &str =
    "I6jnt8bM4J9r711KfpVquZzzOZZLouvfTxmoWgwaE0lSzZcDYtr9Xx67UMVGZQSo8iap1qZ+soOki4c/+3eq/g==";
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuuLZYjhNQAOdpbzt4WxWlUHjv1wsyH5DG";

fn people(count: usize) -> impl Iterator<Item = UserRepresentation> + Send {
    (0..count).map(|n| person(&format!("user-{n:03}")))
}

/// The number of created objects, and the name of each failure with its status.
fn outcome(summary: &ImportSummary) -> (usize, Vec<(&str, Option<u16>)>) {
    let failures = summary.failures.iter();
    let named = failures.map(|failure| (failure.name().unwrap(), failure.error().status()));
    (summary.created, named.collect())
}

/// The names of the groups, the realm roles and the required actions of a user.
async fn memberships(realm: &Realm, username: &str) -> Result<[BTreeSet<String>; 3], Error> {
    let user = realm.users().find_by_username(username).await?.unwrap();
    let handle = realm.user(user.id.unwrap());
    let groups = handle.list_groups().await?;
    let roles = handle.realm_roles().list().await?;
    Ok([
        groups.into_iter().filter_map(|group| group.path).collect(),
        roles.into_iter().filter_map(|role| role.name).collect(),
        user.required_actions.into_iter().flatten().collect(),
    ])
}

fn set<const N: usize>(texts: [&str; N]) -> BTreeSet<String> {
    texts.map(str::to_owned).into()
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn three_bad_users_are_named_and_all_others_are_imported() -> Result<(), Error> {
    let test = TestRealm::create("facade-import").await;
    let realm = test.get();
    let bad = |user: UserRepresentation| match user.username.as_deref() {
        Some("user-007") => user.with_groups(["/no such group"]),
        Some("user-123") => user.with_first_name("x".repeat(300)),
        // The address of another user of the batch.
        Some("user-249") => user.with_email("user-230@example.com"),
        _ => user,
    };
    let summary = realm.users().import(people(250).map(bad)).await;
    let failures = vec![
        ("user-007", Some(500)),
        ("user-123", Some(500)),
        ("user-249", None),
    ];
    assert_eq!(outcome(&summary), (247, failures));
    assert!(summary.failures.iter().all(ImportError::is_refused));
    let indexes: Vec<_> = summary.failures.iter().map(ImportError::index).collect();
    assert_eq!(indexes, [7, 123, 249]);
    assert!(summary.failures[2].error().is_conflict(), "{summary:?}");
    assert_eq!(realm.users().count().await?, 247);

    let people = people(250);
    // python: partial_import_realm | php: partialImportRealm | js: realms.partialImport | crate: realm_partial_import_post
    let summary = realm.users().import(people).await;
    assert_eq!((summary.created, summary.existing), (3, 247));
    assert_eq!(realm.users().count().await?, 250);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn existing_users_are_kept_refused_or_replaced() -> Result<(), Error> {
    let test = TestRealm::create("facade-import-exists").await;
    let realm = test.get();
    let ann = realm.users().create(&person("ann")).await?;
    let changed = || [person("ann").with_last_name("Other"), person("bob")];

    let mut kept = realm.users().import(changed()).stream();
    assert_eq!(
        kept.next().await.unwrap().unwrap(),
        Imported::Existing(ann.clone())
    );
    let bob = kept.next().await.unwrap().unwrap();
    assert!(matches!(&bob, Imported::Created(id) if realm.user(id).get().await.is_ok()));
    assert!(kept.next().await.is_none());
    let name = async || realm.user(&ann).get().await.map(|user| user.last_name);
    assert_eq!(name().await?.as_deref(), Some("Person"));

    let more = changed().into_iter().chain([person("carl")]);
    let failed = realm
        .users()
        .import(more)
        .if_exists(PartialImportPolicy::Fail)
        .await;
    assert_eq!(outcome(&failed), (1, vec![("ann", None), ("bob", None)]));
    assert!(
        failed
            .failures
            .iter()
            .all(|failure| failure.error().is_conflict())
    );

    let overwrite = realm
        .users()
        .import(changed())
        .if_exists(PartialImportPolicy::Overwrite);
    let mut replaced = overwrite.stream();
    let Some(Ok(Imported::Overwritten(id))) = replaced.next().await else {
        panic!("ann is there");
    };
    assert_ne!(id, ann);
    assert_eq!(
        realm.user(&id).get().await?.last_name.as_deref(),
        Some("Other")
    );
    assert!(realm.user(&ann).find().await?.is_none());
    Ok(())
}

/// `OVERWRITE` deletes the user who has the e-mail address, whatever the username.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_overwrite_deletes_the_other_user_of_an_address() -> Result<(), Error> {
    let test = TestRealm::create("facade-import-address").await;
    let realm = test.get();
    realm.users().create(&person("ann")).await?;
    let taken = || [person("bob").with_email("ann@example.com")];
    let kept = realm.users().import(taken()).await;
    assert_eq!(outcome(&kept), (0, vec![("bob", None)]));

    let import = realm
        .users()
        .import(taken())
        .if_exists(PartialImportPolicy::Overwrite);
    assert_eq!(import.await.overwritten, 1);
    assert!(realm.users().find_by_username("ann").await?.is_none());
    assert!(realm.users().find_by_username("bob").await?.is_some());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn imported_users_have_what_created_ones_have_and_their_own() -> Result<(), Error> {
    let test = TestRealm::create("facade-import-whole").await;
    let realm = test.get();
    let staff = realm.groups().create(&make::group("staff")).await?;
    realm.add_default_group(&staff).await?;
    realm.groups().create(&make::group("night")).await?;
    realm.roles().create(&make::role("baker")).await?;
    let terms =
        |action: &mut RequiredActionProviderRepresentation| action.default_action = Some(true);
    realm
        .authentication()
        .required_action("UPDATE_PASSWORD")
        .modify(terms)
        .await?;

    let own = |name: &str| {
        make::user(name)
            .with_groups(["/night"])
            .with_realm_roles(["baker"])
    };
    realm.users().create(&person("created")).await?;
    let with_defaults = realm.users().import([own("ann"), person("bob")]).await;
    assert_eq!(with_defaults.created, 2, "{with_defaults:?}");
    let bare = realm.users().import([own("carl")]).defaults(false).await;
    assert_eq!(bare.created, 1, "{bare:?}");

    let default_role = format!("default-roles-{}", test.name);
    let created = memberships(&realm, "created").await?;
    let expected = [
        set(["/staff"]),
        set([&default_role]),
        set(["UPDATE_PASSWORD"]),
    ];
    assert_eq!(created, expected);
    assert_eq!(memberships(&realm, "bob").await?, created);
    let both = [
        set(["/night", "/staff"]),
        set(["baker", &default_role]),
        set(["UPDATE_PASSWORD"]),
    ];
    assert_eq!(memberships(&realm, "ann").await?, both);
    assert_eq!(
        memberships(&realm, "carl").await?,
        [set(["/night"]), set(["baker"]), set([])]
    );
    test.login("carl", make::PASSWORD).await?;
    Ok(())
}

/// A stored hash of the password `s3cret`.
fn hash(
    username: &str,
    secret: &serde_json::Value,
    data: &serde_json::Value,
) -> UserRepresentation {
    let hash = CredentialRepresentation::new()
        .with_type("password")
        .with_secret_data(secret.to_string())
        .with_credential_data(data.to_string());
    person(username).with_credentials([hash])
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn hashes_of_other_systems_are_taken_and_only_known_ones_let_users_in() -> Result<(), Error> {
    let test = TestRealm::create("facade-import-hashes").await;
    let realm = test.get();
    let salt = "MDEyMzQ1Njc4OWFiY2RlZg==";
    let pbkdf2 = |name, value| {
        let data = json!({"algorithm": name, "hashIterations": 1000});
        hash(name, &json!({"salt": salt, "value": value}), &data)
    };
    let users = [
        pbkdf2("pbkdf2", SHA1),
        pbkdf2("pbkdf2-sha256", SHA256),
        pbkdf2("pbkdf2-sha512", SHA512),
        hash(
            "argon2",
            &json!({
                "salt": "wONVWZ8TBKiNo6LSupEeyQ==",
                "value": "frIUoKL+BJEOrNZu3vxIG93lM7/E4JpuxBjzpUHGSlk=",
            }),
            &json!({"algorithm": "argon2", "hashIterations": 5, "additionalParameters": {
                "type": ["id"], "version": ["1.3"], "memory": ["7168"], "parallelism": ["1"], "hashLength": ["32"],
            }}),
        ),
        hash(
            "bcrypt",
            &json!({"value": BCRYPT, "salt": ""}),
            &json!({"algorithm": "bcrypt", "hashIterations": 4}),
        ),
    ];
    let names = users.clone().map(|user| user.username.unwrap());
    let summary = realm.users().import(users).await;
    assert_eq!(outcome(&summary), (5, vec![]));
    for name in names {
        let login = test.login(&name, "s3cret").await;
        assert_eq!(login.is_ok(), name != "bcrypt", "{name}: {login:?}");
        assert!(test.login(&name, "another").await.is_err(), "{name}");
    }

    // Data that is no JSON is refused.
    let garbage = CredentialRepresentation::new()
        .with_type("password")
        .with_secret_data("x")
        .with_credential_data("x");
    let import = realm
        .users()
        .import([person("eve").with_credentials([garbage])]);
    assert_eq!(outcome(&import.await), (0, vec![("eve", Some(500))]));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_who_breaks_the_profile_goes_in_unless_users_are_validated() -> Result<(), Error> {
    let test = TestRealm::create("facade-import-profile").await;
    let realm = test.get();
    let odd = |prefix: &str| {
        let name = |name: &str| format!("{prefix}{name}");
        [
            person(&name("plain")),
            // Right, though not plainly.
            person(&name("jörg"))
                .with_email(name("o'hara@example.com"))
                .with_first_name("J\u{f6}rg 2"),
            person(&name("address")).with_email("no address"),
            person(&name("sign")).with_last_name("<b>"),
        ]
    };
    let short = |name: &str| [person(name).with_email(format!("{name}-1@example.com"))];
    let unchecked = realm
        .users()
        .import(short("ab").into_iter().chain(odd("a")))
        .await;
    assert_eq!(outcome(&unchecked), (5, vec![]));
    let one = realm.users().create(&short("cd")[0]).await.unwrap_err();
    assert_eq!(one.status(), Some(400));

    let users = short("ef")
        .into_iter()
        .chain(odd("b").map(|user| match user.email.as_deref() {
            Some("no address") => user.with_email("nor this"),
            _ => user,
        }));
    let checked = realm.users().import(users).validate(true).await;
    let refused = vec![
        ("ef", Some(400)),
        ("baddress", Some(400)),
        ("bsign", Some(400)),
    ];
    assert_eq!(outcome(&checked), (2, refused));
    assert!(checked.failures.iter().all(ImportError::is_refused));
    assert!(!checked.failures[0].error().field_errors().is_empty());
    assert_eq!(realm.users().count().await?, 7);
    let joerg = realm.users().find_by_username("björg").await?.unwrap();
    assert_eq!(joerg.enabled, Some(true));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn groups_with_subgroups_are_imported() -> Result<(), Error> {
    let test = TestRealm::create("facade-import-groups").await;
    let realm = test.get();
    let group = |n: usize| {
        let name = format!("group-{n}");
        let name = if n == 5 { "x".repeat(300) } else { name };
        make::group(&name).with_sub_groups([make::group("below")])
    };
    let summary = realm
        .groups()
        .import((0..60).map(group))
        .batch_size(20)
        .await;
    assert_eq!((summary.created, summary.failures.len()), (59, 1));
    assert_eq!(summary.failures[0].index(), 5);
    assert_eq!(realm.groups().count().await?, 118);
    assert!(
        realm
            .groups()
            .find_by_path("/group-7/below")
            .await?
            .is_some()
    );

    let again = [make::group("group-7"), make::group("a/b")];
    let again = realm.groups().import_stream(iter(again)).await;
    assert_eq!((again.created, again.existing), (1, 1), "{again:?}");
    Ok(())
}
