//! Changing authentication flows in place, so that users can log in all the time.
//!
//! First each flow gets the executions that it lacks. A new execution is disabled. Then, from the innermost subflow to the outermost flow, the
//! executions get their configurations, requirements and priorities, and those that are no longer declared are removed last. So a subflow is complete
//! before it is used.

use keycloak_admin::{Error, Operation};
use keycloak_api::authentication_management::op;
use serde_json::{Map, Value, json};

use super::{Run, calls};
use crate::model::{Key, Kind, Object, remove_masks_in};

macro_rules! info {
    ($operation:ident) => {
        <op::$operation as Operation>::INFO
    };
}

/// An execution of a flow, as the server lists it.
type Execution = Map<String, Value>;

impl Run<'_> {
    /// Makes a flow and its executions the declared ones.
    pub(super) async fn write_flow(&self, key: &Key) -> Result<(), Error> {
        let Some(object) = self.desired.get(key) else {
            return Ok(());
        };
        let is_top = object.field("topLevel") == Some(&Value::Bool(true));
        if self.flow_id(key).is_err() {
            // A subflow is made by the flow that it is in, which comes before it.
            let mut body = object.fields.clone();
            body.remove("executions");
            body.insert("topLevel".to_owned(), is_top.into());
            body.insert("builtIn".to_owned(), false.into());
            let create = self.plain(info!(CreateAuthenticationFlow));
            if let Some(id) = self.send(create, Some(&body.into())).await? {
                self.remember(key, id);
            }
        } else {
            self.describe(key).await?;
        }
        let Some(declared) = object.field("executions").and_then(Value::as_array) else {
            return Ok(());
        };
        let (matched, _) = matches(declared, &self.executions(key).await?);
        let new = declared.iter().zip(matched);
        for (declared, _) in new.filter(|(_, found)| found.is_none()) {
            self.add_execution(key, declared).await?;
        }
        Ok(())
    }

    /// Returns the id of a flow. A flow has one if the export listed it, or if this run made or listed it.
    pub(super) fn flow_id(&self, key: &Key) -> Result<String, Error> {
        self.known_id(key).ok_or_else(|| calls::missing(key))
    }

    async fn describe(&self, key: &Key) -> Result<(), Error> {
        let declared = self
            .desired
            .get(key)
            .and_then(|flow| flow.field("description"));
        let there = self
            .actual
            .get(key)
            .and_then(|flow| flow.field("description"));
        let (Some(declared), true) = (declared, declared != there) else {
            return Ok(());
        };
        let id = self.flow_id(key)?;
        let get = self
            .call(info!(GetAuthenticationFlow), key, &[("id", &id)])
            .await?;
        let mut flow: Map<String, Value> = self.read(get).await?;
        flow.insert("description".to_owned(), declared.clone());
        let put = self
            .call(info!(UpdateAuthenticationFlow), key, &[("id", &id)])
            .await?;
        self.send(put, Some(&flow.into())).await.map(drop)
    }

    /// Lists the executions of a flow without those of its subflows.
    async fn executions(&self, key: &Key) -> Result<Vec<Execution>, Error> {
        let list = self
            .call(info!(ListAuthenticationFlowExecutions), key, &[])
            .await?;
        let mut list: Vec<Execution> = self.read(list).await?;
        list.retain(|execution| execution.get("level") == Some(&0.into()));
        for execution in &list {
            if let (Some(alias), Some(id)) = (subflow(execution), text(execution, "flowId")) {
                self.remember(&Key::new(Kind::Flow, [alias]), id.to_owned());
            }
        }
        Ok(list)
    }

    /// Sets the executions of a flow to the declared ones, and removes the others.
    pub(super) async fn settle_flow(&self, key: &Key) -> Result<(), Error> {
        let declared = self
            .desired
            .get(key)
            .and_then(|flow| flow.field("executions"));
        let Some(declared) = declared.and_then(Value::as_array) else {
            return Ok(());
        };
        let there = self.executions(key).await?;
        let (matched, left) = matches(declared, &there);
        let left: Vec<&Execution> = left.into_iter().map(|index| &there[index]).collect();
        let mut pairs = Vec::new();
        for (declared, found) in declared.iter().zip(matched) {
            let execution = found.map(|index| &there[index]);
            pairs.push((declared, execution.ok_or_else(|| calls::missing(key))?));
        }
        // The alias of a configuration is free when the execution that has it is gone.
        let is_late = |config: &Value| {
            left.iter()
                .any(|left| left.get("alias") == config.get("alias"))
        };
        let mut kept = Vec::new();
        for (declared, execution) in pairs {
            let config = declared.get("config").filter(|config| !is_late(config));
            let is_anew = match config {
                Some(config) => self.write_config(key, config, declared, execution).await?,
                None => false,
            };
            if !is_anew {
                kept.push((declared, execution));
            }
        }
        sort_moves(&mut kept);
        for (declared, execution) in &kept {
            self.write_execution(key, declared, execution).await?;
        }
        if !self.actual.get(key).is_some_and(is_built_in) {
            for execution in &left {
                self.delete_execution(key, execution).await?;
            }
        }
        for (declared, execution) in &kept {
            if let Some(config) = declared.get("config").filter(|config| is_late(config)) {
                self.write_config(key, config, declared, execution).await?;
            }
        }
        Ok(())
    }

    async fn delete_execution(&self, key: &Key, execution: &Execution) -> Result<(), Error> {
        let info = info!(DeleteAuthenticationExecution);
        let id = text(execution, "id").unwrap_or_default();
        let delete = self.call(info, key, &[("executionId", id)]).await?;
        self.send(delete, None).await.map(drop)
    }

    async fn add_execution(&self, key: &Key, declared: &Value) -> Result<(), Error> {
        let priority = declared.get("priority").cloned().unwrap_or_default();
        let authenticator = declared.get("authenticator").and_then(Value::as_str);
        let Some(alias) = declared.get("flow").and_then(Value::as_str) else {
            let post = self
                .call(info!(AddExecutionToAuthenticationFlow), key, &[])
                .await?;
            let mut body = json!({"provider": authenticator});
            if !priority.is_null() {
                body["priority"] = priority;
            }
            return self.send(post, Some(&body)).await.map(drop);
        };
        let subflow = self.desired.get(&Key::new(Kind::Flow, [alias]));
        let field = |name| subflow.and_then(|flow| flow.field(name)).cloned();
        let mut body = json!({
            "alias": alias,
            "type": field("providerId").unwrap_or_else(|| "basic-flow".into()),
            "description": field("description").unwrap_or_else(|| "".into()),
            "provider": authenticator.unwrap_or_default(),
        });
        if !priority.is_null() {
            body["priority"] = priority;
        }
        let post = self
            .call(info!(AddSubflowToAuthenticationFlow), key, &[])
            .await?;
        if let Some(id) = self.send(post, Some(&body)).await? {
            self.remember(&Key::new(Kind::Flow, [alias]), id);
        }
        Ok(())
    }

    /// Sets the requirement and the priority of an execution.
    async fn write_execution(
        &self,
        key: &Key,
        declared: &Value,
        there: &Execution,
    ) -> Result<(), Error> {
        let mut changed = there.clone();
        for field in ["requirement", "priority"] {
            if let Some(value) = declared.get(field) {
                changed.insert(field.to_owned(), value.clone());
            }
        }
        if changed != *there {
            let put = self
                .call(info!(UpdateAuthenticationFlowExecution), key, &[])
                .await?;
            self.send(put, Some(&changed.into())).await?;
        }
        Ok(())
    }

    /// Gives an execution a configuration, and returns whether the execution was made anew.
    ///
    /// If another execution has a configuration with this alias, both share it. Then the execution is made anew with it, because no call gives it to
    /// an execution that exists.
    async fn add_config(
        &self,
        key: &Key,
        config: &Value,
        declared: &Value,
        execution: &Execution,
    ) -> Result<bool, Error> {
        let info = info!(CreateAuthenticationExecutionConfig);
        let id = text(execution, "id").unwrap_or_default();
        let post = self.call(info, key, &[("executionId", id)]).await?;
        match self.send(post, Some(config)).await {
            Err(error) if error.is_conflict() => {}
            result => return result.map(|_| false),
        }
        let field = |name| declared.get(name).or_else(|| execution.get(name));
        let body = json!({
            "authenticator": execution.get("providerId"),
            "authenticatorConfig": config.get("alias"),
            "authenticatorFlow": false,
            "parentFlow": self.flow_id(key)?,
            "priority": field("priority"),
            "requirement": field("requirement"),
        });
        let post = self.plain(info!(CreateAuthenticationExecution));
        self.send(post, Some(&body)).await?;
        self.delete_execution(key, execution).await.map(|()| true)
    }

    /// Returns whether several executions had the configuration of this one when the realm was read.
    fn is_shared(&self, execution: &Execution) -> bool {
        let alias = text(execution, "alias").unwrap_or_default();
        let flows = self.actual.of(Kind::Flow);
        flows
            .map(|(_, flow)| flow.count_config(alias))
            .sum::<usize>()
            > 1
    }

    /// Writes the configuration of an execution, and returns whether the execution was made anew.
    async fn write_config(
        &self,
        key: &Key,
        config: &Value,
        declared: &Value,
        execution: &Execution,
    ) -> Result<bool, Error> {
        let mut config = config.clone();
        remove_masks_in(&mut config);
        let config = &config;
        let id = text(execution, "authenticationConfig");
        // An execution that shares its configuration gets a new one, so that no execution has that of another. The plan knows that all leave it.
        let is_renamed = config.get("alias") != execution.get("alias");
        let id = id.filter(|_| !(is_renamed && self.is_shared(execution)));
        let Some(id) = id else {
            return self.add_config(key, config, declared, execution).await;
        };
        let get = self
            .call(info!(GetAuthenticatorConfig), key, &[("id", id)])
            .await?;
        let there: Map<String, Value> = self.read(get).await?;
        let mut changed = there.clone();
        if let Some(alias) = config.get("alias") {
            changed.insert("alias".to_owned(), alias.clone());
        }
        let values = changed
            .entry("config")
            .or_insert_with(|| Map::new().into())
            .as_object_mut();
        let declared = config.get("config").and_then(Value::as_object);
        if let (Some(values), Some(declared)) = (values, declared) {
            values.extend(declared.clone());
        }
        if changed == there {
            return Ok(false);
        }
        let put = self
            .call(info!(UpdateAuthenticatorConfig), key, &[("id", id)])
            .await?;
        self.send(put, Some(&changed.into())).await.map(|_| false)
    }
}

