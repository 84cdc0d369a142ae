//! The order of the work.
//!
//! The references between kinds are known, so the order of the kinds is fixed. References within a kind make depths (groups, subflows, parts of
//! components), or they are relations, which are written when all objects exist. The realm's flows are set last.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Work;
use crate::model::{Key, Kind};
use crate::plan::{Action, Edit, Plan};

/// The work of each stage, each with the object that it is about. All work of a stage can be done at the same time.
pub(super) type Stages<'p> = BTreeMap<(u8, usize), Vec<(&'p Key, Work<'p>)>>;

/// The fields of the realm that name a flow.
pub(super) const BINDINGS: [&str; 7] = [
    "browserFlow",
    "clientAuthenticationFlow",
    "directGrantFlow",
    "dockerAuthenticationFlow",
    "firstBrokerLoginFlow",
    "registrationFlow",
    "resetCredentialsFlow",
];

const SETTLING: u8 = 11;
const RELATIONS: u8 = 50;
const AUTHORIZATION: u8 = 60;
const USER_RELATIONS: u8 = 71;
const ORGANIZATION_RELATIONS: u8 = 81;
const ORGANIZATION_GROUP_RELATIONS: u8 = 83;
const BINDING: u8 = 90;
const DELETIONS: u8 = 100;

/// Returns the number of the stage in which the objects of a kind are written.
fn number(kind: Kind) -> u8 {
    match kind {
        Kind::Realm => 0,
        Kind::Flow => 10,
        Kind::RequiredAction | Kind::RealmRole | Kind::ClientScope | Kind::Localization => 20,
        Kind::Component | Kind::IdentityProvider => 21,
        Kind::ClientScopeMapper | Kind::IdentityProviderMapper | Kind::UserProfile => 22,
        Kind::Client => 30,
        Kind::ClientMapper => 31,
        Kind::ClientRole => 32,
        Kind::Group => 33,
        Kind::ClientScopeMapping | Kind::ScopeScopeMapping => RELATIONS,
        Kind::Authorization | Kind::AuthorizationScope | Kind::Resource | Kind::Policy => {
            AUTHORIZATION
        }
        Kind::User => 70,
        Kind::Organization => 80,
        Kind::OrganizationGroup => 82,
        Kind::Workflow => 85,
        Kind::ClientProfile => 91,
        Kind::ClientPolicy => 92,
    }
}

/// Sorts the actions of a plan into stages.
pub(super) fn stages(plan: &Plan) -> Stages<'_> {
    let mut stages = Stages::new();
    let flows = flow_order(plan);
    for action in &plan.actions {
        let key = &action.key;
        if matches!(action.edit, Edit::Delete) {
            // Parts are deleted before the objects that they are parts of, and users of a flow before the flow.
            let stage = DELETIONS + (100 - number(key.kind));
            let stage = (stage, 100 - key.path.len().min(100));
            // One call writes the whole list.
            let is_list = matches!(key.kind, Kind::ClientProfile | Kind::ClientPolicy);
            if !is_list || !stages.contains_key(&stage) {
                stages
                    .entry(stage)
                    .or_default()
                    .push((key, Work::Delete(action)));
            }
            continue;
        }
        let mut add = |stage: (u8, usize), work| {
            stages.entry(stage).or_default().push((key, work));
        };
        let depth = match key.kind {
            Kind::Flow => flows.get(key.name()).copied().unwrap_or_default(),
            _ => key.path.len(),
        };
        let stage = (number(key.kind), depth);
        match key.kind {
            Kind::Authorization | Kind::AuthorizationScope | Kind::Resource | Kind::Policy => {
                let works = stages.entry((AUTHORIZATION, 0)).or_default();
                let client = key.path[0].as_str();
                let is_there = works
                    .iter()
                    .any(|(_, work)| matches!(work, Work::Authorize(other) if *other == client));
                if !is_there {
                    works.push((key, Work::Authorize(client)));
                }
            }
            Kind::ClientProfile | Kind::ClientPolicy => {
                // One call writes the whole list.
                let works = stages.entry((number(key.kind), 0)).or_default();
                if works.is_empty() {
                    works.push((key, Work::WriteList(action)));
                }
            }
            Kind::ClientScopeMapping | Kind::ScopeScopeMapping => {
                add((RELATIONS, 1), Work::Relate(action));
            }
            _ => {
                if has(action, |field| !is_later(key.kind, field)) {
                    add(stage, Work::Write(action));
                }
                if key.kind == Kind::Flow {
                    add((SETTLING, usize::MAX - depth), Work::Settle(action));
                }
                if has(action, |field| key.kind.facts().relations.contains(&field)) {
                    add((relation_stage(key.kind), 0), Work::Relate(action));
                }
                if key.kind == Kind::Realm && has(action, |field| BINDINGS.contains(&field)) {
                    add((BINDING, 0), Work::Bind(action));
                }
            }
        }
    }
    stages
}

fn relation_stage(kind: Kind) -> u8 {
    match kind {
        Kind::User => USER_RELATIONS,
        Kind::Organization => ORGANIZATION_RELATIONS,
        Kind::OrganizationGroup => ORGANIZATION_GROUP_RELATIONS,
        _ => RELATIONS,
    }
}

/// Returns whether a field is written after the object itself.
pub(super) fn is_later(kind: Kind, field: &str) -> bool {
    kind.facts().relations.contains(&field) || (kind == Kind::Realm && BINDINGS.contains(&field))
}

/// Returns whether an action has a field of a sort.
fn has(action: &Action, is_wanted: impl Fn(&str) -> bool) -> bool {
    match &action.edit {
        Edit::Create { fields } => fields.keys().any(|field| is_wanted(field)),
        Edit::Change { changes } => changes
            .iter()
            .any(|change| change.path.first().is_some_and(|field| is_wanted(field))),
        Edit::Delete => false,
    }
}

/// Returns the place of each flow in an order in which a flow comes before its subflows. One flow is written at a time.
fn flow_order(plan: &Plan) -> BTreeMap<&str, usize> {
    let mut subflows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for action in &plan.actions {
        if action.key.kind == Kind::Flow {
            subflows.insert(action.key.name(), named_flows(action));
        }
    }
    let mut order = BTreeMap::new();
    let is_subflow = |name: &&str| subflows.values().any(|names| names.contains(name));
    let mut waiting: Vec<&str> = subflows
        .keys()
        .copied()
        .filter(|name| !is_subflow(name))
        .collect();
    waiting.reverse();
    // Each flow is placed after the last flow that names it; a circle ends, because no flow is placed more often than there are flows.
    let mut left = subflows.len() * subflows.len() + 1;
    let mut place = 0;
    while let Some(name) = waiting.pop() {
        place += 1;
        order.insert(name, place);
        left = left.saturating_sub(1);
        if left > 0 {
            waiting.extend(subflows.get(name).into_iter().flatten());
        }
    }
    order
}

/// Returns the subflows that an action on a flow names.
fn named_flows(action: &Action) -> Vec<&str> {
    let executions = match &action.edit {
        Edit::Create { fields } => fields.get("executions"),
        Edit::Change { changes } => {
            let change = changes
                .iter()
                .find(|change| change.path == ["executions".to_owned()]);
            change.map(|change| &change.new)
        }
        Edit::Delete => None,
    };
    let executions = executions.and_then(Value::as_array).into_iter().flatten();
    executions
        .filter_map(|execution| execution.get("flow")?.as_str())
        .collect()
}
