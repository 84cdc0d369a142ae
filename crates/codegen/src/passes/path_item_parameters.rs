//! Parameters move from path items into operations: path parameters and required ones into all of them, other query and header
//! parameters into GET alone, since filters say nothing about a write. (Scanners lift a bean's query parameters to the path item.)

use anyhow::Result;
use serde_json::{Map, Value};

use super::Pass;
use crate::document::{METHODS, path_items_mut};

pub const PASS: Pass = Pass {
    name: "path-item-parameters",
    about: "parameters of path items move into their operations",
    run,
};

fn run(document: &mut Value) -> Result<usize> {
    let mut moved = 0;
    for (_, item) in path_items_mut(document) {
        let Some(Value::Array(parameters)) = item.shift_remove("parameters") else {
            continue;
        };
        moved += parameters.len();
        for method in METHODS {
            let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) else {
                continue;
            };
            let inherited: Vec<Value> = parameters
                .iter()
                .filter(|parameter| {
                    let is_of_all = parameter["in"] == "path" || parameter["required"] == true;
                    is_of_all || method == "get"
                })
                .filter(|parameter| !declares(operation, parameter))
                .cloned()
                .collect();
            let own = operation
                .entry("parameters")
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(own) = own {
                own.splice(0..0, inherited);
            }
        }
    }
    Ok(moved)
}

fn declares(operation: &Map<String, Value>, parameter: &Value) -> bool {
    operation
        .get("parameters")
        .and_then(Value::as_array)
        .is_some_and(|own| {
            own.iter()
                .any(|other| other["name"] == parameter["name"] && other["in"] == parameter["in"])
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;
    use serde_json::json;

    #[test]
    fn path_parameters_go_to_all_and_filters_to_get() {
        let id = json!({"name": "id", "in": "path"});
        let own_id = json!({"name": "id", "in": "path", "description": "own"});
        let first = json!({"name": "first", "in": "query"});
        let (document, changed) = after(
            &PASS,
            json!({"paths": {"/{id}": {
                "parameters": [id, first],
                "get": {},
                "put": {"parameters": [own_id]},
            }}}),
        );
        assert_eq!(changed, 2);
        assert_eq!(
            document,
            json!({"paths": {"/{id}": {
                "get": {"parameters": [id, first]},
                "put": {"parameters": [own_id]},
            }}})
        );
    }

    #[test]
    fn required_headers_go_to_all_and_optional_ones_to_get() {
        let tenant = json!({"name": "x-tenant", "in": "header", "required": true});
        let trace = json!({"name": "x-trace", "in": "header"});
        let (document, _) = after(
            &PASS,
            json!({"paths": {"/a": {"parameters": [tenant, trace], "get": {}, "delete": {}}}}),
        );
        assert_eq!(
            document["paths"]["/a"],
            json!({"get": {"parameters": [tenant, trace]}, "delete": {"parameters": [tenant]}})
        );
    }
}
