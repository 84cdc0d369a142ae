//! Files in the forms that Keycloak's parser converts: they are sent as they are, and the server has the value that `files::read` gives.

use keycloak_admin::files::{self, FromFile};
use keycloak_admin::types::{
    ClientRepresentation, GroupRepresentation, OrganizationRepresentation,
    PartialImportRepresentation, RealmRepresentation, ResourceServerRepresentation,
    RoleRepresentation, UpConfig, UserRepresentation,
};
use keycloak_admin::{Error, Realm};
use serde::Serialize;
use serde_json::Value;

use crate::common::TestRealm;
use crate::make::{client, group};

/// Checks that the server has each value of a file, whatever else it has.
fn assert_holds(stored: impl Serialize, file: &FromFile<impl Serialize>) {
    let file_value = serde_json::to_value(&file.value).expect("JSON");
    let stored = serde_json::to_value(stored).expect("JSON");
    assert_part("", &file_value, &stored);
    assert!(file.unknown.is_empty(), "{:?}", file.unknown);
    assert!(!file.coerced.is_empty());
}

fn assert_part(place: &str, part: &Value, whole: &Value) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            for (name, part) in part {
                assert_part(&format!("{place}/{name}"), part, &whole[name]);
            }
        }
        (part, whole) => assert_eq!(part, whole, "{place}"),
    }
}

