//! Every kind of credentials, on a real server: that it is accepted, and what is said of a wrong, expired, replayed or revoked one.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::common::TestRealm;
use keycloak_admin::clients::CertificateFile;
use keycloak_admin::types::{
    ClientRepresentation, CredentialRepresentation, RealmRepresentation, UserRepresentation,
};
use keycloak_admin::{Credentials, Error, KeyAlgorithm, PrivateKey};
use rcgen::{CertificateParams, KeyPair};

/// A client with a service account that proves itself in this way.
fn client(client_id: &str, authenticator: &str) -> ClientRepresentation {
    ClientRepresentation::new()
        .with_client_id(client_id)
        .with_secret("a secret that is long enough to sign with")
        .with_client_authenticator_type(authenticator)
        .with_service_accounts_enabled(true)
        .with_direct_access_grants_enabled(true)
}

const SECRET: &str = "a secret that is long enough to sign with";

async fn log_in(test: &TestRealm, credentials: Credentials) -> Result<(), Error> {
    test.connect(credentials)
        .session()
        .access_token()
        .await
        .map(drop)
}

/// The OAuth code with which these credentials are refused.
async fn refusal(test: &TestRealm, credentials: Credentials) -> String {
    let error = log_in(test, credentials).await.unwrap_err();
    assert!(error.is_authentication(), "{error}");
    error.error_code().unwrap_or_default().to_owned()
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn secrets_are_accepted_in_every_form() {
    let test = TestRealm::create("credentials-secret").await;
    test.get()
        .clients()
        .create(&client("a b:é", "client-secret"))
        .await
        .unwrap();
    test.get()
        .clients()
        .create(&client("signer", "client-secret-jwt"))
        .await
        .unwrap();
    log_in(&test, Credentials::client_secret("a b:é", SECRET))
        .await
        .unwrap();
    log_in(&test, Credentials::client_secret_post("a b:é", SECRET))
        .await
        .unwrap();
    log_in(&test, Credentials::client_secret_jwt("signer", SECRET))
        .await
        .unwrap();

    let codes = ["invalid_client", "unauthorized_client"];
    for wrong in [
        Credentials::client_secret("a b:é", "wrong"),
        Credentials::client_secret_post("a b:é", "wrong"),
        Credentials::client_secret_jwt("signer", "another secret that is long enough to sign with"),
        Credentials::client_secret("nobody", SECRET),
    ] {
        let code = refusal(&test, wrong.clone()).await;
        assert!(codes.contains(&code.as_str()), "{wrong:?}: {code}");
    }
}

/// A key for the algorithm, with its certificate.
fn key(algorithm: KeyAlgorithm) -> (KeyPair, String) {
    let kind = match algorithm {
        KeyAlgorithm::Es256 => &rcgen::PKCS_ECDSA_P256_SHA256,
        KeyAlgorithm::EdDsa => &rcgen::PKCS_ED25519,
        _ => &rcgen::PKCS_RSA_SHA256,
    };
    let key = KeyPair::generate_for(kind).unwrap();
    let certificate = CertificateParams::new(vec!["client".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap().pem();
    (key, certificate)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn assertions_are_accepted_from_the_key_that_is_registered() {
    let test = TestRealm::create("credentials-jwt").await;
    let realm = test.get();
    for (algorithm, name) in [
        (KeyAlgorithm::Rs256, "RS256"),
        (KeyAlgorithm::Ps256, "PS256"),
        (KeyAlgorithm::Es256, "ES256"),
        (KeyAlgorithm::EdDsa, "EdDSA"),
    ] {
        let mut signer = client(name, "client-jwt");
        signer.attributes = Some(BTreeMap::from([(
            "token.endpoint.auth.signing.alg".to_owned(),
            name.to_owned(),
        )]));
        let uuid = realm.clients().create(&signer).await.unwrap();
        let (pair, certificate) = key(algorithm);
        let file = CertificateFile::certificate_pem(certificate);
        let registered = realm.client_by_uuid(&uuid).certificate("jwt.credential");
        registered.upload(&file).await.unwrap();

        let private = PrivateKey::from_pem(algorithm, pair.serialize_pem()).unwrap();
        let credentials = Credentials::private_key_jwt(name, private.clone());
        log_in(&test, credentials.clone())
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        // A second login has an assertion of its own.
        log_in(&test, credentials.clone()).await.unwrap();

        let (other, _) = key(algorithm);
        let other = PrivateKey::from_pem(algorithm, other.serialize_pem()).unwrap();
        let code = refusal(&test, Credentials::private_key_jwt(name, other)).await;
        assert!(
            ["invalid_client", "unauthorized_client"].contains(&code.as_str()),
            "{name}: {code}"
        );
        let elsewhere = credentials.with_assertion_audience("https://elsewhere.example.com");
        assert_eq!(refusal(&test, elsewhere).await, "invalid_client", "{name}");
    }
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn an_assertion_is_accepted_once() {
    let test = TestRealm::create("credentials-replay").await;
    test.get()
        .clients()
        .create(&client("signer", "client-secret-jwt"))
        .await
        .unwrap();
    // An assertion that another party has signed, in a file.
    let file = std::env::temp_dir().join(format!("assertion-{}", std::process::id()));
    let issuer = format!(
        "{}/realms/{}",
        test.keycloak.session().base_url(),
        test.name
    );
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let sign = |expires: u64| {
        let claims = serde_json::json!({"iss": "signer", "sub": "signer", "aud": issuer, "jti": format!("{expires}-{}", fastrand::u64(..)), "iat": now, "exp": expires});
        let key = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes()).unwrap();
        jsonwebtoken::encode(
            &jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256),
            &claims,
            &key,
        )
        .unwrap()
    };
    let credentials = Credentials::assertion_file("signer", &file);
    std::fs::write(&file, sign(now + 50)).unwrap();
    log_in(&test, credentials.clone()).await.unwrap();
    assert_eq!(
        refusal(&test, credentials.clone()).await,
        "invalid_client",
        "replayed"
    );
    std::fs::write(&file, sign(now - 120)).unwrap();
    assert_eq!(
        refusal(&test, credentials.clone()).await,
        "invalid_client",
        "expired"
    );
    std::fs::write(&file, sign(now + 50)).unwrap();
    log_in(&test, credentials).await.unwrap();
    std::fs::remove_file(file).unwrap();
}

fn ann() -> UserRepresentation {
    crate::common::person("ann").with_credentials([CredentialRepresentation::new()
        .with_type("password")
        .with_value("pass")])
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_logout_ends_the_session_and_its_refresh_token() {
    let test = TestRealm::create("credentials-logout").await;
    let realm = test.get();
    let id = realm.users().create(&ann()).await.unwrap();
    realm
        .clients()
        .create(&client("app", "client-secret"))
        .await
        .unwrap();
    let login = Credentials::password("ann", "pass")
        .with_client_id("app")
        .with_client_secret(SECRET);
    let session = test.connect(login);
    session.session().access_token().await.unwrap();
    assert_eq!(realm.user(&id).list_sessions().await.unwrap().len(), 1);
    session.logout().await.unwrap();
    assert_eq!(realm.user(&id).list_sessions().await.unwrap().len(), 0);
    session.session().access_token().await.unwrap();
    assert_eq!(
        realm.user(&id).list_sessions().await.unwrap().len(),
        1,
        "logged in anew"
    );
    // Ended on the server: the refresh token is dead, and so there is a new login.
    realm.user(&id).logout().await.unwrap();
    session.session().forget_token();
    session.session().access_token().await.unwrap();
    assert_eq!(realm.user(&id).list_sessions().await.unwrap().len(), 1);

    let code = refusal(
        &test,
        Credentials::refresh_token("app", "no token").with_client_secret(SECRET),
    )
    .await;
    assert_eq!(code, "invalid_grant");
    // A service account has no session.
    let service = test.connect(Credentials::client_secret("app", SECRET));
    service.session().access_token().await.unwrap();
    service.logout().await.unwrap();
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn tokens_are_exchanged() {
    let test = TestRealm::create("credentials-exchange").await;
    let realm = test.get();
    realm.users().create(&ann()).await.unwrap();
    let mut service = client("service", "client-secret");
    service.attributes = Some(BTreeMap::from([(
        "standard.token.exchange.enabled".to_owned(),
        "true".to_owned(),
    )]));
    let uuid = realm.clients().create(&service).await.unwrap();
    let audience = keycloak_admin::types::ProtocolMapperRepresentation::new()
        .with_name("audience")
        .with_protocol("openid-connect")
        .with_protocol_mapper("oidc-audience-mapper")
        .with_config([
            ("included.client.audience", "service"),
            ("access.token.claim", "true"),
        ]);
    realm
        .client_by_uuid(&uuid)
        .protocol_mappers()
        .create(&audience)
        .await
        .unwrap();
    let user = test.connect(
        Credentials::password("ann", "pass")
            .with_client_id("service")
            .with_client_secret(SECRET),
    );
    let token = user.session().access_token().await.unwrap();
    let exchanged = Credentials::token_exchange("service", SECRET, token.secret());
    log_in(&test, exchanged).await.unwrap();
    let code = refusal(
        &test,
        Credentials::token_exchange("service", SECRET, "no token"),
    )
    .await;
    assert!(
        ["invalid_token", "invalid_request"].contains(&code.as_str()),
        "{code}"
    );
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn short_tokens_are_renewed_before_they_end() {
    const LIFETIME: Duration = Duration::from_secs(5);
    let test = TestRealm::create_with("credentials-short", |realm: &mut RealmRepresentation| {
        realm.access_token_lifespan = Some(5);
    })
    .await;
    let realm = test.get();
    let uuid = realm
        .clients()
        .create(&client("sync", "client-secret"))
        .await
        .unwrap();
    let account = realm
        .client_by_uuid(&uuid)
        .get_service_account_user()
        .await
        .unwrap()
        .id
        .unwrap();
    crate::common::repeat::make_realm_admin(&realm, &account)
        .await
        .unwrap();
    let keycloak = test.connect(Credentials::client_secret("sync", SECRET));
    let started = Instant::now();
    let mut tokens: Vec<(String, Instant)> = Vec::new();
    // Calls without a pause would take the processors from everything else.
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while tokens.len() < 4 {
        pace.tick().await;
        keycloak.realm(&test.name).get().await.unwrap();
        let asked = Instant::now();
        let token = keycloak.session().access_token().await.unwrap();
        match tokens.last() {
            Some((last, since)) if last == token.secret() => {
                let age = asked.duration_since(*since);
                assert!(age < LIFETIME, "a token is {age:?} old");
            }
            _ => tokens.push((token.secret().to_owned(), Instant::now())),
        }
    }
    // A new one every four seconds: a fifth of its life before its end. Keycloak may cut a second off when it rounds.
    assert!(started.elapsed() > 3 * Duration::from_secs(3));
}

/// The code of RFC 6238 for this moment: SHA-256, six digits, thirty seconds.
fn code(secret: &[u8]) -> String {
    use hmac::{KeyInit as _, Mac as _};
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
    mac.update(&(now / 30).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[31] & 15);
    let number = u32::from_be_bytes(digest[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[tokio::test]
#[ignore = "needs a real Keycloak; run cargo xtask test"]
async fn a_second_factor_goes_with_the_password() {
    const OTP: &str = "twenty bytes or more";
    let test = TestRealm::create("credentials-totp").await;
    let mut ann = ann();
    ann.credentials.get_or_insert_default().push(
        CredentialRepresentation::new()
            .with_type("otp")
            .with_secret_data(format!(r#"{{"value":"{OTP}"}}"#))
            .with_credential_data(
                r#"{"subType":"totp","digits":6,"period":30,"counter":0,"algorithm":"HmacSHA256"}"#,
            ),
    );
    test.get().users().create(&ann).await.unwrap();
    let password = Credentials::password("ann", "pass");
    assert_eq!(
        refusal(&test, password.clone()).await,
        "invalid_grant",
        "without a code"
    );
    let wrong = password.clone().with_totp(|| "000000".to_owned());
    assert_eq!(refusal(&test, wrong).await, "invalid_grant");
    log_in(&test, password.with_totp(|| code(OTP.as_bytes())))
        .await
        .unwrap();
}
