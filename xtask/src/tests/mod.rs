//! Tests of the committed specs and of what is generated from them.

mod names;
mod public_api;
mod snapshots;
mod versions;
