//! The objects that all workers ensure at the same moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keycloak_admin::types::{GroupRepresentation, RoleRepresentation, UserRepresentation};
use keycloak_admin::{Ensured, Error, Realm};

use crate::entries::Told;

/// The prefix of the names of shared objects.
pub const PREFIX: &str = "shared-";
/// All workers ensure the same name for so long.
const EACH: Duration = Duration::from_secs(1);

/// The kind of a shared object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    User,
    Group,
    Role,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::User, Self::Group, Self::Role];

    /// The name of the operation in the tables.
    pub fn operation(self) -> &'static str {
        match self {
            Self::User => "ensure shared user",
            Self::Group => "ensure shared group",
            Self::Role => "ensure shared role",
        }
    }
}

/// The answers to all workers about one shared object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedEntry {
    /// How many callers were told that they created it.
    pub created: u64,
    /// How many answers were lost.
    pub lost: u64,
    /// The ids that callers were told.
    pub ids: BTreeSet<String>,
}

/// The answers to all workers about shared objects.
#[derive(Debug, Default)]
pub struct Shared(Mutex<BTreeMap<(Kind, String), SharedEntry>>);

impl Shared {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<(Kind, String), SharedEntry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all entries.
    pub fn all(&self) -> BTreeMap<(Kind, String), SharedEntry> {
        self.entries().clone()
    }

    /// Writes down the answer to a caller.
    pub fn write(&self, kind: Kind, name: String, result: &Result<Ensured<String>, Error>) {
        let mut entries = self.entries();
        let entry = entries.entry((kind, name)).or_default();
        match result {
            Ok(ensured) => {
                entry.created += u64::from(ensured.is_created());
                entry.ids.insert(ensured.inner().clone());
            }
            Err(_) => entry.lost += u64::from(Told::by(result) == Told::MaybeApplied),
        }
    }
}

/// The name of the object that is ensured at this time of the run.
pub fn name(elapsed: Duration) -> String {
    format!("{PREFIX}{}", elapsed.as_millis() / EACH.as_millis())
}

/// Makes sure that the object exists.
pub async fn ensure(realm: &Realm, kind: Kind, name: &str) -> Result<Ensured<String>, Error> {
    match kind {
        Kind::User => {
            let user = UserRepresentation::new().with_username(name);
            realm.users().create(&user).exist_ok().await
        }
        Kind::Group => {
            let group = GroupRepresentation::new().with_name(name);
            realm.groups().create(&group).exist_ok().await
        }
        Kind::Role => {
            let role = RoleRepresentation::new().with_name(name);
            realm.roles().create(&role).exist_ok().await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use keycloak_admin::{Ensured, Error, ErrorKind};

    use super::{Kind, Shared, name};

    #[test]
    fn creators_and_ids_are_counted_by_name() {
        let shared = Shared::default();
        let one = name(Duration::from_millis(1999));
        assert_eq!(one, "shared-1");
        let created = Ok(Ensured::Created("a".to_owned()));
        shared.write(Kind::User, one.clone(), &created);
        let existing = Ok(Ensured::Existing("b".to_owned()));
        shared.write(Kind::User, one.clone(), &existing);
        let refused = Err(Error::new(ErrorKind::Conflict, "no"));
        shared.write(Kind::User, one.clone(), &refused);
        let all = shared.all();
        let entry = &all[&(Kind::User, one)];
        assert_eq!((entry.created, entry.lost, entry.ids.len()), (1, 0, 2));
    }
}
