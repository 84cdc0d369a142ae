//! Finds users who have not logged in for a number of days, and disables them.
//!
//! ```text
//! cargo run -p keycloak-admin --example disable_inactive -- acme 90
//! ```
//!
//! Keycloak does not store the time of a user's last login, so the program reads the login events of the realm. The realm must keep them for at least as long. Users who
//! were created within that time are left alone.

mod common;

use std::collections::HashSet;
use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use keycloak_admin::Realm;

const DAY: i64 = 24 * 60 * 60;

/// Finds users who have not logged in for a number of days, and disables them.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
    /// The number of days without a login after which a user is disabled.
    days: i64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let since = i64::try_from(now)? - args.days * DAY;
    let keycloak = common::connect()?;
    for username in run(&keycloak.realm(&args.realm), since).await? {
        println!("{username}");
    }
    Ok(())
}

/// Disables the enabled users who were created before `since` (epoch seconds) and have not logged in since. Returns their names.
#[allow(clippy::too_many_lines)] // three steps, from top to bottom
pub async fn run(realm: &Realm, since: i64) -> Result<Vec<String>, Box<dyn Error>> {
    let config = realm.events().get_config().await?;
    // No expiration is for ever.
    let kept = config
        .events_expiration
        .filter(|seconds| *seconds > 0)
        .unwrap_or(i64::MAX);
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    if config.events_enabled != Some(true) || kept < now - since {
        return Err("the realm does not keep its login events for so long".into());
    }

    let mut active = HashSet::new();
    let mut logins = realm.events().list().r#type(["LOGIN"]).stream();
    while let Some(login) = logins.try_next().await? {
        // The newest come first; times are in milliseconds.
        if login.time.is_some_and(|time| time < since * 1000) {
            break;
        }
        active.extend(login.user_id);
    }

    let mut idle = Vec::new();
    let mut users = realm
        .users()
        .list()
        .enabled(true)
        .brief_representation(true)
        .stream();
    while let Some(user) = users.try_next().await? {
        let is_old = user
            .created_timestamp
            .is_some_and(|created| created < since * 1000);
        if let (Some(id), Some(username)) = (user.id, user.username)
            && is_old
            && !active.contains(&id)
        {
            idle.push((id, username));
        }
    }

    let (ids, names): (Vec<String>, Vec<String>) = idle.into_iter().unzip();
    for result in realm
        .users()
        .modify_many(&ids, |user| user.enabled = Some(false))
        .await
    {
        result?;
    }
    Ok(names)
}
