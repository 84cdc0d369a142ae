//! Running in production.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use keycloak_admin::types::UserRepresentation;
use keycloak_admin::{Credentials, Error, Keycloak, RetryPolicy, SessionBuilder};
use keycloak_api_mock::MockServer;
use opentelemetry::metrics::{
    Counter, Histogram, HistogramBuilder, InstrumentBuilder, InstrumentProvider, Meter,
    SyncInstrument,
};

fn settings(url: &str, credentials: Credentials) -> Result<Keycloak, Error> {
    // ANCHOR: settings
    let keycloak = Keycloak::builder(url)
        .credentials(credentials)
        .auth_realm("acme")
        .user_agent("user-sync/1.4")
        .timeout(Duration::from_secs(20)) // a whole call, with its retries
        .connect_timeout(Duration::from_secs(3))
        .retry(
            RetryPolicy::default()
                .attempts(4)
                .attempt_timeout(Duration::from_secs(8)),
        )
        .build()?;
    // ANCHOR_END
    Ok(keycloak)
}

fn networks(pem: &[u8], credentials: Credentials) -> Result<Keycloak, Error> {
    // ANCHOR: network
    let keycloak = Keycloak::builder("https://sso.internal.example")
        .credentials(credentials)
        .root_certificate_pem(pem) // the authority of your company, besides the system's
        .proxy("http://proxy.internal.example:3128") // or no_proxy()
        .build()?;
    // ANCHOR_END
    Ok(keycloak)
}

// ANCHOR: opentelemetry
use opentelemetry::KeyValue;

/// Reports each call of the client to OpenTelemetry.
fn with_metrics(builder: SessionBuilder<Keycloak>, meter: &Meter) -> SessionBuilder<Keycloak> {
    let duration = meter
        .f64_histogram("keycloak.call.duration")
        .with_unit("s")
        .build();
    let attempts = meter.u64_counter("keycloak.call.attempts").build();
    builder.on_call(move |call| {
        let outcome = call.error().map_or("ok", |error| error.kind().as_str());
        let labels = [
            KeyValue::new("operation", call.operation().id()),
            KeyValue::new("outcome", outcome),
        ];
        duration.record(call.duration().as_secs_f64(), &labels);
        attempts.add(call.attempts().into(), &labels);
    })
}
// ANCHOR_END

#[test]
fn the_settings_are_accepted() {
    let secret = || Credentials::client_secret("user-sync", "s3cret");
    settings("https://sso.example.com", secret()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["ca.example".to_owned()];
    let authority = rcgen::CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap();
    networks(authority.pem().as_bytes(), secret()).unwrap();
}

/// The name of an instrument, its labels, and a count if it counts.
type Measurement = (String, String, Option<u64>);

/// The measurements of the instruments.
#[derive(Clone, Default)]
struct Measured(Arc<Mutex<Vec<Measurement>>>);

struct Instrument {
    name: String,
    measured: Measured,
}

impl Instrument {
    fn note(&self, attributes: &[KeyValue], count: Option<u64>) {
        let labels: Vec<_> = attributes
            .iter()
            .map(|label| label.value.to_string())
            .collect();
        let mut measured = self.measured.0.lock().unwrap();
        measured.push((self.name.clone(), labels.join(" "), count));
    }
}

impl SyncInstrument<u64> for Instrument {
    fn measure(&self, count: u64, attributes: &[KeyValue]) {
        self.note(attributes, Some(count));
    }
}

impl SyncInstrument<f64> for Instrument {
    fn measure(&self, _seconds: f64, attributes: &[KeyValue]) {
        self.note(attributes, None);
    }
}

impl Measured {
    fn instrument(&self, name: &str) -> Arc<Instrument> {
        Arc::new(Instrument {
            name: name.to_owned(),
            measured: self.clone(),
        })
    }
}

impl InstrumentProvider for Measured {
    fn u64_counter(&self, builder: InstrumentBuilder<'_, Counter<u64>>) -> Counter<u64> {
        Counter::new(self.instrument(&builder.name))
    }

    fn f64_histogram(&self, builder: HistogramBuilder<'_, Histogram<f64>>) -> Histogram<f64> {
        Histogram::new(self.instrument(&builder.name))
    }
}

#[tokio::test]
async fn calls_are_reported_to_opentelemetry() -> Result<(), Error> {
    let server = MockServer::start();
    server.get_user(|when, then| {
        let ada = UserRepresentation::new().with_id("1");
        (when.user_id("1"), then.error(503, "busy").ok(ada))
    });
    let measured = Measured::default();
    let meter = Meter::new(Arc::new(measured.clone()));
    let builder =
        Keycloak::builder(server.url()).credentials(Credentials::client_secret("app", "any"));

    let keycloak = with_metrics(builder, &meter).build()?;
    keycloak.realm("acme").user("1").get().await?;

    // ANCHOR: counters
    let counters = keycloak.session().counters();
    println!(
        "{} calls, {} of them failed, {} retries",
        counters.calls, counters.failures, counters.retries
    );
    // ANCHOR_END
    assert_eq!(
        (counters.calls, counters.failures, counters.retries),
        (1, 0, 1)
    );
    let expected = [
        ("keycloak.call.duration", None),
        ("keycloak.call.attempts", Some(2)),
    ];
    let expected = expected.map(|(name, count)| (name.to_owned(), "get_user ok".to_owned(), count));
    assert_eq!(*measured.0.lock().unwrap(), expected);
    Ok(())
}
