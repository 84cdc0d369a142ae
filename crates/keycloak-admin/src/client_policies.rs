//! Client policies and client profiles.
