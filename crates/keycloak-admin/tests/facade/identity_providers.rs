//! Identity providers, on a real server.
