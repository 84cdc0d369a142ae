//! Webhooks: addresses that the server calls for events of the realm, and the calls that it has sent.
//!
//! The server calls them only if `ext-event-webhook` is one of the realm's event listeners. It keeps the sent calls only if it is started with
//! `--spi-events-listener-ext-event-webhook-store-webhook-events=true`.
//!
//! A call is a POST with the event as JSON. If the webhook has a secret, the header `X-Keycloak-Signature` has the HMAC of the body in
//! hexadecimal. The example `phasetwo_webhooks` verifies it.

use keycloak_session::Error;
use phasetwo_api::types::{WebhookRepresentation, WebhookSendRepresentation};
use phasetwo_api::webhooks::{
    CountWebhooks, CreateWebhook, DeleteWebhook, GetWebhook, GetWebhookPayloadByEvent,
    GetWebhookSend, ListWebhookSends, ListWebhookSendsByEvent, ListWebhooks, ResendWebhookSend,
    UpdateWebhook,
};

use super::Phasetwo;
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Create, Modify, Realm};

impl Phasetwo {
    /// Returns a handle on the realm's webhooks.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks {
        Webhooks {
            realm: self.realm.clone(),
        }
    }

    /// Returns a handle on the webhook with this id. Nothing is sent, so the webhook need not exist.
    #[must_use]
    pub fn webhook(&self, id: impl Into<String>) -> Webhook {
        Webhook {
            realm: self.realm.clone(),
            id: id.into(),
        }
    }
}

/// The webhooks of a realm, from [`Phasetwo::webhooks`].
#[derive(Clone, Debug)]
pub struct Webhooks {
    realm: Realm,
}

impl Webhooks {
    /// Lists the webhooks, without their secrets. `GET /realms/{realm}/webhooks`
    pub fn list(&self) -> ListWebhooks {
        self.realm
            .phasetwo_api()
            .list_webhooks()
            .realm(self.realm.name())
    }

    /// Counts the webhooks. `GET /realms/{realm}/webhooks/count`
    pub fn count(&self) -> CountWebhooks {
        self.realm
            .phasetwo_api()
            .count_webhooks()
            .realm(self.realm.name())
    }

    /// Creates a webhook and returns its id. `POST /realms/{realm}/webhooks`
    ///
    /// `url` is required. The webhook is disabled unless `enabled` is true. The server calls it for its `event_types`, such as `access.LOGIN`,
    /// `admin.*` or `*`.
    ///
    /// [`exist_ok`](Create::exist_ok) looks for a webhook with the same address before the call, because the server lets several webhooks have the
    /// same address.
    #[inline]
    pub fn create(&self, webhook: &WebhookRepresentation) -> Create<CreateWebhook> {
        let url = webhook.url.as_deref();
        let key = NaturalKey::new(&self.realm, "url", url, |realm, url| async move {
            let found = realm.phasetwo().webhooks().find_by_url(&url).await?;
            Ok(found.and_then(|webhook| webhook.id))
        });
        let call = self.realm.phasetwo_api().create_webhook();
        let call = call.realm(self.realm.name()).body(webhook);
        // The address in `Location` does not exist, but it ends with the id.
        Create::new(call, key.check_first())
    }

    /// Finds the first webhook with exactly this address. `GET /realms/{realm}/webhooks`
    pub async fn find_by_url(&self, url: &str) -> Result<Option<WebhookRepresentation>, Error> {
        find_in_pages(self.list(), |webhook| webhook.url.as_deref() == Some(url)).await
    }

    /// Reads the payload that was sent for an event of Keycloak. `GET /realms/{realm}/webhooks/payload/{type}/{kid}`
    ///
    /// `event_type` is `user` or `admin`. `event_id` is the id of the event in Keycloak.
    pub fn get_payload_of_event(
        &self,
        event_type: &str,
        event_id: &str,
    ) -> GetWebhookPayloadByEvent {
        self.realm
            .phasetwo_api()
            .get_webhook_payload_by_event()
            .realm(self.realm.name())
            .event_type(event_type)
            .event_id(event_id)
    }

    /// Lists the calls that were sent for an event of Keycloak, with their webhooks. `GET /realms/{realm}/webhooks/sends/{type}/{kid}`
    ///
    /// `event_type` is `user` or `admin`. `event_id` is the id of the event in Keycloak.
    pub fn list_sends_of_event(&self, event_type: &str, event_id: &str) -> ListWebhookSendsByEvent {
        self.realm
            .phasetwo_api()
            .list_webhook_sends_by_event()
            .realm(self.realm.name())
            .event_type(event_type)
            .event_id(event_id)
    }
}

