//! Helpers that promise to be repeatable, called by 2, 8 and 100 callers at the same moment.
//!
//! `UPDATE_RACES=1 cargo xtask test -p keycloak-admin --test facade -- races` writes the column of the server's version in `docs/races.md`.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use keycloak_admin::types::{
    AuthenticationFlowRepresentation, ComponentRepresentation,
    IdentityProviderMapperRepresentation, OrganizationRepresentation, ProtocolMapperRepresentation,
    ResourceRepresentation, RoleRepresentation, ScopeRepresentation,
};
use keycloak_admin::{Ensured, Error, Realm};

use crate::common::TestRealm;
use crate::make::{client, client_scope, group, identity_provider, role, user};
use crate::race_table::Table;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn callers_who_do_the_same_at_the_same_moment_all_succeed() {
    let mut table = Table::default();
    table.section("`delete_if_exists`", "callers who are told `true`");
    delete_things(&mut table).await;
    delete_parts_of_a_client(&mut table).await;
    table.section("Adding", "callers who succeed");
    give_roles(&mut table).await;
    add_groups_and_scopes(&mut table).await;
    table.section("`create(..).exist_ok()`", "things that are made");
    create_things(&mut table).await;
    create_parts_of_a_client(&mut table).await;
    create_without_a_guard(&mut table).await;
    table.write();
    assert!(table.failures.is_empty(), "{:#?}", table.failures);
}

/// The numbers of callers.
const CALLERS: [usize; 3] = [2, 8, 100];

/// Lets callers race with `call` for what `create` has made. All of them succeed. `create` gets a name that is not taken.
async fn race<H: Clone>(
    table: &mut Table,
    kind: &str,
    create: impl AsyncFn(&str) -> Result<H, Error>,
    call: impl AsyncFn(H) -> Result<(), Error>,
) {
    for callers in CALLERS {
        let handle = create(&format!("race-{callers}")).await;
        let handle = handle.unwrap_or_else(|error| panic!("{kind}: {error}"));
        let results = join_all((0..callers).map(|_| call(handle.clone()))).await;
        let failures: Vec<Error> = results.into_iter().filter_map(Result::err).collect();
        for error in failures {
            table.fail(format!("{kind}, {callers} callers: {error}"));
        }
    }
    table.add(kind, CALLERS);
}

/// Lets callers create the same thing. All get an id of a thing that one of them has made, and if Keycloak guards the name, there is one thing.
async fn create_race<F>(table: &mut Table, kind: &str, guard: Guard, create: impl Fn(String) -> F)
where
    F: IntoFuture<Output = Result<Ensured<String>, Error>>,
{
    let mut things = CALLERS;
    for made in &mut things {
        let name = format!("race-{made}");
        let results = join_all((0..*made).map(|_| create(name.clone()).into_future())).await;
        let (mut created, mut found) = (BTreeSet::new(), BTreeSet::new());
        for result in results {
            match result {
                Ok(result) if result.is_created() => {
                    if !created.insert(result.into_id()) && guard == Guard::Always {
                        table.fail(format!(
                            "{kind}, {made} callers: two are told that they made one thing"
                        ));
                    }
                }
                Ok(result) => drop(found.insert(result.into_id())),
                Err(error) => table.fail(format!("{kind}, {made} callers: {error}")),
            }
        }
        if !found.is_subset(&created) || (guard != Guard::Never && created.len() != 1) {
            table.fail(format!(
                "{kind}, {made} callers: created {created:?}, found {found:?}"
            ));
        }
        *made = created.len();
    }
    table.add(kind, things);
}

/// Tells the kinds apart of which Keycloak lets only one thing have a name.
#[derive(Clone, Copy, PartialEq)]
enum Guard {
    /// One caller is told that it made the thing, and the others that it exists.
    Always,
    /// Keycloak makes one thing, and may tell several callers that they made it.
    Silent,
    Never,
}

/// Lets callers delete the same thing. At least one is told that it was there, and it is gone afterwards.
macro_rules! delete_race {
    ($table:expr, $kind:literal, $make:expr) => {
        let mut told = CALLERS;
        for callers in &mut told {
            let made = $make(format!("race-{callers}")).await;
            let it = made.unwrap_or_else(|error: Error| panic!("{}: {error}", $kind));
            let results = join_all((0..*callers).map(|_| it.delete_if_exists())).await;
            let raced = *callers;
            *callers = 0;
            for result in results {
                match result {
                    Ok(deleted) => *callers += usize::from(deleted),
                    Err(error) => $table.fail(format!("{}, {raced} callers: {error}", $kind)),
                }
            }
            if *callers == 0 {
                $table.fail(format!("{}, {raced} callers: nobody is told `true`", $kind));
            }
            assert!(!it.delete_if_exists().await.unwrap(), "{}", $kind);
        }
        $table.add($kind, told);
    };
}

