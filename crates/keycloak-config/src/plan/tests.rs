//! Plans without a server.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::read::Values;

fn desired(json: &Value) -> Desired {
    let text = json.to_string();
    Desired::parse([("realm.json", text.as_str())], &Values::default()).expect("a realm")
}

fn actual(json: &Value) -> Actual {
    Actual::of_representation(json).expect("a realm")
}

fn plan_of(wanted: &Value, there: &Value, prune: &[Kind]) -> Plan {
    let options = PlanOptions::default().with_prune(prune.iter().copied());
    plan(&desired(wanted), &actual(there), &options).expect("a plan")
}

#[test]
fn a_plan_lists_new_and_changed_objects_field_by_field() {
    let there = json!({"realm": "acme", "displayName": "old", "attributes": {"a": "1", "b": "2"},
        "clients": [{"id": "7", "clientId": "app", "secret": "planted", "redirectUris": ["x", "y"]}]});
    let wanted = json!({"realm": "acme", "displayName": "new", "attributes": {"b": "3"},
    "clients": [
        {"clientId": "app", "secret": "other-planted", "redirectUris": ["y", "x"]},
        {"clientId": "new", "secret": "planted", "enabled": "true"},
    ]});
    let plan = plan_of(&wanted, &there, &[]);
    let expected = "~ realm `acme`\n    attributes.b: \"2\" -> \"3\"\n    displayName: \"old\" -> \"new\"\n\
                    ~ client `app`\n    secret: \"**********\" -> \"**********\"\n\
                    + client `new`\n    clientId: \"new\"\n    enabled: true\n    secret: \"**********\"\n";
    assert_eq!(plan.to_string(), expected);
    let printed = format!("{plan:?} {}", serde_json::to_string(&plan).expect("JSON"));
    assert!(!printed.contains("planted"), "{printed}");
}

#[test]
fn only_a_declared_list_of_a_pruned_kind_loses_objects() {
    let there = json!({"realm": "acme", "roles": {"realm": [{"name": "a"}, {"name": "default-roles-acme"}]},
        "groups": [{"name": "g", "subGroups": [{"name": "h"}]}],
        "requiredActions": [{"alias": "VERIFY_EMAIL"}, {"alias": "own"}]});
    let wanted = json!({"realm": "acme", "roles": {"realm": []}, "groups": [{"name": "g"}], "requiredActions": []});
    assert!(plan_of(&wanted, &there, &[]).is_empty());
    let pruned = plan_of(
        &wanted,
        &there,
        &[Kind::RealmRole, Kind::Group, Kind::RequiredAction],
    );
    assert_eq!(
        pruned.to_string(),
        "- required action `own`\n- realm role `a`\n"
    );
}

