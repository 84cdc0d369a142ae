//! Authentication: credentials, the token endpoint, and the one access token that all callers of a session share.

mod access_token;
mod assertion;
mod credentials;
pub(crate) mod token_cache;
mod token_endpoint;
mod token_source;

pub use access_token::{AccessToken, TokenProvider};
pub use assertion::{KeyAlgorithm, PrivateKey};
pub use credentials::Credentials;
pub(crate) use token_endpoint::{TokenEndpoint, TokenEndpointSettings};
pub(crate) use token_source::TokenSource;
