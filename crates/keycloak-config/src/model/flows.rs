//! Reading authentication flows: each flow with its executions, and each execution with its configuration.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::representation::{Reader, items, text};
use super::{Kind, Model, Object, remove_masks};
use crate::error::Problem;
use crate::read::Place;

/// The aliases of the flows by the ids that they have in the same file or answer.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Replaces the ids of the flows that a client logs in by with their aliases.
    pub(super) fn resolve_overrides(&self, client: &mut Map<String, Value>) {
        let overrides = client.get_mut("authenticationFlowBindingOverrides");
        for (_, flow) in overrides
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            if let Some(alias) = flow.as_str().and_then(|id| self.0.get(id)) {
                *flow = alias.clone().into();
            }
        }
    }
}

/// Reads the flows and returns their aliases.
pub(super) fn read(
    reader: &mut Reader,
    list: Option<Value>,
    configs: Option<Value>,
    place: Option<&Place>,
) -> Names {
    let configs: BTreeMap<String, Value> = items(configs, None)
        .filter_map(|(config, _)| {
            let alias = text(&config, "alias")?.to_owned();
            Some((alias, config.get("config").cloned().unwrap_or_default()))
        })
        .collect();
    let mut names = Names::default();
    if list.is_some() {
        reader.model.declare_list(Kind::Flow, &[]);
    }
    for (mut flow, place) in items(list, place) {
        let alias = text(&flow, "alias").unwrap_or_default().to_owned();
        if let Some(id) = text(&flow, "id") {
            names.0.insert(id.to_owned(), alias.clone());
        }
        if let Some(list) = flow.remove("authenticationExecutions") {
            let at = place
                .as_ref()
                .map(|place| place.child("authenticationExecutions"));
            let executions = executions(reader, list, &configs, at.as_ref());
            flow.insert("executions".to_owned(), executions.into());
        }
        reader.add(Kind::Flow, &[alias], flow, place);
    }
    // The server has configurations that executions have left behind.
    if let Some(place) = place {
        check_use(reader, &configs, place);
    }
    names
}

/// Notes a problem for each declared configuration that no execution has.
fn check_use(reader: &mut Reader, configs: &BTreeMap<String, Value>, place: &Place) {
    for alias in configs.keys() {
        let mut flows = reader.model.of(Kind::Flow);
        let is_used = flows.any(|(_, flow)| flow.count_config(alias) > 0);
        if !is_used {
            let message = format!("the configuration `{alias}` is of no execution");
            reader.problems.push(Problem::new(Some(place), message));
        }
    }
}

fn executions(
    reader: &mut Reader,
    list: Value,
    configs: &BTreeMap<String, Value>,
    place: Option<&Place>,
) -> Vec<Value> {
    let mut executions = Vec::new();
    for (execution, place) in items(Some(list), place) {
        match read_execution(&execution, configs) {
            Ok(execution) => executions.push(execution),
            Err(message) => reader.problems.push(Problem::new(place.as_ref(), message)),
        }
    }
    executions.sort_by_key(|execution| execution.get("priority").and_then(Value::as_i64));
    executions
}

fn read_execution(
    execution: &Map<String, Value>,
    configs: &BTreeMap<String, Value>,
) -> Result<Value, String> {
    let mut read = Map::new();
    let flow = text(execution, "flowAlias").filter(|alias| !alias.is_empty());
    let authenticator = text(execution, "authenticator").filter(|name| !name.is_empty());
    match (flow, authenticator) {
        (None, None) => {
            return Err("the execution has neither `authenticator` nor `flowAlias`".to_owned());
        }
        (Some(flow), authenticator) => {
            read.insert("flow".to_owned(), flow.into());
            // The form of a form flow, such as `registration-page-form`.
            if let Some(authenticator) = authenticator {
                read.insert("authenticator".to_owned(), authenticator.into());
            }
        }
        (None, Some(authenticator)) => {
            read.insert("authenticator".to_owned(), authenticator.into());
        }
    }
    for field in ["requirement", "priority"] {
        if let Some(value) = execution.get(field) {
            read.insert(field.to_owned(), value.clone());
        }
    }
    if let Some(alias) = text(execution, "authenticatorConfig") {
        let config = configs.get(alias).ok_or_else(|| {
            format!("the configuration `{alias}` is not in `authenticatorConfig`")
        })?;
        read.insert(
            "config".to_owned(),
            json!({"alias": alias, "config": config}),
        );
    }
    Ok(read.into())
}

impl Object {
    /// Returns the number of executions of a flow that have a configuration.
    pub(crate) fn count_config(&self, alias: &str) -> usize {
        let executions = self.fields.get("executions").and_then(Value::as_array);
        let aliases = executions.into_iter().flatten().map(config_alias);
        aliases.filter(|found| *found == Some(alias)).count()
    }
}

/// Returns the alias of the configuration of an execution.
pub(crate) fn config_alias(execution: &Value) -> Option<&str> {
    execution.pointer("/config/alias")?.as_str()
}

impl Model {
    /// Returns the fields of a realm that declare the flows, or no fields if none of the flows is built-in.
    pub(crate) fn built_in_flows(&self) -> Map<String, Value> {
        let is_built_in = |name: &str| {
            let mut flows = self.of(Kind::Flow);
            flows.any(|(key, flow)| {
                key.name() == name && flow.fields.get("builtIn") == Some(&Value::Bool(true))
            })
        };
        let mut realm = Map::new();
        if !is_built_in("browser") {
            return realm;
        }
        let mut configs = BTreeMap::new();
        let flows = self.of(Kind::Flow);
        let flows = flows.map(|(_, flow)| {
            let mut flow = flow.fields.clone();
            let executions = flow.remove("executions").unwrap_or_default();
            let executions = executions.as_array().into_iter().flatten();
            let executions = executions.map(|execution| write_execution(execution, &mut configs));
            let executions: Vec<Value> = executions.collect();
            flow.insert("authenticationExecutions".to_owned(), executions.into());
            Value::from(flow)
        });
        let flows: Vec<Value> = flows.collect();
        realm.insert("authenticationFlows".to_owned(), flows.into());
        let configs = configs.into_values().collect::<Vec<Value>>();
        realm.insert("authenticatorConfig".to_owned(), configs.into());
        remove_masks(&mut realm);
        realm
    }
}

/// Brings an execution back to the form of a file.
pub(super) fn write_execution(execution: &Value, configs: &mut BTreeMap<String, Value>) -> Value {
    let mut written = json!({
        "authenticator": execution.get("authenticator"),
        "authenticatorFlow": execution.get("flow").is_some(),
        "flowAlias": execution.get("flow"),
        "priority": execution.get("priority"),
        "requirement": execution.get("requirement"),
    });
    if let Some(config) = execution.get("config") {
        let alias = config.get("alias").and_then(Value::as_str);
        configs.insert(alias.unwrap_or_default().to_owned(), config.clone());
        written["authenticatorConfig"] = alias.into();
    }
    if let Value::Object(fields) = &mut written {
        fields.retain(|_, value| !value.is_null());
    }
    written
}
