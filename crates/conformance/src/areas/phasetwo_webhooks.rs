//! Phase Two's webhooks, which are called on a server of this file, its custom events, and its realm attributes.

use std::time::{Duration, Instant};

use conformance::context::Context;
use conformance::webhook_receiver::{Call, Receiver};
use keycloak_session::{ApiCall, Operation};
use phasetwo_api::attributes::{
    CreateRealmAttribute, DeleteRealmAttribute, ListRealmAttributes, UpdateRealmAttribute,
};
use phasetwo_api::events::CreateEvent;
use phasetwo_api::types::{
    EventRepresentation, RealmAttributeRepresentation, WebhookRepresentation,
    WebhookSendRepresentation,
};
use phasetwo_api::webhooks::{
    CountWebhooks, CreateWebhook, DeleteWebhook, GetWebhookPayloadByEvent, GetWebhookSecret,
    GetWebhookSend, ListWebhookSends, ListWebhookSendsByEvent, ListWebhooks, ResendWebhookSend,
    UpdateWebhook,
};
use serde_json::{Value, json};

use super::make::{self, PASSWORD};

/// The longest time until an event is in the list of sends.
const TIMEOUT: Duration = Duration::from_secs(20);

const SECRET: &str = "s3cret";

pub(crate) async fn run(ctx: &Context) {
    attributes(ctx).await;
    webhooks(ctx).await;
    calls(ctx).await;
}

async fn attributes(ctx: &Context) -> Option<()> {
    let named = |name: &str, value: &str| {
        RealmAttributeRepresentation::new()
            .with_name(name)
            .with_value(value)
            .with_realm(ctx.realm())
    };
    let create = || ctx.phasetwo.create_realm_attribute().realm(ctx.realm());
    let attribute = named("theme.color", "red");
    let key = ctx.create(create().body(&attribute)).await;
    ctx.check::<CreateRealmAttribute>(
        key.as_deref() == Some("theme.color"),
        "the Location ends with the key",
    );
    for realm in [None, Some("another realm".to_owned())] {
        let mut wrong = attribute.clone();
        wrong.realm = realm;
        ctx.expect_error(create().body(wrong), 400).await;
    }

    let get = |key: &str| {
        let call = ctx.phasetwo.get_realm_attribute().realm(ctx.realm());
        call.attribute_key(key)
    };
    let stored = ctx.call(get("theme.color")).await?;
    ctx.stored::<CreateRealmAttribute>(&attribute, &*stored, &[]);
    let list = ctx.phasetwo.list_realm_attributes().realm(ctx.realm());
    let all = ctx.call(list).await?;
    let listed = all.get("theme.color").and_then(|a| a.value.as_deref());
    ctx.check::<ListRealmAttributes>(listed == Some("red"), "the attribute is under its key");

    for (key, value) in [("theme.color", "blue"), ("theme.size", "large")] {
        let attribute = named(key, value);
        let update = ctx.phasetwo.update_realm_attribute().realm(ctx.realm());
        ctx.call(update.attribute_key(key).body(&attribute)).await;
        let stored = ctx.call(get(key)).await?;
        ctx.stored::<UpdateRealmAttribute>(&attribute, &*stored, &[]);
    }
    let update = ctx.phasetwo.update_realm_attribute().realm(ctx.realm());
    let other_name = update.attribute_key("theme.font").body(&attribute);
    ctx.expect_error(other_name, 400).await;
    for key in ["theme.color", "no such key"] {
        let delete = ctx.phasetwo.delete_realm_attribute().realm(ctx.realm());
        let answer = ctx.call(delete.attribute_key(key)).await;
        ctx.check::<DeleteRealmAttribute>(answer.is_some(), "an unknown key is no error");
    }
    ctx.expect_error(get("theme.color"), 404).await;
    Some(())
}

/// A webhook that is called for every event, with everything that it can have.
fn webhook(url: &str) -> WebhookRepresentation {
    WebhookRepresentation::new()
        .with_url(url)
        .with_enabled(true)
        .with_secret(SECRET)
        .with_algorithm("HmacSHA256")
        .with_event_types(["*"])
}

