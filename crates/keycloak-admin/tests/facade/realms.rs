//! Realms, on a real server.
