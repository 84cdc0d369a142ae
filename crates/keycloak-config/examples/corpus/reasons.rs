//! The reasons of differences between Keycloak's import of a file and its application.

use std::fmt;

use keycloak_config::{Key, Kind};
use serde_json::Value;

/// A field that is not the same on both sides.
pub struct Difference<'s> {
    pub key: &'s Key,
    pub field: &'s str,
    pub imported: Option<&'s Value>,
    pub applied: Option<&'s Value>,
    /// True if the object is not declared, and the import has not made it.
    pub is_left_out: bool,
    /// True if an empty realm has the applied value.
    pub is_default: bool,
    /// True if the import has stored another value than the declared one.
    pub is_import_unlike: bool,
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |value: Option<&Value>| match (self.field, value) {
            (_, None) => "nothing".to_owned(),
            ("secret" | "credentials", Some(_)) => "a secret".to_owned(),
            (_, Some(value)) => value.to_string().chars().take(200).collect(),
        };
        write!(
            f,
            "{}: `{}`: imported {}, applied {}",
            self.key,
            self.field,
            value(self.imported),
            value(self.applied)
        )
    }
}

impl Difference<'_> {
    /// Returns the reason of the difference, if it is known. The difference is in a part that is not declared, or that both sides have as declared,
    /// but for the first reason.
    pub fn reason(&self) -> Option<&'static str> {
        let is_oidc_mapper = matches!(self.key.kind, Kind::ClientMapper | Kind::ClientScopeMapper);
        let client = self.key.path.first().map_or("", String::as_str);
        let of_client = self.key.kind == Kind::Client;
        Some(match self.field {
            _ if self.is_import_unlike => "the import stores another value than the declared one",
            _ if self.is_left_out => {
                "the import makes no objects of Keycloak's own in a declared list"
            }
            "config.userinfo.token.claim" if is_oidc_mapper => {
                "the import adds `userinfo.token.claim` to mappers"
            }
            "attributes.post.logout.redirect.uris" if of_client => {
                "the import adds `post.logout.redirect.uris` to clients"
            }
            "secret" if of_client && self.applied.is_none() => {
                "the import makes a secret for a client without one"
            }
            _ if self.imported.is_some_and(is_mask) => {
                "a mask is not applied, and the import stores it in place of a secret"
            }
            field if of_client && field.starts_with("attributes.backchannel.logout.") => {
                "calls on a client add the attributes of its logout"
            }
            _ if self.imported.is_none() && self.is_default => {
                "undeclared fields of Keycloak's own objects stay"
            }
            field
                if self.key.kind == Kind::Realm
                    && field.starts_with("attributes.")
                    && [self.imported, self.applied].into_iter().all(is_unset) =>
            {
                "not each way to make a realm writes the attributes of settings that are not set"
            }
            "config.secretSize" if self.applied.is_none() => {
                "the import adds the size of the secret to key providers"
            }
            _ if of_client && client == "realm-management" => {
                "Keycloak lets nobody change `realm-management` after the import"
            }
            _ => return None,
        })
    }
}

fn is_unset(attribute: Option<&Value>) -> bool {
    attribute.is_none_or(|value| value == "0" || value == "false")
}

fn is_mask(value: &Value) -> bool {
    let is_mask = |value: &Value| value == "**********";
    is_mask(value)
        || value
            .as_array()
            .is_some_and(|list| list.iter().any(is_mask))
}
