//! The comparison of the server with the ledgers.

use std::collections::{BTreeMap, BTreeSet};

use keycloak_admin::types::{GroupRepresentation, UserRepresentation};
use keycloak_admin::{Error, Realm};

use crate::entries::{GroupEntry, Ledger, Register, RoleEntry, STABLE, UserEntry, Verdict};
use crate::shared::{Kind, PREFIX, Shared};
use crate::tally::Tally;

/// The server, as each way to it shows it.
pub struct Views {
    /// Through the proxy.
    pub realm: Realm,
    /// Through each node, which has a cache of its own.
    pub nodes: Vec<Realm>,
}

/// The calls in a row that have to succeed before the comparison, and the calls that are made for it at most.
const SETTLED: (u32, u32) = (20, 1000);

impl Views {
    /// Waits until the pools of connections of the nodes have noticed the last fault: a connection that has broken fails the call that uses it.
    async fn settle(&self) -> Result<(), Error> {
        for realm in self.nodes.iter().chain([&self.realm]) {
            let (mut in_a_row, mut calls) = (0, 0);
            while in_a_row < SETTLED.0 {
                calls += 1;
                match realm.users().count().await {
                    Ok(_) => in_a_row += 1,
                    Err(error) if calls == SETTLED.1 => return Err(error),
                    Err(_) => in_a_row = 0,
                }
            }
        }
        Ok(())
    }
}

/// Objects by name. More than one of a name is a violation.
type ByName<T> = BTreeMap<String, Vec<T>>;

/// Compares the server with the ledgers of all workers.
pub async fn compare(
    views: &Views,
    ledgers: &[Ledger],
    shared: &Shared,
    tally: &Tally,
) -> Result<(), Error> {
    views.settle().await?;
    let users = users(&views.realm).await?;
    let groups = groups(&views.realm, ledgers).await?;
    let roles = roles(&views.realm).await?;
    for ledger in ledgers {
        for entry in &ledger.users {
            compare_user(views, entry, ledger, &users, tally).await?;
        }
        for entry in &ledger.groups {
            compare_group(entry, &groups, tally);
        }
        for entry in &ledger.roles {
            compare_role(entry, &roles, tally);
        }
        find_strangers(ledger, &users, &groups, &roles, tally);
    }
    compare_shared(shared, &users, &groups, &roles, tally);
    Ok(())
}

async fn users(realm: &Realm) -> Result<ByName<UserRepresentation>, Error> {
    let list = realm.users().list().brief_representation(false);
    Ok(by_name(list.try_collect().await?, |user| {
        user.username.clone()
    }))
}

/// A group, and the number of the stable group that it is in.
struct FoundGroup {
    id: String,
    parent: Option<usize>,
    description: Option<String>,
}

async fn groups(realm: &Realm, ledgers: &[Ledger]) -> Result<ByName<FoundGroup>, Error> {
    let mut found = ByName::new();
    let mut add = |groups: Vec<GroupRepresentation>, parent| {
        for group in groups {
            let name = group.name.unwrap_or_default();
            let group = FoundGroup {
                id: group.id.unwrap_or_default(),
                parent,
                description: group.description,
            };
            found.entry(name).or_insert_with(Vec::new).push(group);
        }
    };
    let top = realm.groups().list().brief_representation(false);
    add(top.try_collect().await?, None);
    for ledger in ledgers {
        for (number, id) in ledger.stable_groups.iter().enumerate() {
            let list = realm.group(id).list_subgroups();
            let list = list.brief_representation(false);
            add(list.try_collect().await?, Some(number));
        }
    }
    Ok(found)
}

/// A realm role's id and description.
type FoundRole = (String, Option<String>);

async fn roles(realm: &Realm) -> Result<ByName<FoundRole>, Error> {
    let list = realm.roles().list().brief_representation(false);
    let mut found = ByName::new();
    for role in list.try_collect().await? {
        let known = (role.id.unwrap_or_default(), role.description);
        let name = role.name.unwrap_or_default();
        found.entry(name).or_insert_with(Vec::new).push(known);
    }
    Ok(found)
}

fn by_name<T>(all: Vec<T>, name: impl Fn(&T) -> Option<String>) -> ByName<T> {
    let mut found = ByName::new();
    for item in all {
        let name = name(&item).unwrap_or_default();
        found.entry(name).or_insert_with(Vec::new).push(item);
    }
    found
}

/// Returns the only object of a name. Several are a violation.
fn only<'a, T>(found: &'a ByName<T>, name: &str, by: &'static str, tally: &Tally) -> Option<&'a T> {
    let found = found.get(name).map_or(&[][..], Vec::as_slice);
    if found.len() > 1 {
        tally.judge(&Verdict::Violation(by), || {
            format!("{name} exists {} times", found.len())
        });
    }
    found.first()
}