async fn webhooks(ctx: &Context) -> Option<()> {
    let create = || ctx.phasetwo.create_webhook().realm(ctx.realm());
    let sent = webhook("https://example.com/hook");
    let id = ctx.create(create().body(&sent)).await?;
    let get = |id: &str| {
        let call = ctx.phasetwo.get_webhook().realm(ctx.realm());
        call.webhook_id(id)
    };
    let stored = ctx.call(get(&id)).await?;
    let apart = [
        ("$.secret", "it is read by itself"),
        ("$.algorithm", "it is never returned"),
    ];
    ctx.stored::<CreateWebhook>(&sent, &*stored, &apart);
    let secret = ctx.phasetwo.get_webhook_secret().realm(ctx.realm());
    let secret = ctx.call(secret.webhook_id(&id)).await?;
    ctx.check::<GetWebhookSecret>(secret.value.as_deref() == Some(SECRET), "it is the secret");

    let mut nowhere = sent.clone();
    nowhere.url = None;
    ctx.expect_error(create().body(nowhere), 400).await;
    let mut unknown = create();
    unknown
        .request_mut()
        .set_json(&json!({"url": "https://example.com", "attributes": {}}));
    ctx.expect_error(unknown, 400).await;

    // A body without `enabled` disables the webhook, at a creation and at an update.
    let silent = WebhookRepresentation::new().with_url("https://example.com/silent");
    let other = ctx.create(create().body(&silent)).await?;
    let is_off = ctx.call(get(&other)).await?.enabled == Some(false);
    ctx.check::<CreateWebhook>(is_off, "a webhook without `enabled` is disabled");
    let change = WebhookRepresentation::new()
        .with_url("https://example.com/changed")
        .with_event_types(["access.LOGIN", "admin.*"]);
    let update = ctx.phasetwo.update_webhook().realm(ctx.realm());
    ctx.call(update.webhook_id(&id).body(&change)).await;
    let stored = ctx.call(get(&id)).await?;
    ctx.stored::<UpdateWebhook>(&change, &*stored, &[]);
    let is_off = stored.enabled == Some(false);
    ctx.check::<UpdateWebhook>(is_off, "an update without `enabled` disables it");

    let list = || ctx.phasetwo.list_webhooks().realm(ctx.realm());
    let all = ctx.call(list()).await?.len();
    let page = ctx.call(list().first(1).max(1)).await?.len();
    ctx.check::<ListWebhooks>((all, page) == (2, 1), "a page holds `max` of the two");
    let count = ctx.phasetwo.count_webhooks().realm(ctx.realm());
    let count = ctx.call(count).await?.into_inner();
    ctx.check::<CountWebhooks>(count == 2, "both are counted");
    for id in [&id, &other] {
        let delete = ctx.phasetwo.delete_webhook().realm(ctx.realm());
        ctx.call(delete.webhook_id(id)).await;
        let error = ctx.expect_error(get(id), 404).await;
        ctx.check::<DeleteWebhook>(error.is_some(), "the webhook is gone");
    }
    Some(())
}

/// Events of the realm arrive at a webhook, and the server keeps what it sent.
async fn calls(ctx: &Context) -> Option<()> {
    let mut receiver = Receiver::start()
        .await
        .inspect_err(|error| {
            ctx.fail::<CreateWebhook>(&format!("no port for a receiver: {error}"));
        })
        .ok()?;
    let read = ctx.keycloak.get_events_config().realm(ctx.realm());
    // Its list of event types stays: without one the server stores no event of a user.
    let mut config = ctx.call(read).await?.into_inner();
    config.events_enabled = Some(true);
    config.admin_events_enabled = Some(true);
    config.admin_events_details_enabled = Some(true);
    let listeners = config.events_listeners.get_or_insert_default();
    listeners.push("ext-event-webhook".to_owned());
    let write = ctx.keycloak.update_events_config().realm(ctx.realm());
    ctx.call(write.body(&config)).await?;
    let create = ctx.phasetwo.create_webhook().realm(ctx.realm());
    let webhook_id = ctx.create(create.body(webhook(&receiver.url()))).await?;

    let username = ctx.name("hooked");
    make::user(ctx, &username).await?;
    let created = receiver
        .wait::<CreateWebhook>(ctx, "admin.USER-CREATE")
        .await?;
    ctx.check::<CreateWebhook>(created.is_signed, "the call is signed");
    answer_when_stored(ctx, created, "admin").await;
    let client_id = ctx.name("hooked-client");
    make::public_client(ctx, &client_id).await?;
    let login = [
        ("grant_type", "password"),
        ("client_id", &client_id),
        ("username", &username),
        ("password", PASSWORD),
    ];
    ctx.login(&login).await;
    let logged_in = receiver.wait::<CreateWebhook>(ctx, "access.LOGIN").await?;
    answer_when_stored(ctx, logged_in, "user").await;
    for kind in ["admin.USER-CREATE", "access.LOGIN"] {
        sends(ctx, &mut receiver, &webhook_id, kind).await;
    }
    events(ctx, &mut receiver).await;
    Some(())
}

/// The server calls while it stores the event, and a call that is answered before is not noted.
async fn answer_when_stored(ctx: &Context, call: Call, event_type: &str) {
    let event_id = call.body["id"].as_str().unwrap_or_default();
    let stored = || {
        let stored = ctx.phasetwo.get_webhook_payload_by_event();
        let stored = stored.realm(ctx.realm()).event_type(event_type);
        stored.event_id(event_id)
    };
    until(stored, |_| true).await;
    call.answer();
}

