//! Plans in files: planned now, applied later.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actual::Actual;
use crate::error::{ConfigError, Problem};
use crate::model::{Kind, MASK};
use crate::plan::{Edit, Plan, PlanOptions, is_secret, masked};
use crate::read::{Desired, Document, Lines, Place, Values, only_one, parse, read_documents};

/// The version of the format.
const VERSION: u32 = 1;

/// The name of the field with the version. No realm file has a field of this name.
const MARK: &str = "keycloakPlan";

/// A plan with its declaration, as data for a file.
///
/// It has no secrets. `$(env:NAME)` and `$(file:PATH)` are kept as they are, so their values are looked up again. A secret that a realm file has in the
/// clear is left out, and that file is [read again](Self::files_with_secrets).
///
/// The plan itself is kept without secrets too. [`check`](Self::check) compares it with a new plan, so it finds every change of the realm that the plan
/// depends on. It does not find a secret on the server that was changed to a third value.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPlan {
    keycloak_plan: u32,
    realm: String,
    prune: BTreeSet<Kind>,
    files: Vec<SavedFile>,
    plan: Value,
    /// The objects on the server that the plan deletes.
    deleted: BTreeMap<String, Value>,
}

/// A realm file in a saved plan.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedFile {
    name: String,
    documents: Vec<Document>,
    /// True if secrets are left out of the documents.
    lacks_secrets: bool,
}

impl SavedPlan {
    /// Makes the data of a plan. `texts` are the files that it was made of, each with its name; `actual` is the realm.
    pub fn new<'t>(
        texts: impl IntoIterator<Item = (&'t str, &'t str)>,
        plan: &Plan,
        actual: &Actual,
    ) -> Result<Self, ConfigError> {
        let files = texts
            .into_iter()
            .map(|(name, text)| SavedFile::new(name, text));
        Ok(Self {
            keycloak_plan: VERSION,
            realm: plan.realm.clone(),
            prune: plan.options.iter().copied().collect(),
            files: files
                .collect::<Result<_, _>>()
                .map_err(ConfigError::Problems)?,
            plan: json(plan),
            deleted: deleted(plan, actual),
        })
    }

    /// Reads the text of a file. `None` means that it is another file, such as a realm file.
    pub fn parse(name: &str, text: &str) -> Result<Option<Self>, ConfigError> {
        if !text.trim_start().starts_with('{') || !text.contains(&format!("\"{MARK}\"")) {
            return Ok(None);
        }
        let problem = |error: &serde_json::Error, message: &str| {
            let place = Place::root(name, Lines::from([(String::new(), error.line().max(1))]));
            ConfigError::problem(Some(&place), message)
        };
        let json: Value = serde_json::from_str(text)
            .map_err(|error| problem(&error, "the saved plan is not complete"))?;
        let version = json.get(MARK).cloned();
        match version {
            None => return Ok(None),
            Some(version) if version != VERSION => {
                let message = format!(
                    "{name}: the saved plan has the format {version}, and this program knows the format {VERSION}"
                );
                return Err(ConfigError::problem(None, message));
            }
            Some(_) => {}
        }
        serde_json::from_str(text)
            .map(Some)
            .map_err(|error| problem(&error, "not a saved plan"))
    }

    /// Returns the name of the realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Returns the choices of the plan.
    #[must_use]
    pub fn options(&self) -> PlanOptions {
        PlanOptions::default().with_prune(self.prune.iter().copied())
    }

    /// Returns the names of the realm files that have secrets in the clear. [`desired`](Self::desired) reads them again.
    pub fn files_with_secrets(&self) -> impl Iterator<Item = &str> {
        let files = self.files.iter().filter(|file| file.lacks_secrets);
        files.map(|file| file.name.as_str())
    }

    /// Returns the declaration, with the present values of the environment and of files.
    ///
    /// A realm file with secrets is read again. It is a problem if that file has changed.
    pub fn desired(&self, values: &Values) -> Result<Desired, ConfigError> {
        let files = self.files.iter().flat_map(|file| match file.complete() {
            Ok(documents) => read_documents(&file.name, documents, values),
            Err(problems) => vec![Err(problems)],
        });
        let desired = only_one(Desired::merged(files)?)?;
        Ok(desired.with_realm(&self.realm))
    }

    /// Compares the plan with a new one of the same declaration. If they differ, the realm has changed since, and the error names the objects.
    pub fn check(&self, plan: &Plan, actual: &Actual) -> Result<(), ConfigError> {
        let (now, gone) = (json(plan), deleted(plan, actual));
        if self.plan == now && self.deleted == gone {
            return Ok(());
        }
        let saved = actions(&self.plan, &self.deleted);
        let now = actions(&now, &gone);
        let objects = saved.keys().chain(now.keys()).copied();
        let objects: BTreeSet<&str> = objects
            .filter(|object| saved.get(object) != now.get(object))
            .collect();
        Err(ConfigError::Stale {
            realm: self.realm.clone(),
            objects: objects.into_iter().map(str::to_owned).collect(),
        })
    }
}

