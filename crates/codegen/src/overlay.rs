//! OpenAPI Overlay 1.0: the facts that an upstream document gets wrong or leaves out.
//!
//! It is stricter than the specification to keep corrections honest: an action must have a
//! `description` (its reason) and an `x-evidence`, its target must match something, and it must change
//! something. Once upstream has mended a fault, the action that corrected it is an error.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;

use crate::document::parse_yaml;
use crate::versions::DocumentVersion;

/// A parsed overlay.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    #[serde(rename = "overlay")]
    specification: String,
    #[serde(rename = "info")]
    _info: Value,
    #[serde(default)]
    actions: Vec<Action>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    target: String,
    description: String,
    #[serde(rename = "x-evidence")]
    evidence: String,
    /// The first version whose document has what the action is about.
    #[serde(default, rename = "x-since")]
    since: Option<String>,
    /// The first version whose document no longer needs the action.
    #[serde(default, rename = "x-until")]
    until: Option<String>,
    #[serde(default)]
    update: Option<Value>,
    #[serde(default)]
    remove: bool,
}

impl Overlay {
    /// Parses the YAML text of an overlay.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        // JSON is YAML, and is read faster.
        let overlay: Result<Self> = if text.starts_with('{') {
            serde_json::from_str(text).map_err(Into::into)
        } else {
            parse_yaml(text)
        };
        let overlay = overlay.with_context(|| format!("{name} is not an overlay"))?;
        ensure!(
            overlay.specification.starts_with("1.0"),
            "{name} is Overlay {}; this reads 1.0",
            overlay.specification
        );
        for (index, action) in overlay.actions.iter().enumerate() {
            let what = || format!("{name}: action {} ({})", index + 1, action.target);
            ensure!(
                action.remove != action.update.is_some(),
                "{}: give it either `update` or `remove: true`",
                what()
            );
            ensure!(
                !action.description.trim().is_empty() && !action.evidence.trim().is_empty(),
                "{}: say why in `description`, and how it is known in `x-evidence`",
                what()
            );
        }
        Ok(overlay)
    }

    /// Applies all actions in order to the document of this version; returns how many were applied. The error
    /// names every action that found nothing to do.
    pub fn apply(&self, document: &mut Value, version: &DocumentVersion<'_>) -> Result<usize> {
        let (applied, idle) = self.apply_what_fits(document, version)?;
        if !idle.is_empty() {
            bail!("overlay actions without effect:\n{}", idle.join("\n"));
        }
        Ok(applied)
    }

    /// Like [`apply`](Self::apply), for a document that the overlay was not made for: also returns what it says of each action that
    /// found nothing to do.
    pub fn apply_what_fits(
        &self,
        document: &mut Value,
        version: &DocumentVersion<'_>,
    ) -> Result<(usize, Vec<String>)> {
        let mut idle = Vec::new();
        let mut applied = 0;
        for (index, action) in self.actions.iter().enumerate() {
            let name = || format!("overlay action {} ({})", index + 1, action.target);
            if !action.is_about(version).with_context(name)? {
                continue;
            }
            applied += 1;
            let outcome = action.apply(document).with_context(name)?;
            let problem = match outcome {
                Outcome::Changed => continue,
                Outcome::NoMatch => {
                    "matches nothing: upstream renamed or removed it. Mend the target, or end the action"
                }
                Outcome::NoChange => "changes nothing: upstream now says the same. End the action",
            };
            idle.push(format!(
                "  action {} ({}) {problem} with `x-until: {}`: \
                 older documents still have it; where none is read, delete it\n    \
                 it was there because: {} [{}]",
                index + 1,
                action.target,
                version.name(),
                action.description.trim(),
                action.evidence.trim()
            ));
        }
        Ok((applied, idle))
    }
}

enum Outcome {
    Changed,
    NoChange,
    NoMatch,
}