async fn compare_user(
    views: &Views,
    entry: &UserEntry,
    ledger: &Ledger,
    found: &ByName<UserRepresentation>,
    tally: &Tally,
) -> Result<(), Error> {
    let (name, by) = (&entry.username, "create user");
    let user = only(found, name, by, tally);
    tally.judge(&entry.exists.judge(&user.is_some()), || {
        format!("{name} exists: {}, told {:?}", user.is_some(), entry.exists)
    });
    let Some(user) = user else {
        return Ok(());
    };
    let id = user.id.clone().unwrap_or_default();
    if entry.id.as_ref().is_some_and(|told| *told != id) {
        tally.judge(&Verdict::Violation(by), || format!("{name} has another id"));
    }
    compare_names("the database", user, entry, tally, true);
    for (number, node) in views.nodes.iter().enumerate() {
        let source = format!("the cache of node {}", number + 1);
        match node.user(&id).find().await? {
            Some(cached) => compare_names(&source, &cached, entry, tally, false),
            None => tally.judge(&Verdict::Violation(by), || {
                format!("{name} is not in {source}")
            }),
        }
    }
    compare_mappings(views, &id, entry, ledger, tally).await
}

/// Compares the two names. A lost answer is counted once, and a violation for each source.
fn compare_names(
    source: &str,
    user: &UserRepresentation,
    entry: &UserEntry,
    tally: &Tally,
    counts_lost: bool,
) {
    for (register, name) in [
        (&entry.first_name, &user.first_name),
        (&entry.last_name, &user.last_name),
    ] {
        let verdict = register.judge(&number(name.as_deref()));
        if counts_lost || matches!(verdict, Verdict::Violation(_)) {
            tally.judge(&verdict, || {
                format!(
                    "{} in {source}: {name:?}, told {register:?}",
                    entry.username
                )
            });
        }
    }
}

async fn compare_mappings(
    views: &Views,
    id: &str,
    entry: &UserEntry,
    ledger: &Ledger,
    tally: &Tally,
) -> Result<(), Error> {
    let has_mapping = |registers: &[Register<bool>; STABLE]| {
        let is_blank = |register: &Register<bool>| {
            register.is_certain() && *register == Register::new(false, "create user")
        };
        !registers.iter().all(is_blank)
    };
    let user = views.realm.user(id);
    if has_mapping(&entry.groups) {
        let groups = user.list_groups().try_collect().await?;
        for (register, id) in entry.groups.iter().zip(&ledger.stable_groups) {
            let found = groups.iter().filter(|group| group.id.as_ref() == Some(id));
            judge_mapping(register, found.count(), &entry.username, tally);
        }
    }
    if has_mapping(&entry.roles) {
        let roles = user.realm_roles().list().await?;
        for (register, name) in entry.roles.iter().zip(&ledger.stable_roles) {
            let found = roles.iter().filter(|role| role.name.as_ref() == Some(name));
            judge_mapping(register, found.count(), &entry.username, tally);
        }
    }
    Ok(())
}

fn judge_mapping(register: &Register<bool>, found: usize, username: &str, tally: &Tally) {
    let verdict = match found {
        0 | 1 => register.judge(&(found == 1)),
        _ => Verdict::Violation("map role"),
    };
    tally.judge(&verdict, || {
        format!("{username} has it {found} times, told {register:?}")
    });
}

fn compare_group(entry: &GroupEntry, found: &ByName<FoundGroup>, tally: &Tally) {
    let (name, by) = (&entry.name, "create group, exist_ok");
    let group = only(found, name, by, tally);
    tally.judge(&entry.exists.judge(&group.is_some()), || {
        format!(
            "{name} exists: {}, told {:?}",
            group.is_some(),
            entry.exists
        )
    });
    let Some(group) = group else {
        return;
    };
    if entry.id.as_ref().is_some_and(|told| *told != group.id) {
        tally.judge(&Verdict::Violation(by), || format!("{name} has another id"));
    }
    tally.judge(&entry.parent.judge(&group.parent), || {
        format!("{name} is in {:?}, told {:?}", group.parent, entry.parent)
    });
    let description = number(group.description.as_deref());
    tally.judge(&entry.description.judge(&description), || {
        format!("{name} has {description}, told {:?}", entry.description)
    });
}

fn compare_role(entry: &RoleEntry, found: &ByName<FoundRole>, tally: &Tally) {
    let name = &entry.name;
    let role = only(found, name, "create role, exist_ok", tally);
    tally.judge(&entry.exists.judge(&role.is_some()), || {
        format!("{name} exists: {}, told {:?}", role.is_some(), entry.exists)
    });
    let Some((_, description)) = role else {
        return;
    };
    let description = number(description.as_deref());
    tally.judge(&entry.description.judge(&description), || {
        format!("{name} has {description}, told {:?}", entry.description)
    });
}

