//! Files that people have: realms, clients or users as JSON, in every form that Keycloak takes.
//!
//! Keycloak converts a value that has another type than its field, such as `"enabled": "true"`. [`read`] does the same, and lists the places.
//! Keycloak refuses a field that it does not know. [`read`] passes over it and lists it.
//!
//! A file can also be sent as it is, with `json_text`. The server then reads it.
//!
//! ```no_run
//! # async fn run(keycloak: keycloak_admin::Keycloak, json: &str) -> Result<(), keycloak_admin::Error> {
//! use keycloak_admin::{files, types::RealmRepresentation};
//!
//! let file = files::read::<RealmRepresentation>(json)?;
//! for field in &file.unknown {
//!     eprintln!("the realm has no field {field}");
//! }
//! // The typed form, without the unknown fields:
//! keycloak.realms().create(&file.value).await?;
//! // Or the file as it is:
//! keycloak.realms().create(&file.value).json_text(json).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Conversions
//!
//! | field | form in the file |
//! |---|---|
//! | a text | a number or a boolean, which becomes its text |
//! | `true` or `false` | these as a text; a whole number, of which 0 is `false` |
//! | a whole number | a text of digits; a number with a fraction, which is cut off |
//! | a number | a text of a number |
//! | a list in a map, such as an attribute | a single text, number or boolean |
//! | a scope, an owner of a resource, a domain of an organization, an attribute or a group of the user profile, a step of a workflow | its name as a text |
//! | an item of a list or a value of a map | `null`, which is left out |
//!
//! # Differences from Keycloak
//!
//! Keycloak takes a single value for a list in the attributes of a user and of a resource. [`read`] takes it in every map of lists.
//! Keycloak ignores an empty text for a number or a boolean, and text after the end of the JSON. Both are an error here. Keycloak keeps an item
//! that is `null` in some lists, and fails for it in others.

mod lenient;

use std::cell::RefCell;

use keycloak_session::{Error, ErrorKind};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use self::lenient::{Lenient, Notes};

/// A value that was read from a file, from [`read`].
///
/// The places are JSON pointers (RFC 6901), such as `/users/0/attributes/phone`. They hold names of fields and keys of maps, and no values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FromFile<T> {
    /// The value.
    pub value: T,
    /// The fields that the types do not have. They are not in the value.
    pub unknown: Vec<String>,
    /// The places whose value was converted to the type of its field, and each `null` that was left out of a list or a map.
    pub coerced: Vec<String>,
}

/// Reads a value from JSON, with the conversions of Keycloak's own parser.
///
/// If a name comes twice in an object, the last one counts. The error of a file that cannot be read has [`ErrorKind::InvalidRequest`]. It names
/// the place, and never a value.
///
/// ```
/// use keycloak_admin::{files, types::UserRepresentation};
///
/// # fn main() -> Result<(), keycloak_admin::Error> {
/// let json = r#"{"username": "ali", "enabled": "true", "attributes": {"phone": 345}, "mail": "ali@example.com"}"#;
/// let file = files::read::<UserRepresentation>(json)?;
/// assert_eq!(file.value.enabled, Some(true));
/// assert_eq!(file.coerced, ["/attributes/phone", "/enabled"]);
/// assert_eq!(file.unknown, ["/mail"]);
/// # Ok(())
/// # }
/// ```
pub fn read<T: DeserializeOwned>(json: &str) -> Result<FromFile<T>, Error> {
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    let whole: &RawValue = serde_json::from_str(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        unreadable(&format!("not JSON, at line {line} column {column}"))
    })?;
    let notes = RefCell::default();
    let value = T::deserialize(Lenient::new(whole, &notes)).map_err(|problem| {
        let message = match problem.pointer.as_deref() {
            None | Some("") => problem.message,
            Some(pointer) => format!("`{pointer}`: {}", problem.message),
        };
        unreadable(&message)
    })?;
    let Notes { unknown, coerced } = notes.into_inner();
    Ok(FromFile {
        value,
        unknown,
        coerced,
    })
}

fn unreadable(message: &str) -> Error {
    let message = format!("the file cannot be read: {message}");
    Error::new(ErrorKind::InvalidRequest, message)
}

#[cfg(test)]
mod tests {
    use keycloak_api::types::{
        ClientRepresentation, OrganizationDomainRepresentation, RealmRepresentation,
        ResourceOwnerRepresentation, ResourceServerRepresentation, ScopeRepresentation,
        UpAttribute, UpGroup, UserRepresentation, WorkflowStepRepresentation,
    };
    use serde_json::{Value, json};

    use super::*;

    fn read_user(json: &Value) -> FromFile<UserRepresentation> {
        read(&json.to_string()).expect("a user")
    }

    #[test]
    fn a_file_in_the_form_of_the_server_is_read_without_a_note() {
        let json = json!({"username": "ali", "enabled": true, "notBefore": 0, "email": null, "attributes": {"a": ["b"], "c": []}});
        let file = read_user(&json);
        let plain: UserRepresentation = serde_json::from_value(json).expect("a user");
        assert_eq!(
            file,
            FromFile {
                value: plain,
                unknown: vec![],
                coerced: vec![]
            }
        );
    }

