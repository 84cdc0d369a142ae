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

    // js: realms.addLocalizationTexts
    realm.localization("de").import(&texts).await?;

    // js: realms.getRealmLocalizationTexts
    let stored = realm.localization("de").texts().await?;
    assert_eq!(stored, texts);

    // js: realms.getRealmSpecificLocales
    let locales = realm.locales().await?;
    assert_eq!(locales, ["de"]);

    // js: realms.addLocalization
    realm.localization("de").set_text("a/b", "ä \"ß\"").await?;
    assert_eq!(
        realm.localization("de").text("a/b").await?.as_deref(),
        Some("ä \"ß\"")
    );

    // js: realms.deleteRealmLocalizationTexts
    realm.localization("de").delete_text("a/b").await?;
    assert_eq!(realm.localization("de").text("a/b").await?, None);

    realm.localization("de").clear().await?;
    assert!(realm.localization("de").texts().await?.is_empty());
    Ok(())
}
