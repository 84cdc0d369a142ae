//! Tests of the commands, and of what the repository says about itself.

mod policy;
mod upgrades;
mod versions;
mod workflows;
