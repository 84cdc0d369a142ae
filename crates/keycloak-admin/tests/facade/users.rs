//! Users, on a real server.
