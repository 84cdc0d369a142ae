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

use std::sync::LazyLock;

use workspace::root;

use crate::emit::Files;
use crate::pipeline::Input;
use crate::sources::{Api, Specs};

/// The APIs of the workspace.
pub(crate) fn apis() -> Vec<Api> {
    Specs::read(&root().join("specs")).unwrap().all()
}

/// The files that are generated for each API of the workspace. The tests share them, because they take seconds.
pub(crate) static GENERATED: LazyLock<Vec<(Api, Files)>> = LazyLock::new(|| {
    let generate = |api: Api| {
        let (files, _) = Input::read(&api).unwrap().generate().unwrap();
        (api, files)
    };
    apis().into_iter().map(generate).collect()
});
