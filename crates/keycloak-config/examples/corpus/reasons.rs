//! The reasons of differences between Keycloak's import of a file and its application.

use std::collections::BTreeSet;
use std::fmt;

use keycloak_config::{Key, Kind};
use serde_json::Value;

/// A field that is not the same on both sides.
pub struct Difference<'s> {
    pub key: &'s Key,
    pub field: &'s str,
    pub imported: Option<&'s Value>,
    pub applied: Option<&'s Value>,
    pub file: File<'s>,
    /// True if the object is not declared, and the import has not made it.
    pub is_left_out: bool,
    /// True if an empty realm has the applied value.
    pub is_default: bool,
    /// True if the import has stored another value than the declared one.
    pub is_import_unlike: bool,
}

/// The file, as far as a difference needs it.
pub struct File<'s> {
    /// The declared fields of the object. `None` if it is not declared.
    pub fields: Option<&'s BTreeSet<String>>,
    /// True if the file has client scopes, or an empty list of them.
    pub has_scopes: bool,
}

impl File<'_> {
    /// Returns whether the file has a field, or the map with it.
    fn has(&self, field: &str) -> bool {
        let name = field.split('.').next().unwrap_or_default();
        self.fields.is_some_and(|fields| fields.contains(name))
    }
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
            "config.krbPrincipalAttribute" if self.imported.is_none() => {
                "a call adds `krbPrincipalAttribute` to a federation"
            }
            "config.secretSize" if self.applied.is_none() => {
                "the import adds the size of the secret to key providers"
            }
            _ if matches!(
                client,
                "realm-management" | "service-account-realm-management"
            ) =>
            {
                "Keycloak lets nobody change `realm-management` after the import"
            }
            _ if of_client && self.applied.is_none() && is_id(client) => {
                "the import gives a client without `clientId` a random one"
            }
            "executions" if self.has_all_executions() => {
                "undeclared executions of Keycloak's own flows stay"
            }
            field if !self.file.has(field) => return self.reason_of_undeclared(field),
            _ => return None,
        })
    }

    /// Returns the reason of a difference in a field that the file does not have.
    fn reason_of_undeclared(&self, field: &str) -> Option<&'static str> {
        Some(match (self.key.kind, field) {
            (Kind::Client | Kind::Realm, field)
                if self.file.has_scopes && field.ends_with("ClientScopes") =>
            {
                "the import has no client scopes of Keycloak's own to give to clients"
            }
            (Kind::Client, "defaultClientScopes") if self.lacks_only("service_account") => {
                "the import does not give `service_account` to a client with a service account"
            }
            (Kind::Client, "directAccessGrantsEnabled") => {
                "not each way to make a client has the same default of `directAccessGrantsEnabled`"
            }
            (Kind::Client, "secret") => "the server makes a secret for a client without one",
            (Kind::RealmRole, "composites.realm")
                if self.key.name().starts_with("default-roles-") =>
            {
                "the import makes no objects of Keycloak's own in a declared list"
            }
            (Kind::Realm, "enabled") => {
                "an applied realm is enabled if its file does not say otherwise"
            }
            (Kind::User, field) if field == "realmRoles" || field.starts_with("clientRoles.") => {
                "the import gives a declared user none of the roles that a new user has"
            }
            _ => return None,
        })
    }

    /// Returns whether the imported list has all items of the applied one but this one.
    fn lacks_only(&self, name: &str) -> bool {
        let Some([imported, applied]) = self.lists() else {
            return false;
        };
        imported
            .iter()
            .eq(applied.iter().filter(|item| *item != name))
    }

    /// Returns whether the applied flow has all executions of the imported one.
    fn has_all_executions(&self) -> bool {
        self.lists()
            .is_some_and(|[imported, applied]| imported.iter().all(|item| applied.contains(item)))
    }

    /// Returns the imported and the applied list, if both are lists.
    fn lists(&self) -> Option<[&Vec<Value>; 2]> {
        Some([self.imported?.as_array()?, self.applied?.as_array()?])
    }
}

/// Returns whether a text is a UUID.
fn is_id(text: &str) -> bool {
    let is_dash = |index| matches!(index, 8 | 13 | 18 | 23);
    let mut bytes = text.bytes().enumerate();
    text.len() == 36
        && bytes.all(|(index, byte)| {
            if is_dash(index) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
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
