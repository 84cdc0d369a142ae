//! Makes a service account that proves itself with a private key, and uses it: what a service should log in with, instead of an administrator's
//! password.
//!
//! ```text
//! openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
//! openssl req -x509 -key key.pem -subj /CN=user-sync -days 3650 -out certificate.pem
//! cargo run -p keycloak-admin --example service_account -- acme user-sync key.pem certificate.pem
//! ```

mod common;

use std::error::Error;

use keycloak_admin::clients::CertificateFile;
use keycloak_admin::types::ClientRepresentation;
use keycloak_admin::{Credentials, KeyAlgorithm, Keycloak, PrivateKey};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let [realm, client_id, key, certificate] =
        common::arguments(["REALM", "CLIENT_ID", "KEY", "CERTIFICATE"]);
    let (key, certificate) = (std::fs::read(key)?, std::fs::read(certificate)?);
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
    let client = ClientRepresentation {
        client_id: Some(client_id.to_owned()),
        client_authenticator_type: Some("client-jwt".to_owned()),
        service_accounts_enabled: Some(true),
        standard_flow_enabled: Some(false),
        ..Default::default()
    };
    let uuid = realm
        .clients()
        .create(&client)
        .exist_ok()
        .await?
        .into_inner();
    let client = realm.clients().uuid(&uuid);
    let certificate = CertificateFile::certificate_pem(certificate);
    client
        .certificate("jwt.credential")
        .upload(&certificate)
        .await?;

    let account = client
        .service_account_user()
        .await?
        .id
        .ok_or("an account has an id")?;
    let management = realm
        .clients()
        .uuid_by_client_id("realm-management")
        .await?;
    let management = management.ok_or("the realm has no client `realm-management`")?;
    let view_users = realm
        .clients()
        .uuid(&management)
        .roles()
        .name("view-users")
        .get()
        .await?;
    realm
        .users()
        .id(&account)
        .client_roles(&management)
        .add(&[view_users])
        .await?;

    let key = PrivateKey::from_pem(KeyAlgorithm::Es256, key)?;
    let service = Keycloak::builder(admin.session().base_url())
        .credentials(Credentials::private_key_jwt(client_id, key))
        .auth_realm(realm_name)
        .build()?;
    Ok(service)
}
