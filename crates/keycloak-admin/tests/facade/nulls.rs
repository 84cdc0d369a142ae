//! Keycloak stores lists that hold `null`, and sends them. That makes nothing unreadable, and a change of something else keeps them.

use std::collections::BTreeMap;

use keycloak_admin::{ApiCall, Error, Realm};
use serde_json::{Value, json};

use crate::common::TestRealm;
use crate::make::client;

/// Sends a creation with JSON that the types cannot hold.
async fn create(call: impl ApiCall, json: &Value) -> Result<(), Error> {
    let mut request = call.into_request();
    request.set_json(json);
    request.send_empty().await.map(drop)
}

/// Returns the attributes `{"empty": [null], "mixed": ["p", null]}` as they are read.
fn without_nulls() -> Option<BTreeMap<String, Vec<String>>> {
    let mixed = ("mixed".to_owned(), vec!["p".to_owned()]);
    Some(BTreeMap::from([("empty".to_owned(), Vec::new()), mixed]))
}

/// The attributes of a group, as they are on the wire.
async fn sent_attributes(realm: &Realm, group: &str) -> Result<Value, Error> {
    let call = realm.group(group).get().into_request();
    let whole: Value = call.send_json::<Value>().await?.into_inner();
    Ok(whole["attributes"].clone())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_null_in_attributes_makes_nothing_unreadable_and_stays() -> Result<(), Error> {
    let test =
        TestRealm::create_with("nulls", |realm| realm.organizations_enabled = Some(true)).await;
    let realm = test.get();
    let api = test.keycloak.api();
    let sent = json!({"empty": [null], "mixed": ["p", null]});
    let named = json!({"name": "n", "attributes": sent});

    create(api.create_group().realm(&test.name), &named).await?;
    let groups = realm.groups().list().brief_representation(false).await?;
    assert_eq!(groups[0].attributes, without_nulls());
    let id = groups[0].id.clone().expect("an id");
    let group = realm.group(&id);
    assert_eq!(group.get().await?.attributes, without_nulls());
    assert_eq!(sent_attributes(&realm, &id).await?, sent);
    group
        .modify(|group| group.description = Some("changed".to_owned()))
        .await?;
    assert_eq!(sent_attributes(&realm, &id).await?, sent);
    assert_eq!(group.get().await?.description.as_deref(), Some("changed"));

    create(api.create_realm_role().realm(&test.name), &named).await?;
    let roles = realm.roles().list().brief_representation(false).await?;
    let role = roles
        .into_iter()
        .find(|role| role.name.as_deref() == Some("n"));
    assert_eq!(role.expect("the role").attributes, without_nulls());

    let organization =
        json!({"name": "n", "attributes": sent, "domains": [null, {"name": "n.example"}]});
    create(api.create_organization().realm(&test.name), &organization).await?;
    let organizations = realm
        .organizations()
        .list()
        .brief_representation(false)
        .await?;
    assert_eq!(organizations[0].attributes, without_nulls());

    let service = client("service").with_authorization_services_enabled(true);
    let uuid = realm.clients().create(&service).await?;
    let resource = api
        .create_authz_resource()
        .realm(&test.name)
        .client_uuid(&uuid);
    create(resource, &named).await?;
    let authorization = realm.client_by_uuid(&uuid).authorization();
    let resources = authorization.resources().list().await?;
    let resource = resources
        .into_iter()
        .find(|resource| resource.name.as_deref() == Some("n"));
    assert_eq!(resource.expect("the resource").attributes, without_nulls());
    authorization.export().await?;

    let export = realm
        .partial_export()
        .export_groups_and_roles(true)
        .export_clients(true)
        .await?;
    assert_eq!(
        export.groups.expect("groups")[0].attributes,
        without_nulls()
    );
    Ok(())
}
