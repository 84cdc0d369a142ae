//! The differences between two versions of an API, with the Rust names. Whether they break code is for cargo-semver-checks to say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use crate::hidden::{self, Layers};
use crate::pipeline::Fitted;
use crate::sources::Api;
use crate::surface::{Operation, Schema, Surface, rust_field, rust_type, values};

/// One of two versions.
pub struct Side {
    label: String,
    surface: Surface,
    /// The number of schemas of the upstream document.
    upstream_schemas: usize,
    /// The actions of the overlay that no longer fit, because the overlay was made for another document.
    notes: Vec<String>,
    layers: Layers,
}

impl Side {
    /// A document with what the pipeline makes of it.
    pub fn new(label: &str, fitted: Fitted) -> Self {
        let notes = fitted.idle_actions.iter().map(|action| action.trim());
        let names = fitted.new_names.iter();
        let names = names.map(|(key, id)| format!("{key} has no name yet; `{id}` is a suggestion"));
        Self {
            label: label.to_owned(),
            surface: Surface::of(&fitted.normalised.document),
            upstream_schemas: fitted.upstream_schemas,
            notes: notes.map(str::to_owned).chain(names).collect(),
            layers: fitted.layers,
        }
    }
}

/// The differences.
#[derive(Debug, Serialize)]
pub struct Diff {
    api: String,
    old: Totals,
    new: Totals,
    added: Vec<Named>,
    removed: Vec<Named>,
    changed: Vec<Changed>,
    schemas: Schemas,
    /// The points that a person has to look at.
    notes: Vec<String>,
    /// The changes of the upstream document that the overlay hides.
    hidden: Vec<String>,
}

/// One side in numbers.
#[derive(Debug, Serialize)]
struct Totals {
    version: String,
    /// Operations of the upstream document.
    operations: usize,
    /// Operations that the overlay adds.
    operations_of_overlay: usize,
    /// Schemas of the upstream document.
    schemas: usize,
    /// Schemas that the crate has.
    types: usize,
}

/// An operation that came or went.
#[derive(Debug, Serialize)]
#[allow(clippy::struct_field_names)] // `operation_id` is OpenAPI's own word.
struct Named {
    operation_id: String,
    method: String,
    path: String,
    rust: String,
}

#[derive(Debug, Serialize)]
struct Schemas {
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<Changed>,
}

/// An operation or a schema that is not what it was.
#[derive(Debug, Serialize)]
struct Changed {
    name: String,
    rust: String,
    /// In words.
    changes: Vec<String>,
}

impl Diff {
    /// Compares two sides.
    #[must_use]
    pub fn between(api: &Api, old: &Side, new: &Side) -> Self {
        let rust_crate = api.source.crate_name.replace('-', "_");
        let mut diff = Self {
            api: api.name.clone(),
            old: Totals::of(old),
            new: Totals::of(new),
            added: Vec::new(),
            removed: Vec::new(),
            changed: Vec::new(),
            schemas: schemas(&rust_crate, &old.surface, &new.surface),
            notes: new.notes.clone(),
            hidden: hidden::changes(&old.layers, &new.layers),
        };
        diff.compare_operations(&rust_crate, &old.surface, &new.surface);
        diff
    }

