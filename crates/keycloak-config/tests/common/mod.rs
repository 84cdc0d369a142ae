//! Common parts of the tests on a real server: a realm that goes away again, and its declaration.

#![allow(dead_code, unreachable_pub)] // each test binary uses a part of it

use std::collections::BTreeMap;
use std::thread;

use keycloak_admin::{Credentials, Keycloak};
use keycloak_config::{
    Actual, Desired, Plan, PlanOptions, Report, Values, apply, plan, read_actual,
};
use keycloak_server::harness;
use serde_json::Value;

/// The realm of `files/whole.yaml`.
pub const WHOLE: &str = include_str!("../files/whole.yaml");

/// The realm of `files/whole.yaml` with a change of every kind.
pub const CHANGED: &str = include_str!("../files/changed.yaml");

/// Connects to the server as its administrator, with a session of its own.
pub fn connect() -> Keycloak {
    let target = harness::keycloak();
    let credentials = Credentials::password(&target.admin_username, &target.admin_password);
    let keycloak = Keycloak::builder(&target.url).credentials(credentials);
    keycloak.build().expect("the harness gives a URL")
}

/// A name for a realm, which is deleted when this is dropped.
pub struct TestRealm {
    pub keycloak: Keycloak,
    pub name: String,
}

impl TestRealm {
    /// Makes a name. The realm does not exist.
    pub fn reserve(prefix: &str) -> Self {
        Self {
            keycloak: connect(),
            name: harness::realm_name(&format!("cfg-{prefix}")),
        }
    }

    /// Reads a declaration for this realm.
    pub fn declare(&self, text: &str) -> Desired {
        let values = Values::given([
            ("STAGE", "test"),
            ("MAIL_PASSWORD", "planted-mail"),
            ("APP_SECRET", "planted-app"),
            ("PARTNER_SECRET", "planted-partner"),
            ("BIND_PASSWORD", "planted-bind"),
        ]);
        let desired = Desired::parse([("realm.yaml", text)], &values);
        desired.expect("a declaration").with_realm(&self.name)
    }

    /// Reads the realm on the server.
    pub async fn read(&self, desired: &Desired) -> Actual {
        read_actual(&self.keycloak, desired).await.expect("a realm")
    }

    /// Returns the objects on the server, as far as the declaration needs them. The name of the realm stands as `REALM`, and no list has an order.
    pub async fn state(&self, desired: &Desired) -> BTreeMap<String, Value> {
        let actual = self.read(desired).await;
        let text = |text: &str| text.replace(&self.name, "REALM");
        let objects = actual.model().iter().map(|(key, object)| {
            let mut fields = object.fields.clone().into();
            sort_lists(&mut fields);
            let fields = serde_json::from_str(&text(&fields.to_string()));
            (text(&key.to_string()), fields.expect("JSON"))
        });
        objects.collect()
    }

    /// Plans the changes.
    pub async fn plan(&self, desired: &Desired) -> Plan {
        let actual = self.read(desired).await;
        plan(desired, &actual, &PlanOptions::default()).expect("a plan")
    }

    /// Plans and applies.
    pub async fn apply(&self, desired: &Desired) -> Report {
        self.apply_with(desired, &PlanOptions::default()).await
    }

    /// Plans with options and applies.
    pub async fn apply_with(&self, desired: &Desired, options: &PlanOptions) -> Report {
        let actual = self.read(desired).await;
        let plan = plan(desired, &actual, options).expect("a plan");
        let report = apply(&self.keycloak, &plan, desired, &actual, &|_| {}).await;
        report.unwrap_or_else(|error| panic!("{error}"))
    }
}

fn sort_lists(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(sort_lists),
        Value::Array(items) => {
            items.iter_mut().for_each(sort_lists);
            items.sort_by_key(ToString::to_string);
        }
        // The lists in the configuration of a policy are texts.
        Value::String(text) if text.starts_with('[') => {
            if let Ok(mut list) = serde_json::from_str(text) {
                sort_lists(&mut list);
                *value = list;
            }
        }
        _ => {}
    }
}

impl Drop for TestRealm {
    fn drop(&mut self) {
        let name = self.name.clone();
        let deletion = thread::spawn(move || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            // A client of the runtime's own, because connections belong to the runtime that opened them.
            runtime.block_on(async { connect().realm(name).delete_if_exists().await })
        });
        let _ = deletion.join();
    }
}
