//! Which roles users and groups have, and which roles are in the scope of clients and client scopes.
