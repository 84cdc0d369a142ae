//! Protocol mappers, on a real server.
