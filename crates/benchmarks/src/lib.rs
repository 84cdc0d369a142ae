//! Measures what calls cost (`cargo xtask bench`) and what it costs to build this client (`cargo xtask metrics`).
//!
//! It depends on none of the clients that it measures: they are programs of `benchmark-clients`, so that nothing of the measuring is in them.

// `pub` in a private module says what it offers to the others.
#![allow(unreachable_pub)]

pub mod bench;
mod bulk;
mod config;
mod docs;
mod instructions;
mod keycloakctl;
mod machine;
pub mod metrics;
mod peers;
mod plan;
mod process;
mod real;
mod resources;
mod results;
mod runs;
mod sections;
mod targets;
