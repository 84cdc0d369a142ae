//! Webhooks: addresses that the server calls for events of the realm, and what it has sent.
//!
//! They are called where `ext-event-webhook` is among the realm's event listeners. What was sent is kept only where the server is
//! started with `--spi-events-listener-ext-event-webhook-store-webhook-events=true`.
//!
//! A call is a POST with the event as JSON. Where the webhook has a secret, the header `X-Keycloak-Signature` holds the HMAC of the
//! body in hexadecimal: the example `phasetwo_webhooks` verifies it.

use keycloak_session::{BoxFuture, Error, Operation};
use phasetwo_api::Client as Api;
use phasetwo_api::types::{WebhookRepresentation, WebhookSendRepresentation};
use phasetwo_api::webhooks::{
    CountWebhooks, CreateWebhook, DeleteWebhook, GetWebhook, GetWebhookPayloadByEvent,
    GetWebhookSend, ListWebhookSends, ListWebhookSendsByEvent, ListWebhooks, ResendWebhookSend,
    UpdateWebhook,
};

use super::Phasetwo;
use crate::call::{CallExt as _, at};
use crate::create::NaturalKey;
use crate::find::find_in_pages;
use crate::{Call, Create, modify};

impl<'a> Phasetwo<'a> {
    /// The realm's webhooks.
    #[must_use]
    #[inline]
    pub fn webhooks(self) -> Webhooks<'a> {
        Webhooks { phasetwo: self }
    }
}

/// The webhooks of a realm, from [`Phasetwo::webhooks`].
#[derive(Clone, Copy, Debug)]
pub struct Webhooks<'a> {
    phasetwo: Phasetwo<'a>,
}

impl<'a> Webhooks<'a> {
    /// Lists the webhooks, without their secrets. `GET /realms/{realm}/webhooks`
    #[inline]
    pub fn list(self) -> Call<ListWebhooks> {
        self.phasetwo.at(Api::list_webhooks)
    }

    /// Counts the webhooks. `GET /realms/{realm}/webhooks/count`
    #[inline]
    pub fn count(self) -> Call<CountWebhooks> {
        self.phasetwo.at(Api::count_webhooks)
    }

    /// Creates a webhook and returns its id. `POST /realms/{realm}/webhooks`
    ///
    /// It needs a `url`, and is off unless `enabled` is true. It is called for the `event_types` it names, such as
    /// `access.LOGIN`, `admin.*` or `*`. The server lets any number of webhooks have the same address; with
    /// [`exist_ok`](Create::exist_ok) one that has it is looked for first.
    #[inline]
    pub fn create(self, webhook: &WebhookRepresentation) -> Create<CreateWebhook> {
        let find = |url: &str| self.find_by_url(url);
        // `Location` leads nowhere, but ends with the id.
        let key = NaturalKey::unguarded("url", webhook.url.as_deref(), find, |webhook| webhook.id);
        let call = self.phasetwo.at(|api| api.create_webhook().body(webhook));
        Create::new(call, key)
    }

    /// The first webhook with exactly this address; `None` where none has it. `GET /realms/{realm}/webhooks`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_by_url(
        self,
        url: &str,
    ) -> BoxFuture<'static, Result<Option<WebhookRepresentation>, Error>> {
        let url = url.to_owned();
        find_in_pages(self.list(), move |webhook| {
            webhook.url.as_ref() == Some(&url)
        })
    }

    /// Reads what was sent for an event of Keycloak: `event_type` is `user` or `admin`, `event_id` the id of the event.
    /// `GET /realms/{realm}/webhooks/payload/{type}/{kid}`
    #[inline]
    pub fn payload_of_event(
        self,
        event_type: &str,
        event_id: &str,
    ) -> Call<GetWebhookPayloadByEvent> {
        self.phasetwo.at(|api| {
            let call = api.get_webhook_payload_by_event().event_type(event_type);
            call.event_id(event_id)
        })
    }

    /// Lists what was sent, and to which webhooks, for an event of Keycloak: `event_type` is `user` or `admin`, `event_id` the id of the
    /// event. `GET /realms/{realm}/webhooks/sends/{type}/{kid}`
    #[inline]
    pub fn sends_of_event(self, event_type: &str, event_id: &str) -> Call<ListWebhookSendsByEvent> {
        self.phasetwo.at(|api| {
            let call = api.list_webhook_sends_by_event().event_type(event_type);
            call.event_id(event_id)
        })
    }

    /// The webhook of this id. It need not exist: nothing is sent.
    #[must_use]
    #[inline]
    pub fn id(self, id: &'a str) -> Webhook<'a> {
        Webhook {
            phasetwo: self.phasetwo,
            id,
        }
    }
}