/// Prints the names of the realm and of the files.
impl fmt::Debug for SavedPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
        f.debug_struct("SavedPlan")
            .field("realm", &self.realm)
            .field("files", &files)
            .finish_non_exhaustive()
    }
}

impl SavedFile {
    fn new(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let mut documents = parse(name, text)?;
        let mut lacks_secrets = false;
        for document in &mut documents {
            lacks_secrets |= leave_out_secrets("", &mut document.json);
        }
        Ok(Self {
            name: name.to_owned(),
            documents,
            lacks_secrets,
        })
    }

    /// Returns the documents with their secrets.
    fn complete(&self) -> Result<Vec<Document>, Vec<Problem>> {
        if !self.lacks_secrets {
            return Ok(self.documents.clone());
        }
        let name = &self.name;
        let problem = |message: String| vec![Problem::new(None, message)];
        let text = std::fs::read_to_string(name).map_err(|error| {
            problem(format!(
                "{name}: {error}; the saved plan has no secrets, so it needs those of the file"
            ))
        })?;
        if Self::new(name, &text)?.documents != self.documents {
            return Err(problem(format!(
                "{name}: the file has changed since the plan was made"
            )));
        }
        parse(name, &text)
    }
}

/// The parts of a plan that an application depends on.
fn json(plan: &Plan) -> Value {
    serde_json::json!({"isNewRealm": plan.is_new_realm, "actions": plan.actions})
}

/// Returns the objects that a plan deletes, as they are on the server, without secrets.
fn deleted(plan: &Plan, actual: &Actual) -> BTreeMap<String, Value> {
    let actions = plan.actions.iter();
    let deletions = actions.filter(|action| action.edit == Edit::Delete);
    let objects = deletions.filter_map(|action| {
        let object = actual.model().get(&action.key)?;
        let key = serde_json::to_value(&action.key).ok()?;
        let fields = masked("", &object.fields.clone().into());
        Some((key.as_str()?.to_owned(), fields))
    });
    objects.collect()
}

/// Returns the action of each object, and the object that is deleted.
fn actions<'v>(
    plan: &'v Value,
    deleted: &'v BTreeMap<String, Value>,
) -> BTreeMap<&'v str, (&'v Value, Option<&'v Value>)> {
    let actions = plan["actions"].as_array().into_iter().flatten();
    let actions = actions.filter_map(|action| {
        let key = action["key"].as_str()?;
        Some((key, (action, deleted.get(key))))
    });
    actions.collect()
}

/// Replaces the secrets of a value by the mask, except `$(env:NAME)` and `$(file:PATH)`. Returns whether there was one.
fn leave_out_secrets(name: &str, value: &mut Value) -> bool {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter_mut();
            let found = fields.map(|(field, value)| {
                let name = if is_secret(name) { name } else { field };
                leave_out_secrets(name, value)
            });
            found.fold(false, |any, found| any | found)
        }
        Value::Array(items) => {
            let found = items.iter_mut().map(|item| leave_out_secrets(name, item));
            found.fold(false, |any, found| any | found)
        }
        Value::String(text) if is_secret(name) && may_be_secret(text) => {
            MASK.clone_into(text);
            true
        }
        Value::Number(_) if is_secret(name) => {
            *value = MASK.into();
            true
        }
        _ => false,
    }
}

fn may_be_secret(text: &str) -> bool {
    !matches!(text, "" | "true" | "false" | MASK) && !is_reference(text)
}

