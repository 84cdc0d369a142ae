//! Authentication: credentials, the token endpoint, and the one access token that all callers of a session share.

mod access_token;
mod assertion;
mod credentials;
mod device;
pub(crate) mod token_cache;
mod token_endpoint;
mod token_source;

pub use access_token::{AccessToken, TokenProvider};
pub use assertion::{KeyAlgorithm, PrivateKey};
pub use credentials::Credentials;
pub(crate) use credentials::Grant;
pub use device::DeviceLogin;
pub use token_endpoint::TokenEndpoint;
pub(crate) use token_endpoint::TokenEndpointSettings;
pub(crate) use token_source::TokenSource;
