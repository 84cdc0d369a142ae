//! Writing a client's authorization services: one import of what differs. The server finds the objects by name and keeps the others.

use keycloak_admin::{Error, Operation};
use keycloak_api::authorization_services::op;
use serde_json::{Map, Value, json};

use super::{Run, calls};
use crate::model::{Key, Kind};
use crate::plan::Edit;

impl Run<'_> {
    /// Writes the settings, the scopes, the resources and the policies of a client that the plan changes.
    pub(super) async fn authorize(&self, client: &str) -> Result<(), Error> {
        let key = Key::new(Kind::Authorization, [client]);
        let get = self
            .call(<op::GetAuthzResourceServer as Operation>::INFO, &key, &[])
            .await?;
        let mut settings: Map<String, Value> = self.read(get).await?;
        settings.retain(|name, _| {
            matches!(
                name.as_str(),
                "allowRemoteResourceManagement" | "decisionStrategy" | "policyEnforcementMode"
            )
        });
        if let Some(declared) = self.desired.get(&key) {
            settings.extend(declared.fields.clone());
        }
        let applied = self.plan.applied_to(self.actual);
        for (field, kind) in [
            ("scopes", Kind::AuthorizationScope),
            ("resources", Kind::Resource),
            ("policies", Kind::Policy),
        ] {
            let changed = self.plan.actions.iter().filter(|action| {
                action.key.kind == kind
                    && action.key.path[0] == client
                    && !matches!(action.edit, Edit::Delete)
            });
            let mut list = Vec::new();
            for action in changed {
                let object = applied
                    .get(&action.key)
                    .ok_or_else(|| calls::missing(&action.key))?;
                let mut fields = importable(kind, &action.key, object.fields.clone());
                // Without its id, a resource that exists stays as it is.
                if let (Kind::Resource, Edit::Change { .. }) = (kind, &action.edit) {
                    fields["_id"] = self.id(&action.key).await?.into();
                }
                list.push(fields);
            }
            settings.insert(field.to_owned(), list.into());
        }
        let post = self
            .call(<op::ImportAuthzSettings as Operation>::INFO, &key, &[])
            .await?;
        self.send(post, Some(&settings.into())).await.map(drop)
    }
}

/// Brings an object to the form that the import takes.
fn importable(kind: Kind, key: &Key, mut fields: Map<String, Value>) -> Value {
    fields.insert("name".to_owned(), key.name().into());
    if let (Kind::Resource, Some(Value::Array(scopes))) = (kind, fields.get_mut("scopes")) {
        for scope in scopes {
            *scope = json!({"name": scope.take()});
        }
    }
    fields.into()
}
