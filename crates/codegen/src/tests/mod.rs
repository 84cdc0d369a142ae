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

use workspace::root;

use crate::sources::{Api, Specs};

/// The APIs of the workspace.
pub(crate) fn apis() -> Vec<Api> {
    Specs::read(&root().join("specs")).unwrap().all()
}
