//! Components, on a real server.
