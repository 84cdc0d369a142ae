//! From an OpenAPI document to the files of a crate: corrections, names, passes, preflight, progenitor, emit. `cargo xtask` has the commands.

// `pub` in a private module says what it offers to the others.
#![allow(unreachable_pub)]

pub mod commands;
pub mod descriptions;
pub mod diff;
pub mod document;
mod emit;
pub mod gaps;
mod hidden;
pub mod json_schema;
pub mod names;
pub mod operations;
pub mod output;
mod overlay;
mod passes;
pub mod pipeline;
mod preflight;
pub mod sources;
mod surface;
#[cfg(test)]
mod tests;
pub mod versions;

pub use emit::Files;