/// One webhook of a realm, from [`Phasetwo::webhook`].
#[derive(Clone, Debug)]
pub struct Webhook {
    realm: Realm,
    id: String,
}

impl Webhook {
    /// Returns the webhook's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads the webhook, without its secret and its algorithm. `created_at` is in milliseconds since 1970.
    /// `GET /realms/{realm}/webhooks/{webhookId}`
    pub fn get(&self) -> GetWebhook {
        self.realm
            .phasetwo_api()
            .get_webhook()
            .realm(self.realm.name())
            .webhook_id(&self.id)
    }

    /// Reads the webhook; `None` if there is no such webhook. `GET /realms/{realm}/webhooks/{webhookId}`
    pub async fn find(&self) -> Result<Option<WebhookRepresentation>, Error> {
        self.get().optional().await
    }

    /// Replaces the webhook. `PUT /realms/{realm}/webhooks/{webhookId}`
    ///
    /// If `enabled` is left out, the webhook is disabled. If `algorithm` is left out, it becomes `HmacSHA256`. If the secret is left out, it stays,
    /// but with keycloak-events 0.62 or newer a webhook without `auth_type` and without a secret loses its authentication.
    /// [`modify`](Self::modify) changes a part, and keeps the fields that the types do not know.
    #[inline]
    pub fn update(&self, webhook: &WebhookRepresentation) -> UpdateWebhook {
        self.put().body(webhook)
    }

    /// Reads the webhook, changes it and writes it back whole. Its secret and its kind of authentication stay. If nothing is changed, nothing is
    /// written.
    ///
    /// **The algorithm cannot be read, and a change sets it to `HmacSHA256`.** If the webhook has another one, set it here again.
    pub fn modify<'f>(
        &self,
        change: impl FnOnce(&mut WebhookRepresentation) + Send + 'f,
    ) -> Modify<'f, WebhookRepresentation> {
        Modify::new(self.get(), self.put(), change)
    }

    fn put(&self) -> UpdateWebhook {
        self.realm
            .phasetwo_api()
            .update_webhook()
            .realm(self.realm.name())
            .webhook_id(&self.id)
    }

    /// Deletes the webhook. `DELETE /realms/{realm}/webhooks/{webhookId}`
    pub fn delete(&self) -> DeleteWebhook {
        self.realm
            .phasetwo_api()
            .delete_webhook()
            .realm(self.realm.name())
            .webhook_id(&self.id)
    }

    /// Deletes the webhook if it exists. Returns whether it existed. `DELETE /realms/{realm}/webhooks/{webhookId}`
    pub async fn delete_if_exists(&self) -> Result<bool, Error> {
        Ok(self.delete().optional().await?.is_some())
    }

    /// Reads the secret that signs the calls; `None` if the webhook has none. `GET /realms/{realm}/webhooks/{webhookId}/secret`
    pub async fn get_secret(&self) -> Result<Option<String>, Error> {
        let get = self.realm.phasetwo_api().get_webhook_secret();
        let secret = get.realm(self.realm.name()).webhook_id(&self.id).await?;
        Ok(secret.value)
    }

    /// Lists the calls that were sent to the webhook, the newest first, without their payload. `GET /realms/{realm}/webhooks/{webhookId}/sends`
    ///
    /// Phase Two stores no call that was answered before the transaction of its event ended.
    pub fn list_sends(&self) -> ListWebhookSends {
        self.realm
            .phasetwo_api()
            .list_webhook_sends()
            .realm(self.realm.name())
            .webhook_id(&self.id)
    }

    /// Reads a call that was sent, with its payload. `GET /realms/{realm}/webhooks/{webhookId}/sends/{sendId}`
    pub fn get_send(&self, send_id: &str) -> GetWebhookSend {
        self.realm
            .phasetwo_api()
            .get_webhook_send()
            .realm(self.realm.name())
            .webhook_id(&self.id)
            .send_id(send_id)
    }

    /// Reads a call that was sent, with its payload; `None` if there is no such call. `GET /realms/{realm}/webhooks/{webhookId}/sends/{sendId}`
    pub async fn find_send(
        &self,
        send_id: &str,
    ) -> Result<Option<WebhookSendRepresentation>, Error> {
        self.get_send(send_id).optional().await
    }

    /// Sends a call once more. `POST /realms/{realm}/webhooks/{webhookId}/sends/{sendId}/resend`
    pub fn resend(&self, send_id: &str) -> ResendWebhookSend {
        self.realm
            .phasetwo_api()
            .resend_webhook_send()
            .realm(self.realm.name())
            .webhook_id(&self.id)
            .send_id(send_id)
    }
}