impl Action {
    /// Returns whether the document of this version is one that the action was written for.
    fn is_about(&self, version: &DocumentVersion<'_>) -> Result<bool> {
        let is_older = |other: &Option<String>| {
            let other = other.as_deref();
            other.map(|other| version.is_older_than(other)).transpose()
        };
        let waits = is_older(&self.since)?.unwrap_or(false);
        let has_ended = !is_older(&self.until)?.unwrap_or(true);
        Ok(!waits && !has_ended)
    }

    fn apply(&self, document: &mut Value) -> Result<Outcome> {
        let path = JsonPath::parse(&self.target).context("the target is not a JSONPath")?;
        let mut pointers: Vec<String> = path
            .query_located(document)
            .locations()
            .map(serde_json_path::NormalizedPath::to_json_pointer)
            .collect();
        if pointers.is_empty() {
            return Ok(Outcome::NoMatch);
        }
        // From the last to the first, so that removing array elements leaves earlier indices right.
        pointers.reverse();
        let mut changed = false;
        for pointer in pointers {
            let Some(update) = &self.update else {
                remove(document, &pointer)?;
                changed = true;
                continue;
            };
            let node = document
                .pointer_mut(&pointer)
                .context("a located node is gone")?;
            changed |= merge(node, update);
        }
        Ok(if changed {
            Outcome::Changed
        } else {
            Outcome::NoChange
        })
    }
}

/// The specification's recursive merge: objects property by property, arrays are appended to,
/// everything else is replaced. Returns whether that changed anything.
fn merge(target: &mut Value, update: &Value) -> bool {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            let mut changed = false;
            for (key, value) in update {
                changed |= match target.get_mut(key) {
                    Some(existing) => merge(existing, value),
                    None => target.insert(key.clone(), value.clone()).is_none(),
                };
            }
            changed
        }
        (Value::Array(target), Value::Array(update)) => {
            target.extend(update.iter().cloned());
            !update.is_empty()
        }
        (Value::Array(target), value) => {
            target.push(value.clone());
            true
        }
        (target, value) if target == value => false,
        (target, value) => {
            *target = value.clone();
            true
        }
    }
}

