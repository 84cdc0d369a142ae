//! Tests that need a server of their own: it asks for certificates, is killed and started again, and leaves nothing at the end.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]

mod common;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use keycloak_admin::types::{
    ClientRepresentation, RealmRepresentation, RegexPolicyRepresentation,
    ScopePermissionRepresentation,
};
use keycloak_admin::{Credentials, Error, ErrorKind, Keycloak, SessionBuilder};
use keycloak_server::{Record, Server, ServerSpec};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// The time of the calls before the server is killed, and again after it is back. `KEYCLOAK_SOAK_SECONDS` changes it.
fn soak() -> Duration {
    let seconds = std::env::var("KEYCLOAK_SOAK_SECONDS");
    Duration::from_secs(
        seconds
            .ok()
            .and_then(|seconds| seconds.parse().ok())
            .unwrap_or(12),
    )
}

/// The time from one call of a caller to its next one. Callers without a pause would take the processors from everything else.
const PACE: Duration = Duration::from_millis(20);

/// A certificate authority, and what it has signed.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// A certificate and its private key, in PEM.
    fn sign(&self, name: &str, hosts: &[&str]) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        (
            params.signed_by(&key, &self.issuer).unwrap().pem(),
            key.serialize_pem(),
        )
    }
}

fn write(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

fn connect(server: &Server) -> Keycloak {
    let credentials = Credentials::password(server.admin_username(), server.admin_password());
    Keycloak::builder(server.url())
        .credentials(credentials)
        .build()
        .unwrap()
}

/// Starts a server that asks for certificates, and returns its port for https. If something has taken that port in the meantime, another one is
/// tried.
async fn start_with_certificates(folder: &Path, authority: &Authority) -> (Server, u16) {
    let (certificate, key) = authority.sign("localhost", &["localhost", "127.0.0.1"]);
    let options = [
        format!(
            "--https-certificate-file={}",
            write(folder, "server.pem", &certificate)
        ),
        format!(
            "--https-certificate-key-file={}",
            write(folder, "server.key", &key)
        ),
        "--https-client-auth=request".to_owned(),
        format!(
            "--truststore-paths={}",
            write(folder, "ca.pem", &authority.certificate)
        ),
        "--http-management-scheme=http".to_owned(),
    ];
    // The newest, or what KEYCLOAK_SOAK_VERSION says, such as 26.4.7. It has no optional features, because version 1 of the fine-grained
    // permissions would take the place of the client `admin-permissions`.
    let spec = match std::env::var("KEYCLOAK_SOAK_VERSION") {
        Ok(version) => ServerSpec::new(&version, false).unwrap(),
        Err(_) => ServerSpec::newest(),
    };
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let spec = spec.with_options(&options);
    for _ in 0..3 {
        let port = free_port();
        let spec = spec
            .clone()
            .with_options(&[&format!("--https-port={port}")]);
        let start = move || Server::start(&spec, &mut |_| {});
        match tokio::task::spawn_blocking(start).await.unwrap() {
            Err(error) if error.to_string().contains("Address already in use") => {}
            server => return (server.unwrap(), port),
        }
    }
    panic!("three ports were taken before the server used them");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Tests that take minutes.
mod nightly {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "starts a real Keycloak; run cargo xtask test --all"]
    async fn a_server_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("the authority of the test");
        let (mut server, port) = start_with_certificates(folder.path(), &authority).await;

        certificates_stand_for_clients(&server, &authority, port).await;
        admin_permissions_are_changed(&server).await.unwrap();
        assert!(is_listed(server.pid()));
        server = tokens_outlive_a_crash(server).await;
        tokio::task::spawn_blocking(move || stop_leaves_nothing_running(server))
            .await
            .unwrap();
    }
}

fn is_listed(pid: u32) -> bool {
    let records = Record::list().unwrap();
    records.iter().any(|record| record.pid == pid)
}

