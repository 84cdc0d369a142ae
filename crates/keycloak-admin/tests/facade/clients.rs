//! Clients, on a real server.
