//! Keycloak's own organisations. Those of Phase Two are in [`phasetwo`](crate::phasetwo).