async fn test_realm(prefix: &str) -> TestRealm {
    TestRealm::create_with(prefix, |realm| realm.organizations_enabled = Some(true)).await
}

async fn delete_things(table: &mut Table) {
    let test = test_realm("delete-races").await;
    let realm = test.get();
    delete_race!(table, "user", async |name: String| {
        Ok(realm.user(realm.users().create(&user(&name)).await?))
    });
    delete_race!(table, "group", async |name: String| {
        Ok(realm.group(realm.groups().create(&group(&name)).await?))
    });
    delete_race!(table, "client", async |name: String| {
        Ok(realm.client_by_uuid(realm.clients().create(&client(&name)).await?))
    });
    delete_race!(table, "client scope", async |name: String| {
        Ok(realm.client_scope(realm.client_scopes().create(&client_scope(&name)).await?))
    });
    delete_race!(table, "realm role", async |name: String| {
        Ok(realm.role(realm.roles().create(&role(&name)).await?))
    });
    delete_race!(table, "identity provider", async |name: String| {
        let provider = identity_provider(&name);
        Ok(realm.identity_provider(realm.identity_providers().create(&provider).await?))
    });
    delete_race!(table, "organization", async |name: String| {
        let organization = OrganizationRepresentation::new().with_name(name);
        Ok(realm.organization(realm.organizations().create(&organization).await?))
    });
    delete_race!(table, "flow", async |name: String| {
        let authentication = realm.authentication();
        Ok(authentication.flow(authentication.flows().create(&flow(name)).await?))
    });
    delete_race!(table, "component", async |name: String| {
        Ok(realm.component(realm.components().create(&component(name)).await?))
    });
}

async fn delete_parts_of_a_client(table: &mut Table) {
    let test = test_realm("part-races").await;
    let realm = test.get();
    let service = client("service").with_authorization_services_enabled(true);
    let service = realm.clients().create(&service).await.unwrap();
    let service = realm.client_by_uuid(&service);
    delete_race!(table, "client role", async |name: String| {
        Ok(service.role(service.roles().create(&role(&name)).await?))
    });
    delete_race!(table, "protocol mapper", async |name: String| {
        Ok(service.protocol_mapper(service.protocol_mappers().create(&mapper(name)).await?))
    });
    let authorization = service.authorization();
    delete_race!(table, "resource", async |name: String| {
        let resource = ResourceRepresentation::new().with_name(name);
        Ok(authorization.resource(authorization.resources().create(&resource).await?))
    });
}

async fn new_role(realm: &Realm, name: &str) -> Result<[RoleRepresentation; 1], Error> {
    let name = realm.roles().create(&role(name)).await?;
    Ok([realm.role(&name).get().await?])
}

