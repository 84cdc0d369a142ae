//! The source of a session's tokens: Keycloak's token endpoint, or a provider of the caller's own.

use crate::auth::access_token::{AccessToken, TokenProvider};
use crate::auth::token_endpoint::TokenEndpoint;
use crate::error::Error;
use crate::time::BoxFuture;

/// The token endpoint or the provider that a session gets its tokens from.
pub(crate) enum TokenSource {
    Endpoint(Box<TokenEndpoint>),
    Provider(Box<dyn TokenProvider>),
}

impl TokenSource {
    /// Gets a new token. See [`TokenProvider::token`].
    pub(crate) fn token(
        &self,
        previous: Option<AccessToken>,
    ) -> BoxFuture<'_, Result<AccessToken, Error>> {
        match self {
            Self::Endpoint(endpoint) => Box::pin(endpoint.obtain(previous)),
            Self::Provider(provider) => provider.token(previous),
        }
    }

    /// Ends the sessions that these tokens belong to, and those that the endpoint itself remembers. All are tried; the last failure is returned.
    pub(crate) fn logout(&self, tokens: Vec<AccessToken>) -> BoxFuture<'_, Result<(), Error>> {
        match self {
            Self::Endpoint(endpoint) => Box::pin(endpoint.logout(tokens)),
            Self::Provider(provider) => Box::pin(async move {
                let mut result = Ok(());
                for token in tokens {
                    result = provider.logout(token).await.and(result);
                }
                result
            }),
        }
    }
}
