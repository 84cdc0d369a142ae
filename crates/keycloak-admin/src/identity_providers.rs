//! Identity providers and their mappers.
