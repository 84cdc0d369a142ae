//! Authorization, on a real server.
