//! The span of a call. One test, because what is recorded is the process's.

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use keycloak_session::{OperationInfo, Request, Session};
use support::{Answer, ManualClock, Server, refusing_url, with_token};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

static GET_USER: OperationInfo =
    OperationInfo::new("get_user", "GET", "/admin/realms/{realm}/users/{user-id}");

type Fields = BTreeMap<&'static str, String>;

/// Keeps the fields of this crate's spans and events.
#[derive(Clone, Default)]
struct Seen {
    spans: Arc<Mutex<Vec<Fields>>>,
    events: Arc<Mutex<Vec<Fields>>>,
}

impl Seen {
    fn take(&self) -> (Vec<Fields>, Vec<Fields>) {
        let take = |fields: &Mutex<Vec<Fields>>| std::mem::take(&mut *fields.lock().unwrap());
        (take(&self.spans), take(&self.events))
    }
}

struct Into<'a>(&'a mut Fields);

impl Visit for Into<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Subscriber for Seen {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("keycloak_session")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::from([("level", span.metadata().level().to_string())]);
        span.record(&mut Into(&mut fields));
        let mut spans = self.spans.lock().unwrap();
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut Into(&mut self.spans.lock().unwrap()[index]));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Into(&mut fields));
        self.events.lock().unwrap().push(fields);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn request(session: &Session) -> Request {
    let mut request = Request::new(session, &GET_USER);
    request.set_path("realm", "acme");
    request.set_path("user-id", "planted-id");
    request.set_query("search", "planted-query");
    request.set_header("x-reason", "planted-header");
    request.set_body("text/plain", "planted-body");
    request
}

#[tokio::test]
async fn a_call_is_a_span_with_the_names_of_opentelemetry() {
    let seen = Seen::default();
    tracing::subscriber::set_global_default(seen.clone()).unwrap();
    let planted = r#"{"errorMessage":"planted-message"}"#;
    // Answers; what the span says at its end: status, resends, error.
    let cases = [
        (vec![Answer::json(200, "[]")], Some("200"), None, None),
        (
            vec![Answer::json(404, planted)],
            Some("404"),
            None,
            Some("404"),
        ),
        (
            vec![Answer::status(503), Answer::json(200, "1")],
            Some("200"),
            Some("1"),
            None,
        ),
        (
            vec![Answer::json(503, planted)],
            Some("503"),
            Some("2"),
            Some("503"),
        ),
        (
            vec![Answer::json(200, "\"planted-value")],
            Some("200"),
            None,
            Some("decode"),
        ),
        (
            vec![Answer::status(302)],
            Some("302"),
            None,
            Some("redirect"),
        ),
        (vec![Answer::Reset], None, Some("2"), Some("transport")),
        (Vec::new(), None, Some("2"), Some("connect")),
    ];
    for (answers, status, resends, error) in cases {
        let refused = refusing_url().await;
        let server = if answers.is_empty() {
            None
        } else {
            Some(Server::in_turn(answers).await)
        };
        let url = server.as_ref().map_or(refused, Server::url);
        let session = with_token(&url).clock(ManualClock::new()).build().unwrap();
        let result = request(&session).send_json::<serde_json::Value>().await;
        assert_eq!(result.is_err(), error.is_some());

        let (mut spans, events) = seen.take();
        assert_eq!(spans.len(), 1);
        let span = spans.remove(0);
        let port = url.rsplit(':').next().unwrap();
        let mut expected = Fields::from(
            [
                ("level", "INFO"),
                ("otel.name", "GET /admin/realms/{realm}/users/{user-id}"),
                ("otel.kind", "client"),
                ("keycloak.operation", "get_user"),
                ("keycloak.realm", "acme"),
                ("http.request.method", "GET"),
                ("url.template", "/admin/realms/{realm}/users/{user-id}"),
                ("server.address", "127.0.0.1"),
                ("server.port", port),
            ]
            .map(|(name, value)| (name, value.to_owned())),
        );
        let at_the_end = [
            ("http.response.status_code", status),
            ("http.request.resend_count", resends),
            ("error.type", error),
            ("otel.status_code", error.map(|_| "ERROR")),
        ];
        for (name, value) in at_the_end {
            expected.extend(value.map(|value| (name, value.to_owned())));
        }
        assert_eq!(span, expected);

        let said = |message: &str| {
            let events = events.iter();
            events.filter(|event| event["message"] == message).count()
        };
        let sends = resends.map_or(1, |resends| resends.parse::<usize>().unwrap() + 1);
        assert_eq!(said("attempt"), sends);
        assert_eq!(said("trying again"), sends - 1);
        assert_eq!(said("call ended"), 1);
        for event in &events {
            let all: String = event.values().map(String::as_str).collect();
            assert!(
                !all.contains("planted") && !all.contains("static-token"),
                "{all}"
            );
        }
    }
}
