//! Searches find exactly the object that has a name, whatever characters are in it.

use std::collections::{BTreeMap, BTreeSet};

use keycloak_admin::types::{
    AuthenticationFlowRepresentation, ComponentRepresentation, OrganizationRepresentation,
    ProtocolMapperRepresentation, ResourceRepresentation,
};
use keycloak_admin::{Ensured, Error, ErrorKind};

use crate::common::TestRealm;
use crate::make::{client, client_scope, group, role, user};

/// Names with characters that mean something in a URL, in a search expression, in SQL or in HTML.
const NAMES: [&str; 34] = [
    "plain",
    "UPPER",
    "with space",
    " leading",
    "trailing ",
    "a,b",
    "a;b",
    "a:b",
    "a\"b",
    "\"q\"",
    "a'b",
    r"a\b",
    "a/b",
    "a%b",
    "%25",
    "a%20b",
    "a+b",
    "a&b",
    "a=b",
    "a#b",
    "a?b",
    "a*b",
    "*",
    "_",
    "a_b",
    "a.b",
    "..",
    "<b>",
    "{x}",
    "[x]",
    "$(x)",
    "a|b",
    "ünï",
    "日本😀",
];

/// The names that have a space.
const SPACED: [&str; 3] = ["with space", " leading", "trailing "];

/// The names that have a character with a meaning in URLs.
const RESERVED: [&str; 14] = [
    "a,b", "a;b", "a:b", r"a\b", "a/b", "a+b", "a&b", "a=b", "a#b", "a?b", "a*b", "*", "[x]",
    "$(x)",
];

