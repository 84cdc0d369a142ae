//! Role mappings, on a real server.