    #[test]
    fn each_conversion_and_each_unknown_field_is_listed_with_its_place() {
        let json = json!({
            "username": 7, "enabled": "True", "totp": 0, "notBefore": " 8 ",
            "attributes": {"single": "345", "mixed": [3, true, "t"], "a/b~": false, "gone": null, "hole": [null, "x"]},
            "mispelt": {"secret": "planted"}, "credentials": [{"temporary": "false", "algo": 1}],
        });
        let file = read_user(&json);
        let expected = json!({
            "username": "7", "enabled": true, "totp": false, "notBefore": 8,
            "attributes": {"single": ["345"], "mixed": ["3", "true", "t"], "a/b~": ["false"], "hole": ["x"]},
            "credentials": [{"temporary": false}],
        });
        assert_eq!(serde_json::to_value(&file.value).expect("JSON"), expected);
        assert_eq!(file.unknown, ["/credentials/0/algo", "/mispelt"]);
        let coerced = [
            "/attributes/a~1b~0",
            "/attributes/gone",
            "/attributes/hole/0",
            "/attributes/mixed/0",
            "/attributes/mixed/1",
            "/attributes/single",
            "/credentials/0/temporary",
            "/enabled",
            "/notBefore",
            "/totp",
            "/username",
        ];
        assert_eq!(file.coerced, coerced);
        for pointer in file.unknown.iter().chain(&file.coerced) {
            assert!(json.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn a_number_that_becomes_a_text_keeps_every_digit() {
        let file: FromFile<RealmRepresentation> = read(
            r#"{"displayName": 1.50, "smtpServer": {"a": 12345678901234567890123, "b": 1e3}, "notBefore": -1.9}"#,
        )
        .expect("a realm");
        let expected = json!({
            "displayName": "1.50", "smtpServer": {"a": "12345678901234567890123", "b": "1e3"}, "notBefore": -1,
        });
        assert_eq!(serde_json::to_value(file.value).expect("JSON"), expected);
    }

    #[test]
    fn a_scope_and_an_owner_may_be_texts() {
        let json = r#"{"scopes": ["view"], "resources": [{"name": "r", "owner": "app", "scopes": ["view", {"name": "edit"}]}]}"#;
        let file: FromFile<ResourceServerRepresentation> = read(json).expect("settings");
        let expected = json!({
            "scopes": [{"name": "view"}],
            "resources": [{"name": "r", "owner": {"id": "app"}, "scopes": [{"name": "view"}, {"name": "edit"}]}],
        });
        assert_eq!(serde_json::to_value(file.value).expect("JSON"), expected);
        assert_eq!(
            file.coerced,
            ["/resources/0/owner", "/resources/0/scopes/0", "/scopes/0"]
        );
    }

    #[test]
    fn each_representation_with_a_text_form_is_read_from_a_text() {
        fn text_form<T: DeserializeOwned + serde::Serialize>(field: &str) {
            let file: FromFile<T> = read("\"planted\"").expect(field);
            let json = serde_json::to_value(&file.value).expect("JSON");
            assert_eq!(json, json!({field: "planted"}));
            assert_eq!(file.coerced, [""]);
        }
        text_form::<OrganizationDomainRepresentation>("name");
        text_form::<ResourceOwnerRepresentation>("id");
        text_form::<ScopeRepresentation>("name");
        text_form::<UpAttribute>("name");
        text_form::<UpGroup>("name");
        text_form::<WorkflowStepRepresentation>("uses");
    }

    #[test]
    fn an_error_names_the_place_and_no_value() {
        let problem = |json: &str| read::<ClientRepresentation>(json).expect_err("no client");
        let places = [
            (r#"{"secret": ["planted"]}"#, "`/secret`: expected a text"),
            (
                r#"{"redirectUris": "planted"}"#,
                "`/redirectUris`: expected a list",
            ),
            (
                r#"{"protocolMappers": [{}, {"config": "planted"}]}"#,
                "`/protocolMappers/1/config`: expected an object",
            ),
            (
                r#"{"enabled": "planted"}"#,
                "`/enabled`: expected `true` or `false`",
            ),
            (
                r#"{"notBefore": "planted"}"#,
                "`/notBefore`: expected a whole number",
            ),
            (
                r#"{"notBefore": 99999999999}"#,
                "`/notBefore`: the number is too large",
            ),
            (
                r#"{"enabled": ""}"#,
                "`/enabled`: expected `true` or `false`",
            ),
            (
                "[\"planted\"]",
                "the file cannot be read: expected an object",
            ),
            ("{\n\"secret\": planted}", "not JSON, at line 2 column 11"),
        ];
        for (json, expected) in places {
            let error = problem(json);
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            let said = format!("{error} {error:?}");
            assert!(said.contains(expected), "{said}");
            assert!(!said.contains("planted"), "{said}");
        }
    }

    #[test]
    fn a_file_that_is_nested_without_end_is_an_error() {
        let open = r#"{"subGroups":["#.repeat(5_000);
        let close = "]}".repeat(5_000);
        let error = read::<keycloak_api::types::GroupRepresentation>(&(open + &close));
        let said = error.expect_err("nested too deeply").to_string();
        assert!(
            said.ends_with("cannot be read: nested too deeply"),
            "{said}"
        );
    }
}
