//! Lists and streams.

use futures_util::TryStreamExt as _;
use keycloak_admin::{Error, Realm};

use super::common::{TestRealm, person};

async fn read(realm: &Realm) -> Result<(), Error> {
    // ANCHOR: page
    let page = realm.users().list().first(0).max(20).await?;
    // ANCHOR_END
    assert_eq!(page.len(), 20);

    // ANCHOR: stream
    let mut users = realm.users().list().stream();
    while let Some(user) = users.try_next().await? {
        println!("{}", user.username.unwrap_or_default());
    }
    // ANCHOR_END

    // ANCHOR: collect
    let everybody = realm.users().list().try_collect().await?;
    // ANCHOR_END
    assert_eq!(everybody.len(), 130);

    let some = realm.users().list().max(60).stream().page_size(50);
    assert_eq!(some.try_collect().await?.len(), 60, "`max` ends a stream");

    // ANCHOR: prefetch
    let users = realm.users().list().brief_representation(true);
    let everybody = users
        .stream()
        .page_size(50)
        .prefetch(4)
        .try_collect()
        .await?;
    // ANCHOR_END
    assert_eq!(everybody.len(), 130);

    // ANCHOR: pages
    let mut pages = realm.users().list().pages().page_size(50);
    while let Some(page) = pages.try_next().await? {
        println!("{} users", page.len());
    }
    // ANCHOR_END
    Ok(())
}

/// The streams of this crate are streams of `futures`, too.
async fn combine(realm: &Realm) -> Result<(), Error> {
    // ANCHOR: combinators
    // use futures_util::TryStreamExt as _;
    let addresses: Vec<String> = realm
        .users()
        .list()
        .stream()
        .try_filter_map(async |user| Ok(user.email))
        .try_collect()
        .await?;
    // ANCHOR_END
    assert_eq!(addresses.len(), 130);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn lists_are_read_in_all_ways() -> Result<(), Error> {
    let test = TestRealm::create("guide-lists").await;
    let realm = test.get();
    let people = (0..130).map(|n| person(&format!("user-{n}")));
    let made = realm.users().create_many(people).await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    read(&realm).await?;
    combine(&realm).await
}
