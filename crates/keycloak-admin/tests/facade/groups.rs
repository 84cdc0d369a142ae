//! Groups, on a real server.
