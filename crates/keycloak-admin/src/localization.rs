//! Localisation: a realm's own texts by language, which replace the texts of the themes.

use std::collections::BTreeMap;

use keycloak_api::realms_admin::{
    ClearLocalizationTexts, DeleteLocalizationText, ImportLocalizationTexts,
    ListLocalizationLocales, ListLocalizationTexts, UpdateLocalizationText,
};
use keycloak_session::Error;

use crate::Realm;

impl Realm {
    /// Lists the languages that the realm has texts in. `GET /admin/realms/{realm}/localization`
    pub fn list_locales(&self) -> ListLocalizationLocales {
        self.api().list_localization_locales().realm(self.name())
    }

    /// Returns a handle on the realm's texts in a language, such as `de`.
    #[must_use]
    pub fn localization(&self, locale: impl Into<String>) -> Localization {
        Localization {
            realm: self.clone(),
            locale: locale.into(),
        }
    }
}

/// The texts of a realm in one language, from [`Realm::localization`].
#[derive(Clone, Debug)]
pub struct Localization {
    realm: Realm,
    locale: String,
}

impl Localization {
    /// Reads all texts, by key. `GET /admin/realms/{realm}/localization/{locale}`
    pub fn list_texts(&self) -> ListLocalizationTexts {
        self.realm
            .api()
            .list_localization_texts()
            .realm(self.realm.name())
            .locale(&self.locale)
    }

    /// Adds texts and replaces those of the same key. `POST /admin/realms/{realm}/localization/{locale}`
    #[inline]
    pub fn import(&self, texts: &BTreeMap<String, String>) -> ImportLocalizationTexts {
        self.realm
            .api()
            .import_localization_texts()
            .realm(self.realm.name())
            .locale(&self.locale)
            .body(texts)
    }

    /// Deletes all texts. `DELETE /admin/realms/{realm}/localization/{locale}`
    pub fn clear(&self) -> ClearLocalizationTexts {
        self.realm
            .api()
            .clear_localization_texts()
            .realm(self.realm.name())
            .locale(&self.locale)
    }

    /// Reads one text; `None` if there is no text of this key. `GET /admin/realms/{realm}/localization/{locale}/{key}`
    pub async fn find_text(&self, key: &str) -> Result<Option<String>, Error> {
        let get = self
            .realm
            .api()
            .get_localization_text()
            .realm(self.realm.name())
            .locale(&self.locale)
            .key(key);
        let Some(text) = get.optional().await? else {
            return Ok(None);
        };
        text.text().map(|text| Some(text.to_owned()))
    }

    /// Writes one text. `PUT /admin/realms/{realm}/localization/{locale}/{key}`
    #[inline]
    pub fn set_text(&self, key: &str, text: &str) -> UpdateLocalizationText {
        self.realm
            .api()
            .update_localization_text()
            .realm(self.realm.name())
            .locale(&self.locale)
            .key(key)
            .body(text)
    }

    /// Deletes one text. `DELETE /admin/realms/{realm}/localization/{locale}/{key}`
    pub fn delete_text(&self, key: &str) -> DeleteLocalizationText {
        self.realm
            .api()
            .delete_localization_text()
            .realm(self.realm.name())
            .locale(&self.locale)
            .key(key)
    }
}
