//! Properties that hold secrets are marked with `x-secret`, so that the generated `Debug` prints that they are
//! set but not what they are. The rule goes by name; the overlay marks what the rule cannot know. No document can take a mark away.

use anyhow::Result;
use serde_json::{Value, json};

use super::Pass;
use crate::document::edit_schemas;

pub const PASS: Pass = Pass {
    name: "secrets",
    about: "properties that hold secrets are kept out of Debug",
    run,
};

/// The endings of the names of secrets, in lower case.
const SECRET_ENDINGS: [&str; 6] = [
    "secret",
    "password",
    "privatekey",
    "accesstoken",
    "refreshtoken",
    "idtoken",
];

/// Whole names of secrets, and of maps in which one may stand.
const SECRET_NAMES: [&str; 8] = [
    "token",
    "config",
    "smtpserver",
    "secretdata",
    "credentialdata",
    "hashedsaltedvalue",
    "salt",
    "link",
];

fn run(document: &mut Value) -> Result<usize> {
    Ok(edit_schemas(document, &mut |schema| {
        let Some(Value::Object(properties)) = schema.get_mut("properties") else {
            return 0;
        };
        let mut marked = 0;
        for (name, property) in properties.iter_mut() {
            let Some(property) = property.as_object_mut() else {
                continue;
            };
            let is_marked = property.get("x-secret") == Some(&json!(true));
            if is_secret(name, property.get("type")) && !is_marked {
                property.insert("x-secret".to_owned(), json!(true));
                marked += 1;
            }
        }
        marked
    }))
}

/// Returns whether the name is that of a secret. A name that only begins like one (`passwordPolicy`) is not.
fn is_secret(name: &str, kind: Option<&Value>) -> bool {
    let name = bare_name(name);
    holds_text(kind)
        && (SECRET_NAMES.contains(&name.as_str())
            || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// A flag or a number (`accessTokenLifespan`) holds no text, and so no secret.
pub(crate) fn holds_text(kind: Option<&Value>) -> bool {
    let kind = kind.and_then(Value::as_str);
    !matches!(kind, Some("boolean" | "integer" | "number"))
}

/// A name in lower case, without what stands between its words.
pub(crate) fn bare_name(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passes::after;

    #[test]
    fn texts_and_maps_with_secret_names_are_marked_and_flags_are_not() {
        let (document, changed) = after(
            &PASS,
            json!({"components": {"schemas": {"A": {"properties": {
                "clientSecret": {"type": "string"},
                "access_token": {"type": "string", "x-secret": false},
                "config": {"type": "object"},
                "accessTokenLifespan": {"type": "integer"},
                "passwordPolicy": {"type": "string"},
            }}}}}),
        );
        assert_eq!(changed, 3);
        let properties = &document["components"]["schemas"]["A"]["properties"];
        for name in ["clientSecret", "access_token", "config"] {
            assert_eq!(properties[name]["x-secret"], true, "{name}");
        }
        for name in ["accessTokenLifespan", "passwordPolicy"] {
            assert_eq!(properties[name].get("x-secret"), None, "{name}");
        }
    }
}