fn assert_nobody_listens(url: &str) {
    let address: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
    let refused = TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

fn stop_leaves_nothing_running(server: Server) {
    let (record, log) = (server.record().clone(), server.log_path());
    let urls = [server.url(), server.management_url()].map(str::to_owned);
    assert!(record.is_running());
    server.stop().unwrap();
    assert!(!record.is_running());
    assert!(!is_listed(record.pid));
    for url in urls {
        assert_nobody_listens(&url);
    }
    assert!(log.is_file());
    assert!(!log.with_file_name("home").exists());
}

/// mTLS: who the client is, is what its certificate says; the server is trusted for its authority.
async fn certificates_stand_for_clients(server: &Server, authority: &Authority, port: u16) {
    let keycloak = connect(server);
    let client = ClientRepresentation::new()
        .with_client_id("by-certificate")
        .with_client_authenticator_type("client-x509")
        .with_service_accounts_enabled(true)
        .with_attributes([
            ("x509.subjectdn", "CN=by-certificate"),
            ("x509.allow.regex.pattern.comparison", "false"),
        ]);
    keycloak
        .realm("master")
        .clients()
        .create(&client)
        .await
        .unwrap();

    let builder = || {
        Keycloak::builder(&format!("https://localhost:{port}"))
            .credentials(Credentials::mtls("by-certificate"))
            .root_certificate_pem(authority.certificate.as_bytes())
            .only_own_roots(true)
    };
    let log_in = async |builder: SessionBuilder<Keycloak>| -> Result<(), Error> {
        builder.build()?.session().access_token().await.map(drop)
    };
    let identity = |name: &str, by: &Authority| {
        let (certificate, key) = by.sign(name, &[]);
        format!("{certificate}{key}")
    };
    log_in(builder().client_identity_pem(identity("by-certificate", authority)))
        .await
        .unwrap();
    let tls13 = builder()
        .min_tls_version(keycloak_admin::TlsVersion::Tls13)
        .no_proxy();
    log_in(tls13.client_identity_pem(identity("by-certificate", authority)))
        .await
        .unwrap();

    let other_name = builder().client_identity_pem(identity("somebody", authority));
    assert!(log_in(other_name).await.unwrap_err().is_authentication());
    assert!(
        log_in(builder()).await.unwrap_err().is_authentication(),
        "without a certificate"
    );
    // Whose authority the server does not know.
    let stranger = Authority::new("another authority");
    let strange = builder().client_identity_pem(identity("by-certificate", &stranger));
    log_in(strange).await.unwrap_err();
    // And the other way round.
    let untrusting = Keycloak::builder(&format!("https://localhost:{port}"))
        .credentials(Credentials::mtls("by-certificate"))
        .root_certificate_pem(stranger.certificate.as_bytes())
        .only_own_roots(true);
    let error = log_in(untrusting).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    let advice = "(give the certificate of its authority to root_certificate_pem)";
    assert!(error.to_string().ends_with(advice), "{error}");
    let plain = Keycloak::builder(&format!("http://localhost:{port}"))
        .credentials(Credentials::mtls("by-certificate"));
    let error = log_in(plain).await.unwrap_err().to_string();
    let advice = "(if the server speaks https there, use https)";
    assert!(error.ends_with(advice), "{error}");
    let careless = Keycloak::builder(&format!("https://localhost:{port}"))
        .credentials(Credentials::mtls("by-certificate"))
        .danger_accept_invalid_certs(true)
        .client_identity_pem(identity("by-certificate", authority));
    log_in(careless).await.unwrap();
}

/// Tokens of five seconds, and a server that dies and comes back. While it runs, no call fails because of a missing token.
async fn tokens_outlive_a_crash(mut server: Server) -> Server {
    let admin = connect(&server);
    let realm = RealmRepresentation::new()
        .with_realm("soak")
        .with_enabled(true)
        .with_access_token_lifespan(5);
    admin.realms().create(&realm).await.unwrap();
    let soaked = admin.realm("soak");
    let sync = ClientRepresentation::new()
        .with_client_id("sync")
        .with_secret("s3cret")
        .with_service_accounts_enabled(true);
    let uuid = soaked.clients().create(&sync).await.unwrap();
    let account = soaked
        .client_by_uuid(&uuid)
        .get_service_account_user()
        .await
        .unwrap()
        .id
        .unwrap();
    common::repeat::make_realm_admin(&soaked, &account)
        .await
        .unwrap();

    let keycloak = Keycloak::builder(server.url())
        .credentials(Credentials::client_secret("sync", "s3cret"))
        .auth_realm("soak")
        .build()
        .unwrap();
    let is_out = Arc::new(AtomicBool::new(false));
    let is_over = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (keycloak, is_out, is_over) =
                (keycloak.clone(), Arc::clone(&is_out), Arc::clone(&is_over));
            tokio::spawn(async move {
                let (mut calls, mut failures) = (0, Vec::new());
                let mut pace = tokio::time::interval(PACE);
                pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                while !is_over.load(Ordering::SeqCst) {
                    pace.tick().await;
                    let was_out = is_out.load(Ordering::SeqCst);
                    let result = keycloak.realm("soak").get().await;
                    calls += 1;
                    if let Err(error) = result
                        && !was_out
                        && !is_out.load(Ordering::SeqCst)
                    {
                        failures.push(error.to_string());
                    }
                }
                (calls, failures)
            })
        })
        .collect();

    tokio::time::sleep(soak()).await;
    is_out.store(true, Ordering::SeqCst);
    let killed = Instant::now();
    let back = tokio::task::spawn_blocking(move || {
        server.kill();
        assert_nobody_listens(server.url());
        server.start_again(&mut |_| {}).map(|()| server)
    });
    let server = back.await.unwrap().unwrap();
    // A call that was sent into the outage may still be waiting for its end.
    let settled = connect(&server);
    settled.realm("soak").get().await.unwrap();
    is_out.store(false, Ordering::SeqCst);
    let outage = killed.elapsed();
    tokio::time::sleep(soak()).await;
    is_over.store(true, Ordering::SeqCst);

    let mut total = 0;
    for caller in callers {
        let (calls, failures) = caller.await.unwrap();
        assert_eq!(failures, [""; 0]);
        total += calls;
    }
    println!("{total} calls, {outage:?} without the server");
    assert!(total > 100, "{total}");
    server
}

