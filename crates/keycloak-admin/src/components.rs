//! Components: user federation, key providers, client registration policies and other providers that are configured by realm; the realm's keys.

use keycloak_api::Client as Api;
use keycloak_api::component::{
    CreateComponent, DeleteComponent, GetComponent, ListComponents, ListSubcomponentTypes,
    UpdateComponent,
};
use keycloak_api::key::GetRealmKeys;
use keycloak_api::types::ComponentRepresentation;
use keycloak_session::{BoxFuture, Error, Operation};

use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_list;
use crate::{Call, Create, Realm, modify};

impl<'a> Realm<'a> {
    /// The realm's components.
    #[must_use]
    #[inline]
    pub fn components(self) -> Components<'a> {
        Components { realm: self }
    }

    /// Reads the realm's keys: which one signs and encrypts what, and the public halves. `GET /admin/realms/{realm}/keys`
    #[inline]
    pub fn keys(self) -> Call<GetRealmKeys> {
        self.at(Api::get_realm_keys)
    }
}

/// The components of a realm, from [`Realm::components`].
#[derive(Clone, Copy, Debug)]
pub struct Components<'a> {
    realm: Realm<'a>,
}

impl<'a> Components<'a> {
    /// Lists the components; the query can name their `type`, such as `org.keycloak.storage.UserStorageProvider` or
    /// `org.keycloak.keys.KeyProvider`. `GET /admin/realms/{realm}/components`
    #[inline]
    pub fn list(self) -> Call<ListComponents> {
        self.realm.at(Api::list_components)
    }

    /// The component of this type that has exactly this name; `None` where none has. `GET /admin/realms/{realm}/components`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_name(
        self,
        provider_type: &str,
        name: &str,
    ) -> BoxFuture<'static, Result<Option<ComponentRepresentation>, Error>> {
        let list = self.list().query(|q| q.r#type(provider_type).name(name));
        let name = name.to_owned();
        find_in_list(list, move |component: &ComponentRepresentation| {
            component.name.as_ref() == Some(&name)
        })
    }

    /// Creates a component and returns its id. Its `parent_id` is the realm's id where nothing else is said.
    /// `POST /admin/realms/{realm}/components`
    ///
    /// With [`exist_ok`](Create::exist_ok) it is looked for by its type and name first, because Keycloak makes a second one of the same name: callers
    /// at the same time can all be told that they made it.
    #[inline]
    pub fn create(self, component: &ComponentRepresentation) -> Create<CreateComponent> {
        let provider_type = component.provider_type.as_deref().unwrap_or_default();
        let find = |name: &str| self.find_by_name(provider_type, name);
        let key = NaturalKey::unguarded("name", component.name.as_deref(), find, |found| found.id);
        let call = self.realm.at(|api| api.create_component().body(component));
        Create::new(call, key)
    }

    /// The component of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> Component<'a> {
        Component {
            realm: self.realm,
            id,
        }
    }
}

/// One component, from [`Components::id`].
#[derive(Clone, Copy, Debug)]
pub struct Component<'a> {
    realm: Realm<'a>,
    id: &'a str,
}

impl<'a> Component<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.realm.api()), [self.realm.name(), self.id])
    }

    /// Reads the component; its secrets are masked. `GET /admin/realms/{realm}/components/{id}`
    #[inline]
    pub fn get(self) -> Call<GetComponent> {
        self.at(Api::get_component)
    }

    /// Like [`get`](Self::get); `None` where there is no such component.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<ComponentRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the component whole; a masked secret stays what it is. `PUT /admin/realms/{realm}/components/{id}`
    #[inline]
    pub fn update(self, component: &ComponentRepresentation) -> Call<UpdateComponent> {
        self.at(|api| api.update_component().body(component))
    }

    /// Reads the component, changes it and writes it back whole. Where nothing is changed, nothing is written. Its secrets stay, unless they are
    /// changed.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut ComponentRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_component), change)
    }

    /// Deletes the component, with those below it. `DELETE /admin/realms/{realm}/components/{id}`
    #[inline]
    pub fn delete(self) -> Call<DeleteComponent> {
        self.at(Api::delete_component)
    }

    /// Deletes the component if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// Lists what can be below it; the query has to name the `type`, such as `org.keycloak.storage.ldap.mappers.LDAPStorageMapper`.
    /// `GET /admin/realms/{realm}/components/{id}/sub-component-types`
    #[inline]
    pub fn subcomponent_types(self) -> Call<ListSubcomponentTypes> {
        self.at(Api::list_subcomponent_types)
    }
}