    fn compare_operations(&mut self, rust_crate: &str, old: &Surface, new: &Surface) {
        let rust = |id: &str| format!("{rust_crate}::Client::{id}");
        let named = |id: &String, operation: &Operation| Named {
            operation_id: id.clone(),
            method: operation.method.clone(),
            path: operation.path.clone(),
            rust: rust(id),
        };
        // An operation that has another id than before, at the same place.
        let gone = old
            .operations
            .iter()
            .filter(|(id, _)| !new.operations.contains_key(*id));
        let mut renamed = BTreeSet::new();
        for (id, operation) in gone {
            let twin = new.operations.iter().find(|(new_id, twin)| {
                !old.operations.contains_key(*new_id) && place(twin) == place(operation)
            });
            if let Some((new_id, twin)) = twin {
                renamed.insert(new_id.clone());
                let mut changes = vec![format!("the method is called `{new_id}` now")];
                changes.extend(operation_changes(operation, twin));
                self.changed.push(changed(id, rust(id), changes));
            } else {
                self.removed.push(named(id, operation));
            }
        }
        for (id, operation) in &new.operations {
            match old.operations.get(id) {
                Some(before) => {
                    let changes = operation_changes(before, operation);
                    if !changes.is_empty() {
                        self.changed.push(changed(id, rust(id), changes));
                    }
                }
                None if renamed.contains(id) => {}
                None => self.added.push(named(id, operation)),
            }
        }
        self.changed.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// For the changelog: one line.
    #[must_use]
    pub fn entry(&self, api: &Api) -> String {
        let mut line = format!(
            "`{}`: {} {} (was {}): ",
            api.source.crate_name, api.source.title, self.new.version, self.old.version
        );
        let changed = |changed: &[Changed]| (changed.len(), "changed");
        let counts = |what: &str, counts: [(usize, &str); 3]| {
            let counts = counts.iter().filter(|(count, _)| *count > 0);
            let counts: Vec<String> = counts
                .map(|(count, how)| format!("{count} {how}"))
                .collect();
            (!counts.is_empty()).then(|| format!("{what} {}", counts.join(", ")))
        };
        let parts = [
            counts(
                "operations",
                [
                    (self.added.len(), "new"),
                    (self.removed.len(), "gone"),
                    changed(&self.changed),
                ],
            ),
            counts(
                "types",
                [
                    (self.schemas.added.len(), "new"),
                    (self.schemas.removed.len(), "gone"),
                    changed(&self.schemas.changed),
                ],
            ),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        line.push_str(&if parts.is_empty() {
            "nothing else changed".to_owned()
        } else {
            parts.join("; ")
        });
        line.push('.');
        line
    }

    /// For a pull request.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# {}: {} → {}\n\n",
            self.api, self.old.version, self.new.version
        );
        out.push_str(
            "| | operations | of the overlay | schemas | types in Rust |\n|---|--:|--:|--:|--:|\n",
        );
        for side in [&self.old, &self.new] {
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                side.version, side.operations, side.operations_of_overlay, side.schemas, side.types
            );
        }
        out.push_str("\nWhether code breaks: `cargo xtask api --semver`.\n");
        list(&mut out, "Look at these", &self.notes);
        list(
            &mut out,
            "Upstream changes that the overlay hides",
            &self.hidden,
        );
        let line = |named: &Named| format!("`{}`: `{} {}`", named.rust, named.method, named.path);
        let lines = |named: &[Named]| named.iter().map(line).collect::<Vec<_>>();
        list(&mut out, "Operations removed", &lines(&self.removed));
        list(&mut out, "Operations added", &lines(&self.added));
        list(&mut out, "Operations changed", &change_lines(&self.changed));
        let types = |names: &[String]| {
            names
                .iter()
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>()
        };
        list(&mut out, "Schemas removed", &types(&self.schemas.removed));
        list(&mut out, "Schemas added", &types(&self.schemas.added));
        list(
            &mut out,
            "Schemas changed",
            &change_lines(&self.schemas.changed),
        );
        out
    }
}

fn list(out: &mut String, title: &str, lines: &[String]) {
    if !lines.is_empty() {
        let _ = write!(out, "\n## {title}: {}\n\n", lines.len());
        for line in lines {
            let _ = writeln!(out, "- {line}");
        }
    }
}

fn change_lines(changed: &[Changed]) -> Vec<String> {
    let line = |item: &Changed| format!("`{}`: {}", item.rust, item.changes.join("; "));
    changed.iter().map(line).collect()
}

impl Totals {
    fn of(side: &Side) -> Self {
        let documented = side.surface.documented();
        Self {
            version: side.label.clone(),
            operations: documented,
            operations_of_overlay: side.surface.operations.len() - documented,
            schemas: side.upstream_schemas,
            types: side.surface.schemas.len(),
        }
    }
}

fn changed(name: &str, rust: String, changes: Vec<String>) -> Changed {
    Changed {
        name: name.to_owned(),
        rust,
        changes,
    }
}

/// Method and path without the names of its parameters, which upstream renames now and then.
fn place(operation: &Operation) -> (&str, Vec<&str>) {
    let segments = operation.path.split('/');
    let anonymous = segments.map(|part| if part.starts_with('{') { "{}" } else { part });
    (&operation.method, anonymous.collect())
}