/// Creates an object of each name, and searches for each. `refused` are the names that Keycloak does not take.
async fn assert_found(
    kind: &str,
    refused: &[&[&str]],
    create: impl AsyncFn(&str) -> Result<String, Error>,
    find: impl AsyncFn(&str) -> Result<Option<String>, Error>,
) {
    let mut ids = BTreeMap::new();
    let mut not_taken = BTreeSet::new();
    for name in NAMES {
        match create(name).await {
            Ok(id) => {
                ids.insert(name, id);
            }
            Err(error) => {
                assert!(error.is_bad_request(), "{kind} {name:?}: {error}");
                not_taken.insert(name);
            }
        }
    }
    let refused = refused.iter().copied().flatten().copied().collect();
    assert_eq!(not_taken, refused, "{kind}");
    for name in NAMES {
        let found = find(name)
            .await
            .unwrap_or_else(|error| panic!("{kind} {name:?}: {error}"));
        assert_eq!(found.as_ref(), ids.get(name), "{kind} {name:?}");
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn users_groups_and_roles_of_odd_names_are_found() {
    let test = TestRealm::create("odd-people").await;
    let realm = test.get();
    assert_found(
        "user",
        &[
            &SPACED,
            &[
                "a,b",
                "a;b",
                "a:b",
                "a\"b",
                "\"q\"",
                "a'b",
                r"a\b",
                "a/b",
                "a%b",
                "%25",
                "a%20b",
                "a&b",
                "a=b",
                "a#b",
                "a?b",
                "a*b",
                "*",
                "_",
                "..",
                "<b>",
                "{x}",
                "[x]",
                "$(x)",
                "a|b",
                "日本😀",
            ],
        ],
        async |name| realm.users().create(&user(name)).await,
        async |name| realm.users().find_id(name).await,
    )
    .await;
    assert_found(
        "group",
        &[],
        async |name| realm.groups().create(&group(name)).await,
        async |name| {
            Ok(realm
                .groups()
                .find_by_name(name)
                .await?
                .and_then(|group| group.id))
        },
    )
    .await;
    let parent = realm.groups().create(&group("parent")).await.unwrap();
    let parent = realm.group(&parent);
    let spaces = group(" spaces ");
    let id = parent.create_subgroup(&spaces).await.unwrap();
    let again = parent.create_subgroup(&spaces).exist_ok().await.unwrap();
    assert_eq!(again, Ensured::Existing(id));
    assert_found(
        "role",
        &[],
        async |name| realm.roles().create(&role(name)).await,
        async |name| {
            if name == ".." {
                // No URL has such a segment, and roles are addressed by their names.
                let error = realm.role(name).find().await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
                return Ok(Some(name.to_owned()));
            }
            Ok(realm.role(name).find().await?.and_then(|role| role.name))
        },
    )
    .await;
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn clients_and_what_belongs_to_them_are_found_by_odd_names() {
    let test = TestRealm::create("odd-clients").await;
    let realm = test.get();
    assert_found(
        "client",
        &[],
        async |name| realm.clients().create(&client(name)).await,
        async |name| realm.clients().find_uuid(name).await,
    )
    .await;
    let scopes = realm.client_scopes();
    assert_found(
        "client scope",
        &[&SPACED, &["a\"b", "\"q\"", r"a\b", "ünï", "日本😀"]],
        async |name| scopes.create(&client_scope(name)).await,
        async |name| Ok(scopes.find_by_name(name).await?.and_then(|scope| scope.id)),
    )
    .await;

    let service = client("service").with_authorization_services_enabled(true);
    let uuid = realm.clients().create(&service).await.unwrap();
    let service = realm.client_by_uuid(&uuid);
    let mappers = service.protocol_mappers();
    assert_found(
        "protocol mapper",
        &[],
        async |name| {
            let mapper = ProtocolMapperRepresentation::new()
                .with_name(name)
                .with_protocol("openid-connect")
                .with_protocol_mapper("oidc-full-name-mapper");
            mappers.create(&mapper).await
        },
        async |name| {
            Ok(mappers
                .find_by_name(name)
                .await?
                .and_then(|mapper| mapper.id))
        },
    )
    .await;
    let resources = service.authorization().resources();
    assert_found(
        "resource",
        &[],
        async |name| {
            resources
                .create(&ResourceRepresentation::new().with_name(name))
                .await
        },
        async |name| {
            Ok(resources
                .find_by_name(name)
                .await?
                .and_then(|resource| resource.id))
        },
    )
    .await;
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn flows_and_organizations_of_odd_names_are_found() {
    let test = TestRealm::create_with("odd-things", |realm| {
        realm.organizations_enabled = Some(true)
    })
    .await;
    let realm = test.get();
    let flows = realm.authentication().flows();
    assert_found(
        "flow",
        &[&RESERVED],
        async |alias| {
            let flow = AuthenticationFlowRepresentation::new()
                .with_alias(alias)
                .with_provider_id("basic-flow")
                .with_top_level(true)
                .with_built_in(false);
            flows.create(&flow).await
        },
        async |alias| Ok(flows.find_by_alias(alias).await?.and_then(|flow| flow.id)),
    )
    .await;
    let organizations = realm.organizations();
    let id = |found: Option<OrganizationRepresentation>| found.and_then(|found| found.id);
    assert_found(
        "organization by name",
        &[],
        async |name| {
            // Without an alias, the server makes it of the name. The alias allows fewer characters.
            let alias = format!(
                "alias-{}",
                NAMES.iter().position(|other| *other == name).unwrap()
            );
            let new = OrganizationRepresentation::new()
                .with_name(name)
                .with_alias(alias);
            organizations.create(&new).await
        },
        async |name| Ok(id(organizations.find_by_name(name).await?)),
    )
    .await;
    assert_found(
        "organization by alias",
        &[&SPACED, &RESERVED],
        async |alias| {
            let name = format!(
                "name-{}",
                NAMES.iter().position(|other| *other == alias).unwrap()
            );
            let new = OrganizationRepresentation::new()
                .with_name(name)
                .with_alias(alias);
            organizations.create(&new).await
        },
        async |alias| Ok(id(organizations.find_by_alias(alias).await?)),
    )
    .await;
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_id_of_the_callers_own_comes_back_whole() -> Result<(), Error> {
    let test = TestRealm::create("odd-ids").await;
    let realm = test.get();
    let id = |kind: &str| format!("my {kind}/7%2f");

    let client = client("app").with_id(id("client"));
    assert_eq!(realm.clients().create(&client).await?, id("client"));
    let scope = client_scope("scope").with_id(id("scope"));
    assert_eq!(realm.client_scopes().create(&scope).await?, id("scope"));
    let flow = AuthenticationFlowRepresentation::new()
        .with_id(id("flow"))
        .with_alias("flow")
        .with_provider_id("basic-flow")
        .with_top_level(true)
        .with_built_in(false);
    assert_eq!(
        realm.authentication().flows().create(&flow).await?,
        id("flow")
    );
    let component = ComponentRepresentation::new()
        .with_id(id("component"))
        .with_name("keys")
        .with_provider_id("hmac-generated")
        .with_provider_type("org.keycloak.keys.KeyProvider");
    assert_eq!(
        realm.components().create(&component).await?,
        id("component")
    );
    let mapper = ProtocolMapperRepresentation::new()
        .with_id(id("mapper"))
        .with_name("mapper")
        .with_protocol("openid-connect")
        .with_protocol_mapper("oidc-full-name-mapper");
    let plain = realm.client_scopes().create(&client_scope("plain")).await?;
    let mappers = realm.client_scope(&plain).protocol_mappers();
    assert_eq!(mappers.create(&mapper).await?, id("mapper"));
    Ok(())
}
