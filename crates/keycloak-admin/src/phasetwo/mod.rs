//! Phase Two's extensions, from [`Realm::phasetwo`](crate::Realm::phasetwo), and their representations in [`types`].
//!
//! Phase Two's organisations are not those of Keycloak itself. One realm can have both. On a server without the extensions every call here
//! is answered with 404. If the account lacks a permission, organisations, users and events answer with 401, attributes and webhooks with
//! 403.

pub mod attributes;
pub mod domains;
pub mod identity_providers;
pub mod invitations;
pub mod me;
pub mod members;
pub mod organizations;
pub mod roles;
pub mod scim;
pub mod users;
pub mod webhooks;

mod bulk;

use keycloak_session::Error;
use phasetwo_api::events::CreateEvent;
use phasetwo_api::users::CreateMagicLink;

pub use bulk::RoleResults;
pub use phasetwo_api::types;
use types::{EventRepresentation, MagicLinkRequest};

use crate::Realm;

impl Realm {
    /// Returns a handle on the additions of Phase Two's extensions to the realm.
    #[must_use]
    pub fn phasetwo(&self) -> Phasetwo {
        Phasetwo {
            realm: self.clone(),
        }
    }

    fn phasetwo_api(&self) -> &phasetwo_api::Client {
        self.keycloak().phasetwo_api()
    }
}

/// Phase Two's extensions in a realm, from [`Realm::phasetwo`].
#[derive(Clone, Debug)]
pub struct Phasetwo {
    realm: Realm,
}

impl Phasetwo {
    /// Returns whether the server has Phase Two's organisations. `GET /realms/{realm}/orgs/config`
    ///
    /// The result is `false` too if the realm does not exist.
    pub async fn is_available(&self) -> Result<bool, Error> {
        let config = self.organizations().get_config();
        Ok(config.optional().await?.is_some())
    }

    /// Publishes an event of an application. The realm's webhooks are called for it, as for Keycloak's own events.
    /// `POST /realms/{realm}/events`
    ///
    /// `type_` is required. It must not begin like a type of Keycloak's own, such as `access.` or `admin.` (409). The server has no list that shows
    /// the event later.
    ///
    /// ```no_run
    /// use keycloak_admin::phasetwo::types::EventRepresentation;
    ///
    /// # async fn run(keycloak: keycloak_admin::Keycloak) -> Result<(), keycloak_admin::Error> {
    /// let ordered = EventRepresentation::new()
    ///     .with_type("order.created")
    ///     .with_resource_path("orders/17");
    /// keycloak.realm("acme").phasetwo().create_event(&ordered).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn create_event(&self, event: &EventRepresentation) -> CreateEvent {
        self.realm
            .phasetwo_api()
            .create_event()
            .realm(self.realm.name())
            .body(event)
    }

    /// Makes a link that logs a user in. `POST /realms/{realm}/magic-link`
    ///
    /// The user is named by `email`, or by `username` on newer versions of the extension. The `link` in the answer is a secret. With
    /// `send_email` the server mails it to the user, and `sent` says that it did. The endpoint belongs to a separate extension,
    /// keycloak-magic-link. The servers that this crate is tested on do not have it. The call was tested with a fake server that answers as the
    /// extension's description says.
    #[inline]
    pub fn create_magic_link(&self, request: &MagicLinkRequest) -> CreateMagicLink {
        self.realm
            .phasetwo_api()
            .create_magic_link()
            .realm(self.realm.name())
            .body(request)
    }
}
