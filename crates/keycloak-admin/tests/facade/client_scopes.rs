//! Client scopes, on a real server.
