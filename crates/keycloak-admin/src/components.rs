//! Components: user federation, key providers, client registration policies and other providers with settings of a realm; the realm's keys.

use keycloak_api::component::{
    CreateComponent, DeleteComponent, GetComponent, ListComponents, ListSubcomponentTypes,
    UpdateComponent,
};
use keycloak_api::key::GetRealmKeys;
use keycloak_api::types::ComponentRepresentation;
use keycloak_session::Error;

use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::{Create, Modify, Realm};

impl Realm {
    /// Returns a handle on all components of the realm.
    #[must_use]
    pub fn components(&self) -> Components {
        Components {
            realm: self.clone(),
        }
    }

    /// Returns a handle on the component of this id. Nothing is sent, so the component need not exist.
    #[must_use]
    pub fn component(&self, id: impl Into<String>) -> Component {
        Component {
            realm: self.clone(),
            id: id.into(),
        }
    }

    /// Reads the realm's keys: the public halves, and which key is active for each algorithm. `GET /admin/realms/{realm}/keys`
    pub fn get_keys(&self) -> GetRealmKeys {
        self.api().get_realm_keys().realm(self.name())
    }
}

/// The components of a realm, from [`Realm::components`].
#[derive(Clone, Debug)]
pub struct Components {
    realm: Realm,
}

impl Components {
    /// Lists the components. `GET /admin/realms/{realm}/components`
    ///
    /// `.r#type(..)` lists those of one type, such as `org.keycloak.storage.UserStorageProvider` or `org.keycloak.keys.KeyProvider`.
    pub fn list(&self) -> ListComponents {
        self.realm.api().list_components().realm(self.realm.name())
    }

    /// Returns the component of this type that has exactly this name; `None` if no component has it. `GET /admin/realms/{realm}/components`
    pub async fn find_by_name(
        &self,
        provider_type: &str,
        name: &str,
    ) -> Result<Option<ComponentRepresentation>, Error> {
        let list = self.list().r#type(provider_type).name(name);
        find_in_list(list, |component: &ComponentRepresentation| {
            component.name.as_deref() == Some(name)
        })
        .await
    }

    /// Creates a component and returns its id. `POST /admin/realms/{realm}/components`
    ///
    /// Without `parent_id`, its parent is the realm. Keycloak creates a second component of the same name, so
    /// [`exist_ok`](Create::exist_ok) looks for the component by its type and name before it creates it. Of callers at the same time, each may
    /// create one.
    #[inline]
    pub fn create(&self, component: &ComponentRepresentation) -> Create<CreateComponent> {
        let name = component.name.as_deref();
        let provider_type = component.provider_type.clone().unwrap_or_default();
        let key = NaturalKey::new(&self.realm, "name", name, move |realm, name| {
            let provider_type = provider_type.clone();
            async move {
                let components = realm.components();
                let found = components.find_by_name(&provider_type, &name).await?;
                Ok(found.and_then(|component| component.id))
            }
        });
        let call = self
            .realm
            .api()
            .create_component()
            .realm(self.realm.name())
            .body(component);
        Create::new(call, key.check_first().with_id(component.id.as_deref()))
    }
}

/// One component, from [`Realm::component`].
#[derive(Clone, Debug)]
pub struct Component {
    realm: Realm,
    id: String,
}

impl Component {
    /// Reads the component. Its secrets are masked. `GET /admin/realms/{realm}/components/{id}`
    pub fn get(&self) -> GetComponent {
        self.realm
            .api()
            .get_component()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Reads the component; `None` if there is no such component. `GET /admin/realms/{realm}/components/{id}`
    pub async fn find(&self) -> Result<Option<ComponentRepresentation>, Error> {
        self.get().optional().await
    }

    fn put(&self) -> UpdateComponent {
        self.realm
            .api()
            .update_component()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Changes the fields that are set in `component`. `PUT /admin/realms/{realm}/components/{id}`
    ///
    /// A field that is `None` stays as it is, and so do a setting that `config` leaves out and a masked secret. An empty list deletes a
    /// setting.
    ///
    /// A component that was read with [`get`](Self::get) and is written back loses the fields that the types do not know. [`modify`](Self::modify)
    /// keeps them, and removes settings that are taken out of `config`.
    #[inline]
    pub fn update(&self, component: &ComponentRepresentation) -> UpdateComponent {
        self.put().body(component)
    }

    /// Reads the component, changes it and writes it back whole. If nothing is changed, nothing is written. Secrets keep their values unless
    /// they are changed.
    ///
    /// To delete a setting of `config`, set it to an empty list: the server keeps a setting that is left out.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut ComponentRepresentation) + Send + 'f,
    ) -> Modify<'f, ComponentRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    /// Deletes the component and the components below it. `DELETE /admin/realms/{realm}/components/{id}`
    pub fn delete(&self) -> DeleteComponent {
        self.realm
            .api()
            .delete_component()
            .realm(self.realm.name())
            .id(&self.id)
    }

    /// Deletes the component if it exists. Returns whether it existed. `DELETE /admin/realms/{realm}/components/{id}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Lists the kinds of components that can be below this one. `GET /admin/realms/{realm}/components/{id}/sub-component-types`
    ///
    /// `.r#type(..)` is needed, such as `org.keycloak.storage.ldap.mappers.LDAPStorageMapper`.
    pub fn list_subcomponent_types(&self) -> ListSubcomponentTypes {
        self.realm
            .api()
            .list_subcomponent_types()
            .realm(self.realm.name())
            .id(&self.id)
    }
}
