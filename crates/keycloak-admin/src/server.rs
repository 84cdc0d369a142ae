//! The server itself: what it is made of.
