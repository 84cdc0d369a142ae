//! A worker: random operations on objects of its own, and its ledger.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fastrand::Rng;
use keycloak_admin::types::{GroupRepresentation, RoleRepresentation, UserRepresentation};
use keycloak_admin::users::User;
use keycloak_admin::{Batch, Ensured, Error, Realm};

use crate::entries::{GroupEntry, Ledger, RoleEntry, STABLE, Told, UserEntry};
use crate::shared::{self, Kind, Shared};
use crate::tally::Tally;

/// A worker deletes rather than creates when it has more open objects of a kind.
const OPEN: usize = 40;
/// The number of objects of a batch.
const BATCH: usize = 5;
/// The longest pause after an operation, in milliseconds. The nodes need time of the processors to start.
const PAUSE: u64 = 50;
/// The pause after a failed operation.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// What all workers have in common.
#[derive(Debug)]
pub struct Common {
    pub realm: Realm,
    pub tally: Tally,
    pub shared: Shared,
    pub is_over: AtomicBool,
}

/// A worker with its ledger.
#[derive(Debug)]
pub struct Worker {
    common: Arc<Common>,
    realm: Realm,
    rng: Rng,
    ledger: Ledger,
    /// Makes names and values that were not used before.
    count: u64,
}

impl Worker {
    /// Makes the stable groups and roles of a worker. Its operations depend on the seed alone.
    pub async fn prepare(common: &Arc<Common>, number: usize, seed: u64) -> Result<Self, Error> {
        let realm = common.realm.clone();
        let prefix = format!("worker{number}-");
        let mut ledger = Ledger::default();
        for stable in 0..STABLE {
            let name = format!("{prefix}stable{stable}");
            let group = GroupRepresentation::new().with_name(&name);
            ledger
                .stable_groups
                .push(realm.groups().create(&group).await?);
            let role = RoleRepresentation::new().with_name(&name);
            realm.roles().create(&role).await?;
            ledger.stable_roles.push(name);
        }
        ledger.prefix = prefix;
        Ok(Self {
            common: Arc::clone(common),
            realm,
            rng: Rng::with_seed(seed),
            ledger,
            count: 0,
        })
    }

    /// Works until the run is over, and returns the ledger.
    pub async fn work(mut self) -> Ledger {
        while !self.common.is_over.load(Ordering::SeqCst) {
            let pause = match self.step().await {
                Told::Done => Duration::from_millis(self.rng.u64(0..PAUSE)),
                _ => PAUSE_AFTER_FAILURE,
            };
            tokio::time::sleep(pause).await;
        }
        self.ledger
    }

    /// Makes one random operation, and returns the worst answer to it.
    async fn step(&mut self) -> Told {
        match self.rng.u8(0..30) {
            0..4 => self.create_user().await,
            4..8 => self.change_user().await,
            8..10 => self.delete_user().await,
            10..13 => self.join_or_leave().await,
            13..16 => self.map_or_unmap().await,
            16..18 => self.create_group().await,
            18..20 => self.move_group().await,
            20 => self.change_group().await,
            21 => self.delete_group().await,
            22 => self.create_role().await,
            23 => self.change_role().await,
            24 => self.delete_role().await,
            25 => self.create_users().await,
            26 => self.change_users().await,
            27 => self.delete_users().await,
            _ => self.ensure_shared().await,
        }
    }

    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    fn name(&mut self, kind: &str) -> String {
        let number = self.next();
        format!("{}{kind}{number}", self.ledger.prefix)
    }

    /// Returns the numbers of the open users.
    fn open_users(&self) -> Vec<usize> {
        let users = self.ledger.users.iter().enumerate();
        let open = users.filter(|(_, user)| user.open().is_some());
        open.map(|(number, _)| number).collect()
    }

    /// Chooses an open user and returns its number and id.
    fn choose_user(&mut self) -> Option<(usize, String)> {
        let number = self.rng.choice(self.open_users())?;
        let id = self.ledger.users[number].open()?.to_owned();
        Some((number, id))
    }

    fn choose_group(&mut self) -> Option<(usize, String)> {
        let groups = self.ledger.groups.iter().enumerate();
        let open = groups.filter_map(|(number, group)| Some((number, group.open()?.to_owned())));
        self.rng.choice(open.collect::<Vec<_>>())
    }

    fn choose_role(&mut self) -> Option<usize> {
        let roles = self.ledger.roles.iter().enumerate();
        let open = roles.filter(|(_, role)| role.is_open());
        let open: Vec<_> = open.map(|(number, _)| number).collect();
        self.rng.choice(open)
    }

    fn new_user(&mut self) -> (UserEntry, UserRepresentation) {
        let (username, first, last) = (self.name("user"), self.next(), self.next());
        let user = UserRepresentation::new()
            .with_username(&username)
            .with_first_name(first.to_string())
            .with_last_name(last.to_string());
        (UserEntry::new(username, first, last), user)
    }

