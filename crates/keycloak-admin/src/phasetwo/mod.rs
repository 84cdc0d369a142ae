//! Phase Two's extensions: what [`Realm::phasetwo`](crate::Realm::phasetwo) leads to, and their representations in [`types`].
//!
//! Phase Two's organisations are not those of Keycloak itself; both can be in use in one realm. On a server without the
//! extensions every call here is a 404. A permission that is missing is a 401 for organisations, users and events, and a 403 for
//! attributes and webhooks.

pub mod attributes;
pub mod domains;
pub mod identity_providers;
pub mod invitations;
pub mod me;
pub mod members;
pub mod organizations;
pub mod roles;
pub mod users;
pub mod webhooks;

mod bulk;

use keycloak_session::{BoxFuture, Error, Operation};
use phasetwo_api::Client as Api;
use phasetwo_api::events::CreateEvent;
use phasetwo_api::users::CreateMagicLink;

pub use bulk::RoleResults;
pub use phasetwo_api::types;
use types::{EventRepresentation, MagicLinkRequest};

use crate::call::{CallExt as _, at};
use crate::{Call, Realm};

impl<'a> Realm<'a> {
    /// What Phase Two's extensions add to the realm.
    #[must_use]
    #[inline]
    pub fn phasetwo(self) -> Phasetwo<'a> {
        Phasetwo { realm: self }
    }
}

/// What Phase Two's extensions add to a realm, from [`Realm::phasetwo`].
#[derive(Clone, Copy, Debug)]
pub struct Phasetwo<'a> {
    realm: Realm<'a>,
}

impl<'a> Phasetwo<'a> {
    fn api(self) -> &'a Api {
        self.realm.keycloak().phasetwo_api()
    }

    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        at(build(self.api()), [self.realm.name()])
    }

    /// Whether the server has Phase Two's organisations. `GET /realms/{realm}/orgs/config`
    ///
    /// A realm that does not exist has none either.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn is_available(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.at(Api::get_organizations_config).if_exists()
    }

    /// Publishes an event of an application's own: the realm's webhooks are called for it, as for those of Keycloak.
    /// `POST /realms/{realm}/events`
    ///
    /// It needs a `type_` that does not begin like one of Keycloak's own, such as `access.` or `admin.` (409). No list of the server shows it
    /// afterwards.
    ///
    /// ```no_run
    /// use keycloak_admin::phasetwo::types::EventRepresentation;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let ordered = EventRepresentation {
    ///     type_: Some("order.created".to_owned()),
    ///     resource_path: Some("orders/17".to_owned()),
    ///     ..Default::default()
    /// };
    /// keycloak.realm("acme").phasetwo().create_event(&ordered).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create_event(self, event: &EventRepresentation) -> Call<CreateEvent> {
        self.at(|api| api.create_event().body(event))
    }

    /// Makes a link that logs a user in. `POST /realms/{realm}/magic-link`
    ///
    /// The answer's `link` is a secret; with `send_email` it is mailed to the user. This belongs to an extension of its own
    /// (keycloak-magic-link). It is not on the servers that this crate is tested on: the call was tested against a
    /// server that answers as the extension's description says.
    #[inline]
    pub fn create_magic_link(self, request: &MagicLinkRequest) -> Call<CreateMagicLink> {
        self.at(|api| api.create_magic_link().body(request))
    }
}
