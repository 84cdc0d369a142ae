//! Attack detection, on a real server.