    fn write_created(
        &mut self,
        mut entry: UserEntry,
        operation: &'static str,
        result: Result<String, Error>,
    ) -> Told {
        let told = self.common.tally.count(operation, &result);
        entry.exists.write(true, operation, told);
        entry.id = result.ok();
        self.ledger.users.push(entry);
        told
    }

    async fn create_user(&mut self) -> Told {
        if self.open_users().len() >= OPEN {
            return self.delete_user().await;
        }
        let (entry, user) = self.new_user();
        let create = self.realm.users().create(&user);
        if self.rng.bool() {
            let result = create.exist_ok().await.map(Ensured::into_id);
            self.write_created(entry, "create user, exist_ok", result)
        } else {
            let result = create.await;
            self.write_created(entry, "create user", result)
        }
    }

    /// Changes one of two names. A read from a stale cache would write the other one back.
    async fn change_user(&mut self) -> Told {
        let Some((number, id)) = self.choose_user() else {
            return Told::Done;
        };
        let (value, is_first) = (self.next(), self.rng.bool());
        let modify = self.realm.user(id).modify(move |user| {
            let name = Some(value.to_string());
            if is_first {
                user.first_name = name;
            } else {
                user.last_name = name;
            }
        });
        let operation = "change user";
        let told = self.common.tally.count(operation, &modify.await);
        let user = &mut self.ledger.users[number];
        let register = if is_first {
            &mut user.first_name
        } else {
            &mut user.last_name
        };
        register.write(value, operation, told);
        told
    }

    async fn delete_user(&mut self) -> Told {
        let Some((number, id)) = self.choose_user() else {
            return Told::Done;
        };
        let operation = "delete user";
        let result = self.realm.user(id).delete_if_exists().await;
        let told = self.common.tally.count(operation, &result);
        self.ledger.users[number]
            .exists
            .write(false, operation, told);
        told
    }

    async fn join_or_leave(&mut self) -> Told {
        let Some((number, id)) = self.choose_user() else {
            return Told::Done;
        };
        let group = self.rng.usize(0..STABLE);
        let joins = !*self.ledger.users[number].groups[group].known();
        let group_id = &self.ledger.stable_groups[group];
        let user = self.realm.user(id);
        let (operation, result) = if joins {
            ("join group", user.join_group(group_id).await)
        } else {
            ("leave group", user.leave_group(group_id).await)
        };
        let told = self.common.tally.count(operation, &result);
        self.ledger.users[number].groups[group].write(joins, operation, told);
        told
    }

    async fn map_or_unmap(&mut self) -> Told {
        let Some((number, id)) = self.choose_user() else {
            return Told::Done;
        };
        let role = self.rng.usize(0..STABLE);
        let maps = !*self.ledger.users[number].roles[role].known();
        let name = [self.ledger.stable_roles[role].clone()];
        let roles = self.realm.user(id).realm_roles();
        let (operation, result) = if maps {
            ("map role", roles.add_by_name(name).await)
        } else {
            ("unmap role", roles.remove_by_name(name).await)
        };
        let told = self.common.tally.count(operation, &result);
        self.ledger.users[number].roles[role].write(maps, operation, told);
        told
    }

    /// Chooses the top or a stable group.
    fn choose_parent(&mut self) -> Option<usize> {
        let place = self.rng.usize(0..=STABLE);
        place.checked_sub(1)
    }

    async fn create_group(&mut self) -> Told {
        let open = self
            .ledger
            .groups
            .iter()
            .filter(|group| group.open().is_some());
        if open.count() >= OPEN {
            return self.delete_group().await;
        }
        let (name, parent, description) = (self.name("group"), self.choose_parent(), self.next());
        let group = GroupRepresentation::new()
            .with_name(&name)
            .with_description(description.to_string());
        let result = match parent {
            None => self.realm.groups().create(&group).exist_ok().await,
            Some(parent) => {
                let parent = self.realm.group(&self.ledger.stable_groups[parent]);
                parent.create_subgroup(&group).exist_ok().await
            }
        };
        let operation = "create group, exist_ok";
        let told = self.common.tally.count(operation, &result);
        let mut entry = GroupEntry::new(name, parent, description);
        entry.exists.write(true, operation, told);
        entry.id = result.ok().map(Ensured::into_id);
        self.ledger.groups.push(entry);
        told
    }

    async fn move_group(&mut self) -> Told {
        let Some((number, id)) = self.choose_group() else {
            return Told::Done;
        };
        let name = self.ledger.groups[number].name.clone();
        let place = *self.ledger.groups[number].parent.known();
        let mut parent = self.choose_parent();
        // A lost move can be judged only if it changes something.
        while parent == place {
            parent = self.choose_parent();
        }
        let result = match parent {
            None => self.realm.group(&id).move_to_top(&name).await.map(drop),
            Some(parent) => {
                let parent = self.realm.group(&self.ledger.stable_groups[parent]);
                parent.adopt(&id, &name).await.map(drop)
            }
        };
        let operation = "move group";
        let told = self.common.tally.count(operation, &result);
        self.ledger.groups[number]
            .parent
            .write(parent, operation, told);
        told
    }