/// One webhook of a realm, from [`Webhooks::id`].
#[derive(Clone, Copy, Debug)]
pub struct Webhook<'a> {
    phasetwo: Phasetwo<'a>,
    id: &'a str,
}

impl<'a> Webhook<'a> {
    fn at<B: Operation>(self, build: impl FnOnce(&'a Api) -> B) -> Call<B> {
        let path = [self.phasetwo.realm.name(), self.id];
        at(build(self.phasetwo.api()), path)
    }

    /// Reads the webhook, without its secret and its algorithm; `created_at` is milliseconds since 1970.
    /// `GET /realms/{realm}/webhooks/{webhookId}`
    #[inline]
    pub fn get(self) -> Call<GetWebhook> {
        self.at(Api::get_webhook)
    }

    /// Like [`get`](Self::get); `None` where there is no such webhook.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find(self) -> BoxFuture<'static, Result<Option<WebhookRepresentation>, Error>> {
        self.get().optional()
    }

    /// Writes the webhook. `PUT /realms/{realm}/webhooks/{webhookId}`
    ///
    /// Without `enabled` it is off, without `algorithm` it is `HmacSHA256`; a secret that is left out stays.
    #[inline]
    pub fn update(self, webhook: &WebhookRepresentation) -> Call<UpdateWebhook> {
        self.at(|api| api.update_webhook().body(webhook))
    }

    /// Reads the webhook, changes it and writes it back whole; its secret stays. Where nothing is changed, nothing is written.
    ///
    /// **The algorithm cannot be read**: where it is not `HmacSHA256`, set it here again, or it is afterwards.
    #[inline]
    pub fn modify<F>(self, change: F) -> impl Future<Output = Result<(), Error>> + Send + use<F>
    where
        F: FnOnce(&mut WebhookRepresentation) + Send,
    {
        modify::modify(self.get(), self.at(Api::update_webhook), change)
    }

    /// Deletes the webhook. `DELETE /realms/{realm}/webhooks/{webhookId}`
    #[inline]
    pub fn delete(self) -> Call<DeleteWebhook> {
        self.at(Api::delete_webhook)
    }

    /// Deletes the webhook if there is one; `false` where there was none.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn delete_if_exists(self) -> BoxFuture<'static, Result<bool, Error>> {
        self.delete().if_exists()
    }

    /// The secret that signs the calls; `None` where the webhook has none. `GET /realms/{realm}/webhooks/{webhookId}/secret`
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn secret(self) -> BoxFuture<'static, Result<Option<String>, Error>> {
        let get = self.at(Api::get_webhook_secret);
        Box::pin(async move { Ok(get.await?.value) })
    }

    /// Lists what was sent to the webhook, the newest first, without what it said. `GET /realms/{realm}/webhooks/{webhookId}/sends`
    #[inline]
    pub fn sends(self) -> Call<ListWebhookSends> {
        self.at(Api::list_webhook_sends)
    }

    /// Reads one thing that was sent, with what it said. `GET /realms/{realm}/webhooks/{webhookId}/sends/{sendId}`
    #[inline]
    pub fn get_send(self, send_id: &str) -> Call<GetWebhookSend> {
        self.at(|api| api.get_webhook_send().send_id(send_id))
    }

    /// Like [`get_send`](Self::get_send); `None` where there is no such thing.
    #[must_use = "a call does nothing until it is awaited"]
    #[inline]
    pub fn find_send(
        self,
        send_id: &str,
    ) -> BoxFuture<'static, Result<Option<WebhookSendRepresentation>, Error>> {
        self.get_send(send_id).optional()
    }

    /// Sends the same once more. `POST /realms/{realm}/webhooks/{webhookId}/sends/{sendId}/resend`
    #[inline]
    pub fn resend(self, send_id: &str) -> Call<ResendWebhookSend> {
        self.at(|api| api.resend_webhook_send().send_id(send_id))
    }
}
