//! The cost of work on many users of a real server.

use std::time::Instant;

use keycloak_admin::types::{RealmRepresentation, UserRepresentation};
use keycloak_admin::{Batch, Credentials, ImportError, ImportSummary, Keycloak, Realm};
use serde_json::{Value, json};

use crate::Result;
use crate::workload::peak_kb;

/// The most users that are created, changed and deleted one by one.
const SAMPLE: usize = 2_000;

/// The repetitions of a call that is measured alone. The fastest counts.
const REPEATS: usize = 5;

/// The number of calls that are on their way at a time.
const CONCURRENCY: usize = 16;

const PAGE: u32 = 100;

/// The sizes of batches that are compared.
const BATCH_SIZES: [usize; 5] = [5, 10, 25, 50, 100];

/// The numbers of batches on their way at a time that are compared.
const BATCHES_AT_A_TIME: [usize; 2] = [4, 8];

/// The realm of the users. One that an interrupted run has left is deleted, so no other realm may have this name.
const REALM: &str = "keycloak-admin-bulk-benchmark";

/// The realm of the users without the default role. One that is left is deleted too.
const BARE_REALM: &str = "keycloak-admin-bulk-benchmark-bare";

/// Measures everything with this many users, in two realms that are deleted at the end.
pub(crate) async fn measure(url: &str, count: &str) -> Result<()> {
    let count: usize = count.parse()?;
    let realm = new_realm(url, REALM).await?;
    let bare = new_realm(url, BARE_REALM).await?;
    let measured = measure_in(&realm, &bare, count).await;
    let begun = Instant::now();
    realm.delete().await?;
    let delete_realm = seconds(begun);
    bare.delete().await?;
    let mut measured = measured?;
    measured["delete_realm"] = delete_realm;
    println!("{measured}");
    Ok(())
}

/// Prints how many users a second are imported with each size and each number of batches, with the default role and without, and how many
/// are created one by one before and after them.
pub(crate) async fn measure_batches(url: &str, count: &str) -> Result<()> {
    let count: usize = count.parse()?;
    let realm = new_realm(url, REALM).await?;
    let measured = measure_batches_in(&realm, count).await;
    realm.delete().await?;
    measured
}

async fn measure_batches_in(realm: &Realm, count: usize) -> Result<()> {
    import(realm, "warm", 500).await?;
    create(realm, "hot", 200).await?;
    println!("| batch | at a time | default role | users/s |\n|--:|--:|---|--:|");
    print_creation(realm, "first", count).await?;
    for size in BATCH_SIZES {
        for batches in BATCHES_AT_A_TIME {
            for has_role in [true, false] {
                let users = format!("{size}-{batches}-{has_role}");
                let import = realm.users().import(new_users(&users, count));
                let import = import.defaults(has_role).batch_size(size);
                let begun = Instant::now();
                let summary = import.concurrency(batches).await;
                let rate = rate(count, begun);
                if let Some(failure) = summary.failures.into_iter().next() {
                    return Err(failure.into());
                }
                let role = if has_role { "yes" } else { "no" };
                println!("| {size} | {batches} | {role} | {rate:.0} |");
            }
        }
    }
    print_creation(realm, "last", count).await
}

async fn print_creation(realm: &Realm, prefix: &str, count: usize) -> Result<()> {
    let begun = Instant::now();
    create(realm, prefix, count).await?;
    println!(
        "| 1 | {CONCURRENCY} | created one by one | {:.0} |",
        rate(count, begun)
    );
    Ok(())
}

#[allow(clippy::cast_precision_loss)] // a number of users
fn rate(count: usize, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}

/// Makes a realm without users.
async fn new_realm(url: &str, name: &str) -> Result<Realm> {
    let set = |name| std::env::var(name).unwrap_or_else(|_| "admin".to_owned());
    let mut builder = Keycloak::builder(url)
        .credentials(Credentials::password(
            set("BENCH_USERNAME"),
            set("BENCH_PASSWORD"),
        ))
        .timeout(std::time::Duration::from_secs(600));
    if let Ok(file) = std::env::var("KEYCLOAK_CA_FILE") {
        builder = builder.root_certificate_pem(&std::fs::read(file)?);
    }
    let keycloak = builder.build()?;
    let realm = keycloak.realm(name);
    realm.delete_if_exists().await?;
    let new = RealmRepresentation::new().with_enabled(true);
    keycloak.realms().create(&new.with_realm(name)).await?;
    Ok(realm)
}

