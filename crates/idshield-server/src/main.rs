//! Serves IDShield's user API at `IDSHIELD_LISTEN`, by default `127.0.0.1:8090`, on the Keycloak at `KEYCLOAK_URL`.

use std::env;
use std::error::Error;

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let keycloak =
        env::var("KEYCLOAK_URL").map_err(|_| "set KEYCLOAK_URL to Keycloak's address")?;
    let address = env::var("IDSHIELD_LISTEN").unwrap_or_else(|_| "127.0.0.1:8090".to_owned());
    let listener = TcpListener::bind(&address).await?;
    println!("IDShield at http://{}", listener.local_addr()?);
    axum::serve(listener, idshield_server::router(&keycloak)).await?;
    Ok(())
}
