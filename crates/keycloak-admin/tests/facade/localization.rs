//! Localisation, on a real server.

use keycloak_admin::Error;

use crate::common::TestRealm;
use crate::make::strings;

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn texts_are_written_read_and_deleted() -> Result<(), Error> {
    let test = TestRealm::create("facade-texts").await;
    let realm = test.get();
    let texts = strings([("hello", "Hallo"), ("bye", "Tschüss")]);

    // js: realms.addLocalizationTexts | crate: realm_localization_with_locale_post
    realm.localization("de").import(&texts).await?;

    // js: realms.getRealmLocalizationTexts | crate: realm_localization_with_locale_get
    let stored = realm.localization("de").list_texts().await?;
    assert_eq!(stored, texts);

    // js: realms.getRealmSpecificLocales | crate: realm_localization_get
    let locales = realm.list_locales().await?;
    assert_eq!(locales, ["de"]);

    // js: realms.addLocalization | crate: realm_localization_with_locale_with_key_put
    realm.localization("de").set_text("a/b", "ä \"ß\"").await?;
    // crate: realm_localization_with_locale_with_key_get
    let value = realm.localization("de").find_text("a/b").await?;
    assert_eq!(value.as_deref(), Some("ä \"ß\""));

    // js: realms.deleteRealmLocalizationTexts | crate: realm_localization_with_locale_with_key_delete
    realm.localization("de").delete_text("a/b").await?;
    assert_eq!(realm.localization("de").find_text("a/b").await?, None);

    // crate: realm_localization_with_locale_delete
    realm.localization("de").clear().await?;
    assert!(realm.localization("de").list_texts().await?.is_empty());
    Ok(())
}
