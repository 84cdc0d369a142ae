//! Roles, on a real server.
