//! Tests of the whole tree.

pub(crate) mod given;
mod reachability;
mod recorder;
mod tree;
