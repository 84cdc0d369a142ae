//! Localisation: texts of a realm's own, by language, that take the place of those of the themes.

use std::collections::BTreeMap;

use keycloak_api::Client as Api;
use keycloak_api::realms_admin::{
    ClearLocalizationTexts, DeleteLocalizationText, ImportLocalizationTexts,
    ListLocalizationLocales, ListLocalizationTexts, UpdateLocalizationText,
};
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::{Call, Realm};

impl<'a> Realm<'a> {
    /// Lists the languages that the realm has texts in. `GET /admin/realms/{realm}/localization`
    #[inline]
    pub fn locales(self) -> Call<ListLocalizationLocales> {
        self.at(Api::list_localization_locales)
    }

    /// The realm's texts in a language, such as `de`.
    #[must_use]
    #[inline]
    pub fn localization(self, locale: &'a str) -> Localization<'a> {
        Localization {
            realm: self,
            locale,
        }
    }
}

/// The texts of a realm in one language, from [`Realm::localization`].
#[derive(Clone, Copy, Debug)]
pub struct Localization<'a> {
    realm: Realm<'a>,
    locale: &'a str,
}

impl<'a> Localization<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.locale])
    }

    /// Reads all texts, by key. `GET /admin/realms/{realm}/localization/{locale}`
    #[inline]
    pub fn texts(self) -> Call<ListLocalizationTexts> {
        self.at(Api::list_localization_texts)
    }

    /// Adds texts, in place of those of the same key. `POST /admin/realms/{realm}/localization/{locale}`
    #[inline]
    pub fn import(self, texts: &BTreeMap<String, String>) -> Call<ImportLocalizationTexts> {
        self.at(|api| api.import_localization_texts().body(texts))
    }

    /// Deletes all texts. `DELETE /admin/realms/{realm}/localization/{locale}`
    #[inline]
    pub fn clear(self) -> Call<ClearLocalizationTexts> {
        self.at(Api::clear_localization_texts)
    }

    /// Reads one text; `None` where there is none of this key. `GET /admin/realms/{realm}/localization/{locale}/{key}`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn text(self, key: &str) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let text = self.at(Api::get_localization_text).and_path(key).optional();
        Box::pin(async move {
            let Some(text) = text.await? else {
                return Ok(None);
            };
            text.text().map(|text| Some(text.to_owned()))
        })
    }

    /// Writes one text. `PUT /admin/realms/{realm}/localization/{locale}/{key}`
    #[inline]
    pub fn set_text(self, key: &str, text: &str) -> Call<UpdateLocalizationText> {
        self.at(|api| api.update_localization_text().body(text))
            .and_path(key)
    }

    /// Deletes one text. `DELETE /admin/realms/{realm}/localization/{locale}/{key}`
    #[inline]
    pub fn delete_text(self, key: &str) -> Call<DeleteLocalizationText> {
        self.at(Api::delete_localization_text).and_path(key)
    }
}