/// A permission of the client `admin-permissions` is refused if it is written without its scopes, which Keycloak leaves out when it is read.
async fn admin_permissions_are_changed(server: &Server) -> Result<(), Error> {
    let keycloak = connect(server);
    let mut realm = RealmRepresentation::new().with_realm("admin-permissions");
    realm.admin_permissions_enabled = Some(true);
    keycloak.realms().create(&realm).await?;
    let realm = keycloak.realm("admin-permissions");
    let client = realm.clients().find_uuid("admin-permissions").await?;
    let authorization = realm.client_by_uuid(client.unwrap()).authorization();
    let policy = RegexPolicyRepresentation::new()
        .with_name("some")
        .with_pattern(".*")
        .with_target_claim("sub");
    let policy = authorization.regex_policies().create(&policy).await?;
    let permission = ScopePermissionRepresentation::new()
        .with_name("some may view users")
        .with_resource_type("Users")
        .with_scopes(["view"])
        .with_policies([policy.as_str()]);
    let id = authorization.scope_permissions().create(&permission);
    let id = id.await?;
    let permission = authorization.scope_permission(&id);
    let before = permission.get().fields("*").await?;
    permission
        .modify(|permission| permission.description = Some("for support".to_owned()))
        .await?;
    let mut after = permission.get().fields("*").await?;
    assert_eq!(after.description.take().as_deref(), Some("for support"));
    assert_eq!(after, before);
    let policies = authorization.policy(&id).list_associated_policies();
    assert_eq!(policies.await?[0].id, Some(policy));
    realm.delete().await
}
