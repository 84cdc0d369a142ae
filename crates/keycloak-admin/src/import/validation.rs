//! Checking imported users against the user profile of the realm.

use std::collections::{BTreeMap, HashSet};

use keycloak_api::types::{UpAttribute, UserRepresentation};
use keycloak_session::Error;
use serde_json::{Map, Value};

use crate::Realm;

/// The settings of a validator.
type Settings = Map<String, Value>;

/// The attributes of a realm's user profile.
pub(super) struct Validator {
    attributes: Vec<UpAttribute>,
}

impl Validator {
    pub(super) async fn read(realm: &Realm) -> Result<Self, Error> {
        let profile = realm.user_profile().get().await?;
        Ok(Self {
            attributes: profile.attributes.unwrap_or_default(),
        })
    }

    /// Checks a user before the import. If the values are not plainly right, the server decides: the client creates a disabled user with them and
    /// deletes the user again. An update would not do, because the server does not check a username then.
    ///
    /// A user who exists already is not checked.
    pub(super) async fn check(
        &self,
        realm: &Realm,
        user: &UserRepresentation,
    ) -> Result<(), Error> {
        if self.is_plainly_valid(user) {
            return Ok(());
        }
        match realm.users().create(&trial(user)).await {
            Ok(id) => realm.user(&id).delete_if_exists().await.map(drop),
            Err(error) if error.is_conflict() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns whether the server certainly takes the values. The server has the last word on all others.
    fn is_plainly_valid(&self, user: &UserRepresentation) -> bool {
        let known: HashSet<_> = self
            .attributes
            .iter()
            .filter_map(|attribute| attribute.name.as_deref())
            .collect();
        let mut own = user.attributes.iter().flatten();
        own.all(|(name, _)| known.contains(name.as_str()))
            && user.username.as_ref().is_some_and(|name| !name.is_empty())
            && self
                .attributes
                .iter()
                .all(|attribute| is_plainly_right(attribute, user))
    }
}

/// Makes a disabled user with the values that the user profile governs.
fn trial(user: &UserRepresentation) -> UserRepresentation {
    let mut trial = UserRepresentation::new().with_enabled(false);
    trial.username.clone_from(&user.username);
    trial.email.clone_from(&user.email);
    trial.first_name.clone_from(&user.first_name);
    trial.last_name.clone_from(&user.last_name);
    trial.attributes.clone_from(&user.attributes);
    trial
}

/// Returns the values of an attribute that are not empty.
fn values<'u>(user: &'u UserRepresentation, name: &str) -> Vec<&'u str> {
    let field = match name {
        "username" => &user.username,
        "email" => &user.email,
        "firstName" => &user.first_name,
        "lastName" => &user.last_name,
        _ => &None,
    };
    let attributes = user.attributes.as_ref();
    let own = attributes.and_then(|attributes| attributes.get(name));
    let all = field.iter().chain(own.into_iter().flatten());
    all.map(String::as_str)
        .filter(|value| !value.is_empty())
        .collect()
}

fn is_plainly_right(attribute: &UpAttribute, user: &UserRepresentation) -> bool {
    let values = values(user, attribute.name.as_deref().unwrap_or_default());
    if values.is_empty() {
        return attribute.required.is_none();
    }
    let validations: Option<&BTreeMap<_, _>> = attribute.validations.as_ref();
    let passes = |value: &&str| {
        let mut all = validations.into_iter().flatten();
        all.all(|(id, settings)| passes(id, settings, value))
    };
    values.len() == 1 && values.iter().all(passes)
}

/// Returns whether a value certainly passes a validator. It is stricter than the server.
fn passes(id: &str, settings: &Settings, value: &str) -> bool {
    match id {
        "length" => has_length(settings, value),
        "email" => is_plain_email(value),
        "username-prohibited-characters" => value.chars().all(is_plain),
        "up-username-not-idn-homograph" => value.is_ascii(),
        "person-name-prohibited-characters" => value
            .chars()
            .all(|char| char.is_alphabetic() || " .'-".contains(char)),
        _ => false,
    }
}

fn is_plain(char: char) -> bool {
    char.is_ascii_alphanumeric() || "._-@+".contains(char)
}

/// Java counts the units of UTF-16.
fn has_length(settings: &Settings, value: &str) -> bool {
    let length = value.encode_utf16().count() as u64;
    let limit = |name, default| match settings.get(name) {
        None => Some(default),
        Some(Value::String(number)) => number.parse().ok(),
        Some(number) => number.as_u64(),
    };
    let (Some(min), Some(max)) = (limit("min", 0), limit("max", u64::MAX)) else {
        return false;
    };
    value.trim() == value && (min..=max).contains(&length)
}

/// Returns whether an address has one `@`, short parts of letters, digits and hyphens, and single dots between them.
fn is_plain_email(value: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .chars()
                .all(|char| char.is_ascii_alphanumeric() || char == '-')
    };
    let is_dotted = |text: &str| text.split('.').all(is_part);
    value.split_once('@').is_some_and(|(local, domain)| {
        local.len() <= 64 && value.len() <= 254 && is_dotted(local) && is_dotted(domain)
    })
}
