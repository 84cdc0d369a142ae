//! Tests of the committed specs and of what is generated from them.

mod described;
mod fuzz;
mod golden;
mod inputs;
mod names;
mod overlay_actions;
mod proof;
mod prose;
mod secrets;
mod snapshots;