async fn measure_in(realm: &Realm, bare: &Realm, count: usize) -> Result<Value> {
    // The server compiles hot code first, for both ways of making users.
    import(realm, "warm", 500).await?;
    create(realm, "hot", 200).await?;
    let sample = count.min(SAMPLE);
    let created = create(realm, "one", sample).await?;
    let before = realm.users().count().await?;

    let imported = import(realm, "user", count).await?;
    let imported_bare = import_bare(bare, count).await?;
    let peak_kb = peak_kb();
    let there = usize::try_from(realm.users().count().await? - before)?;
    if there != count - 3 {
        return Err(format!("{there} of {count} users are there").into());
    }

    let (page_by_page, ids) = list(realm, Some(0)).await?;
    let (prefetched, again) = list(realm, None).await?;
    if ids.len() != again.len() {
        return Err(format!("{} users, then {}", ids.len(), again.len()).into());
    }
    let last = i32::try_from(ids.len())? - i32::try_from(PAGE)?;
    let page = async |first: i32| {
        let users = realm.users().list().first(first).max(PAGE.cast_signed());
        users.await.map(drop)
    };
    let users = realm.users();
    let mut measured = json!({
        "users": count,
        "created": sample,
        "create": created,
        "import": imported,
        "import_bare": imported_bare,
        "peak_kb": peak_kb,
        "list": page_by_page,
        "list_prefetch": prefetched,
        "first_page": fastest(async || page(0).await).await?,
        "last_page": fastest(async || page(last).await).await?,
        "count": fastest(async || users.count().await.map(drop)).await?,
        "search": fastest(async || users.list().search("user-77").await.map(drop)).await?,
        "find": fastest(async || users.find_by_username("user-77").await.map(drop)).await?,
    });
    let some: Vec<String> = ids.into_iter().take(sample).collect();
    let begun = Instant::now();
    let change = |user: &mut UserRepresentation| user.last_name = Some("Changed".to_owned());
    check(users.modify_many(&some, change).await)?;
    measured["modify"] = seconds(begun);
    let begun = Instant::now();
    check(Batch::new(some.iter().map(|id| realm.user(id).delete())).await)?;
    measured["delete"] = seconds(begun);
    Ok(measured)
}

fn new_users(prefix: &str, count: usize) -> impl Iterator<Item = UserRepresentation> + Send {
    (0..count).map(move |n| {
        UserRepresentation::new()
            .with_username(format!("{prefix}-{n}"))
            .with_email(format!("{prefix}-{n}@example.com"))
            .with_first_name("First")
            .with_last_name("Last")
            .with_enabled(true)
    })
}

/// Imports users, three of whom are in a group that does not exist.
async fn import(realm: &Realm, prefix: &str, count: usize) -> Result<Value> {
    let bad = [17, count / 2, count - 1];
    let users = new_users(prefix, count).enumerate().map(|(n, user)| {
        if bad.contains(&n) {
            user.with_groups(["/no such group"])
        } else {
            user
        }
    });
    let begun = Instant::now();
    let ImportSummary {
        created, failures, ..
    } = realm.users().import(users).await;
    let seconds = seconds(begun);
    let found: Vec<usize> = failures.iter().map(ImportError::index).collect();
    if created != count - 3 || found != bad || !failures.iter().all(ImportError::is_refused) {
        return Err(format!("{created} created, failures: {:?}", failures.first()).into());
    }
    Ok(seconds)
}

/// Imports users without the default role of the realm.
async fn import_bare(realm: &Realm, count: usize) -> Result<Value> {
    let begun = Instant::now();
    let import = realm.users().import(new_users("bare", count));
    let summary = import.defaults(false).await;
    match summary.failures.into_iter().next() {
        Some(failure) => Err(failure.into()),
        None => Ok(seconds(begun)),
    }
}

async fn create(realm: &Realm, prefix: &str, count: usize) -> Result<Value> {
    let begun = Instant::now();
    let users = realm.users().create_many(new_users(prefix, count));
    check(users.concurrency(CONCURRENCY).await)?;
    Ok(seconds(begun))
}

/// Reads all users, and returns the time and their ids.
async fn list(realm: &Realm, prefetch: Option<u32>) -> Result<(Value, Vec<String>)> {
    let list = realm.users().list().brief_representation(true).stream();
    let mut list = match prefetch {
        Some(pages) => list.prefetch(pages),
        None => list,
    };
    let (begun, mut ids) = (Instant::now(), Vec::new());
    while let Some(user) = list.try_next().await? {
        ids.extend(user.id);
    }
    Ok((seconds(begun), ids))
}

async fn fastest<E>(call: impl AsyncFn() -> std::result::Result<(), E>) -> Result<f64>
where
    E: std::error::Error + 'static,
{
    let mut fastest = f64::INFINITY;
    for _ in 0..REPEATS {
        let begun = Instant::now();
        call().await?;
        fastest = fastest.min(begun.elapsed().as_secs_f64());
    }
    Ok(fastest)
}

fn check<T, E: std::error::Error + 'static>(results: Vec<std::result::Result<T, E>>) -> Result<()> {
    for result in results {
        result?;
    }
    Ok(())
}

fn seconds(begun: Instant) -> Value {
    begun.elapsed().as_secs_f64().into()
}
