//! The entries of a ledger: the knowledge of a worker about its objects.

use keycloak_admin::Error;

/// The number of groups, and of roles, that a user of a worker may have. They are made before the faults and stay.
pub const STABLE: usize = 2;

/// The result of a write, as a worker was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It succeeded.
    Done,
    /// It failed and was certainly not applied.
    Refused,
    /// It failed and may have been applied.
    MaybeApplied,
}

impl Told {
    /// Reads the result of a call.
    pub fn by<T>(result: &Result<T, Error>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(error) if error.may_have_been_applied() => Self::MaybeApplied,
            Err(_) => Self::Refused,
        }
    }
}

/// The value of one part of an object: what the last successful write set, and what a write may have set whose answer was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register<T> {
    known: (T, &'static str),
    lost: Option<(T, &'static str)>,
}

/// The comparison of a register with the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server has the value of the last successful write, and no answer was lost.
    AsTold,
    /// The operation whose answer was lost was applied.
    Applied(&'static str),
    /// The operation whose answer was lost was not applied.
    NotApplied(&'static str),
    /// The server has another value than this operation has set.
    Violation(&'static str),
}

impl<T: PartialEq> Register<T> {
    /// A value that this operation is known to have set.
    pub fn new(value: T, by: &'static str) -> Self {
        Self {
            known: (value, by),
            lost: None,
        }
    }

    /// Writes down what an operation was told that sets this value.
    pub fn write(&mut self, value: T, by: &'static str, told: Told) {
        match told {
            Told::Done => self.known = (value, by),
            Told::Refused => {}
            Told::MaybeApplied => self.lost = Some((value, by)),
        }
    }

    /// The value of the last successful write.
    pub fn known(&self) -> &T {
        &self.known.0
    }

    /// Returns whether no answer was lost.
    pub fn is_certain(&self) -> bool {
        self.lost.is_none()
    }

    /// Compares the register with the value on the server.
    pub fn judge(&self, found: &T) -> Verdict {
        match &self.lost {
            Some((value, by)) if value == found => Verdict::Applied(by),
            Some((_, by)) if self.known.0 == *found => Verdict::NotApplied(by),
            None if self.known.0 == *found => Verdict::AsTold,
            _ => Verdict::Violation(self.known.1),
        }
    }
}

/// A user of a worker. After a lost answer the worker leaves it alone, so that the answer can be judged.
#[derive(Clone, Debug)]
pub struct UserEntry {
    pub username: String,
    pub id: Option<String>,
    pub exists: Register<bool>,
    pub first_name: Register<u64>,
    pub last_name: Register<u64>,
    pub groups: [Register<bool>; STABLE],
    pub roles: [Register<bool>; STABLE],
}

impl UserEntry {
    /// A user that does not exist yet. It is created with these names.
    pub fn new(username: String, first_name: u64, last_name: u64) -> Self {
        let start = "create user";
        Self {
            username,
            id: None,
            exists: Register::new(false, start),
            first_name: Register::new(first_name, start),
            last_name: Register::new(last_name, start),
            groups: [Register::new(false, start), Register::new(false, start)],
            roles: [Register::new(false, start), Register::new(false, start)],
        }
    }

    /// Returns the id if the user exists and no answer about it was lost.
    pub fn open(&self) -> Option<&str> {
        let mappings = self.groups.iter().chain(&self.roles);
        let is_certain = self.exists.is_certain()
            && self.first_name.is_certain()
            && self.last_name.is_certain()
            && mappings.into_iter().all(Register::is_certain);
        let is_open = *self.exists.known() && is_certain;
        self.id.as_deref().filter(|_| is_open)
    }
}

/// A group of a worker, which moves between the top and the stable groups.
#[derive(Clone, Debug)]
pub struct GroupEntry {
    pub name: String,
    pub id: Option<String>,
    pub exists: Register<bool>,
    /// The number of the stable group that is its parent.
    pub parent: Register<Option<usize>>,
    pub description: Register<u64>,
}

impl GroupEntry {
    pub fn new(name: String, parent: Option<usize>, description: u64) -> Self {
        let start = "create group";
        Self {
            name,
            id: None,
            exists: Register::new(false, start),
            parent: Register::new(parent, start),
            description: Register::new(description, start),
        }
    }

    /// Returns the id if the group exists and no answer about it was lost.
    pub fn open(&self) -> Option<&str> {
        let is_certain =
            self.exists.is_certain() && self.parent.is_certain() && self.description.is_certain();
        let is_open = *self.exists.known() && is_certain;
        self.id.as_deref().filter(|_| is_open)
    }
}

/// A realm role of a worker.
#[derive(Clone, Debug)]
pub struct RoleEntry {
    pub name: String,
    pub exists: Register<bool>,
    pub description: Register<u64>,
}

impl RoleEntry {
    pub fn new(name: String, description: u64) -> Self {
        let start = "create role";
        Self {
            name,
            exists: Register::new(false, start),
            description: Register::new(description, start),
        }
    }

    /// Returns whether the role exists and no answer about it was lost.
    pub fn is_open(&self) -> bool {
        *self.exists.known() && self.exists.is_certain() && self.description.is_certain()
    }
}

/// The entries of one worker.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// The prefix of the names of all its objects.
    pub prefix: String,
    /// The ids of its stable groups.
    pub stable_groups: Vec<String>,
    /// The names of its stable roles.
    pub stable_roles: Vec<String>,
    pub users: Vec<UserEntry>,
    pub groups: Vec<GroupEntry>,
    pub roles: Vec<RoleEntry>,
}

#[cfg(test)]
mod tests {
    use super::{Register, Told, UserEntry, Verdict};

    #[test]
    fn a_register_knows_what_may_be_on_the_server() {
        let mut register = Register::new(1, "create");
        register.write(2, "change", Told::Refused);
        assert_eq!(register.judge(&1), Verdict::AsTold);
        assert_eq!(register.judge(&2), Verdict::Violation("create"));
        register.write(3, "change", Told::Done);
        assert_eq!(register.judge(&1), Verdict::Violation("change"));
        register.write(4, "rename", Told::MaybeApplied);
        assert_eq!(register.judge(&3), Verdict::NotApplied("rename"));
        assert_eq!(register.judge(&4), Verdict::Applied("rename"));
        assert_eq!(register.judge(&5), Verdict::Violation("change"));
    }

    #[test]
    fn an_object_with_a_lost_answer_is_left_alone() {
        let mut user = UserEntry::new("ann".to_owned(), 0, 0);
        assert_eq!(user.open(), None);
        user.id = Some("1".to_owned());
        user.exists.write(true, "create", Told::Done);
        assert_eq!(user.open(), Some("1"));
        user.roles[1].write(true, "map role", Told::MaybeApplied);
        assert_eq!(user.open(), None);
    }
}
