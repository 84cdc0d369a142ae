//! Makes a service account that logs in with a private key, and uses it. A service should log in like this, and not with an administrator's
//! password.
//!
//! ```text
//! openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
//! openssl req -x509 -key key.pem -subj /CN=user-sync -days 3650 -out certificate.pem
//! cargo run -p keycloak-admin --example service_account -- acme user-sync key.pem certificate.pem
//! ```

mod common;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use clap::Parser;
use keycloak_admin::clients::CertificateFile;
use keycloak_admin::types::ClientRepresentation;
use keycloak_admin::{Credentials, KeyAlgorithm, Keycloak, PrivateKey};

/// Makes a service account that logs in with a private key, and uses it. A service should log in like this, and not with an administrator's
/// password.
#[derive(Parser)]
struct Args {
    /// The name of the realm.
    realm: String,
    /// The client of the service account.
    client_id: String,
    /// The file with its private key, in PEM.
    key: PathBuf,
    /// The file with the certificate of the key, in PEM.
    certificate: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let (realm, client_id) = (args.realm, args.client_id);
    let (key, certificate) = (fs::read(args.key)?, fs::read(args.certificate)?);
    let service = run(&common::connect()?, &realm, &client_id, &key, &certificate).await?;
    let users = service.realm(&realm).users().count().await?;
    println!("{client_id} sees {users} users of {realm}");
    Ok(())
}

/// A client of the server as the service account, which may see the realm's users and nothing else.
pub async fn run(
    admin: &Keycloak,
    realm_name: &str,
    client_id: &str,
    key: &[u8],
    certificate: &[u8],
) -> Result<Keycloak, Box<dyn Error>> {
    let realm = admin.realm(realm_name);
    let client = ClientRepresentation::new()
        .with_client_id(client_id)
        .with_client_authenticator_type("client-jwt")
        .with_service_accounts_enabled(true)
        .with_standard_flow_enabled(false);
    let uuid = realm.clients().create(&client).exist_ok().await?.into_id();
    let client = realm.client_by_uuid(&uuid);
    let certificate = CertificateFile::certificate_pem(certificate);
    client
        .certificate("jwt.credential")
        .upload(&certificate)
        .await?;

    let account = client
        .get_service_account_user()
        .await?
        .id
        .ok_or("an account has an id")?;
    realm
        .user(&account)
        .client_roles("realm-management")
        .add_by_name(["view-users"])
        .await?;

    let key = PrivateKey::from_pem(KeyAlgorithm::Es256, key)?;
    let service = Keycloak::builder(admin.session().base_url())
        .credentials(Credentials::private_key_jwt(client_id, key))
        .auth_realm(realm_name);
    let service = common::trusting(service)?.build()?;
    Ok(service)
}
