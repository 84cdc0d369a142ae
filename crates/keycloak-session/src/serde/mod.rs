//! serde: representations whose fields are all optional, and enumerations that stay open.

pub(crate) mod field;
pub(crate) mod memory;
pub(crate) mod merge;
pub(crate) mod open_enum;
pub(crate) mod representation;
#[cfg(feature = "schemars")]
pub(crate) mod schema;

/// Expands to nothing, because the feature `schemars` is off.
#[doc(hidden)]
#[macro_export]
#[cfg(not(feature = "schemars"))]
macro_rules! __if_schemars {
    ($($item:item)*) => {};
}

/// The text that `Debug` prints in place of a secret.
pub const REDACTED: &str = "<redacted>";