/// Finds objects with the prefix of a worker that the worker has not tried to create.
fn find_strangers(
    ledger: &Ledger,
    users: &ByName<UserRepresentation>,
    groups: &ByName<FoundGroup>,
    roles: &ByName<FoundRole>,
    tally: &Tally,
) {
    let known: BTreeSet<&str> = (ledger.users.iter().map(|user| &user.username))
        .chain(ledger.groups.iter().map(|group| &group.name))
        .chain(ledger.roles.iter().map(|role| &role.name))
        .chain(&ledger.stable_roles)
        .map(String::as_str)
        .collect();
    for name in users.keys().chain(groups.keys()).chain(roles.keys()) {
        if name.starts_with(&ledger.prefix) && !known.contains(&**name) {
            tally.judge(&Verdict::Violation("create user"), || {
                format!("{name} was never created")
            });
        }
    }
}

fn compare_shared(
    shared: &Shared,
    users: &ByName<UserRepresentation>,
    groups: &ByName<FoundGroup>,
    roles: &ByName<FoundRole>,
    tally: &Tally,
) {
    for ((kind, name), entry) in shared.all() {
        let found: Vec<String> = match kind {
            Kind::User => ids(users, &name, |user| user.id.clone().unwrap_or_default()),
            Kind::Group => ids(groups, &name, |group| group.id.clone()),
            Kind::Role => ids(roles, &name, |(id, _)| id.clone()),
        };
        // A role is told by its name, which is its id in calls.
        let is_told = |id: &String| match kind {
            Kind::Role => *id == name || found.contains(id),
            _ => found.contains(id),
        };
        let may_be_absent = entry.ids.is_empty();
        let is_as_told = found.len() <= 1
            && (may_be_absent || found.len() == 1)
            && (entry.created <= 1)
            && entry.ids.iter().all(is_told)
            && (!found.is_empty() || entry.created == 0)
            && (found.is_empty() || !entry.ids.is_empty() || entry.lost > 0);
        let (operation, lost) = (kind.operation(), entry.lost);
        if !is_as_told {
            tally.judge(&Verdict::Violation(operation), || {
                format!("{PREFIX}… {name}: {found:?}, told {entry:?}")
            });
        }
        // Of several lost answers at most one belongs to the call that created the object.
        let applied = u64::from(entry.created == 0 && !found.is_empty()).min(lost);
        for number in 0..lost {
            let verdict = if number < applied {
                Verdict::Applied(operation)
            } else {
                Verdict::NotApplied(operation)
            };
            tally.judge(&verdict, String::new);
        }
    }
}

fn ids<T>(found: &ByName<T>, name: &str, id: impl Fn(&T) -> String) -> Vec<String> {
    let found = found.get(name).map_or(&[][..], Vec::as_slice);
    found.iter().map(id).collect()
}

/// The number that a field holds. No worker writes 0.
fn number(text: Option<&str>) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use keycloak_admin::Ensured;

    use super::{ByName, FoundGroup, compare_group, compare_shared};
    use crate::entries::{GroupEntry, Told};
    use crate::shared::{Kind, Shared};
    use crate::tally::Tally;

    fn found(parents: &[Option<usize>]) -> ByName<FoundGroup> {
        let group = |parent: &Option<usize>| FoundGroup {
            id: "1".to_owned(),
            parent: *parent,
            description: Some("5".to_owned()),
        };
        ByName::from([("staff".to_owned(), parents.iter().map(group).collect())])
    }

    /// Returns the violations of a comparison with a group that is known to be in the stable group 1.
    fn violations(found: &ByName<FoundGroup>) -> usize {
        let tally = Tally::new(Duration::from_secs(60));
        let mut entry = GroupEntry::new("staff".to_owned(), Some(1), 5);
        entry.exists.write(true, "create", Told::Done);
        entry.id = Some("1".to_owned());
        compare_group(&entry, found, &tally);
        tally.violations()
    }

    #[test]
    fn a_group_is_there_once_and_in_its_place() {
        assert_eq!(violations(&found(&[Some(1)])), 0);
        assert_eq!(violations(&found(&[None])), 1);
        assert_eq!(violations(&found(&[Some(1), None])), 1);
        assert_eq!(violations(&ByName::new()), 1);
    }

    #[test]
    fn two_creators_of_one_object_are_a_violation() {
        let violations = |told: &[Ensured<&str>]| {
            let (tally, shared) = (Tally::new(Duration::from_secs(60)), Shared::default());
            for told in told {
                let told = match told {
                    Ensured::Created(id) => Ensured::Created((*id).to_owned()),
                    Ensured::Existing(id) => Ensured::Existing((*id).to_owned()),
                };
                shared.write(Kind::Group, "staff".to_owned(), &Ok(told));
            }
            let none = ByName::new();
            compare_shared(&shared, &ByName::new(), &found(&[None]), &none, &tally);
            tally.violations()
        };
        assert_eq!(
            violations(&[Ensured::Created("1"), Ensured::Existing("1")]),
            0
        );
        assert_eq!(
            violations(&[Ensured::Created("1"), Ensured::Created("1")]),
            1
        );
        assert_eq!(violations(&[Ensured::Existing("2")]), 1);
    }
}
