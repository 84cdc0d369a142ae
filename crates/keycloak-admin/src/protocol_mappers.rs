//! Protocol mappers of clients and client scopes.
