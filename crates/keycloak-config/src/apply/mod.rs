//! Applying a plan: its actions in the order of their references, several at a time.

mod authorization;
mod calls;
mod flows;
mod order;
mod relations;
mod writes;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use keycloak_admin::{Error, Keycloak};

use crate::actual::{Actual, read_actual};
use crate::error::ConfigError;
use crate::model::{Key, Kind, Model};
use crate::plan::{self, Action, Plan, PlanOptions};
use crate::read::Desired;

/// The number of objects that are written at the same time.
const CONCURRENCY: usize = 8;

/// The end of an application of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The number of actions that were applied.
    pub actions: usize,
    /// The number of requests that were sent, reading and writing.
    pub requests: usize,
}

/// A step that is done, for a line of progress.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Progress<'p> {
    /// The object that was written.
    pub key: &'p Key,
    /// The number of steps that are done.
    pub done: usize,
    /// The number of all steps.
    pub all: usize,
}

/// Applies a plan. `desired` and `actual` are the realms that it was made of.
///
/// If the realm does not exist, it is made first, and the changes are planned anew: a new realm has objects of its own.
///
/// An application that ends early has done a part of the plan. The next plan has the rest.
pub async fn apply(
    keycloak: &Keycloak,
    plan: &Plan,
    desired: &Desired,
    actual: &Actual,
    progress: &(dyn Fn(&Progress<'_>) + Sync),
) -> Result<Report, ConfigError> {
    if plan.realm != desired.realm() {
        let message = format!(
            "the plan is of the realm `{}`, and the declaration of `{}`",
            plan.realm,
            desired.realm()
        );
        return Err(ConfigError::problem(None, message));
    }
    if actual.exists() {
        return Run::new(keycloak, plan, desired, actual.model(), progress)
            .run()
            .await;
    }
    create_realm(keycloak, desired)
        .await
        .map_err(|error| ConfigError::reading(&format!("realm `{}`", desired.realm()), error))?;
    let actual = read_actual(keycloak, desired).await?;
    let options = PlanOptions::default().with_prune(plan.options.iter().copied());
    let plan = plan::plan(desired, &actual, &options)?;
    Run::new(keycloak, &plan, desired, actual.model(), progress)
        .run()
        .await
}

/// Makes the realm with the declared flows, if Keycloak's own are among them: no other call can give them other executions than those of the
/// server's release. The declared user profile is also part of the new realm, so that it has nothing of Keycloak's own profile.
async fn create_realm(keycloak: &Keycloak, desired: &Desired) -> Result<(), Error> {
    let realm = new_realm(desired);
    let typed = keycloak_admin::types::RealmRepresentation::new().with_realm(desired.realm());
    let create = keycloak.realms().create(&typed);
    create
        .json_text(serde_json::Value::from(realm).to_string())
        .exist_ok()
        .await
        .map(drop)
}

/// Returns the fields with which the realm is made. A realm that is declared as disabled is so from the start.
fn new_realm(desired: &Desired) -> serde_json::Map<String, serde_json::Value> {
    let mut realm = desired.model().built_in_flows();
    let declared = desired
        .model()
        .get(&Key::new(Kind::Realm, [desired.realm()]));
    let enabled = declared.and_then(|declared| declared.field("enabled").cloned());
    realm.insert("realm".to_owned(), desired.realm().into());
    realm.insert("enabled".to_owned(), enabled.unwrap_or_else(|| true.into()));
    let profile = desired.model().user_profile();
    if !profile.is_empty() {
        realm.insert("components".to_owned(), profile.into());
    }
    realm
}

/// A part of an action.
#[derive(Clone, Copy, Debug)]
enum Work<'p> {
    /// Makes the object, or changes its fields.
    Write(&'p Action),
    /// Sets the executions of a flow, when all flows have them.
    Settle(&'p Action),
    /// Makes the object's relations to others the declared ones.
    Relate(&'p Action),
    /// Sets the flows of the realm.
    Bind(&'p Action),
    /// Writes the client profiles, or the client policies, as one list.
    WriteList(&'p Action),
    /// Writes all changes of a client's authorization services.
    Authorize(&'p str),
    /// Deletes the object.
    Delete(&'p Action),
}

struct Run<'r> {
    keycloak: &'r Keycloak,
    realm: &'r str,
    plan: &'r Plan,
    desired: &'r Model,
    actual: &'r Model,
    /// The realm after the plan, if a change of authorization services has needed it.
    applied: OnceLock<Model>,
    progress: &'r (dyn Fn(&Progress<'_>) + Sync),
    /// The ids of the objects that were looked up or made.
    ids: Mutex<BTreeMap<Key, String>>,
    requests: AtomicUsize,
}

impl<'r> Run<'r> {
    fn new(
        keycloak: &'r Keycloak,
        plan: &'r Plan,
        desired: &'r Desired,
        actual: &'r Model,
        progress: &'r (dyn Fn(&Progress<'_>) + Sync),
    ) -> Self {
        let ids = actual.iter();
        let ids = ids.filter_map(|(key, object)| Some((key.clone(), object.id.clone()?)));
        Self {
            keycloak,
            realm: desired.realm(),
            plan,
            desired: desired.model(),
            actual,
            applied: OnceLock::new(),
            progress,
            ids: Mutex::new(ids.collect()),
            requests: AtomicUsize::new(0),
        }
    }

    /// Returns the realm after the plan. It is made once, because it is a copy of the whole realm.
    fn applied(&self) -> &Model {
        self.applied
            .get_or_init(|| self.plan.applied_to(self.actual))
    }

    async fn run(&self) -> Result<Report, ConfigError> {
        let stages = order::stages(self.plan);
        let all = stages.values().map(Vec::len).sum();
        let done = AtomicUsize::new(0);
        for works in stages.into_values() {
            iter(works)
                .map(|(key, work)| {
                    let done = &done;
                    async move {
                        let result = self.work(work).await;
                        result.map_err(|source| self.failed(key, source))?;
                        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                        (self.progress)(&Progress { key, done, all });
                        Ok::<(), ConfigError>(())
                    }
                })
                .buffer_unordered(CONCURRENCY)
                .try_collect::<()>()
                .await?;
        }
        Ok(Report {
            actions: self.plan.actions.len(),
            requests: self.requests.load(Ordering::Relaxed),
        })
    }

    async fn work(&self, work: Work<'_>) -> Result<(), Error> {
        match work {
            Work::Write(action) => self.write(action).await,
            Work::Settle(action) => self.settle_flow(&action.key).await,
            Work::Relate(action) => self.relate(&action.key).await,
            Work::Bind(action) => self.bind(action).await,
            Work::WriteList(action) => self.write_list(action.key.kind).await,
            Work::Authorize(client) => self.authorize(client).await,
            Work::Delete(action) => self.delete(&action.key).await,
        }
    }

    fn failed(&self, key: &Key, source: Error) -> ConfigError {
        let object = self.desired.get(key);
        ConfigError::Call {
            object: key.to_string(),
            place: object.and_then(|object| object.place.clone()),
            source,
        }
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Values;

    #[test]
    fn a_realm_that_is_declared_as_disabled_is_never_enabled() {
        for (text, enabled) in [("realm: a\nenabled: false\n", false), ("realm: a\n", true)] {
            let desired = Desired::parse([("realm.yaml", text)], &Values::default());
            let realm = new_realm(&desired.expect("a realm"));
            assert_eq!(realm["enabled"], enabled, "{text}");
        }
    }
}
