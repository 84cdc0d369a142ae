//! The client of IDShield's API against this server, on a real Keycloak.

#[path = "../../keycloak-admin/tests/common/mod.rs"]
mod common;

use common::{TestRealm, person};
use idshield::{Credentials, Ensured, ErrorCode, ErrorKind, IdShield, NewUser, error_code};
use keycloak_admin::types::RealmRepresentation;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A realm, the service on its Keycloak, and a client with the administrator's tokens.
struct Setup {
    realm: TestRealm,
    idshield: IdShield,
    server: JoinHandle<()>,
}

impl Setup {
    async fn new(prefix: &str) -> Self {
        let realm = TestRealm::create_with(prefix, |realm: &mut RealmRepresentation| {
            realm.duplicate_emails_allowed = Some(false);
        })
        .await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = idshield_server::router(realm.keycloak.session().base_url());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let idshield = IdShield::builder(&url)
            .token_provider(realm.keycloak.session().clone())
            .build()
            .unwrap();
        Self {
            realm,
            idshield,
            server,
        }
    }

    /// The realm, as IDShield shows it.
    fn realm(&self) -> idshield::Realm {
        self.idshield.realm(&self.realm.name)
    }

    fn users(&self) -> idshield::Users {
        self.realm().users()
    }

    fn url(&self) -> &str {
        self.idshield.session().base_url()
    }
}