fn text<'e>(execution: &'e Execution, field: &str) -> Option<&'e str> {
    execution.get(field).and_then(Value::as_str)
}

/// Returns the alias of the subflow that an execution is.
fn subflow(execution: &Execution) -> Option<&str> {
    let is_flow = execution.get("authenticationFlow") == Some(&Value::Bool(true));
    text(execution, "displayName").filter(|_| is_flow)
}

/// Sorts executions so that their priorities can be written one after the other, and no execution passes another that it need not pass: first those
/// that go to the front, from the front, and then those that go to the back, from the back.
fn sort_moves(pairs: &mut [(&Value, &Execution)]) {
    pairs.sort_by_key(|(declared, execution)| {
        let there = execution.get("priority").and_then(Value::as_i64);
        let wanted = declared.get("priority").and_then(Value::as_i64).or(there);
        let wanted = wanted.unwrap_or_default();
        let goes_back = wanted > there.unwrap_or_default();
        (goes_back, if goes_back { -wanted } else { wanted })
    });
}

/// Returns whether a flow is one of Keycloak's own, whose executions stay.
fn is_built_in(flow: &Object) -> bool {
    flow.field("builtIn") == Some(&Value::Bool(true))
}

/// Pairs the declared executions with those that are there: the same authenticator or subflow, in their order, and first those with the same
/// configuration. Returns the index of each partner, and the indices of the executions without one.
fn matches(declared: &[Value], there: &[Execution]) -> (Vec<Option<usize>>, Vec<usize>) {
    let is_same = |declared: &Value, execution: &Execution| {
        let name = |field| declared.get(field).and_then(Value::as_str);
        match (name("flow"), subflow(execution)) {
            (None, None) => name("authenticator") == text(execution, "providerId"),
            (wanted, there) => wanted == there,
        }
    };
    let has_same_config = |declared: &Value, execution: &Execution| {
        let alias = declared
            .get("config")
            .and_then(|config| config.get("alias"));
        alias == execution.get("alias")
    };
    let mut matched = vec![None; declared.len()];
    let mut left: Vec<usize> = (0..there.len()).collect();
    for is_config_needed in [true, false] {
        for (declared, matched) in declared.iter().zip(&mut matched) {
            let found = left.iter().position(|index| {
                let execution = &there[*index];
                is_same(declared, execution)
                    && (!is_config_needed || has_same_config(declared, execution))
            });
            if let (None, Some(found)) = (*matched, found) {
                *matched = Some(left.remove(found));
            }
        }
    }
    (matched, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_execution_passes_another_on_its_way() {
        let moves = [(10, 1), (20, 50), (30, 60), (40, 70)];
        let objects = moves.map(|(old, new)| {
            let there = json!({"priority": old});
            (
                json!({"priority": new}),
                there.as_object().cloned().unwrap_or_default(),
            )
        });
        let mut pairs: Vec<_> = objects
            .iter()
            .map(|(declared, there)| (declared, there))
            .collect();
        sort_moves(&mut pairs);
        let order: Vec<&Value> = pairs
            .iter()
            .map(|(declared, _)| &declared["priority"])
            .collect();
        assert_eq!(order, [1, 70, 60, 50]);
    }

    #[test]
    fn executions_are_paired_in_order() {
        let there = |id: &str, provider: &str| {
            let json = json!({"id": id, "providerId": provider});
            json.as_object().cloned().unwrap_or_default()
        };
        let there = [there("1", "a"), there("2", "b"), there("3", "a")];
        let declared = [
            json!({"authenticator": "b"}),
            json!({"authenticator": "a"}),
            json!({"authenticator": "c"}),
        ];
        let (matched, left) = matches(&declared, &there);
        assert_eq!(matched, [Some(1), Some(0), None]);
        assert_eq!(left, [2]);
    }
}
