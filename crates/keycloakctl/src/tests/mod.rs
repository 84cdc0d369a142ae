//! Tests of the whole tree.

pub(crate) mod given;
mod reachability;
mod recipes;
mod recorder;
mod tree;