fn operation_changes(old: &Operation, new: &Operation) -> Vec<String> {
    let mut changes = Vec::new();
    if place(old) != place(new) {
        let (from, to) = (&old.path, &new.path);
        changes.push(format!(
            "`{} {from}` is `{} {to}` now",
            old.method, new.method
        ));
    }
    if old.module != new.module {
        let (from, to) = (&old.module, &new.module);
        changes.push(format!("its builder moved from `{from}` to `{to}`"));
    }
    changes.extend(parameter_changes(old, new));
    match (&old.body, &new.body) {
        (Some(_), None) => changes.push("it takes no body any more".to_owned()),
        (None, Some((kind, true))) => {
            changes.push(format!("it needs a body now: `{kind}`"));
        }
        (None, Some((kind, false))) => changes.push(format!("it takes a body now: `{kind}`")),
        (Some((from, was_required)), Some((to, is_required))) => {
            changes.extend(kind_changes("the body", from, to));
            match (was_required, is_required) {
                (false, true) => changes.push("the body is required now".to_owned()),
                (true, false) => changes.push("the body is optional now".to_owned()),
                _ => {}
            }
        }
        (None, None) => {}
    }
    changes.extend(kind_changes("the answer", &old.answer, &new.answer));
    for (statuses, others, what) in [
        (&new.statuses, &old.statuses, "named now"),
        (&old.statuses, &new.statuses, "no longer named"),
    ] {
        let listed: Vec<_> = statuses.difference(others).map(String::as_str).collect();
        if !listed.is_empty() {
            changes.push(format!("statuses {what}: {}", listed.join(", ")));
        }
    }
    if old.is_deprecated != new.is_deprecated {
        let now = if new.is_deprecated {
            "deprecated"
        } else {
            "no longer deprecated"
        };
        changes.push(format!("it is {now}"));
    }
    changes
}

fn parameter_changes(old: &Operation, new: &Operation) -> Vec<String> {
    let mut changes = Vec::new();
    for (name, before) in &old.parameters {
        let Some(after) = new.parameters.get(name) else {
            changes.push(format!("{} parameter `{name}` is gone", before.place));
            continue;
        };
        if before.place != after.place {
            let (from, to) = (&before.place, &after.place);
            changes.push(format!("parameter `{name}` moved from {from} to {to}"));
        }
        changes.extend(kind_changes(
            &format!("parameter `{name}`"),
            &before.kind,
            &after.kind,
        ));
        match (before.is_required, after.is_required) {
            (false, true) => changes.push(format!("parameter `{name}` is required now")),
            (true, false) => changes.push(format!("parameter `{name}` is optional now")),
            _ => {}
        }
    }
    for (name, after) in &new.parameters {
        if !old.parameters.contains_key(name) {
            let what = format!("{} parameter `{name}`: `{}`", after.place, after.kind);
            changes.push(if after.is_required {
                format!("new and required: {what}")
            } else {
                format!("new: {what}")
            });
        }
    }
    changes
}

/// The change of a type.
fn kind_changes(of: &str, old: &str, new: &str) -> Vec<String> {
    if old == new {
        return Vec::new();
    }
    let (Some(before), Some(after)) = (values(old), values(new)) else {
        return vec![format!("{of} is `{new}` now, was `{old}`")];
    };
    let gone = before
        .difference(&after)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let came = after
        .difference(&before)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let mut changes = Vec::new();
    if !gone.is_empty() {
        changes.push(format!("{of} lost the values {gone}"));
    }
    if !came.is_empty() {
        changes.push(format!("{of} has the new values {came}"));
    }
    changes
}

fn schemas(rust_crate: &str, old: &Surface, new: &Surface) -> Schemas {
    let rust = |name: &str| format!("{rust_crate}::types::{}", rust_type(name));
    let only = |these: &BTreeMap<String, Schema>, those: &BTreeMap<String, Schema>| {
        let names = these.keys().filter(|name| !those.contains_key(*name));
        names.map(|name| rust(name)).collect()
    };
    let mut schemas = Schemas {
        added: only(&new.schemas, &old.schemas),
        removed: only(&old.schemas, &new.schemas),
        changed: Vec::new(),
    };
    for (name, after) in &new.schemas {
        let Some(before) = old.schemas.get(name) else {
            continue;
        };
        let changes = schema_changes(before, after);
        if !changes.is_empty() {
            schemas.changed.push(changed(name, rust(name), changes));
        }
    }
    schemas
}

