//! Helpers that promise to be repeatable, called by 2, 8 and 100 callers at the same moment.

use futures_util::future::join_all;
use keycloak_admin::types::{
    AuthenticationFlowRepresentation, ComponentRepresentation, OrganizationRepresentation,
    ProtocolMapperRepresentation, ResourceRepresentation, RoleRepresentation,
};
use keycloak_admin::{Error, Realm};

use crate::common::TestRealm;
use crate::make::{client, client_scope, group, identity_provider, role, user};

/// Lets callers race with `call` for what `create` has made. All of them succeed. `create` gets a name that is not taken.
async fn race<H: Clone>(
    kind: &str,
    create: impl AsyncFn(&str) -> Result<H, Error>,
    call: impl AsyncFn(H) -> Result<(), Error>,
) {
    for callers in [2, 8, 100] {
        let handle = create(&format!("race-{callers}")).await;
        let handle = handle.unwrap_or_else(|error| panic!("{kind}: {error}"));
        let results = join_all((0..callers).map(|_| call(handle.clone()))).await;
        let failures: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
        assert!(
            failures.is_empty(),
            "{kind}, {callers} callers: {} failed: {}",
            failures.len(),
            failures[0]
        );
    }
}

/// Lets callers delete the same thing. At least one is told that it was there, and it is gone afterwards.
macro_rules! delete_race {
    ($kind:literal, $make:expr) => {
        for callers in [2, 8, 100] {
            let made = $make(format!("race-{callers}")).await;
            let it = made.unwrap_or_else(|error: Error| panic!("{}: {error}", $kind));
            let results = join_all((0..callers).map(|_| it.delete_if_exists())).await;
            let deleted = results.into_iter().map(|result| {
                result.unwrap_or_else(|error| panic!("{}, {callers} callers: {error}", $kind))
            });
            assert!(deleted.filter(|deleted| *deleted).count() >= 1, "{}", $kind);
            assert!(!it.delete_if_exists().await.unwrap(), "{}", $kind);
        }
    };
}

