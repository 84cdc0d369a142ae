//! Tests of the committed specs and of what is generated from them.

mod golden;
mod inputs;
mod names;
mod overlay_actions;
mod proof;
mod public_api;
mod snapshots;
mod versions;
