//! The examples, on real servers.

#![allow(dead_code, unreachable_pub)] // of each example, `run` is called and not `main`

#[path = "../common/mod.rs"]
mod common;

#[path = "../../examples/onboard_tenant.rs"]
mod onboard_tenant;
#[path = "../../examples/phasetwo_webhooks.rs"]
mod phasetwo_webhooks;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use common::TestRealm;
use keycloak_admin::{Ensured, Error};
use keycloak_server::harness;
use onboard_tenant::Tenant;
use phasetwo_webhooks::Receiver;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;

const INITECH: Tenant<'_> = Tenant {
    name: "initech",
    domain: "initech.example",
    email: "peter@initech.example",
};

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_tenant_is_onboarded_once() -> Result<(), Error> {
    let test = TestRealm::create("onboard").await;
    let realm = test.get();
    let first = onboard_tenant::run(realm, INITECH).await?;
    assert!(first.user.is_created() && first.organization.is_created());
    assert_eq!(first.phasetwo, None, "the server has no Phase Two");
    let second = onboard_tenant::run(realm, INITECH).await?;
    let id = first.organization.into_inner();
    assert_eq!(second.organization, Ensured::Existing(id.clone()));

    let organization = realm.organizations().id(&id);
    let members = organization.members().list().try_collect().await?;
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].id.as_ref(), Some(first.user.inner()));
    let found = realm
        .organizations()
        .find_by_domain("initech.example")
        .await?;
    assert_eq!(found.unwrap().id, Some(id));
    Ok(())
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_tenant_is_onboarded_once_with_phase_two() -> Result<(), Error> {
    let test = TestRealm::create_on(harness::phasetwo(), "onboard", |_| {}).await;
    let realm = test.get();
    let first = onboard_tenant::run(realm, INITECH).await?;
    let id = first.phasetwo.unwrap();
    assert!(id.is_created());
    let id = id.into_inner();
    let second = onboard_tenant::run(realm, INITECH).await?;
    assert_eq!(second.phasetwo, Some(Ensured::Existing(id.clone())));

    let organization = realm.phasetwo().organizations().id(&id);
    let owner = organization.roles().name("owner");
    assert!(owner.is_granted_to(first.user.inner()).await?);
    assert_eq!(organization.invitations().count().await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn signed_events_are_received() -> Result<(), Error> {
    let test = TestRealm::create_on(harness::phasetwo(), "webhooks-example", |realm| {
        realm.events_listeners = Some(vec!["ext-event-webhook".to_owned()]);
    })
    .await;
    let realm = test.get();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut types = Vec::new();
    let example = phasetwo_webhooks::run(realm, "s3cret", address, 1, |event| {
        types.push(event.type_.clone().unwrap_or_default());
    });
    let ended = tokio::time::timeout(Duration::from_secs(30), example).await;
    ended.expect("an event arrives").unwrap();
    assert_eq!(types, ["example.started"]);
    assert_eq!(
        realm.phasetwo().webhooks().count().await?,
        0,
        "it is deleted"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_not_signed_is_refused() {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut receiver = Receiver::start(address, "s3cret").await.unwrap();
    let url = Url::parse(&receiver.url()).unwrap();
    let post = async |header: &str| {
        let to = (url.host_str().unwrap(), url.port().unwrap());
        let mut client = TcpStream::connect(to).await.unwrap();
        let request = format!(
            "POST /keycloak HTTP/1.1\r\nHost: me\r\nConnection: close\r\n{header}\
             Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{{\"type\":\"a\"}}"
        );
        client.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        answer
    };
    for wrong in [
        "",
        "X-Keycloak-Signature: 00\r\n",
        "X-Keycloak-Signature: \r\n",
    ] {
        let answer = post(wrong).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    let answer = post(&format!("X-Keycloak-Signature: {SIGNATURE}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    // It is the first that there is: the others were not taken.
    assert_eq!(receiver.next().await.unwrap().type_.as_deref(), Some("a"));
}

/// `printf '{"type":"a"}' | openssl dgst -sha256 -hmac s3cret`
const SIGNATURE: &str = "feee1ad4675aabd46063e7ee8d8d5ea430bf9f5bc67eb173245c26f0fb488977";

#[test]
fn a_body_is_believed_only_with_its_signature() {
    use phasetwo_webhooks::is_signed;
    let signature = SIGNATURE.as_bytes();
    let body = br#"{"type":"a"}"#;
    assert!(is_signed("s3cret", signature, body));
    assert!(is_signed(
        "s3cret",
        SIGNATURE.to_uppercase().as_bytes(),
        body
    ));
    assert!(!is_signed("other", signature, body));
    assert!(!is_signed("s3cret", signature, br#"{"type":"b"}"#));
    for wrong in [
        "",
        "0",
        "zz",
        &SIGNATURE[..62],
        &SIGNATURE[..63],
        &format!("{SIGNATURE}00"),
    ] {
        assert!(!is_signed("s3cret", wrong.as_bytes(), body), "{wrong}");
    }
    assert!(!is_signed("s3cret", "é".repeat(32).as_bytes(), body));
}