async fn give_roles(table: &mut Table) {
    let test = test_realm("role-races").await;
    let realm = test.get();
    let holder = realm.user(realm.users().create(&user("holder")).await.unwrap());
    let group = realm.group(realm.groups().create(&group("holder")).await.unwrap());
    let service = realm.client_by_uuid(realm.clients().create(&client("service")).await.unwrap());
    let whole = realm.role(realm.roles().create(&role("whole")).await.unwrap());

    race(
        table,
        "realm role of a user",
        async |name| new_role(&realm, &format!("user-{name}")).await,
        async |roles| holder.realm_roles().add(&roles).await,
    )
    .await;
    race(
        table,
        "realm role of a group",
        async |name| new_role(&realm, &format!("group-{name}")).await,
        async |roles| group.realm_roles().add(&roles).await,
    )
    .await;
    race(
        table,
        "part of a role",
        async |name| new_role(&realm, &format!("part-{name}")).await,
        async |roles| whole.composites().add(&roles).await,
    )
    .await;
    race(
        table,
        "role in the scope of a client",
        async |name| new_role(&realm, &format!("scope-{name}")).await,
        async |roles| service.scope_mappings().realm_roles().add(&roles).await,
    )
    .await;
    race(
        table,
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

async fn add_groups_and_scopes(table: &mut Table) {
    let test = test_realm("add-races").await;
    let realm = test.get();
    let member = realm.user(realm.users().create(&user("member")).await.unwrap());
    let service = realm.client_by_uuid(realm.clients().create(&client("service")).await.unwrap());

    race(
        table,
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
        table,
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
        table,
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
        table,
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

    race(
        table,
        "default client scope of a realm",
        async |name| {
            let name = format!("realm-default-{name}");
            let id = realm.client_scopes().create(&client_scope(&name)).await?;
            Ok(realm.client_scope(id))
        },
        async |scope| scope.ensure_default().await.map(drop),
    )
    .await;
    race(
        table,
        "optional client scope of a realm",
        async |name| {
            let name = format!("realm-optional-{name}");
            let id = realm.client_scopes().create(&client_scope(&name)).await?;
            Ok(realm.client_scope(id))
        },
        async |scope| scope.ensure_optional().await.map(drop),
    )
    .await;

    assert_eq!(member.list_groups().await.unwrap().len(), 3);
    assert_eq!(realm.list_default_groups().await.unwrap().len(), 3);
}

fn flow(alias: String) -> AuthenticationFlowRepresentation {
    AuthenticationFlowRepresentation::new()
        .with_alias(alias)
        .with_provider_id("basic-flow")
        .with_top_level(true)
        .with_built_in(false)
}

fn component(name: String) -> ComponentRepresentation {
    ComponentRepresentation::new()
        .with_name(name)
        .with_provider_id("hmac-generated")
        .with_provider_type("org.keycloak.keys.KeyProvider")
}

fn mapper(name: String) -> ProtocolMapperRepresentation {
    ProtocolMapperRepresentation::new()
        .with_name(name)
        .with_protocol("openid-connect")
        .with_protocol_mapper("oidc-full-name-mapper")
}

async fn create_things(table: &mut Table) {
    let test = test_realm("create-races").await;
    let realm = test.get();
    let parent = realm.group(realm.groups().create(&group("parent")).await.unwrap());
    create_race(table, "user", Guard::Always, |name| {
        realm.users().create(&user(&name)).exist_ok()
    })
    .await;
    create_race(table, "group", Guard::Always, |name| {
        realm.groups().create(&group(&name)).exist_ok()
    })
    .await;
    create_race(table, "subgroup", Guard::Always, |name| {
        parent.create_subgroup(&group(&name)).exist_ok()
    })
    .await;
    create_race(table, "client", Guard::Always, |name| {
        realm.clients().create(&client(&name)).exist_ok()
    })
    .await;
    create_race(table, "client scope", Guard::Always, |name| {
        realm
            .client_scopes()
            .create(&client_scope(&name))
            .exist_ok()
    })
    .await;
    create_race(table, "realm role", Guard::Always, |name| {
        realm.roles().create(&role(&name)).exist_ok()
    })
    .await;
    create_race(table, "identity provider", Guard::Always, |name| {
        realm
            .identity_providers()
            .create(&identity_provider(&name))
            .exist_ok()
    })
    .await;
    create_race(table, "organization", Guard::Always, |name| {
        let organization = OrganizationRepresentation::new().with_name(name);
        realm.organizations().create(&organization).exist_ok()
    })
    .await;
}

async fn create_parts_of_a_client(table: &mut Table) {
    let test = test_realm("create-part-races").await;
    let realm = test.get();
    let service = client("service").with_authorization_services_enabled(true);
    let service = realm.client_by_uuid(realm.clients().create(&service).await.unwrap());
    let authorization = service.authorization();
    create_race(table, "client role", Guard::Always, |name| {
        service.roles().create(&role(&name)).exist_ok()
    })
    .await;
    create_race(table, "resource", Guard::Silent, |name| {
        authorization
            .resources()
            .create(&ResourceRepresentation::new().with_name(name))
            .exist_ok()
    })
    .await;
    create_race(table, "scope of a resource server", Guard::Silent, |name| {
        authorization
            .scopes()
            .create(&ScopeRepresentation::new().with_name(name))
            .exist_ok()
    })
    .await;
}

/// Keycloak lets several of these things have a name.
async fn create_without_a_guard(table: &mut Table) {
    let test = test_realm("unguarded-races").await;
    let realm = test.get();
    let service = realm.client_by_uuid(realm.clients().create(&client("service")).await.unwrap());
    let provider = realm
        .identity_providers()
        .create(&identity_provider("partner"))
        .await
        .unwrap();
    let provider = realm.identity_provider(provider);
    create_race(table, "flow", Guard::Never, |name| {
        realm
            .authentication()
            .flows()
            .create(&flow(name))
            .exist_ok()
    })
    .await;
    create_race(table, "copy of a flow", Guard::Never, |name| {
        let browser = realm.authentication().flow_by_alias("browser");
        browser.copy(&format!("copy-{name}")).exist_ok()
    })
    .await;
    create_race(table, "component", Guard::Never, |name| {
        realm.components().create(&component(name)).exist_ok()
    })
    .await;
    create_race(table, "protocol mapper", Guard::Never, |name| {
        service.protocol_mappers().create(&mapper(name)).exist_ok()
    })
    .await;
    create_race(
        table,
        "mapper of an identity provider",
        Guard::Never,
        |name| {
            let mapper = IdentityProviderMapperRepresentation::new()
                .with_name(name)
                .with_identity_provider_mapper("hardcoded-attribute-idp-mapper");
            provider.mappers().create(&mapper).exist_ok()
        },
    )
    .await;
}
