//! Sessions, on a real server.
