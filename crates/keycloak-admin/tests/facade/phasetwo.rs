//! Phasetwo, on a real server.