/// Lets users have attributes that the user profile does not name.
async fn allow_any_attribute(realm: &Realm) -> Result<(), Error> {
    let mut profile = realm.user_profile().get().await?;
    profile.unmanaged_attribute_policy = Some("ENABLED".into());
    realm.user_profile().update(&profile).await.map(drop)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_realm_in_the_forms_of_people_is_read_as_the_server_reads_it() -> Result<(), Error> {
    let test = TestRealm::reserve(keycloak_server::harness::keycloak(), "file");
    let json = r#"{
        "realm": "NAME", "enabled": "true", "registrationAllowed": 1, "verifyEmail": 0, "loginWithEmailAllowed": "False",
        "displayName": 1.50, "displayNameHtml": 12345678901234567890123, "notBefore": "7", "accessTokenLifespan": 301.9,
        "ssoSessionIdleTimeout": "1801", "supportedLocales": ["en", 5, null],
        "smtpServer": {"host": "localhost", "from": "a@example.com", "port": 25, "auth": true},
        "attributes": {"flag": true, "number": 1e3}
    }"#;
    let json = json.replace("NAME", &test.name);
    let mut file = files::read::<RealmRepresentation>(&json)?;
    test.keycloak
        .realms()
        .create(&file.value)
        .json_text(json)
        .await?;
    let mut stored = test.get().get().await?;
    stored
        .supported_locales
        .iter_mut()
        .for_each(|list| list.sort());
    file.value
        .supported_locales
        .iter_mut()
        .for_each(|list| list.sort());
    assert_holds(stored, &file);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn attributes_in_the_forms_of_people_are_read_as_the_server_reads_them() -> Result<(), Error>
{
    let test =
        TestRealm::create_with("files", |realm| realm.organizations_enabled = Some(true)).await;
    let realm = test.get();
    allow_any_attribute(&realm).await?;

    let json = r#"{"username": "single", "enabled": "true", "notBefore": "0",
        "attributes": {"phone": "345", "floor": [3], "flag": true, "size": 1.5}}"#;
    let file = files::read::<UserRepresentation>(json)?;
    let id = realm.users().create(&file.value).json_text(json).await?;
    assert_holds(realm.user(&id).get().await?, &file);

    let json = r#"{"name": "n", "attributes": {"floor": [3, true, 1.50]}}"#;
    let file = files::read::<GroupRepresentation>(json)?;
    let id = realm.groups().create(&file.value).json_text(json).await?;
    assert_holds(realm.group(&id).get().await?, &file);
    let file = files::read::<RoleRepresentation>(json)?;
    let name = realm.roles().create(&file.value).json_text(json).await?;
    assert_holds(realm.role(&name).get().await?, &file);

    let json = r#"{"name": "o", "attributes": {"floor": [3]}, "domains": ["o.example"]}"#;
    let file = files::read::<OrganizationRepresentation>(json)?;
    let id = realm
        .organizations()
        .create(&file.value)
        .json_text(json)
        .await?;
    let mut stored = realm.organization(&id).get().await?;
    stored
        .domains
        .iter_mut()
        .flatten()
        .for_each(|domain| domain.verified = None);
    assert_holds(stored, &file);
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_client_in_the_forms_of_people_is_read_as_the_server_reads_it() -> Result<(), Error> {
    let test = TestRealm::create("client-file").await;
    let realm = test.get();
    let json = r#"{"clientId": "app", "publicClient": "false", "nodeReRegistrationTimeout": "-1",
        "attributes": {"a": 5, "b": true, "gone": null}, "redirectUris": ["https://a.example/*"],
        "authenticationFlowBindingOverrides": {"browser": null}}"#;
    let file = files::read::<ClientRepresentation>(json)?;
    let id = realm
        .clients()
        .create(&file.value)
        .json_text(json)
        .exist_ok()
        .await?;
    assert_holds(realm.client_by_uuid(id.inner()).get().await?, &file);

    let service = client("service").with_authorization_services_enabled(true);
    let service = realm.client_by_uuid(realm.clients().create(&service).await?);
    let json = r#"{"scopes": ["view"], "allowRemoteResourceManagement": "true", "policyEnforcementMode": "ENFORCING",
        "resources": [{"name": "r", "scopes": ["view"], "attributes": {"k": "v"}, "ownerManagedAccess": "true"}]}"#;
    let file = files::read::<ResourceServerRepresentation>(json)?;
    service
        .authorization()
        .import(&file.value)
        .json_text(json)
        .await?;
    let stored = service.authorization().export().await?;
    let names = |settings: &ResourceServerRepresentation| {
        let resources = settings
            .resources
            .iter()
            .flatten()
            .filter(|resource| resource.name.as_deref() == Some("r"));
        let resource = |resource: &keycloak_admin::types::ResourceRepresentation| {
            let scopes = resource
                .scopes
                .iter()
                .flatten()
                .map(|scope| scope.name.clone());
            (
                scopes.collect::<Vec<_>>(),
                resource.attributes.clone(),
                resource.owner_managed_access,
            )
        };
        let scopes = settings
            .scopes
            .iter()
            .flatten()
            .map(|scope| scope.name.clone());
        (
            settings.allow_remote_resource_management,
            scopes.collect::<Vec<_>>(),
            resources.map(resource).collect::<Vec<_>>(),
        )
    };
    assert_eq!(names(&stored), names(&file.value));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn the_server_refuses_a_field_that_the_reader_lists_as_unknown() -> Result<(), Error> {
    let test = TestRealm::create("unknown-file").await;
    let realm = test.get();
    let json = r#"{"clientId": "app", "protocolMappers": [{"nam": "x"}]}"#;
    let file = files::read::<ClientRepresentation>(json)?;
    assert_eq!(file.unknown, ["/protocolMappers/0/nam"]);
    let error = realm
        .clients()
        .create(&file.value)
        .json_text(json)
        .await
        .expect_err("refused");
    assert_eq!(error.status(), Some(400));
    let said = error.to_string();
    assert!(said.contains(r#"Unrecognized field "nam""#), "{said}");

    let json =
        r#"{"ifResourceExists": "SKIP", "users": [{"username": "from-file", "enabled": "true"}]}"#;
    let file = files::read::<PartialImportRepresentation>(json)?;
    assert_eq!(file.coerced, ["/users/0/enabled"]);
    let result = realm.partial_import(&file.value).json_text(json).await?;
    assert_eq!(result.added, Some(1));
    let user = realm
        .users()
        .find_by_username("from-file")
        .await?
        .expect("the user");
    assert_eq!(user.enabled, Some(true));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_user_profile_of_texts_is_read_as_the_server_reads_it() -> Result<(), Error> {
    let test = TestRealm::create("profile-file").await;
    let profile = test.get().user_profile();
    let json = r#"{"attributes": ["username", "email", {"name": "nick", "multivalued": "true"}], "groups": ["more"]}"#;
    let file = files::read::<UpConfig>(json)?;
    profile.update(&file.value).json_text(json).await?;
    let stored = profile.get().await?;
    let names = |profile: &UpConfig| {
        let attributes = profile.attributes.iter().flatten();
        let attributes = attributes.map(|attribute| {
            (
                attribute.name.clone(),
                attribute.multivalued.unwrap_or_default(),
            )
        });
        let groups = profile
            .groups
            .iter()
            .flatten()
            .map(|group| group.name.clone());
        (attributes.collect::<Vec<_>>(), groups.collect::<Vec<_>>())
    };
    assert_eq!(names(&stored), names(&file.value));
    assert_eq!(
        file.coerced,
        [
            "/attributes/0",
            "/attributes/1",
            "/attributes/2/multivalued",
            "/groups/0"
        ]
    );
    Ok(())
}

/// Writes each number and each boolean as a text.
fn write_as_texts(json: &mut Value) {
    match json {
        Value::Object(map) => map.values_mut().for_each(write_as_texts),
        Value::Array(list) => list.iter_mut().for_each(write_as_texts),
        Value::Bool(_) | Value::Number(_) => *json = json.to_string().into(),
        Value::Null | Value::String(_) => {}
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_export_is_read_as_it_is_and_with_every_value_as_a_text() -> Result<(), Error> {
    let test = TestRealm::create("export-file").await;
    let realm = test.get();
    realm.groups().create(&group("staff")).await?;
    let export = realm
        .partial_export()
        .export_clients(true)
        .export_groups_and_roles(true);
    let json = export.raw().await?.text()?.to_owned();
    let plain: RealmRepresentation = serde_json::from_str(&json).expect("a realm");

    let file = files::read::<RealmRepresentation>(&json)?;
    assert_eq!(file.value, plain);
    assert_eq!(
        (file.unknown.len(), file.coerced.len()),
        (0, 0),
        "{:?} {:?}",
        file.unknown,
        file.coerced
    );

    let mut texts: Value = serde_json::from_str(&json).expect("JSON");
    write_as_texts(&mut texts);
    let file = files::read::<RealmRepresentation>(&texts.to_string())?;
    assert_eq!(file.value, plain);
    assert!(
        file.unknown.is_empty() && file.coerced.len() > 200,
        "{}",
        file.coerced.len()
    );
    Ok(())
}