impl Drop for Setup {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn rahul() -> NewUser {
    NewUser::new("rahuld", "rahul@example.com")
        .with_first_name("Rahul")
        .with_last_name("Deshpande")
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_is_created_once_and_read_by_id_and_by_name() {
    let setup = Setup::new("idshield-create").await;
    let made = setup.users().create(&rahul()).await.unwrap();
    assert_eq!(made.username.as_deref(), Some("rahuld"));
    assert_eq!(made.email.as_deref(), Some("rahul@example.com"));
    assert_eq!(made.first_name.as_deref(), Some("Rahul"));
    assert_eq!(made.last_name.as_deref(), Some("Deshpande"));
    assert_eq!(made.enabled, Some(true));
    let id = made.id.unwrap();
    let in_keycloak = setup.realm.get().user(&id).get().await.unwrap();
    assert_eq!(in_keycloak.username.as_deref(), Some("rahuld"));

    let by_id = setup.realm().user_by_id(&id).get().await.unwrap();
    assert_eq!(by_id.username.as_deref(), Some("rahuld"));
    assert_eq!(by_id.email_verified, Some(false));
    for name in ["rahuld", "RahulD"] {
        let by_name = setup.realm().user_by_name(name).get().await.unwrap();
        assert_eq!(by_name.id.as_ref(), Some(&id));
        let get = setup.idshield.api().get_user().realm(&setup.realm.name);
        let by_both = get.id(&id).name(name).await.unwrap();
        assert_eq!(by_both.id.as_ref(), Some(&id));
    }
    let get = setup.idshield.api().get_user().realm(&setup.realm.name);
    let other_name = get.id(&id).name("rahul").await.unwrap_err();
    assert_eq!(error_code(&other_name), Some(ErrorCode::UserNotFound));

    let twice = setup.users().create(&rahul()).await.unwrap_err();
    assert_eq!(error_code(&twice), Some(ErrorCode::UsernameExists));
    assert!(twice.is_conflict());
    let existing = setup.users().create(&rahul()).exist_ok().await.unwrap();
    assert!(!existing.is_created());
    assert_eq!(existing.into_inner().id, Some(id));

    let other = NewUser::new("Other", "other@example.com").with_enabled(false);
    let Ensured::Created(other) = setup.users().create(&other).exist_ok().await.unwrap() else {
        panic!("there was no such user");
    };
    assert_eq!(other.username.as_deref(), Some("other"));
    assert_eq!(other.enabled, Some(false));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_taken_email_address_is_a_conflict_without_a_code() {
    let setup = Setup::new("idshield-email").await;
    setup.users().create(&rahul()).await.unwrap();
    let same_address = NewUser::new("somebody", "rahul@example.com");
    let error = setup.users().create(&same_address).exist_ok().await;
    let error = error.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(error_code(&error), None);
    let somebody = setup.realm().user_by_name("somebody");
    assert!(somebody.find().await.unwrap().is_none());
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn missing_users_and_realms_are_told_apart() {
    let setup = Setup::new("idshield-missing").await;
    let realm = setup.realm();
    for user in [realm.user_by_id("no-such-id"), realm.user_by_name("nobody")] {
        let error = user.get().await.unwrap_err();
        assert_eq!(error_code(&error), Some(ErrorCode::UserNotFound));
        assert!(error.is_not_found());
        assert!(user.find().await.unwrap().is_none());
    }

    let nowhere = setup.idshield.realm("no-such-realm");
    let create = || nowhere.users().create(&rahul());
    let errors = [
        create().await.unwrap_err(),
        create().exist_ok().await.unwrap_err(),
        nowhere.user_by_id("x").get().await.unwrap_err(),
        nowhere.user_by_name("x").get().await.unwrap_err(),
        nowhere.user_by_name("x").find().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error_code(&error), Some(ErrorCode::RealmNotFound));
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn calls_that_the_client_would_not_make_are_refused() {
    let setup = Setup::new("idshield-invalid").await;
    let api = setup.idshield.api();
    let neither = api.get_user().realm(&setup.realm.name).send().await;
    let neither = neither.unwrap_err();
    assert!(neither.is_bad_request());
    assert_eq!(error_code(&neither), Some(ErrorCode::InvalidRequest));
    assert!(neither.message().unwrap().contains("id and name"));
    // Here the client refuses: the document says that the parameter is required.
    let no_realm = api.get_user().name("rahuld").send().await.unwrap_err();
    assert_eq!(no_realm.kind(), ErrorKind::InvalidRequest);

    for missing in ["realm", "username", "email", "enabled"] {
        let mut body = json!({"realm": setup.realm.name, "username": "u", "email": "u@example.com", "enabled": true});
        body.as_object_mut().unwrap().remove(missing);
        let body: idshield::types::NewUser = serde_json::from_value(body).unwrap();
        let error = api.create_user().body(body).send().await.unwrap_err();
        assert_eq!(error_code(&error), Some(ErrorCode::InvalidRequest));
        assert!(error.message().unwrap().starts_with(missing), "{error}");
    }
}

/// There is no Keycloak at all: a call that is not refused here ends with 502.
#[tokio::test]
async fn values_that_no_path_can_hold_are_refused_by_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = idshield_server::router("http://127.0.0.1:1");
    let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let idshield = IdShield::builder(&url)
        .credentials(Credentials::token("t"))
        .build()
        .unwrap();
    let api = idshield.api();
    let refused = |error: idshield::Error, parameter: &str| {
        assert_eq!(error.status(), Some(400), "{parameter}: {error}");
        assert_eq!(error_code(&error), Some(ErrorCode::InvalidRequest));
        assert!(error.message().unwrap().starts_with(parameter), "{error}");
    };
    for value in ["", ".", ".."] {
        let get = api.get_user().realm(value).id("x").send().await;
        refused(get.unwrap_err(), "realm ");
        let get = api.get_user().realm("acme").id(value).send().await;
        refused(get.unwrap_err(), "id ");
        let get = api.get_user().realm("acme").id(value).name("ali").send();
        refused(get.await.unwrap_err(), "id ");
        let body =
            json!({"realm": value, "username": "u", "email": "u@example.com", "enabled": true});
        let body: idshield::types::NewUser = serde_json::from_value(body).unwrap();
        refused(
            api.create_user().body(body).send().await.unwrap_err(),
            "realm ",
        );
    }
    let get = api.get_user().realm("acme").name("").send().await;
    refused(get.unwrap_err(), "name ");
    let other = api.get_user().realm("acme").id("...").send().await;
    assert_eq!(other.unwrap_err().status(), Some(502));
    server.abort();
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn nobody_can_do_more_through_the_service_than_without_it() {
    let setup = Setup::new("idshield-rights").await;
    let forged = IdShield::builder(setup.url())
        .credentials(Credentials::token("forged"))
        .build()
        .unwrap();
    let realm = forged.realm(&setup.realm.name);
    let refused = realm.users().create(&rahul()).await.unwrap_err();
    assert!(refused.is_unauthorized());
    let refused = realm.user_by_name("rahuld").get().await.unwrap_err();
    assert!(refused.is_unauthorized());
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn attributes_are_any_json() {
    let setup = Setup::new("idshield-attributes").await;
    let keycloak = &setup.realm.keycloak;
    let get = keycloak.api().get_user_profile_config();
    let mut profile = get.realm(&setup.realm.name).await.unwrap();
    profile.unmanaged_attribute_policy = Some("ENABLED".into());
    let update = keycloak.api().update_user_profile_config();
    update.realm(&setup.realm.name).body(profile).await.unwrap();

    let vendor = person("vendor").with_attributes([
        ("vendor", vec!["true"]),
        ("phone", vec!["5551234"]),
        ("sites", vec!["Pune", "Paris"]),
        ("limits", vec!["{\"orders\":5}"]),
    ]);
    setup.realm.get().users().create(&vendor).await.unwrap();
    let read = setup.realm().user_by_name("vendor").get().await.unwrap();
    assert_eq!(
        serde_json::Value::Object(read.attributes.unwrap()),
        json!({"vendor": true, "phone": "5551234", "sites": ["Pune", "Paris"], "limits": {"orders": 5}})
    );
}