/// Returns whether this send is an event of the kind that the server has noted as answered so many times.
fn is_noted(send: &WebhookSendRepresentation, kind: &str, times: i32) -> bool {
    send.type_.as_deref() == Some(kind) && send.retries == Some(times)
}

/// Checks the server's record of its call for this kind of event.
async fn sends(ctx: &Context, receiver: &mut Receiver, webhook_id: &str, kind: &str) -> Option<()> {
    let list = || {
        let call = ctx.phasetwo.list_webhook_sends().realm(ctx.realm());
        call.webhook_id(webhook_id)
    };
    // The server notes a call after it was answered.
    let is_there =
        |sends: &Vec<WebhookSendRepresentation>| sends.iter().any(|send| is_noted(send, kind, 1));
    until(list, is_there).await;
    let all = ctx.call(list().first(0).max(100)).await?.into_inner();
    let Some(send) = all.into_iter().find(|send| is_noted(send, kind, 1)) else {
        ctx.fail::<ListWebhookSends>(&format!("the call for {kind} is not listed"));
        return None;
    };
    let id = send.id.as_deref()?;
    let get = || {
        let call = ctx.phasetwo.get_webhook_send().realm(ctx.realm());
        call.webhook_id(webhook_id).send_id(id)
    };
    let full = ctx.call(get()).await?;
    ctx.stored::<GetWebhookSend>(&send, &*full, &[]);
    let payload: Option<Value> = serde_json::from_str(full.payload.as_deref()?).ok();

    let event_type = send.keycloak_event_type.as_deref()?.to_lowercase();
    let event_id = send.keycloak_event_id.as_deref()?;
    let by_event = ctx.phasetwo.get_webhook_payload_by_event();
    let by_event = by_event.realm(ctx.realm()).event_type(&event_type);
    let event = ctx.call(by_event.event_id(event_id)).await?;
    ctx.check::<GetWebhookPayloadByEvent>(payload.is_some(), "the payload of a send is JSON");
    ctx.stored::<GetWebhookPayloadByEvent>(&payload?, &*event, &[]);
    let by_event = ctx.phasetwo.list_webhook_sends_by_event();
    let by_event = by_event.realm(ctx.realm()).event_type(&event_type);
    let found = ctx.call(by_event.event_id(event_id)).await?;
    ctx.check::<ListWebhookSendsByEvent>(
        found.len() == 1 && found[0].id.as_deref() == Some(id),
        "the event has one send",
    );

    let resend = ctx.phasetwo.resend_webhook_send().realm(ctx.realm());
    ctx.call(resend.webhook_id(webhook_id).send_id(id)).await;
    let again = receiver.wait::<ResendWebhookSend>(ctx, kind).await?;
    ctx.check::<ResendWebhookSend>(again.body["uid"] == id, "the same send comes again");
    again.answer();
    until(get, |send| is_noted(send, kind, 2)).await;
    let noted = is_noted(&*ctx.call(get()).await?, kind, 2);
    ctx.check::<ResendWebhookSend>(noted, "the send was sent twice");
    Some(())
}

async fn events(ctx: &Context, receiver: &mut Receiver) -> Option<()> {
    let create = || ctx.phasetwo.create_event().realm(ctx.realm());
    let event = EventRepresentation::new()
        .with_type("order.created")
        .with_time(1_795_326_026_000)
        .with_operation_type("CREATE")
        .with_resource_type("ORDER")
        .with_resource_path("orders/17")
        .with_representation(r#"{"total":12}"#)
        .with_details([("total", "12")]);
    ctx.call(create().body(&event)).await?;
    let call = receiver.wait::<CreateEvent>(ctx, "order.created").await?;
    ctx.stored::<CreateEvent>(&event, &call.body, &[]);
    call.answer();

    let reserved = EventRepresentation::new().with_type("access.LOGIN");
    ctx.expect_error(create().body(reserved), 409).await;
    ctx.expect_error(create().body(EventRepresentation::new()), 400)
        .await;
    let mut unknown = create();
    let of_organization = json!({"type": "order.created", "organizationId": "1"});
    unknown.request_mut().set_json(&of_organization);
    ctx.expect_error(unknown, 400).await;
    Some(())
}

/// Sends a call again and again until the answer is the expected one or the time is up. These calls are not recorded.
async fn until<C: ApiCall>(
    call: impl Fn() -> C,
    is_it: impl Fn(&<C::Operation as Operation>::Output) -> bool,
) {
    let deadline = Instant::now() + TIMEOUT;
    while Instant::now() < deadline {
        let answer = call().into_request().send::<C::Operation>().await;
        if answer.is_ok_and(|answer| is_it(&answer)) {
            return;
        }
    }
}