/// Returns whether a text is nothing but one `$(env:NAME)`, `$(sys:NAME)` or `$(file:PATH)`, without a text for an absent value.
fn is_reference(text: &str) -> bool {
    let inner = text
        .strip_prefix("$(")
        .and_then(|text| text.strip_suffix(')'));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./ ".contains(&byte);
    let name = inner.and_then(|inner| inner.split_once(':'));
    name.is_some_and(|(word, name)| {
        matches!(word, "env" | "file" | "sys") && name.bytes().all(is_plain)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::plan;

    const REALM: &str =
        "realm: acme\nclients:\n- clientId: app\n  name: App\n  secret: $(env:SECRET)\n";

    fn actual(realm: &Value) -> Actual {
        Actual::of_representation(realm).expect("a realm")
    }

    fn values() -> Values {
        Values::given([("SECRET", "planted-value")])
    }

    /// Saves a plan of this text, and reads it again.
    fn saved(text: &str, server: &Value, options: &PlanOptions) -> (String, SavedPlan) {
        let desired = Desired::parse([("realm.yaml", text)], &values()).expect("a declaration");
        let actual = actual(server);
        let plan = plan(&desired, &actual, options).expect("a plan");
        let saved = SavedPlan::new([("realm.yaml", text)], &plan, &actual).expect("data");
        let json = serde_json::to_string_pretty(&saved).expect("JSON");
        let parsed = SavedPlan::parse("plan.json", &json).expect("a plan");
        assert!(parsed.as_ref() == Some(&saved));
        (json, saved)
    }

    /// Plans the saved declaration for another state of the server, and compares.
    fn checked(saved: &SavedPlan, server: &Value) -> Result<(), ConfigError> {
        let desired = saved.desired(&values())?;
        let actual = actual(server);
        saved.check(&plan(&desired, &actual, &saved.options())?, &actual)
    }

    #[test]
    fn a_saved_plan_fits_as_long_as_the_compared_values_are_the_same() {
        let server = |name: &str, theme: &str| json!({"realm": "acme", "loginTheme": theme, "clients": [{"clientId": "app", "name": name}]});
        let (_, saved) = saved(REALM, &server("old", "a"), &PlanOptions::default());
        checked(&saved, &server("old", "b")).expect("the theme is not declared");
        for changed in [
            server("older", "a"),
            server("App", "a"),
            json!({"realm": "acme"}),
        ] {
            let error = checked(&saved, &changed).expect_err("another plan");
            assert!(matches!(error, ConfigError::Stale { .. }), "{error}");
            assert!(error.to_string().contains("`client/app`"), "{error}");
        }
    }

    #[test]
    fn a_deletion_fits_as_long_as_the_object_is_the_same() {
        let server = |description: &str| json!({"realm": "acme", "roles": {"realm": [{"name": "old", "description": description}]}});
        let options = PlanOptions::default().with_prune([Kind::RealmRole]);
        let text = "realm: acme\nroles: {realm: []}\n";
        let (_, saved) = saved(text, &server("a"), &options);
        checked(&saved, &server("a")).expect("the same role");
        checked(&saved, &server("b")).expect_err("another role");
    }

    #[test]
    fn a_saved_plan_has_no_secret_and_takes_the_present_values() {
        let (json, saved) = saved(REALM, &json!({"realm": "acme"}), &PlanOptions::default());
        assert!(json.contains("$(env:SECRET)"), "{json}");
        assert!(!json.contains("planted"), "{json}");
        assert_eq!(saved.files_with_secrets().count(), 0);
        let desired = saved.desired(&Values::given([("SECRET", "planted-later")]));
        let desired = desired.expect("a declaration");
        let fields = desired
            .model()
            .iter()
            .map(|(_, object)| object.fields.get("secret"));
        let fields: Vec<_> = fields.flatten().collect();
        assert_eq!(fields, ["planted-later"]);
        let none = Values::given::<&str, &str>([]);
        let error = saved.desired(&none).expect_err("no value").to_string();
        assert!(
            error.starts_with("realm.yaml:5: `/clients/0/secret`"),
            "{error}"
        );
    }

    #[test]
    fn a_secret_in_the_clear_is_read_from_its_file_again() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let name = file.path().display().to_string();
        let text = REALM.replace("$(env:SECRET)", "planted-a$(env:SECRET)");
        let write = |text: &str| std::fs::write(file.path(), text).expect("written");
        write(&text);
        let desired = Desired::parse([(name.as_str(), text.as_str())], &values());
        let desired = desired.expect("a declaration");
        let actual = actual(&json!({"realm": "acme"}));
        let plan = plan(&desired, &actual, &PlanOptions::default()).expect("a plan");
        let saved = SavedPlan::new([(name.as_str(), text.as_str())], &plan, &actual);
        let saved = saved.expect("data");
        let json = serde_json::to_string(&saved).expect("JSON");
        assert!(!json.contains("planted"), "{json}");
        assert_eq!(saved.files_with_secrets().collect::<Vec<_>>(), [&name]);
        let again = saved.desired(&values()).expect("a declaration");
        assert_eq!(again.model(), desired.model());
        write(&text.replace("App", "Other"));
        let error = saved.desired(&values()).expect_err("changed").to_string();
        assert_eq!(
            error,
            format!("{name}: the file has changed since the plan was made")
        );
        drop(file);
        assert!(saved.desired(&values()).is_err());
    }

    #[test]
    fn only_a_whole_text_is_a_reference() {
        for text in ["$(env:A_1)", "$(sys:a.b)", "$(file:/run/secrets/a b.txt)"] {
            assert!(is_reference(text), "{text}");
        }
        for text in [
            "a$(env:A)",
            "$(env:A)b",
            "$(env:A)$(env:B)",
            "$(env:A:-planted)",
            "$(A)",
        ] {
            assert!(!is_reference(text), "{text}");
        }
    }

    #[test]
    fn other_files_and_broken_plans_are_told_apart() {
        for other in [
            "realm: acme\n",
            "{\"realm\": \"acme\"}",
            "",
            "keycloakPlan: 1\n",
        ] {
            assert_eq!(SavedPlan::parse("a", other).expect("another file"), None);
        }
        let (json, _) = saved(REALM, &json!({"realm": "acme"}), &PlanOptions::default());
        let newer = json.replacen("\"keycloakPlan\": 1", "\"keycloakPlan\": 2", 1);
        for (text, message) in [
            (&json[..json.len() / 2], "the saved plan is not complete"),
            (newer.as_str(), "the format 2"),
            ("{\"keycloakPlan\": 1}", "plan.json:1: not a saved plan"),
        ] {
            let error = SavedPlan::parse("plan.json", text).expect_err("broken");
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}
