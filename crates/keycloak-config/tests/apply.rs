//! Applying declarations of every kind to a real server.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use keycloak_admin::Keycloak;
use keycloak_admin::types::ClientProfileRepresentation;
use keycloak_config::{
    ConfigError, Desired, ExportOptions, Key, Kind, PlanOptions, Values, apply, export_with, plan,
    read_actual,
};
use keycloak_server::harness;
use serde_json::{Value, json};

use self::common::{CHANGED, TestRealm, WHOLE};

/// The number of admin events of a realm.
async fn events(realm: &TestRealm) -> usize {
    let events = realm.keycloak.realm(&realm.name).admin_events();
    events.list().max(10_000).await.expect("events").len()
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_new_realm_becomes_the_declared_one_and_a_second_application_writes_nothing() {
    for text in [WHOLE, CHANGED] {
        let realm = TestRealm::reserve("whole");
        let desired = realm.declare(text);
        assert!(realm.plan(&desired).await.is_new_realm);
        realm.apply(&desired).await;
        let second = realm.plan(&desired).await;
        assert!(second.is_empty(), "{second}");
        let before = events(&realm).await;
        assert!(before > 0, "admin events are on");
        let report = realm.apply(&desired).await;
        assert_eq!(report.requests, 0);
        assert_eq!(events(&realm).await, before);
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn every_kind_changes_in_place() {
    let realm = TestRealm::reserve("changed");
    let (first, second) = (realm.declare(WHOLE), realm.declare(CHANGED));
    realm.apply(&first).await;
    let ids = async |desired| -> BTreeMap<_, _> {
        let actual = realm.read(desired).await;
        let objects = actual.model().iter();
        objects
            .filter_map(|(key, object)| Some((key.clone(), object.id.clone()?)))
            .collect()
    };
    let before = ids(&first).await;
    let planned = realm.plan(&second).await;
    let mut kinds: Vec<Kind> = planned
        .actions
        .iter()
        .map(|action| action.key.kind)
        .collect();
    kinds.dedup();
    assert_eq!(kinds, Kind::ALL, "{planned}");
    realm.apply(&second).await;
    let left = realm.plan(&second).await;
    assert!(left.is_empty(), "{left}");
    assert_eq!(ids(&second).await, before);
    // And back.
    realm.apply(&first).await;
    let left = realm.plan(&first).await;
    assert!(left.is_empty(), "{left}");
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn only_pruned_kinds_lose_objects() {
    let realm = TestRealm::reserve("pruned");
    realm.apply(&realm.declare(WHOLE)).await;
    let less = realm.declare(
        "realm: whole\nclients: []\ngroups: []\nroles: {realm: []}\norganizations: []\nidentityProviders: []\nclientPolicies: {policies: []}\nbrowserFlow: browser\nauthenticationFlows: []\n",
    );
    realm.apply(&less).await;
    assert!(
        realm.plan(&realm.declare(WHOLE)).await.actions.len() <= 1,
        "only the binding has changed"
    );
    let kinds = [
        Kind::Client,
        Kind::Group,
        Kind::ClientPolicy,
        Kind::Flow,
        Kind::Organization,
    ];
    let options = PlanOptions::default().with_prune(kinds);
    realm.apply_with(&less, &options).await;
    let actual = realm.read(&realm.declare(WHOLE)).await;
    let names = |kind| -> Vec<String> {
        let objects = actual.model().iter().filter(|(key, _)| key.kind == kind);
        objects.map(|(key, _)| key.name().to_owned()).collect()
    };
    assert!(!names(Kind::Client).contains(&"app".to_owned()));
    assert!(names(Kind::Client).contains(&"account".to_owned()));
    assert!(names(Kind::Group).is_empty());
    assert!(names(Kind::Organization).is_empty());
    assert!(names(Kind::ClientPolicy).is_empty());
    assert!(!names(Kind::Flow).contains(&"acme code".to_owned()));
    assert!(names(Kind::RealmRole).contains(&"editor".to_owned()));
    assert!(names(Kind::IdentityProvider).contains(&"partner".to_owned()));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn client_profiles_and_policies_that_others_write_meanwhile_stay() {
    let realm = TestRealm::reserve("lists");
    realm.apply(&realm.declare(WHOLE)).await;
    let changed = "realm: whole\nclientProfiles:\n  profiles: [{name: strict, description: Changed}]\n\
                   clientPolicies:\n  policies: [{name: all, description: Changed}]\n";
    let desired = realm.declare(changed);
    let actual = realm.read(&desired).await;
    let plan = plan(&desired, &actual, &PlanOptions::default()).expect("a plan");
    let others = realm.keycloak.realm(&realm.name);
    let meanwhile = ClientProfileRepresentation::new().with_name("meanwhile");
    let written = others.modify_client_profiles(|profiles| {
        profiles.profiles.get_or_insert_default().push(meanwhile);
    });
    written.await.expect("written");
    let report = apply(&realm.keycloak, &plan, &desired, &actual, &|_| {}).await;
    report.expect("applied");
    let left = others.get_client_profiles().await.expect("profiles");
    let left: Vec<_> = left
        .profiles
        .unwrap_or_default()
        .into_iter()
        .map(|profile| (profile.name.unwrap_or_default(), profile.description))
        .collect();
    let changed = Some("Changed".to_owned());
    let strict = ("strict".to_owned(), changed);
    assert_eq!(left, [strict, ("meanwhile".to_owned(), None)]);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn flows_that_share_a_configuration_part() {
    let realm = TestRealm::reserve("configs");
    let flows = |configs: [&str; 2]| {
        let flow = |name: &str, config: &str| {
            let execution = format!(
                "{{authenticator: identity-provider-redirector, authenticatorConfig: {config}, requirement: ALTERNATIVE, priority: 10}}"
            );
            format!(
                "  - {{alias: {name}, providerId: basic-flow, topLevel: true, authenticationExecutions: [{execution}]}}\n"
            )
        };
        let config = |config: &str| {
            format!("  - {{alias: {config}, config: {{defaultProvider: {config}}}}}\n")
        };
        let mut text = "realm: whole\nauthenticationFlows:\n".to_owned();
        text.push_str(&flow("one", configs[0]));
        text.push_str(&flow("two", configs[1]));
        text.push_str("authenticatorConfig:\n");
        text.push_str(&config(configs[0]));
        if configs[0] != configs[1] {
            text.push_str(&config(configs[1]));
        }
        realm.declare(&text)
    };
    for configs in [["shared", "shared"], ["own", "other"]] {
        let desired = flows(configs);
        realm.apply(&desired).await;
        let left = realm.plan(&desired).await;
        assert!(left.is_empty(), "{left}");
    }
}

/// The error of another type says to declare another flow, to bind it and to prune the old one.
#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_bound_flow_gets_another_type_by_another_alias() {
    let realm = TestRealm::reserve("type");
    let flow = |alias: &str, provider: &str, authenticator: &str| {
        let execution =
            format!("{{authenticator: {authenticator}, requirement: ALTERNATIVE, priority: 10}}");
        realm.declare(&format!(
            "realm: whole\nclientAuthenticationFlow: {alias}\nauthenticationFlows:\n  - {{alias: {alias}, providerId: {provider}, topLevel: true, authenticationExecutions: [{execution}]}}\n"
        ))
    };
    realm.apply(&flow("one", "basic-flow", "auth-cookie")).await;
    let changed = flow("one", "client-flow", "client-secret");
    let there = realm.read(&changed).await;
    let error = plan(&changed, &there, &PlanOptions::default()).expect_err("another type");
    let expected = "Keycloak cannot change `providerId` of the flow `one`; declare the flow under another alias";
    assert!(error.to_string().contains(expected), "{error}");
    let other = flow("two", "client-flow", "client-secret");
    let options = PlanOptions::default().with_prune([Kind::Flow]);
    realm.apply_with(&other, &options).await;
    let there = realm.read(&other).await;
    let left = plan(&other, &there, &options).expect("a plan");
    assert!(left.is_empty(), "{left}");
    let is_there = |alias: &str| {
        let mut keys = there.model().iter().map(|(key, _)| key);
        keys.any(|key| key.kind == Kind::Flow && key.name() == alias)
    };
    assert!(is_there("two") && !is_there("one"));
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_declaration_with_a_problem_writes_nothing() {
    let realm = TestRealm::reserve("problem");
    let desired = realm.declare("realm: whole\ngroups:\n  - name: a\n    realmRoles: [nobody]\n");
    let actual = realm.read(&desired).await;
    let error = plan(&desired, &actual, &PlanOptions::default()).expect_err("a problem");
    let expected = "realm.yaml:3: `/groups/0`: the group `a` needs the realm role `nobody`, which is neither declared nor on the server";
    assert_eq!(error.to_string(), expected);
    assert!(!realm.read(&desired).await.exists());
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn neither_a_plan_nor_an_error_shows_a_secret() {
    let realm = TestRealm::reserve("secret");
    let desired = realm.declare(WHOLE);
    let plan = realm.plan(&desired).await;
    let printed = format!("{plan} {plan:?} {desired:?}");
    assert!(!printed.contains("planted"), "{printed}");
    // The server refuses a fragment in a redirect URI, and a password that is too short.
    let refused = [
        "clients: [{clientId: app, secret: planted, redirectUris: ['https://a#b']}]",
        "passwordPolicy: length(90)\nusers: [{username: ali, credentials: [{type: password, value: planted}]}]",
        "identityProviders: [{alias: g, providerId: none, config: {clientSecret: planted}}]",
    ];
    for text in refused {
        let desired = realm.declare(&format!("realm: whole\n{text}\n"));
        let actual = realm.read(&desired).await;
        let plan = keycloak_config::plan(&desired, &actual, &PlanOptions::default());
        let plan = plan.expect("a plan");
        let applied = apply(&realm.keycloak, &plan, &desired, &actual, &|_| {}).await;
        let error = applied.expect_err(text);
        let ConfigError::Call { source, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(source.status(), Some(400), "{error}");
        let printed = format!("{error} {error:?} {source} {source:?}");
        assert!(!printed.contains("planted"), "{printed}");
    }
}

#[test]
fn an_error_of_a_file_shows_no_secret() {
    let values = Values::given([("SECRET", "planted")]);
    let files = [
        (
            "a.yaml",
            "realm: a\nclients:\n  - clientId: app\n    secret: planted\n   name: x\n",
        ),
        (
            "a.yaml",
            "realm: a\nclients:\n  - {clientId: app, secret: \"planted}\n",
        ),
        (
            "a.yaml",
            "realm: a\nclients: [{clientId: app, secret: [planted]}]\n",
        ),
        (
            "a.yaml",
            "realm: a\nclients: [{clientId: app, secret: planted, none: planted}]\n",
        ),
        (
            "a.yaml",
            "realm: a\nclients: [{clientId: app, enabled: planted}]\n",
        ),
        (
            "a.yaml",
            "realm: a\nclients: [{clientId: app, enabled: $(env:SECRET)}]\n",
        ),
        (
            "a.yaml",
            "realm: a\nclients: [{clientId: app, secret: $(file:$(env:SECRET))}]\n",
        ),
        (
            "a.json",
            "{\"realm\": \"a\", \"clients\": [{\"secret\": \"planted\" \"name\": 1}]}",
        ),
        (
            "a.json",
            "{\"realm\": \"a\", \"clients\": [{\"secret\": \"planted\\x\"}]}",
        ),
        (
            "a.json",
            "{\"realm\": \"a\", \"clients\": [{\"secret\": planted}]}",
        ),
    ];
    for (name, text) in files {
        let error = Desired::parse([(name, text)], &values).expect_err(text);
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains("planted"), "{text}: {printed}");
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_export_applied_changes_nothing_and_makes_the_same_realm_anew() {
    let (old, new) = (TestRealm::reserve("old"), TestRealm::reserve("new"));
    old.apply(&old.declare(WHOLE)).await;
    let users = ExportOptions::default().with_users(true);
    let exported = export_with(&old.keycloak, &old.name, users)
        .await
        .expect("an export");
    let text = exported.to_string();
    for part in [
        "\"username\":\"alice\"",
        "\"members\":[{\"username\":\"alice\"}]",
        "\"workflows\"",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for part in ["\"id\"", "**********", "accessTokenLifespan\":300"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
    let plan = old.plan(&old.declare(&text)).await;
    assert!(plan.is_empty(), "{plan}");
    new.apply(&new.declare(&text)).await;
    let copy = export_with(&new.keycloak, &new.name, users)
        .await
        .expect("an export");
    let copy = copy.to_string().replace(&new.name, &old.name);
    assert_eq!(copy, text);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_new_realm_has_the_declared_user_profile_alone() {
    let (realm, plain) = (TestRealm::reserve("profile"), TestRealm::reserve("plain"));
    let profile = r#"{"attributes": [{"name": "username"}, {"name": "email"}]}"#;
    let desired = realm.declare(&format!(
        "realm: whole\ncomponents:\n  org.keycloak.userprofile.UserProfileProvider:\n    - config:\n        kc.user.profile.config: ['{profile}']\n"
    ));
    realm.apply(&desired).await;
    plain.apply(&plain.declare("realm: whole")).await;
    let actual = realm.read(&desired).await;
    let profile = actual
        .model()
        .iter()
        .find(|(key, _)| key.kind == Kind::UserProfile);
    let (_, profile) = profile.expect("a profile");
    assert_eq!(profile.fields["attributes"][1]["required"], Value::Null);
    // Keycloak has made the keys and the policies of a new realm.
    let components = async |realm: &TestRealm| -> Vec<Key> {
        let actual = realm.read(&realm.declare("realm: whole")).await;
        let keys = actual.model().iter().map(|(key, _)| key.clone());
        keys.filter(|key| key.kind == Kind::Component).collect()
    };
    assert_eq!(components(&realm).await, components(&plain).await);
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_realm_may_take_longer_to_read_than_the_timeout_of_the_session() {
    let realm = TestRealm::reserve("slow");
    let desired = realm.declare("realm: whole");
    realm.apply(&desired).await;
    // The token comes from the session of the test, because getting one has the timeout too.
    let hasty = Keycloak::builder(&harness::keycloak().url)
        .token_provider(realm.keycloak.session().clone())
        .timeout(Duration::from_millis(1));
    let hasty = hasty.build().expect("a client");
    let actual = read_actual(&hasty, &desired).await;
    assert!(actual.expect("a realm").exists());
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_plan_shows_no_secret_of_a_component_that_the_server_knows() {
    let realm = TestRealm::reserve("components");
    let info = realm.keycloak.api().get_server_info().await;
    let types = info.expect("an answer").component_types.unwrap_or_default();
    let mut secrets = 0;
    for (provider_type, component) in types.into_iter().flat_map(|(name, types)| {
        types
            .into_iter()
            .map(move |component| (name.clone(), component))
    }) {
        for property in component.properties.unwrap_or_default() {
            let is_secret = property.secret == Some(true);
            let (Some(name), true) = (property.name, is_secret) else {
                continue;
            };
            secrets += 1;
            let config = json!({name: ["planted"]});
            let component = json!({"name": "c", "providerId": component.id, "config": config});
            let declared = json!({"realm": "whole", "components": {&provider_type: [component]}});
            let plan = realm.plan(&realm.declare(&declared.to_string())).await;
            let printed = format!("{plan} {}", json!(plan));
            assert!(!printed.contains("planted"), "{printed}");
        }
    }
    assert!(secrets > 3, "{secrets}");
}
