//! The attributes of a realm, one by one.
//!
//! **They are Keycloak's own**: settings such as `bruteForceProtected` are among them. Give your own a prefix.

use keycloak_session::{BoxFuture, Error};
use phasetwo_api::Client as Api;
use phasetwo_api::attributes::{
    DeleteRealmAttribute, GetRealmAttribute, ListRealmAttributes, UpdateRealmAttribute,
};
use phasetwo_api::types::RealmAttributeRepresentation;

use super::Phasetwo;
use crate::Call;

impl<'a> Phasetwo<'a> {
    /// The realm's attributes.
    #[must_use]
    #[inline]
    pub fn attributes(self) -> Attributes<'a> {
        Attributes { phasetwo: self }
    }
}

/// The attributes of a realm, from [`Phasetwo::attributes`].
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    phasetwo: Phasetwo<'a>,
}

impl Attributes<'_> {
    /// Reads all attributes, by their key. `GET /realms/{realm}/attributes`
    #[inline]
    pub fn list(self) -> Call<ListRealmAttributes> {
        self.phasetwo.at(Api::list_realm_attributes)
    }

    /// Reads an attribute. `GET /realms/{realm}/attributes/{attributeKey}`
    #[inline]
    pub fn get(self, key: &str) -> Call<GetRealmAttribute> {
        self.phasetwo
            .at(|api| api.get_realm_attribute().attribute_key(key))
    }

    /// The value of an attribute; `None` where there is no such attribute. `GET /realms/{realm}/attributes/{attributeKey}`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self, key: &str) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let found = self.get(key).optional();
        Box::pin(async move { Ok(found.await?.and_then(|attribute| attribute.value)) })
    }

    /// Sets an attribute, whether it is there or not. `PUT /realms/{realm}/attributes/{attributeKey}`
    #[inline]
    pub fn set(self, key: &str, value: &str) -> Call<UpdateRealmAttribute> {
        let attribute = RealmAttributeRepresentation {
            name: Some(key.to_owned()),
            value: Some(value.to_owned()),
            realm: Some(self.phasetwo.realm.name().to_owned()),
        };
        self.phasetwo.at(|api| {
            let call = api.update_realm_attribute().attribute_key(key);
            call.body(attribute)
        })
    }

    /// Deletes an attribute; it is no error where there is none. `DELETE /realms/{realm}/attributes/{attributeKey}`
    #[inline]
    pub fn delete(self, key: &str) -> Call<DeleteRealmAttribute> {
        self.phasetwo
            .at(|api| api.delete_realm_attribute().attribute_key(key))
    }
}
