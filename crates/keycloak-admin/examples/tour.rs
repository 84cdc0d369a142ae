//! A tour of the crate on a real server. It makes a realm of its own and deletes it at the end.
//!
//! ```text
//! KEYCLOAK_URL=http://127.0.0.1:8080 cargo run -p keycloak-admin --example tour
//! ```
//!
//! `KEYCLOAK_ADMIN_USERNAME` and `KEYCLOAK_ADMIN_PASSWORD` are `admin` by default. `cargo xtask demo` starts
//! a server for it.

mod common;

use std::env;
use std::fmt::Display;
use std::io::{IsTerminal, stdout};
use std::process::{self, ExitCode};
use std::time::Instant;

use keycloak_admin::phasetwo::types::OrganizationRepresentation;
use keycloak_admin::types::{
    CredentialRepresentation, GroupRepresentation, RealmRepresentation, RoleRepresentation,
    UserRepresentation,
};
use keycloak_admin::{Error, Keycloak, Realm, Temporary};

use common::variable;

#[tokio::main]
async fn main() -> ExitCode {
    let url = variable("KEYCLOAK_URL", "http://127.0.0.1:8080");
    let mut guide = Guide::new();
    println!("\nA tour of keycloak-admin on {url}\n");
    match tour(&mut guide).await {
        Ok(()) => {
            guide.farewell();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\nThe tour ended early: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the tour in a realm of its own, which is deleted at the end, also after an error.
async fn tour(guide: &mut Guide) -> Result<(), Error> {
    let keycloak = common::connect()?;
    let name = format!("tour-{}", process::id());
    let realm = keycloak.realm(&name);

    let seen = visit(&keycloak, &realm, guide).await;
    let cleaned = realm.delete_if_exists().await;
    guide.chapter("The end");
    guide.shows(
        "realm.delete_if_exists()",
        match &cleaned {
            Ok(true) => "deleted, with everything in it",
            Ok(false) => "there was no realm to delete",
            Err(_) => "failed",
        },
    );
    seen.and(cleaned.map(drop))
}

async fn visit(keycloak: &Keycloak, realm: &Realm, guide: &mut Guide) -> Result<(), Error> {
    enter(keycloak, realm, guide).await?;
    let alice = meet_alice(realm, guide).await?;
    crowd(realm, guide).await?;
    belong(realm, &alice, guide).await?;
    change(realm, &alice, guide).await?;
    organize(realm, guide).await
}

async fn enter(keycloak: &Keycloak, realm: &Realm, guide: &mut Guide) -> Result<(), Error> {
    guide.chapter("A realm");
    let representation = RealmRepresentation::new()
        .with_realm(realm.name())
        .with_display_name("The tour")
        .with_enabled(true)
        .with_internationalization_enabled(true)
        .with_supported_locales(["en", "fr"]);
    let name = keycloak.realms().create(&representation).await?;
    guide.shows("keycloak.realms().create(&realm)", name);
    let read = realm.get().await?;
    guide.shows("realm.get()", or_nothing(read.display_name));
    Ok(())
}

async fn meet_alice(realm: &Realm, guide: &mut Guide) -> Result<String, Error> {
    guide.chapter("One user");
    let alice = user("alice")
        .with_email("alice@example.com")
        .with_first_name("Alice")
        .with_last_name("Liddell")
        .with_credentials([CredentialRepresentation::new()
            .with_type("password")
            .with_value("follow-the-rabbit")])
        .with_attributes([("locale", ["fr"])]);
    let users = realm.users();
    let made = users.create(&alice).exist_ok().await?;
    guide.shows(
        "users.create(&alice).exist_ok()",
        outcome(made.is_created()),
    );
    let found = users.create(&alice).exist_ok().await?;
    guide.shows(
        "users.create(&alice).exist_ok()",
        outcome(found.is_created()),
    );
    match users.create(&alice).await {
        Err(error) if error.is_conflict() => guide.shows("users.create(&alice)", error),
        other => other.map(|id| guide.shows("users.create(&alice)", id))?,
    }
    let id = found.into_id();
    let locale = realm.user(&id).get().await?.attributes;
    guide.shows(
        "realm.user(&id).get()",
        format!("attributes {:?}", locale.unwrap_or_default()),
    );
    Ok(id)
}

async fn crowd(realm: &Realm, guide: &mut Guide) -> Result<(), Error> {
    guide.chapter("Many users");
    let users = realm.users();
    let people = (1..=250).map(|n| user(&format!("guest-{n:03}")));
    let results = users.create_many(people).concurrency(16).await;
    let made = results.iter().filter(|result| result.is_ok()).count();
    guide.shows(
        "users.create_many(people).concurrency(16)",
        format!("{made} of {} created", results.len()),
    );

    let page = users.list().await?;
    guide.shows("users.list()", format!("{} users: one page", page.len()));
    let mut stream = users.list().stream().page_size(100);
    let mut count = 0;
    while stream.try_next().await?.is_some() {
        count += 1;
    }
    guide.shows(
        "users.list().stream().page_size(100)",
        format!("{count} users: all pages"),
    );
    let some = users.list().search("guest-1").max(3).await?;
    let names = some.into_iter().map(|user| or_nothing(user.username));
    guide.shows(
        "users.list().search(\"guest-1\").max(3)",
        names.collect::<Vec<_>>().join(", "),
    );
    Ok(())
}

async fn belong(realm: &Realm, alice: &str, guide: &mut Guide) -> Result<(), Error> {
    guide.chapter("Groups and roles");
    let alice = realm.user(alice);
    let tea_party = GroupRepresentation::new().with_name("tea-party");
    let group = realm.groups().create(&tea_party).exist_ok().await?;
    guide.shows(
        "realm.groups().create(&tea_party).exist_ok()",
        outcome(group.is_created()),
    );
    alice.join_group(group.inner()).await?;
    let groups = alice.list_groups().try_collect().await?;
    let paths: Vec<_> = groups
        .into_iter()
        .map(|group| or_nothing(group.path))
        .collect();
    guide.shows(
        "alice.join_group(&id), alice.list_groups()",
        paths.join(", "),
    );

    let guest = RoleRepresentation::new().with_name("guest/of honour");
    let name = realm.roles().create(&guest).await?;
    guide.shows(
        "realm.roles().create(&guest)",
        format!("{name:?}: the slash is escaped"),
    );
    let role = realm.role(&name).get().await?;
    alice.realm_roles().add(&[role]).await?;
    let roles = alice.realm_roles().list().await?;
    let names: Vec<_> = roles
        .into_iter()
        .map(|role| or_nothing(role.name))
        .collect();
    guide.shows(
        "alice.realm_roles().add(&[role]), .list()",
        names.join(", "),
    );
    Ok(())
}

async fn change(realm: &Realm, alice: &str, guide: &mut Guide) -> Result<(), Error> {
    guide.chapter("Changes");
    let alice = realm.user(alice);
    guide.shows("alice.get()", portrait(&alice.get().await?));
    alice
        .modify(|user| user.last_name = Some("Hargreaves".to_owned()))
        .await?;
    guide.shows(
        "alice.modify(|user| user.last_name = ..)",
        portrait(&alice.get().await?),
    );

    alice.reset_password("curiouser", Temporary::Yes).await?;
    let actions = alice.get().await?.required_actions.unwrap_or_default();
    guide.shows(
        "alice.reset_password(\"..\", Temporary::Yes)",
        format!("must {}", actions.join(", ")),
    );
    let credentials = alice.list_credentials().await?;
    let types: Vec<_> = credentials
        .into_iter()
        .map(|one| or_nothing(one.type_))
        .collect();
    guide.shows("alice.list_credentials()", types.join(", "));
    Ok(())
}

/// Returns `None` if the server has no Phase Two extensions.
async fn organize(realm: &Realm, guide: &mut Guide) -> Result<(), Error> {
    guide.chapter("Phase Two");
    let organizations = realm.phasetwo().organizations();
    if organizations.list().optional().await?.is_none() {
        guide.passes(
            "organizations.list()",
            "this server has no Phase Two extensions: skipped",
        );
        return Ok(());
    }
    let wonderland = OrganizationRepresentation::new()
        .with_name("wonderland")
        .with_domains(["wonderland.example"]);
    let made = organizations.create(&wonderland).exist_ok().await?;
    guide.shows(
        "organizations.create(&wonderland).exist_ok()",
        outcome(made.is_created()),
    );
    let organization = realm.phasetwo().organization(made.inner()).get().await?;
    guide.shows(
        "phasetwo.organization(&id).get()",
        organization.domains.unwrap_or_default().join(", "),
    );
    Ok(())
}

fn user(username: &str) -> UserRepresentation {
    UserRepresentation::new()
        .with_username(username)
        .with_enabled(true)
}

fn portrait(user: &UserRepresentation) -> String {
    let names =
        [&user.first_name, &user.last_name, &user.email].map(|part| or_nothing(part.clone()));
    format!(
        "{}, attributes {:?}",
        names.join(" "),
        user.attributes.clone().unwrap_or_default()
    )
}

fn outcome(created: bool) -> &'static str {
    if created {
        "Ensured::Created"
    } else {
        "Ensured::Existing"
    }
}

fn or_nothing(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// Prints a step: a mark, the call, and its result.
struct Guide {
    colors: bool,
    calls: u32,
    started: Instant,
}

impl Guide {
    fn new() -> Self {
        Self {
            colors: stdout().is_terminal()
                && env::var_os("NO_COLOR").is_none_or(|set| set.is_empty()),
            calls: 0,
            started: Instant::now(),
        }
    }

    fn chapter(&self, title: &str) {
        println!("{}", self.paint("1", title));
    }

    fn shows(&mut self, call: &str, result: impl Display) {
        self.calls += 1;
        println!(
            "  {} {call:<53} {}",
            self.paint("32", "✓"),
            self.paint("2", &result.to_string())
        );
    }

    fn passes(&self, call: &str, reason: &str) {
        println!(
            "  {} {call:<53} {}",
            self.paint("33", "-"),
            self.paint("2", reason)
        );
    }

    fn farewell(&self) {
        let seconds = self.started.elapsed().as_secs_f64();
        println!("\n{} steps in {seconds:.1} s.", self.calls);
    }

    fn paint(&self, color: &str, text: &str) -> String {
        if self.colors {
            format!("\x1b[{color}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
