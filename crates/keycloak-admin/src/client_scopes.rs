//! Client scopes, and which clients have them.
