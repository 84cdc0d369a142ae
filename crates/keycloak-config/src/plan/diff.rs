//! Comparing two declarations with each other.

use serde_json::{Map, Value};

use super::{Action, Change, Edit, Plan, compare};
use crate::read::Desired;

/// Compares two declarations. The plan has the changes from `old` to `new`; no server has to know their objects. It is for reading and not for
/// [`apply`](crate::apply()).
///
/// A plan for a server leaves an undeclared object alone. Here an object that only `old` declares is deleted, and a field that only `old` declares
/// becomes `null`. Declarations of two realms are compared as those of one.
#[must_use]
pub fn diff(old: &Desired, new: &Desired) -> Plan {
    let old = old.clone().with_realm(new.realm());
    let mut plan = Plan::new(new.realm());
    for (key, object) in new.model().iter() {
        let edit = match old.model().get(key) {
            None => Edit::Create {
                fields: object.fields.clone(),
            },
            Some(before) => {
                let facts = key.kind.facts();
                let mut changes =
                    compare::differences(facts, &object.fields, &before.fields).changes;
                add_removed(
                    &mut Vec::new(),
                    &before.fields,
                    &object.fields,
                    &mut changes,
                );
                changes.sort_by(|a, b| a.path.cmp(&b.path));
                if changes.is_empty() {
                    continue;
                }
                Edit::Change { changes }
            }
        };
        let key = key.clone();
        plan.actions.push(Action { key, edit });
    }
    let gone = old.model().iter();
    let gone = gone.filter(|(key, _)| new.model().get(key).is_none());
    plan.actions.extend(gone.map(|(key, _)| Action {
        key: key.clone(),
        edit: Edit::Delete,
    }));
    plan.actions.sort_by(|a, b| a.key.cmp(&b.key));
    plan
}

/// Adds the changes of the fields, and of the keys of maps, that are no longer declared.
fn add_removed(
    path: &mut Vec<String>,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    changes: &mut Vec<Change>,
) {
    for (name, before) in before {
        path.push(name.clone());
        match (before, after.get(name)) {
            (before, None) if !compare::is_blank(before) => changes.push(Change {
                path: path.clone(),
                old: Some(before.clone()),
                new: Value::Null,
            }),
            (Value::Object(before), Some(Value::Object(after))) => {
                add_removed(path, before, after, changes);
            }
            _ => {}
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Values;

    fn declared(text: &str) -> Desired {
        let values = Values::given::<&str, &str>([]);
        Desired::parse([("realm.yaml", text)], &values).expect("a declaration")
    }

    #[test]
    fn a_difference_has_new_changed_and_gone_objects_and_fields() {
        let old = declared(
            "realm: test\ndisplayName: A\nclients:\n- clientId: app\n  secret: planted\n  attributes: {a: '1', b: '2'}\n- clientId: gone\n",
        );
        let new = declared(
            "realm: acme\nclients:\n- clientId: app\n  attributes: {a: '3'}\n- clientId: new\n",
        );
        let expected = "~ realm `acme`\n    displayName: \"A\" -> null\n~ client `app`\n    attributes.a: \"1\" -> \"3\"\n    \
                        attributes.b: \"2\" -> null\n    secret: \"**********\" -> null\n- client `gone`\n+ client `new`\n    clientId: \"new\"\n";
        assert_eq!(diff(&old, &new).to_string(), expected);
        assert!(diff(&new, &new).is_empty());
    }

    #[test]
    fn references_are_not_looked_up() {
        let old = declared("realm: acme\n");
        let new = declared("realm: acme\ngroups:\n- name: a\n  realmRoles: [nobody]\n");
        assert_eq!(diff(&old, &new).actions.len(), 1);
    }
}