    async fn change_group(&mut self) -> Told {
        let Some((number, id)) = self.choose_group() else {
            return Told::Done;
        };
        let value = self.next();
        let modify = self.realm.group(id).modify(move |group| {
            group.description = Some(value.to_string());
        });
        let operation = "change group";
        let told = self.common.tally.count(operation, &modify.await);
        self.ledger.groups[number]
            .description
            .write(value, operation, told);
        told
    }

    async fn delete_group(&mut self) -> Told {
        let Some((number, id)) = self.choose_group() else {
            return Told::Done;
        };
        let operation = "delete group";
        let result = self.realm.group(id).delete_if_exists().await;
        let told = self.common.tally.count(operation, &result);
        self.ledger.groups[number]
            .exists
            .write(false, operation, told);
        told
    }

    async fn create_role(&mut self) -> Told {
        let open = self.ledger.roles.iter().filter(|role| role.is_open());
        if open.count() >= OPEN {
            return self.delete_role().await;
        }
        let (name, description) = (self.name("role"), self.next());
        let role = RoleRepresentation::new()
            .with_name(&name)
            .with_description(description.to_string());
        let result = self.realm.roles().create(&role).exist_ok().await;
        let operation = "create role, exist_ok";
        let told = self.common.tally.count(operation, &result);
        let mut entry = RoleEntry::new(name, description);
        entry.exists.write(true, operation, told);
        self.ledger.roles.push(entry);
        told
    }

    async fn change_role(&mut self) -> Told {
        let Some(number) = self.choose_role() else {
            return Told::Done;
        };
        let value = self.next();
        let role = self.realm.role(&self.ledger.roles[number].name);
        let modify = role.modify(move |role| role.description = Some(value.to_string()));
        let operation = "change role";
        let told = self.common.tally.count(operation, &modify.await);
        self.ledger.roles[number]
            .description
            .write(value, operation, told);
        told
    }

    async fn delete_role(&mut self) -> Told {
        let Some(number) = self.choose_role() else {
            return Told::Done;
        };
        let operation = "delete role";
        let role = self.realm.role(&self.ledger.roles[number].name);
        let told = self
            .common
            .tally
            .count(operation, &role.delete_if_exists().await);
        self.ledger.roles[number]
            .exists
            .write(false, operation, told);
        told
    }

    async fn create_users(&mut self) -> Told {
        if self.open_users().len() >= OPEN {
            return self.delete_users().await;
        }
        let (entries, users): (Vec<_>, Vec<_>) = (0..BATCH).map(|_| self.new_user()).unzip();
        let batch = self.realm.users().create_many(users).exist_ok();
        let mut worst = Told::Done;
        for (entry, result) in entries.into_iter().zip(batch.concurrency(BATCH).await) {
            let result = result.map(Ensured::into_id);
            let told = self.write_created(entry, "create users, batch", result);
            worst = worse(worst, told);
        }
        worst
    }

    /// Chooses open users for a batch: their numbers and ids.
    fn choose_users(&mut self) -> (Vec<usize>, Vec<String>) {
        let open = self.open_users();
        let chosen = self.rng.choose_multiple(open, BATCH);
        let ids = chosen
            .iter()
            .filter_map(|number| self.ledger.users[*number].open());
        let ids = ids.map(str::to_owned).collect();
        (chosen, ids)
    }

    async fn change_users(&mut self) -> Told {
        let (numbers, ids) = self.choose_users();
        let value = self.next();
        let change = move |user: &mut UserRepresentation| user.last_name = Some(value.to_string());
        let results = self.realm.users().modify_many(ids, change).await;
        let (operation, mut worst) = ("change users, batch", Told::Done);
        for (number, result) in numbers.into_iter().zip(results) {
            let told = self.common.tally.count(operation, &result);
            self.ledger.users[number]
                .last_name
                .write(value, operation, told);
            worst = worse(worst, told);
        }
        worst
    }

    async fn delete_users(&mut self) -> Told {
        let (numbers, ids) = self.choose_users();
        let users: Vec<_> = ids.iter().map(|id| self.realm.user(id)).collect();
        let results = Batch::new(users.iter().map(User::delete)).await;
        let (operation, mut worst) = ("delete users, batch", Told::Done);
        for (number, result) in numbers.into_iter().zip(results) {
            // A proxy repeats a deletion whose node dies, so an absent user may have been deleted by this call.
            let result = absent_is_deleted(result);
            let told = self.common.tally.count(operation, &result);
            self.ledger.users[number]
                .exists
                .write(false, operation, told);
            worst = worse(worst, told);
        }
        worst
    }

    async fn ensure_shared(&mut self) -> Told {
        let kind = Kind::ALL[self.rng.usize(0..Kind::ALL.len())];
        let name = shared::name(self.common.tally.elapsed());
        let result = shared::ensure(&self.realm, kind, &name).await;
        self.common.shared.write(kind, name, &result);
        self.common.tally.count(kind.operation(), &result)
    }
}

fn absent_is_deleted(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.is_not_found() => Ok(()),
        result => result,
    }
}

fn worse(one: Told, other: Told) -> Told {
    if one == Told::Done { other } else { one }
}