#[test]
fn a_flow_is_one_object_with_its_executions_in_order() {
    let flow = |executions: Value| {
        json!({"realm": "acme", "authenticationFlows": [{"alias": "f", "providerId": "basic-flow",
            "topLevel": true, "authenticationExecutions": executions}],
            "authenticatorConfig": [{"alias": "c", "config": {"k": "v"}}]})
    };
    let cookie = json!({"authenticator": "auth-cookie", "requirement": "REQUIRED", "priority": 10, "authenticatorConfig": "c"});
    let form = json!({"authenticator": "auth-form", "requirement": "REQUIRED", "priority": 20});
    let there = flow(json!([cookie, form]));
    assert!(plan_of(&flow(json!([form, cookie])), &there, &[]).is_empty());
    let mut cookie = cookie;
    cookie["requirement"] = "DISABLED".into();
    let plan = plan_of(&flow(json!([form, cookie])), &there, &[]);
    assert_eq!(plan.actions.len(), 1);
    let mut other = flow(json!([cookie, form]));
    other["authenticationFlows"][0]["providerId"] = "client-flow".into();
    let error = super::plan(&desired(&other), &actual(&there), &PlanOptions::default())
        .expect_err("another type");
    let expected = "realm.json:1: `/authenticationFlows/0`: Keycloak cannot change `providerId` of the flow `f`; declare the flow under another alias, write this alias into the fields that name the flow, such as `browserFlow`, and prune flows to delete the old one";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_configuration_that_another_flow_shares_changes_only_if_both_flows_are_declared() {
    let realm = |flows: &[&str], value: &str| {
        let execution =
            json!({"authenticator": "a", "requirement": "REQUIRED", "authenticatorConfig": "c"});
        let flows = flows.iter().map(|alias| {
            json!({"alias": alias, "topLevel": true, "authenticationExecutions": [execution]})
        });
        json!({"realm": "acme", "authenticationFlows": flows.collect::<Value>(),
            "authenticatorConfig": [{"alias": "c", "config": {"k": value}}]})
    };
    let there = realm(&["f", "g"], "1");
    assert!(plan_of(&realm(&["f"], "1"), &there, &[]).is_empty());
    assert_eq!(
        plan_of(&realm(&["f", "g"], "2"), &there, &[]).actions.len(),
        2
    );
    let wanted = desired(&realm(&["f"], "2"));
    let error = super::plan(&wanted, &actual(&there), &PlanOptions::default());
    let expected = "the configuration `c` of the flow `f` is also one of the flow `g`, which is not declared with it";
    let error = error.expect_err("a shared configuration").to_string();
    assert!(error.contains(expected), "{error}");
    let mut other = realm(&["f"], "1");
    other["authenticatorConfig"][0]["alias"] = "d".into();
    other["authenticationFlows"][0]["authenticationExecutions"][0]["authenticatorConfig"] =
        "d".into();
    let error = super::plan(&desired(&other), &actual(&there), &PlanOptions::default());
    let expected = "the flow `f` leaves the configuration `c`, which Keycloak would delete for the other executions too";
    let error = error.expect_err("a configuration that is left").to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_new_execution_of_a_built_in_flow_is_a_problem() {
    let flow = |executions: Value| {
        json!({"realm": "acme", "authenticationFlows": [
            {"alias": "browser", "builtIn": true, "topLevel": true, "authenticationExecutions": executions}]})
    };
    let cookie = json!({"authenticator": "auth-cookie", "requirement": "ALTERNATIVE"});
    let form = json!({"authenticator": "auth-username-password-form", "requirement": "REQUIRED"});
    let there = flow(json!([cookie, form]));
    let fewer = plan_of(&flow(json!([cookie])), &there, &[]);
    assert!(fewer.is_empty(), "{fewer}");
    let more = desired(&flow(json!([cookie, form, cookie])));
    let error =
        super::plan(&more, &actual(&there), &PlanOptions::default()).expect_err("a problem");
    let expected = "realm.json:1: `/authenticationFlows/0`: Keycloak adds nothing to a built-in flow, and the flow `browser` has no `auth-cookie`; declare a flow of another name";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_roles_of_a_newer_release_stay_in_the_role_of_administrators() {
    let realm = |roles: &[&str]| {
        json!({"realm": "acme", "clients": [{"clientId": "realm-management"}], "roles": {"client": {"realm-management": [
            {"name": "realm-admin", "composites": {"client": {"realm-management": roles}}},
            {"name": "view"}, {"name": "new"}, {"name": "own"}]}}})
    };
    let older = plan_of(&realm(&["view"]), &realm(&["view", "new"]), &[]);
    assert!(older.is_empty(), "{older}");
    assert_eq!(older.notes.len(), 1, "{older}");
    let more = plan_of(&realm(&["view", "own"]), &realm(&["view"]), &[]);
    assert_eq!(more.actions.len(), 1, "{more}");
}

#[test]
fn a_declaration_that_no_server_takes_is_a_problem() {
    let execution = json!({"flowAlias": "sub", "authenticator": "registration-page-form", "requirement": "REQUIRED"});
    let cases = [
        (
            json!({"realm": "acme", "authenticationFlows": [
                {"alias": "top", "authenticationExecutions": [execution]}, {"alias": "sub", "providerId": "basic-flow"}]}),
            "the flow `sub` is no `form-flow`",
        ),
        (
            json!({"realm": "acme", "clients": [{"clientId": "app", "publicClient": true, "authorizationSettings": {}}]}),
            "a client that is public or bearer-only has no authorization services",
        ),
        (
            json!({"realm": "acme", "clients": [{"clientId": "app", "authorizationSettings": {}}]}),
            "authorization services need a service account",
        ),
        (
            json!({"realm": "acme", "clients": [{"clientId": "realm-management", "authorizationSettings": {}}]}),
            "Keycloak changes this client only with the feature `admin-fine-grained-authz:v1`",
        ),
        (
            json!({"realm": "acme", "clients": [{"clientId": "admin-permissions", "authorizationSettings": {}}]}),
            "needs `adminPermissionsEnabled` of the realm",
        ),
        (
            json!({"realm": "acme", "clients": [{"clientId": "realm-management", "authorizationSettings":
                {"resources": [{"name": "client.resource.0-1"}]}}]}),
            "has an id of no object in the file",
        ),
    ];
    for (wanted, expected) in cases {
        let error = super::plan(
            &desired(&wanted),
            &actual(&json!({"realm": "acme"})).with_permissions(2),
            &PlanOptions::default(),
        );
        let error = error.expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_server_with_permissions_of_version_1_stores_no_switch_of_version_2() {
    let wanted = desired(&json!({"realm": "acme", "adminPermissionsEnabled": true}));
    let there = actual(&json!({"realm": "acme"})).with_permissions(1);
    let plan = plan(&wanted, &there, &PlanOptions::default()).expect("a plan");
    assert!(plan.is_empty() && plan.notes.len() == 1, "{plan}");
}

#[test]
fn a_value_that_the_server_ignores_is_left_out_with_a_note() {
    let profile = json!({"attributes": [{"name": "floor"}]}).to_string();
    let there = json!({"realm": "acme", "clients": [{"clientId": "app", "defaultClientScopes": []}],
        "clientScopes": [{"name": "saml", "protocol": "saml"}], "users": [{"username": "ali"}],
        "components": {"org.keycloak.userprofile.UserProfileProvider": [{"config": {"kc.user.profile.config": [profile]}}]}});
    let wanted = json!({"realm": "acme", "clients": [{"clientId": "app", "defaultClientScopes": ["saml"]}],
        "users": [{"username": "ali", "attributes": {"phone": ["1"]}}]});
    let plan = plan_of(&wanted, &there, &[]);
    assert!(plan.is_empty(), "{plan}");
    let expected = "! user `ali`: the user profile has no attribute `phone`, so Keycloak does not store it\n\
                    ! client `app`: the client scope `saml` is of another protocol, so Keycloak does not give it to the client\n";
    assert_eq!(plan.to_string(), expected);
}

#[test]
fn files_are_merged_and_two_values_for_a_field_are_a_problem() {
    let files = |second: &str| {
        let first = r#"{"realm": "acme", "attributes": {"a": "1"}, "clients": [{"clientId": "app", "name": "App"}]}"#;
        Desired::parse([("a.json", first), ("b.yaml", second)], &Values::default())
    };
    let merged = files(
        "realm: acme\nattributes: {b: 2}\nclients:\n- {clientId: app, enabled: true}\n- {clientId: new}\n",
    );
    let merged = merged.expect("one realm");
    assert_eq!(merged.model().of(Kind::Client).count(), 2);
    let app = merged
        .model()
        .get(&Key::new(Kind::Client, ["app"]))
        .expect("a client");
    assert_eq!(
        Value::from(app.fields.clone()),
        json!({"clientId": "app", "name": "App", "enabled": true})
    );
    let error =
        files("realm: acme\nclients:\n- clientId: app\n  name: planted\n").expect_err("two names");
    assert_eq!(
        error.to_string(),
        "b.yaml:3: `/clients/0`: `name` of the client `app` has another value in another file"
    );
    let error = files("realm: other\n").expect_err("two realms");
    assert!(
        error
            .to_string()
            .contains("this file declares the realm `other`"),
        "{error}"
    );
}

#[test]
fn several_realms_are_read_from_lists_and_from_documents() {
    let list = r#"[{"realm": "acme", "enabled": true}, {"realm": "test", "clients": [{"clientId": "app"}]}]"#;
    let documents = "realm: acme\ndisplayName: Acme\n---\nrealm: other\n---\n- realm: test\n  sslRequired: none\n";
    let files = [("a.json", list), ("b.yaml", documents)];
    let realms = Desired::parse_realms(files, &Values::default()).expect("realms");
    let names: Vec<&str> = realms.iter().map(Desired::realm).collect();
    assert_eq!(names, ["acme", "test", "other"]);
    let realm = |number: usize| {
        let mut realms = realms[number].model().of(Kind::Realm);
        let fields = realms.next().map(|(_, realm)| realm.fields.clone());
        Value::from(fields.unwrap_or_default())
    };
    assert_eq!(realm(0), json!({"enabled": true, "displayName": "Acme"}));
    assert_eq!(realm(1), json!({"sslRequired": "none"}));
    assert_eq!(realms[1].model().of(Kind::Client).count(), 1);
    let wrong = "- realm: acme\n- realm: test\n  clients:\n  - clientIds: app\n";
    let error = Desired::parse_realms([("c.yaml", wrong)], &Values::default());
    assert_eq!(
        error.expect_err("an unknown field").to_string(),
        "c.yaml:4: `/1/clients/0/clientIds`: unknown field"
    );
}

#[test]
fn a_value_without_quotes_in_json_is_json_and_one_in_quotes_is_a_text() {
    let values = Values::given([
        ("ON", "true"),
        ("SECONDS", "7"),
        ("HEADERS", r#"{"xFrameOptions": "DENY"}"#),
        ("NAME", "$(env:ON)"),
    ]);
    let text = r#"{"realm": "acme", "verifyEmail": $(env:ON), "notBefore": $(env:SECONDS), "displayName": $(env:NAME),
        "browserSecurityHeaders": $(env:HEADERS), "displayNameHtml": "$(env:HEADERS)"}"#;
    let wanted = Desired::parse([("a.json", text)], &values).expect("a realm");
    let realm = wanted.model().get(&Key::new(Kind::Realm, ["acme"]));
    let fields = realm.map(|realm| Value::from(realm.fields.clone()));
    let expected = json!({"verifyEmail": true, "notBefore": 7, "displayName": "$(env:ON)",
        "browserSecurityHeaders": {"xFrameOptions": "DENY"}, "displayNameHtml": r#"{"xFrameOptions": "DENY"}"#});
    assert_eq!(fields, Some(expected));
}

#[test]
fn workflows_are_known_by_name_and_their_steps_have_an_order() {
    let workflow =
        |steps: Value| json!({"realm": "acme", "workflows": [{"name": "w", "steps": steps}]});
    let [notify, disable] = [
        json!({"uses": "notify-user", "id": "1"}),
        json!({"uses": "disable-user"}),
    ];
    let there = workflow(json!([notify, disable]));
    let wanted = workflow(json!([{"uses": "notify-user"}, disable]));
    assert!(plan_of(&wanted, &there, &[]).is_empty());
    let plan = plan_of(&workflow(json!([disable, notify])), &there, &[]);
    assert_eq!(plan.actions.len(), 1, "{plan}");
    let wrong = "realm: acme\nworkflows:\n- name: w\n  step: []\n";
    let error = Desired::parse([("a.yaml", wrong)], &Values::default());
    let expected = "a.yaml:4: `/workflows/0/step`: unknown field";
    assert_eq!(error.expect_err("an unknown field").to_string(), expected);
}

#[test]
fn an_unknown_field_and_a_wrong_type_are_problems_with_line_and_path() {
    let read = |text: &str| {
        let error = Desired::parse([("a.yaml", text)], &Values::default());
        error.expect_err("a problem").to_string()
    };
    assert_eq!(
        read("realm: acme\nclients:\n  - clientId: app\n    enabeld: true\n"),
        "a.yaml:4: `/clients/0/enabeld`: unknown field"
    );
    assert_eq!(
        read("realm: acme\nclients:\n  - clientId: app\n    enabled: planted\n"),
        "a.yaml:4: `/clients/0/enabled`: expected `true` or `false`"
    );
}

#[test]
fn a_reference_to_nothing_is_a_problem_with_its_place() {
    let wanted = json!({"realm": "acme", "browserFlow": "gone", "groups": [{"name": "g", "realmRoles": ["no-role"]}]});
    let error = super::plan(
        &desired(&wanted),
        &actual(&json!({"realm": "acme"})),
        &PlanOptions::default(),
    );
    let error = error.expect_err("references to nothing").to_string();
    for expected in [
        "the realm `acme` needs the flow `gone`",
        "realm.json:1: `/groups/0`: the group `g` needs the realm role `no-role`",
    ] {
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_mask_is_compared_with_nothing_and_noted() {
    let provider = |secret: &str| {
        json!({"realm": "acme", "identityProviders":
        [{"alias": "g", "providerId": "google", "config": {"clientSecret": secret}}]})
    };
    let plan = plan_of(&provider("planted"), &provider("**********"), &[]);
    assert!(plan.is_empty());
    assert_eq!(
        plan.to_string(),
        "! identity provider `g`: `config.clientSecret` is masked, so it is neither compared nor written\n"
    );
}

#[test]
fn a_mask_is_never_written() {
    let config = |config: Value| json!({"realm": "acme", "identityProviders": [{"alias": "g", "providerId": "google", "config": config}]});
    let wanted = config(json!({"clientId": "a", "clientSecret": "**********"}));
    for there in [json!({"realm": "acme"}), config(Value::Null)] {
        let plan = plan_of(&wanted, &there, &[]);
        let written = plan.applied_to(actual(&there).model());
        let provider = written.get(&Key::new(Kind::IdentityProvider, ["g"]));
        let config = provider.and_then(|provider| provider.fields.get("config"));
        assert_eq!(config, Some(&json!({"clientId": "a"})));
        assert_eq!(plan.notes.len(), 1, "{plan}");
    }
    let flow = |config: Value| {
        json!({"realm": "acme", "authenticationFlows": [{"alias": "browser", "builtIn": true,
            "authenticationExecutions": [{"authenticator": "a", "authenticatorConfig": "c"}]}],
            "authenticatorConfig": [{"alias": "c", "config": config}]})
    };
    let wanted = desired(&flow(json!({"secret": "**********", "k": "v"})));
    let made = Value::from(wanted.model().built_in_flows());
    let config = made.pointer("/authenticatorConfig/0/config");
    assert_eq!(config, Some(&json!({"k": "v"})));
}

#[test]
fn several_scope_mappings_of_a_client_add_up_and_one_without_roles_declares_nothing() {
    let mappings = |mappings: Value| {
        json!({"realm": "acme", "clients": [{"clientId": "app"}], "roles": {"realm": [{"name": "a"}, {"name": "b"}]},
            "scopeMappings": mappings})
    };
    let there = mappings(json!([{"client": "app", "roles": ["a", "b"]}]));
    for wanted in [
        json!([{"client": "app", "roles": ["a"]}, {"client": "app", "roles": ["b"]}]),
        json!([{"client": "app"}]),
    ] {
        let plan = plan_of(&mappings(wanted), &there, &[]);
        assert!(plan.is_empty(), "{plan}");
    }
}

#[test]
fn a_realm_of_another_name_keeps_the_role_that_is_called_as_the_realm() {
    let wanted = desired(&json!({"realm": "acme",
        "roles": {"realm": [{"name": "acme"}, {"name": "default-roles-acme"}]}}));
    let wanted = wanted.with_realm("other");
    let roles = wanted.model().of(Kind::RealmRole);
    let names: Vec<&str> = roles.map(|(key, _)| key.name()).collect();
    assert_eq!(names, ["acme", "default-roles-other"]);
}

#[test]
fn a_dollar_in_the_name_of_a_permission_of_version_2_is_a_letter() {
    let permission = |resource: &str| {
        let config =
            json!({"defaultResourceType": "Clients", "resources": json!([resource]).to_string()});
        json!({"name": "client.resource.$none", "type": "scope", "config": config})
    };
    let realm = |permission: Value| {
        let settings = json!({"policies": [permission]});
        let permissions =
            json!({"clientId": "admin-permissions", "authorizationSettings": settings});
        let app = json!({"id": "7", "clientId": "a$.$pp"});
        json!({"realm": "acme", "adminPermissionsEnabled": true, "clients": [app, permissions]})
    };
    let wanted = realm(permission("$a$.$pp"));
    let there = realm(permission("7"));
    assert!(plan_of(&wanted, &there, &[]).is_empty());
    for resource in ["a$.$pp", "Clients.$a$.$pp"] {
        let wanted = desired(&realm(permission(resource)));
        let error = super::plan(&wanted, &actual(&there), &PlanOptions::default());
        let error = error.expect_err("no reference").to_string();
        let expected = format!(
            "the resource `{resource}` of the policy `admin-permissions` / `client.resource.$none` names no object; write `$NAME` alone"
        );
        assert!(error.contains(&expected), "{error}");
    }
}

#[test]
fn secrets_are_masked_also_in_attributes_and_in_maps() {
    let wanted = json!({"realm": "acme", "clients": [{"clientId": "app", "attributes": {
        "saml.signing.private.key": "planted", "client_secret": "planted", "access.token.lifespan": "60"}}],
        "clientProfiles": {"profiles": [{"name": "p", "executors": [
            {"executor": "e", "configuration": {"secret": {"value": "planted"}, "pin.secret": 4711}}]}]},
        "authenticationFlows": [{"alias": "f", "topLevel": true, "authenticationExecutions": [
            {"authenticator": "registration-recaptcha-enterprise", "authenticatorConfig": "c"}]}],
        "authenticatorConfig": [{"alias": "c", "config": {"api.key": "planted"}}]});
    let plan = plan_of(&wanted, &json!({"realm": "acme"}), &[]);
    let json = serde_json::to_string(&plan).expect("JSON");
    let printed = format!("{plan} {json}");
    assert!(
        !printed.contains("planted") && !printed.contains("4711"),
        "{printed}"
    );
    assert!(printed.contains("60"), "{printed}");
}

#[test]
fn a_field_that_is_there_twice_is_a_problem() {
    let values = Values::given([("NAME", "a")]);
    let cases = [
        (
            "a.json",
            "{\"realm\": \"acme\",\n\"clients\": [],\n\"clients\": []}",
            "a.json:3: `/clients`: the field is there twice",
        ),
        (
            "a.yaml",
            "realm: acme\nclients: []\nclients: []\n",
            "a.yaml:",
        ),
        (
            "a.json",
            r#"{"realm": "acme", "attributes": {"a": "1", "$(env:NAME)": "2"}}"#,
            "becomes the name of another field",
        ),
    ];
    for (name, text, expected) in cases {
        let error = Desired::parse([(name, text)], &values).expect_err(text);
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_new_user_has_no_other_name_than_the_address_that_becomes_the_name() {
    let realm = |users: Value| json!({"realm": "acme", "registrationEmailAsUsername": true, "users": users});
    let user = json!([{"username": "ali", "email": "Ali@example.com"}]);
    let plan_on = |wanted: &Value, there: &Value| {
        plan(&desired(wanted), &actual(there), &PlanOptions::default())
    };
    let error = plan_on(&realm(user.clone()), &realm(json!([]))).expect_err("another name");
    let expected = "realm.json:1: `/users/0`: `registrationEmailAsUsername` makes `Ali@example.com` the name of the user `ali`; leave out `username`";
    assert_eq!(error.to_string(), expected);
    // A user who was there before the setting keeps the name.
    let there = realm(user);
    assert!(plan_on(&there, &there).expect("a plan").is_empty());
    let nameless = realm(json!([{"email": "Ali@example.com"}]));
    let made = plan_on(&nameless, &realm(json!([]))).expect("a plan");
    assert_eq!(made.actions[0].key.name(), "ali@example.com");
}

#[test]
fn only_keycloak_makes_built_in_flows() {
    let realm = |flow: Value| json!({"realm": "acme", "authenticationFlows": [flow]});
    let flow = |alias: &str, built_in: bool| {
        realm(
            json!({"alias": alias, "providerId": "basic-flow", "topLevel": true, "builtIn": built_in,
            "authenticationExecutions": []}),
        )
    };
    let empty = json!({"realm": "acme"});
    let note = "! flow `http challenge`: the flow was built-in in an older release of Keycloak; here it is a flow of the realm\n";
    let former = flow("http challenge", true);
    let made = plan_of(&former, &empty, &[]).to_string();
    assert!(made.starts_with("+ flow `http challenge`\n"), "{made}");
    assert!(made.ends_with(note) && !made.contains("builtIn"), "{made}");
    let again = plan_of(&former, &flow("http challenge", false), &[]);
    assert_eq!(again.to_string(), note);
    let result = plan(
        &desired(&flow("own", true)),
        &actual(&empty),
        &PlanOptions::default(),
    );
    let expected = "realm.json:1: `/authenticationFlows/0`: the flow `own` is declared as built-in, and the server has none; leave out `builtIn`";
    assert_eq!(result.expect_err("no such flow").to_string(), expected);
}

#[test]
fn groups_of_an_organization_are_objects_of_their_own() {
    let realm = |groups: Value| {
        json!({"realm": "acme", "roles": {"realm": [{"name": "r"}]},
            "organizations": [{"alias": "o", "groups": groups}]})
    };
    let there = realm(json!([{"name": "g", "attributes": {"a": ["1"]},
        "subGroups": [{"name": "h", "realmRoles": ["r"]}]}]));
    let wanted = realm(json!([{"name": "g", "attributes": {"a": ["2"]},
        "subGroups": [{"name": "h", "realmRoles": []}, {"name": "i"}]}]));
    assert_eq!(
        plan_of(&wanted, &there, &[]).to_string(),
        "~ organization group `o` / `g`\n    attributes.a: [\"1\"] -> [\"2\"]\n\
         ~ organization group `o` / `g` / `h`\n    realmRoles: [\"r\"] -> []\n\
         + organization group `o` / `g` / `i`\n    name: \"i\"\n"
    );
    let pruned = plan_of(&realm(json!([])), &there, &[Kind::OrganizationGroup]);
    assert_eq!(
        pruned.to_string(),
        "- organization group `o` / `g`\n! organization group `o` / `g`: its subgroups are deleted with it\n"
    );
    let unknown = realm(json!([{"name": "g", "realmRoles": ["nowhere"]}]));
    let result = plan(&desired(&unknown), &actual(&there), &PlanOptions::default());
    let error = result.expect_err("no such role").to_string();
    let expected = "the organization group `o` / `g` needs the realm role `nowhere`";
    assert!(error.contains(expected), "{error}");
}

#[test]
fn groups_of_organizations_are_left_out_on_a_server_without_them() {
    let wanted =
        json!({"realm": "acme", "organizations": [{"alias": "o", "groups": [{"name": "g"}]}]});
    let there = json!({"realm": "acme", "organizations": [{"alias": "o"}]});
    let there = actual(&there).without_organization_groups();
    let plan = plan(&desired(&wanted), &there, &PlanOptions::default()).expect("a plan");
    assert_eq!(
        plan.to_string(),
        "! organization group `o` / `g`: groups of organizations need Keycloak 26.6 or newer\n"
    );
}

#[test]
fn members_and_links_that_are_not_declared_stay_and_are_not_planned() {
    let realm = |members: Value, links: Value| {
        json!({"realm": "acme", "organizations": [{"alias": "o", "members": members}],
            "identityProviders": [{"alias": "g"}, {"alias": "h"}],
            "users": [{"username": "ali", "federatedIdentities": links}]})
    };
    let link = |provider: &str| json!({"identityProvider": provider, "userId": "1"});
    let there = realm(
        json!([{"username": "ali"}, {"username": "bob"}]),
        json!([link("g"), link("h")]),
    );
    let same = plan_of(
        &realm(json!([{"username": "Ali"}]), json!([link("h")])),
        &there,
        &[],
    );
    assert!(same.is_empty(), "{same}");
    let there = realm(json!([{"username": "bob"}]), json!([link("g")]));
    let more = plan_of(
        &realm(json!([{"username": "Ali"}]), json!([link("h")])),
        &there,
        &[],
    );
    assert_eq!(more.actions.len(), 2, "{more}");
    assert!(!more.to_string().contains("bob"), "{more}");
}

#[test]
fn the_undeclared_fields_of_the_items_of_a_list_stay() {
    let profile = |attributes: Value| {
        let profile = json!({"attributes": attributes}).to_string();
        json!({"realm": "acme", "components": {"org.keycloak.userprofile.UserProfileProvider":
            [{"providerId": "declarative-user-profile", "config": {"kc.user.profile.config": [profile]}}]}})
    };
    let there =
        profile(json!([{"name": "email", "validations": {"email": {}, "length": {"max": 255}}}]));
    let wanted = profile(
        json!([{"name": "email", "validations": {"length": {"max": 9}}}, {"name": "floor"}]),
    );
    let plan = plan_of(&wanted, &there, &[]);
    let after = plan.applied_to(actual(&there).model());
    let after = after.get(&Key::new(Kind::UserProfile, ["declarative"]));
    let expected = json!([{"name": "email", "validations": {"email": {}, "length": {"max": 9}}}, {"name": "floor"}]);
    assert_eq!(
        after.and_then(|profile| profile.fields.get("attributes")),
        Some(&expected)
    );
}

#[test]
fn the_service_role_and_the_resources_of_users_are_not_deleted() {
    let realm = |roles: Value, resources: Value| {
        json!({"realm": "acme", "roles": {"client": {"app": roles}}, "clients": [{"clientId": "app",
            "serviceAccountsEnabled": true, "authorizationSettings": {"resources": resources}}]})
    };
    let there = realm(
        json!([{"name": "uma_protection"}, {"name": "a"}]),
        json!([{"name": "photo", "owner": {"id": "ali"}}, {"name": "page", "owner": {"id": "app"}}]),
    );
    let wanted = realm(json!([]), json!([]));
    let plan = plan_of(&wanted, &there, &[Kind::ClientRole, Kind::Resource]);
    assert_eq!(
        plan.to_string(),
        "- client role `app` / `a`\n- resource `app` / `page`\n"
    );
}

#[test]
fn two_objects_of_one_name_on_the_server_are_a_problem_only_if_they_are_declared() {
    let realm = |federations: Value| json!({"realm": "acme", "components": {"org.keycloak.storage.UserStorageProvider": federations}});
    let named = |name: &str| json!({"name": name, "providerId": "ldap"});
    let there = realm(json!([named("a"), named("b"), named("b")]));
    let plan = plan_of(&realm(json!([named("a")])), &there, &[Kind::Component]);
    assert!(plan.is_empty(), "{plan}");
    let wanted = desired(&realm(json!([named("b")])));
    let error = super::plan(&wanted, &actual(&there), &PlanOptions::default());
    let error = error.expect_err("two federations").to_string();
    assert!(
        error.contains("the server has several objects with the name of the component"),
        "{error}"
    );
}

#[test]
fn a_component_without_a_name_is_known_by_its_provider() {
    let realm = |name: Value| {
        json!({"realm": "acme", "components": {"org.keycloak.keys.KeyProvider":
            [{"name": name, "providerId": "hmac-generated", "config": {"priority": ["1"]}}]}})
    };
    let there = realm(Value::Null);
    for name in [Value::Null, "hmac-generated".into()] {
        let plan = plan_of(&realm(name), &there, &[]);
        assert!(plan.is_empty(), "{plan}");
    }
}

#[test]
fn a_scope_mapping_loses_its_roles_by_an_empty_list_and_is_never_deleted() {
    let realm = |mappings: Value| json!({"realm": "acme", "clients": [{"clientId": "app"}], "roles": {"realm": [{"name": "r"}]}, "scopeMappings": mappings});
    let there = realm(json!([{"client": "app", "roles": ["r"]}]));
    let none = plan_of(&realm(json!([])), &there, &[Kind::ClientScopeMapping]);
    assert!(none.is_empty(), "{none}");
    let wanted = realm(json!([{"client": "app", "roles": []}]));
    let empty = plan_of(&wanted, &there, &[]);
    let expected = "~ scope mapping of the client `app`\n    realmRoles: [\"r\"] -> []\n";
    assert_eq!(empty.to_string(), expected);
}

#[test]
fn an_empty_list_of_components_or_mappers_is_a_declared_list() {
    let federation = json!({"name": "f", "providerId": "ldap"});
    let mapper = |provider: &str| json!({"name": "m", "identityProviderAlias": provider});
    let providers = json!([{"alias": "declared", "providerId": "oidc"}, {"alias": "other", "providerId": "oidc"}]);
    let there = json!({"realm": "acme", "identityProviders": providers,
        "identityProviderMappers": [mapper("declared"), mapper("other")],
        "components": {"org.keycloak.storage.UserStorageProvider": [federation]}});
    let wanted = json!({"realm": "acme", "identityProviders": [providers[0]], "identityProviderMappers": [],
        "components": {"org.keycloak.storage.UserStorageProvider": []}});
    let kinds = [Kind::Component, Kind::IdentityProviderMapper];
    let plan = plan_of(&wanted, &there, &kinds);
    let deleted = plan.actions.iter().map(|action| action.key.path.join("/"));
    let expected = ["org.keycloak.storage.UserStorageProvider/f", "declared/m"];
    assert_eq!(deleted.collect::<Vec<_>>(), expected);
    assert!(
        plan.actions
            .iter()
            .all(|action| action.edit == Edit::Delete)
    );
}

#[test]
fn a_deletion_has_a_note_about_the_objects_that_go_with_it() {
    let realm = |federations: Value| json!({"realm": "acme", "organizations": [], "components": {"org.keycloak.storage.UserStorageProvider": federations}});
    let named = |name: &str| json!({"name": name, "providerId": "ldap"});
    let mut there = realm(json!([named("a"), named("b")]));
    there["organizations"] = json!([{"alias": "o"}]);
    let plan = plan_of(
        &realm(json!([named("a")])),
        &there,
        &[Kind::Component, Kind::Organization],
    );
    let printed = plan.to_string();
    for expected in [
        "/ `b`: its users are deleted with it",
        "organization `o`: its managed members are deleted with it",
    ] {
        assert!(printed.contains(expected), "{printed}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
        prop::collection::vec("[a-c]{1,2}", 0..3).prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop::collection::btree_map("[a-c]", inner, 0..3)
            .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into())
    })
}

/// Models of clients with values of every shape.
fn any_model() -> impl Strategy<Value = Model> {
    let fields = prop::collection::btree_map("[a-d]", any_value(), 0..4);
    prop::collection::btree_map("[x-z]", fields, 0..3).prop_map(|clients| {
        let mut model = Model::default();
        model.declare_list(Kind::Client, &[]);
        for (name, fields) in clients {
            let object = Object {
                fields: fields.into_iter().collect(),
                ..Object::default()
            };
            model.insert(Key::new(Kind::Client, [name]), object);
        }
        model
    })
}

proptest! {
    #[test]
    fn nothing_is_planned_between_equal_models(model in any_model()) {
        let wanted = Desired::of_model("acme", model.clone());
        let plan = plan(&wanted, &Actual::of_model(model), &PlanOptions::default()).expect("a plan");
        prop_assert!(plan.is_empty(), "{plan}");
    }

    #[test]
    fn after_a_plan_there_is_nothing_left_to_plan(wanted in any_model(), there in any_model()) {
        let wanted = Desired::of_model("acme", wanted);
        let options = PlanOptions::default().with_prune([Kind::Client]);
        let first = plan(&wanted, &Actual::of_model(there.clone()), &options).expect("a plan");
        let after = first.applied_to(&there);
        let names = |model: &Model| model.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
        prop_assert_eq!(names(&after), names(wanted.model()));
        let second = plan(&wanted, &Actual::of_model(after), &options).expect("a plan");
        prop_assert!(second.is_empty(), "{second}");
    }
}
