//! Assertions with which a client proves who it is (RFC 7523).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use secrecy::SecretString;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind};

/// The lifetime of an assertion, in seconds. Keycloak refuses a longer one.
const LIFETIME: u64 = 60;

/// The algorithm that a private key signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// RSA with PKCS#1 v1.5 and SHA-256.
    Rs256,
    /// RSA with PSS and SHA-256.
    Ps256,
    /// ECDSA on the curve P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

/// A client's private key, for [`Credentials::private_key_jwt`](crate::Credentials::private_key_jwt). `Debug` prints no secret.
#[derive(Clone)]
pub struct PrivateKey {
    algorithm: KeyAlgorithm,
    key: Arc<EncodingKey>,
    id: Option<String>,
}

impl PrivateKey {
    /// A key in PEM: PKCS#8, or for RSA also PKCS#1.
    ///
    /// Fails with [`ErrorKind::Configuration`] if it is not a key for the algorithm.
    pub fn from_pem(algorithm: KeyAlgorithm, pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        let pem = pem.as_ref();
        let key = match algorithm {
            KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 => EncodingKey::from_rsa_pem(pem),
            KeyAlgorithm::Es256 => EncodingKey::from_ec_pem(pem),
            KeyAlgorithm::EdDsa => EncodingKey::from_ed_pem(pem),
        };
        // The library's message is left out: it might quote the key.
        let key = key.map_err(|_| {
            let message = format!("the private key is not PEM of a key for {algorithm:?}");
            Error::new(ErrorKind::Configuration, message)
        })?;
        let key = Self {
            algorithm,
            key: Arc::new(key),
            id: None,
        };
        // A key of another kind is found here, and not when the first call logs in.
        SigningKey::from(key.clone()).sign("check", "check")?;
        Ok(key)
    }

    /// Like [`from_pem`](Self::from_pem), from a file, which is read once.
    pub fn from_pem_file(algorithm: KeyAlgorithm, path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let pem = std::fs::read(path).map_err(|error| {
            let message = format!("the private key cannot be read from {}", path.display());
            Error::new(ErrorKind::Configuration, message).with_source(error)
        })?;
        Self::from_pem(algorithm, pem)
    }

    /// Sets the key's id (`kid`), if Keycloak knows several keys of the client.
    #[must_use]
    pub fn with_key_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("algorithm", &self.algorithm)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The source of a client's assertions.
#[derive(Clone)]
pub(crate) enum AssertionSource {
    /// This client signs them.
    Key(SigningKey),
    /// Somebody else writes them to a file. It is read for each.
    File(PathBuf),
}

impl AssertionSource {
    /// Returns the assertion for a token request.
    pub(crate) async fn assertion(
        &self,
        client_id: &str,
        audience: &str,
    ) -> Result<SecretString, Error> {
        match self {
            Self::Key(key) => key.sign(client_id, audience),
            Self::File(path) => read_assertion(path.clone()).await,
        }
    }
}

/// Reads an assertion from a file, in a thread of its own: a file that blocks, such as a pipe, holds up neither the runtime nor its shutdown.
async fn read_assertion(path: PathBuf) -> Result<SecretString, Error> {
    let message = format!("the assertion cannot be read from {}", path.display());
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || sender.send(std::fs::read_to_string(path)));
    let lost = |_| Err(std::io::Error::other("the thread that reads it died"));
    match receiver.await.unwrap_or_else(lost) {
        Ok(text) => Ok(text.trim().to_owned().into()),
        Err(error) => Err(Error::new(ErrorKind::Authentication, message).with_source(error)),
    }
}

/// A private key, or a secret that both sides know.
#[derive(Clone)]
pub(crate) struct SigningKey {
    algorithm: Algorithm,
    /// `None` if there is nothing to sign with: the secret is empty.
    key: Option<Arc<EncodingKey>>,
    id: Option<String>,
}

impl SigningKey {
    pub(crate) fn from_secret(secret: &str) -> Self {
        Self {
            algorithm: Algorithm::HS256,
            key: EncodingKey::from_secret(secret.as_bytes())
                .ok()
                .map(Arc::new),
            id: None,
        }
    }

    /// Signs an assertion. No two are the same, because Keycloak takes each one once.
    fn sign(&self, client_id: &str, audience: &str) -> Result<SecretString, Error> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let claims = Claims {
            iss: client_id,
            sub: client_id,
            aud: audience,
            jti: format!("{:032x}", fastrand::u128(..)),
            iat: now.as_secs(),
            exp: now.as_secs() + LIFETIME,
        };
        let header = Header {
            kid: self.id.clone(),
            ..Header::new(self.algorithm)
        };
        let Some(key) = &self.key else {
            let message = "the assertion cannot be signed: the client's secret is empty";
            return Err(Error::new(ErrorKind::Configuration, message));
        };
        let signed = encode(&header, &claims, key);
        signed.map(SecretString::from).map_err(|_| {
            let message = "the assertion cannot be signed: the key is not one for its algorithm";
            Error::new(ErrorKind::Configuration, message)
        })
    }
}

impl From<PrivateKey> for SigningKey {
    fn from(key: PrivateKey) -> Self {
        Self {
            algorithm: match key.algorithm {
                KeyAlgorithm::Rs256 => Algorithm::RS256,
                KeyAlgorithm::Ps256 => Algorithm::PS256,
                KeyAlgorithm::Es256 => Algorithm::ES256,
                KeyAlgorithm::EdDsa => Algorithm::EdDSA,
            },
            key: Some(key.key),
            id: key.id,
        }
    }
}

/// The claims of RFC 7523, 3; times in epoch seconds.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: String,
    iat: u64,
    exp: u64,
}
