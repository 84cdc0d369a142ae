//! Server, on a real server.
