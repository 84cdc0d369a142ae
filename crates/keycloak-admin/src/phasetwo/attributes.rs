//! The attributes of a realm, one at a time.
//!
//! **They are Keycloak's own attributes.** Settings such as `bruteForceProtected` are among them. Give the names of your own a prefix.

use keycloak_session::Error;
use phasetwo_api::attributes::{
    DeleteRealmAttribute, GetRealmAttribute, ListRealmAttributes, UpdateRealmAttribute,
};
use phasetwo_api::types::RealmAttributeRepresentation;

use super::Phasetwo;
use crate::Realm;

impl Phasetwo {
    /// Returns a handle on the realm's attributes.
    #[must_use]
    pub fn attributes(&self) -> Attributes {
        Attributes {
            realm: self.realm.clone(),
        }
    }
}

/// The attributes of a realm, from [`Phasetwo::attributes`].
#[derive(Clone, Debug)]
pub struct Attributes {
    realm: Realm,
}

impl Attributes {
    /// Reads all attributes, by their key. `GET /realms/{realm}/attributes`
    pub fn list(&self) -> ListRealmAttributes {
        self.realm
            .phasetwo_api()
            .list_realm_attributes()
            .realm(self.realm.name())
    }

    /// Reads an attribute. `GET /realms/{realm}/attributes/{attributeKey}`
    pub fn get(&self, key: &str) -> GetRealmAttribute {
        self.realm
            .phasetwo_api()
            .get_realm_attribute()
            .realm(self.realm.name())
            .attribute_key(key)
    }

    /// Reads the value of an attribute; `None` if there is no such attribute. `GET /realms/{realm}/attributes/{attributeKey}`
    pub async fn find(&self, key: &str) -> Result<Option<String>, Error> {
        let found = self.get(key).optional().await?;
        Ok(found.and_then(|attribute| attribute.value))
    }

    /// Sets an attribute. It need not exist. `PUT /realms/{realm}/attributes/{attributeKey}`
    #[inline]
    pub fn set(&self, key: &str, value: &str) -> UpdateRealmAttribute {
        let attribute = RealmAttributeRepresentation::new()
            .with_name(key)
            .with_value(value)
            .with_realm(self.realm.name());
        self.realm
            .phasetwo_api()
            .update_realm_attribute()
            .realm(self.realm.name())
            .attribute_key(key)
            .body(attribute)
    }

    /// Deletes an attribute. It is not an error if the attribute does not exist. `DELETE /realms/{realm}/attributes/{attributeKey}`
    pub fn delete(&self, key: &str) -> DeleteRealmAttribute {
        self.realm
            .phasetwo_api()
            .delete_realm_attribute()
            .realm(self.realm.name())
            .attribute_key(key)
    }
}
