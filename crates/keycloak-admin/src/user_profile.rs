//! The user profile: which attributes users have.