fn remove(document: &mut Value, pointer: &str) -> Result<()> {
    let (parent, last) = pointer
        .rsplit_once('/')
        .context("the whole document cannot be removed")?;
    let last = last.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(map)) => {
            map.shift_remove(&last);
        }
        Some(Value::Array(items)) => {
            items.remove(last.parse().context("an array index")?);
        }
        _ => bail!("nothing can be removed from {parent}"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn overlay(actions: &str) -> Result<Overlay> {
        Overlay::parse(
            &format!("overlay: 1.0.0\ninfo: {{title: t, version: '1'}}\nactions:\n{actions}"),
            "overlay.yaml",
        )
    }

    fn at(version: &str) -> DocumentVersion<'_> {
        DocumentVersion {
            version,
            sha256: "",
            declared: &[],
        }
    }

    fn document() -> Value {
        json!({"paths": {"/a": {"get": {"tags": ["x"], "parameters": [
            {"name": "one", "in": "query"}, {"name": "two", "in": "path"}, {"name": "three", "in": "query"}
        ]}}}})
    }

    #[test]
    fn update_merges_objects_appends_to_arrays_and_replaces_scalars() {
        let mut document = document();
        overlay("- {target: '$.paths[\"/a\"].get', description: d, x-evidence: e, update: {tags: [y], summary: s}}")
            .unwrap()
            .apply(&mut document, &at("1.0"))
            .unwrap();
        assert_eq!(document["paths"]["/a"]["get"]["tags"], json!(["x", "y"]));
        assert_eq!(document["paths"]["/a"]["get"]["summary"], "s");
    }

    #[test]
    fn remove_takes_several_elements_of_an_array() {
        let mut document = document();
        overlay("- {target: '$.paths[\"/a\"].get.parameters[?@.in==\"query\"]', description: d, x-evidence: e, remove: true}")
            .unwrap()
            .apply(&mut document, &at("1.0"))
            .unwrap();
        assert_eq!(
            document["paths"]["/a"]["get"]["parameters"],
            json!([{"name": "two", "in": "path"}])
        );
    }

    #[test]
    fn a_target_without_match_and_an_action_without_change_are_errors_that_say_why() {
        let error = overlay(
            "- {target: '$.paths[\"/b\"]', description: upstream forgot it, x-evidence: seen, remove: true}\n\
             - {target: '$.paths[\"/a\"].get', description: d, x-evidence: e, update: {}}",
        )
        .unwrap()
        .apply(&mut document(), &at("1.0"))
        .unwrap_err()
        .to_string();
        assert!(
            error.contains("action 1") && error.contains("matches nothing"),
            "{error}"
        );
        assert!(error.contains("upstream forgot it [seen]"), "{error}");
        assert!(
            error.contains("action 2") && error.contains("changes nothing"),
            "{error}"
        );
    }

    #[test]
    fn actions_without_reason_evidence_or_effect_are_refused() {
        let missing = overlay("- {target: $.a, description: d, remove: true}").unwrap_err();
        assert!(format!("{missing:#}").contains("x-evidence"), "{missing:#}");
        let both =
            overlay("- {target: $.a, description: d, x-evidence: e, remove: true, update: {}}")
                .unwrap_err();
        assert!(both.to_string().contains("either"), "{both}");
        let neither = overlay("- {target: $.a, description: d, x-evidence: e}").unwrap_err();
        assert!(neither.to_string().contains("either"), "{neither}");
        let typo = overlay("- {target: $.a, description: d, x-evidence: e, updat: 1}").unwrap_err();
        assert!(format!("{typo:#}").contains("updat"), "{typo:#}");
    }

    #[test]
    fn an_action_waits_for_its_version() {
        let overlay = overlay(
            "- {target: '$.paths[\"/b\"]', description: d, x-evidence: e, x-since: 26.10.0, remove: true}",
        )
        .unwrap();
        assert_eq!(overlay.apply(&mut document(), &at("26.4.7")).unwrap(), 0);
        overlay.apply(&mut document(), &at("26.10.0")).unwrap_err();
    }

    #[test]
    fn an_action_ends_with_the_version_that_no_longer_needs_it() {
        let overlay = overlay(
            "- {target: '$.paths[\"/b\"]', description: d, x-evidence: e, x-until: v2, remove: true}",
        )
        .unwrap();
        for version in ["v2", "v10"] {
            assert_eq!(overlay.apply(&mut document(), &at(version)).unwrap(), 0);
        }
        let error = overlay.apply(&mut document(), &at("v1")).unwrap_err();
        assert!(error.to_string().contains("`x-until: v1`"), "{error}");
    }

    #[test]
    fn only_overlay_1_0_is_read() {
        let error = Overlay::parse("overlay: 2.0.0\ninfo: {}\n", "o").unwrap_err();
        assert!(error.to_string().contains("Overlay 2.0.0"), "{error}");
    }

    #[test]
    fn an_action_whose_version_has_no_order_is_refused_and_named() {
        let overlay = overlay(
            "- {target: '$.paths[\"/a\"]', description: d, x-evidence: e, x-until: 2026-06, remove: true}",
        )
        .unwrap();
        let error = overlay.apply(&mut document(), &at("v1")).unwrap_err();
        let error = format!("{error:#}");
        for part in ["overlay action 1", "`versions = [\"v1\", \"2026-06\"]`"] {
            assert!(error.contains(part), "{error}");
        }
        let order = ["v1", "2026-06"].map(str::to_owned);
        let declared = DocumentVersion {
            declared: &order,
            ..at("v1")
        };
        assert_eq!(overlay.apply(&mut document(), &declared).unwrap(), 1);
    }
}
