//! Organizations, on a real server.