/// The changes of the fields.
fn schema_changes(old: &Schema, new: &Schema) -> Vec<String> {
    let (old, new) = match (old, new) {
        (Schema::Fields(old), Schema::Fields(new)) => (old, new),
        (Schema::Other(old), Schema::Other(new)) => return kind_changes("it", old, new),
        (Schema::Fields(_), Schema::Other(new)) => {
            return vec![format!("it has no fields any more, and is `{new}`")];
        }
        (Schema::Other(old), Schema::Fields(_)) => {
            return vec![format!("it has fields now, and was `{old}`")];
        }
    };
    let mut changes = Vec::new();
    for (field, before) in old {
        let rust = rust_field(field);
        match new.get(field) {
            None => changes.push(format!("field `{rust}` is gone")),
            Some(after) => changes.extend(kind_changes(&format!("field `{rust}`"), before, after)),
        }
    }
    for (field, kind) in new {
        if !old.contains_key(field) {
            changes.push(format!("new field `{}`: `{kind}`", rust_field(field)));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use workspace::root;

    use super::*;
    use crate::pipeline::Input;
    use crate::sources::Specs;

    /// A document with one operation and one schema.
    fn document() -> Value {
        json!({
            "openapi": "3.0.3",
            "info": {"title": "Things", "version": "1"},
            "paths": {"/things/{id}": {"put": {
                "tags": ["Things"],
                "parameters": [
                    {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                    {"name": "dry", "in": "query", "schema": {"type": "boolean"}},
                ],
                "requestBody": {"required": true, "content": {"application/json": {
                    "schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": {"204": {"description": "changed"}},
            }}},
            "components": {"schemas": {
                "Thing": {"type": "object", "properties": {
                    "name": {"type": "string"},
                    "size": {"type": "integer"},
                    "street": {"type": "string"},
                    "city": {"type": "string"},
                }},
                "Colour": {"type": "string", "enum": ["RED", "GREEN"]},
            }},
        })
    }

    const NAMES: &str = "\"PUT /things/{id}\" = \"update_thing\"\n\"PUT /things/{uuid}\" = \"update_thing\"\n\
                         \"PUT /objects/{id}\" = \"update_object\"\n\"GET /things\" = \"list_things\"\n";

    fn side(label: &str, document: &Value) -> Side {
        let input = Input {
            api: "things".to_owned(),
            title: "Things".to_owned(),
            version: "1".to_owned(),
            versions: Vec::new(),
            document: document.to_string().into_bytes(),
            overlay: "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions: []\n".to_owned(),
            operations: NAMES.to_owned(),
            descriptions: String::new(),
        };
        Side::new(label, input.normalise_what_fits().unwrap())
    }

    fn keycloak() -> Api {
        let specs = Specs::read(&root().join("specs")).unwrap();
        specs.api("keycloak").unwrap()
    }

    /// The difference that an upstream edit makes.
    fn after(edit: impl FnOnce(&mut Value)) -> Diff {
        let mut new = document();
        edit(&mut new);
        Diff::between(&keycloak(), &side("1", &document()), &side("2", &new))
    }

    fn changes(changed: &[Changed]) -> Vec<(&str, &str)> {
        let all = changed.iter().flat_map(|changed| {
            let each = changed.changes.iter();
            each.map(|change| (changed.name.as_str(), change.as_str()))
        });
        all.collect()
    }

    fn is_empty(diff: &Diff) -> bool {
        let schemas = &diff.schemas;
        let named = diff.added.is_empty() && diff.removed.is_empty();
        named
            && diff.changed.is_empty()
            && schemas.added.is_empty()
            && schemas.removed.is_empty()
            && schemas.changed.is_empty()
    }

    const OPERATION: &str = "/paths/~1things~1{id}/put";

    fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
        document.pointer_mut(pointer).unwrap()
    }

    #[test]
    fn nothing_is_nothing() {
        let diff = after(|_| {});
        assert!(is_empty(&diff));
    }

    #[test]
    fn a_schema_that_changes_its_case_alone_is_the_same_type() {
        let diff = after(|document| {
            let text = document
                .to_string()
                .replace("schemas/Thing\"", "schemas/thing\"");
            *document = serde_json::from_str(&text).unwrap();
            let schemas = at(document, "/components/schemas").as_object_mut().unwrap();
            let thing = schemas.shift_remove("Thing").unwrap();
            schemas.insert("thing".to_owned(), thing);
        });
        assert!(is_empty(&diff), "{diff:?}");
    }

    #[test]
    fn an_operation_that_upstream_moves_is_gone_and_a_new_one_came() {
        let diff = after(|document| {
            let item = at(document, "/paths/~1things~1{id}").clone();
            document["paths"] = json!({"/objects/{id}": item});
        });
        assert_eq!(diff.removed[0].rust, "keycloak_api::Client::update_thing");
        assert_eq!(diff.added[0].operation_id, "update_object");
    }

    #[test]
    fn an_operation_id_of_upstream_names_nothing() {
        let diff = after(|document| {
            at(document, OPERATION)["operationId"] = json!("ThingResource_put");
        });
        assert!(is_empty(&diff));
    }

    #[test]
    fn a_parameter_becomes_required() {
        let diff = after(|document| {
            at(document, OPERATION)["parameters"][1]["required"] = json!(true);
        });
        let expected = [("update_thing", "parameter `dry` is required now")];
        assert_eq!(changes(&diff.changed), expected);
    }

    #[test]
    fn a_new_parameter() {
        let diff = after(|document| {
            let more = json!({"name": "maxAge", "in": "query", "schema": {"type": "integer"}});
            let parameters = &mut at(document, OPERATION)["parameters"];
            parameters.as_array_mut().unwrap().push(more);
        });
        let expected = [("update_thing", "new: query parameter `max_age`: `integer`")];
        assert_eq!(changes(&diff.changed), expected);
    }

    #[test]
    fn a_property_gets_another_type() {
        let diff = after(|document| {
            at(document, "/components/schemas/Thing/properties/size")["type"] = json!("string");
        });
        let expected = [("Thing", "field `size` is `string` now, was `integer`")];
        assert_eq!(changes(&diff.schemas.changed), expected);
    }

    #[test]
    fn an_enum_loses_a_value_and_gets_one() {
        let colours = |values: Value| {
            after(|document| at(document, "/components/schemas/Colour")["enum"] = values)
        };
        let diff = colours(json!(["RED", "BLUE"]));
        let expected = [
            ("Colour", "it lost the values GREEN"),
            ("Colour", "it has the new values BLUE"),
        ];
        assert_eq!(changes(&diff.schemas.changed), expected);
    }

    #[test]
    fn a_schema_is_split_in_two() {
        let diff = after(|document| {
            let schemas = &mut document["components"]["schemas"];
            let fields = schemas["Thing"]["properties"].as_object_mut().unwrap();
            let moved: serde_json::Map<_, _> = ["street", "city"]
                .into_iter()
                .map(|field| (field.to_owned(), fields.remove(field).unwrap()))
                .collect();
            fields.insert(
                "address".to_owned(),
                json!({"$ref": "#/components/schemas/Address"}),
            );
            schemas["Address"] = json!({"type": "object", "properties": moved});
        });
        assert_eq!(diff.schemas.added, ["keycloak_api::types::Address"]);
        let expected = [
            ("Thing", "field `city` is gone"),
            ("Thing", "field `street` is gone"),
            ("Thing", "new field `address`: `Address`"),
        ];
        assert_eq!(changes(&diff.schemas.changed), expected);
    }

    #[test]
    fn a_path_parameter_of_another_name_changes_the_setter_and_not_the_method() {
        let diff = after(|document| {
            let mut item = at(document, "/paths/~1things~1{id}").clone();
            item["put"]["parameters"][0]["name"] = json!("uuid");
            document["paths"] = json!({"/things/{uuid}": item});
        });
        assert!(diff.added.is_empty() && diff.removed.is_empty());
        let expected = [
            ("update_thing", "path parameter `id` is gone"),
            (
                "update_thing",
                "new and required: path parameter `uuid`: `string`",
            ),
        ];
        assert_eq!(changes(&diff.changed), expected);
    }

    #[test]
    fn an_operation_that_loses_its_tag_goes_where_its_neighbours_are() {
        for (tag_of_neighbours, expected) in [
            ("Things", vec![]),
            (
                "Lists",
                vec![("update_thing", "its builder moved from `things` to `lists`")],
            ),
        ] {
            let neighbour = json!({"get": {
                "tags": [tag_of_neighbours], "responses": {"204": {"description": ""}}}});
            let mut old = document();
            old["paths"]["/things"] = neighbour;
            let mut new = old.clone();
            at(&mut new, OPERATION)
                .as_object_mut()
                .unwrap()
                .remove("tags");
            let diff = Diff::between(&keycloak(), &side("1", &old), &side("2", &new));
            assert_eq!(changes(&diff.changed), expected);
        }
    }

    #[test]
    fn an_operation_loses_its_body() {
        let diff = after(|document| {
            let operation = at(document, OPERATION).as_object_mut().unwrap();
            operation.remove("requestBody");
        });
        let expected = [("update_thing", "it takes no body any more")];
        assert_eq!(changes(&diff.changed), expected);
    }

    #[test]
    fn a_new_operation_is_named_with_a_suggestion() {
        let diff = after(|document| {
            document["paths"]["/boxes"] =
                json!({"get": {"tags": ["Things"], "responses": {"204": {"description": ""}}}});
        });
        assert_eq!(diff.added[0].rust, "keycloak_api::Client::get_boxes");
        assert_eq!(
            diff.notes,
            ["GET /boxes has no name yet; `get_boxes` is a suggestion"]
        );
        let text = diff.markdown();
        assert!(text.contains("| 2 | 2 | 0 | 2 | 2 |"), "{text}");
        assert!(
            text.contains("- `keycloak_api::Client::get_boxes`: `GET /boxes`"),
            "{text}"
        );
        let json = serde_json::to_value(&diff).unwrap();
        assert_eq!(json["added"][0]["operation_id"], "get_boxes");
    }
}