async fn test_realm(prefix: &str) -> TestRealm {
    TestRealm::create_with(prefix, |realm| realm.organizations_enabled = Some(true)).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn callers_who_delete_the_same_thing_all_succeed() {
    let test = test_realm("delete-races").await;
    let realm = test.get();
    delete_race!("user", async |name: String| {
        Ok(realm.user(realm.users().create(&user(&name)).await?))
    });
    delete_race!("group", async |name: String| {
        Ok(realm.group(realm.groups().create(&group(&name)).await?))
    });
    delete_race!("client", async |name: String| {
        Ok(realm.client_by_uuid(realm.clients().create(&client(&name)).await?))
    });
    delete_race!("client scope", async |name: String| {
        Ok(realm.client_scope(realm.client_scopes().create(&client_scope(&name)).await?))
    });
    delete_race!("realm role", async |name: String| {
        Ok(realm.role(realm.roles().create(&role(&name)).await?))
    });
    delete_race!("identity provider", async |name: String| {
        let provider = identity_provider(&name);
        Ok(realm.identity_provider(realm.identity_providers().create(&provider).await?))
    });
    delete_race!("organization", async |name: String| {
        let organization = OrganizationRepresentation::new().with_name(name);
        Ok(realm.organization(realm.organizations().create(&organization).await?))
    });
    delete_race!("flow", async |name: String| {
        let flow = AuthenticationFlowRepresentation::new()
            .with_alias(name)
            .with_provider_id("basic-flow")
            .with_top_level(true)
            .with_built_in(false);
        let authentication = realm.authentication();
        Ok(authentication.flow(authentication.flows().create(&flow).await?))
    });
    delete_race!("component", async |name: String| {
        let component = ComponentRepresentation::new()
            .with_name(name)
            .with_provider_id("hmac-generated")
            .with_provider_type("org.keycloak.keys.KeyProvider");
        Ok(realm.component(realm.components().create(&component).await?))
    });
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn callers_who_delete_the_same_part_of_a_client_all_succeed() {
    let test = test_realm("part-races").await;
    let realm = test.get();
    let service = client("service").with_authorization_services_enabled(true);
    let service = realm.clients().create(&service).await.unwrap();
    let service = realm.client_by_uuid(&service);
    delete_race!("client role", async |name: String| {
        Ok(service.role(service.roles().create(&role(&name)).await?))
    });
    delete_race!("protocol mapper", async |name: String| {
        let mapper = ProtocolMapperRepresentation::new()
            .with_name(name)
            .with_protocol("openid-connect")
            .with_protocol_mapper("oidc-full-name-mapper");
        Ok(service.protocol_mapper(service.protocol_mappers().create(&mapper).await?))
    });
    let authorization = service.authorization();
    delete_race!("resource", async |name: String| {
        let resource = ResourceRepresentation::new().with_name(name);
        Ok(authorization.resource(authorization.resources().create(&resource).await?))
    });
}

async fn new_role(realm: &Realm, name: &str) -> Result<[RoleRepresentation; 1], Error> {
    let name = realm.roles().create(&role(name)).await?;
    Ok([realm.role(&name).get().await?])
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn callers_who_give_the_same_role_all_succeed() {
    let test = test_realm("role-races").await;
    let realm = test.get();
    let holder = realm.user(realm.users().create(&user("holder")).await.unwrap());
    let group = realm.group(realm.groups().create(&group("holder")).await.unwrap());
    let service = realm.client_by_uuid(realm.clients().create(&client("service")).await.unwrap());
    let whole = realm.role(realm.roles().create(&role("whole")).await.unwrap());

    race(
        "realm role of a user",
        async |name| new_role(&realm, &format!("user-{name}")).await,
        async |roles| holder.realm_roles().add(&roles).await,
    )
    .await;
    race(
        "realm role of a group",
        async |name| new_role(&realm, &format!("group-{name}")).await,
        async |roles| group.realm_roles().add(&roles).await,
    )
    .await;
    race(
        "part of a role",
        async |name| new_role(&realm, &format!("part-{name}")).await,
        async |roles| whole.composites().add(&roles).await,
    )
    .await;
    race(
        "role in the scope of a client",
        async |name| new_role(&realm, &format!("scope-{name}")).await,
        async |roles| service.scope_mappings().realm_roles().add(&roles).await,
    )
    .await;
    race(
        "client role of a user",
        async |name| {
            let name = service.roles().create(&role(name)).await?;
            Ok([service.role(&name).get().await?])
        },
        async |roles| {
            holder
                .client_roles_by_uuid(service.uuid())
                .add(&roles)
                .await
        },
    )
    .await;

    let names = holder
        .realm_roles()
        .list()
        .await
        .unwrap()
        .into_iter()
        .filter_map(|role| role.name);
    let given: Vec<String> = names
        .filter(|name| name.starts_with("user-race-"))
        .collect();
    assert_eq!(given.len(), 3, "{given:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn callers_who_add_the_same_group_or_scope_all_succeed() {
    let test = test_realm("add-races").await;
    let realm = test.get();
    let member = realm.user(realm.users().create(&user("member")).await.unwrap());
    let service = realm.client_by_uuid(realm.clients().create(&client("service")).await.unwrap());

    race(
        "member of a group",
        async |name| {
            realm
                .groups()
                .create(&group(&format!("member-{name}")))
                .await
        },
        async |id| member.join_group(&id).await,
    )
    .await;
    race(
        "default group",
        async |name| {
            realm
                .groups()
                .create(&group(&format!("default-{name}")))
                .await
        },
        async |id| realm.add_default_group(&id).await,
    )
    .await;
    race(
        "optional client scope of a client",
        async |name| {
            realm
                .client_scopes()
                .create(&client_scope(&format!("optional-{name}")))
                .await
        },
        async |id| service.add_optional_client_scope(&id).await,
    )
    .await;
    race(
        "default client scope of a client",
        async |name| {
            realm
                .client_scopes()
                .create(&client_scope(&format!("default-{name}")))
                .await
        },
        async |id| service.add_default_client_scope(&id).await,
    )
    .await;

    assert_eq!(member.list_groups().await.unwrap().len(), 3);
    assert_eq!(realm.list_default_groups().await.unwrap().len(), 3);
}
