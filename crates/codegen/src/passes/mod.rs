//! Normalisation: small, named, ordered rules that bring any document into the shape the generator takes.
//!
//! The overlay holds facts about one document; a pass holds a rule about all of them.

// All passes have one signature, also those that cannot fail.
#![allow(clippy::unnecessary_wraps)]

use anyhow::{Context, Result};
use serde_json::Value;

mod all_of;
mod defaults;
mod nullable_collections;
mod optional_properties;
mod path_item_parameters;
mod path_parameters;
mod plain_scalars;
mod references;
mod request_media_type;
mod response_shape;
mod schema_names;
pub(crate) mod secrets;
mod tags;

/// One rule.
pub struct Pass {
    /// Its name in the printed counts.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    run: fn(&mut Value) -> Result<usize>,
}

/// All passes in the order in which they run.
pub const PASSES: &[Pass] = &[
    schema_names::PASS,
    all_of::PASS,
    tags::PASS,
    references::PASS,
    path_item_parameters::PASS,
    path_parameters::PASS,
    request_media_type::PASS,
    response_shape::PASS,
    defaults::PASS,
    plain_scalars::PASS,
    optional_properties::PASS,
    nullable_collections::PASS,
    secrets::PASS,
];

/// The effect of a step of the pipeline.
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// The number of its changes.
    pub changed: usize,
}

/// Runs all passes in order.
pub fn normalise(document: &mut Value) -> Result<Vec<Step>> {
    PASSES
        .iter()
        .map(|pass| {
            Ok(Step {
                name: pass.name,
                about: pass.about,
                changed: (pass.run)(document).with_context(|| format!("pass `{}`", pass.name))?,
            })
        })
        .collect()
}

/// Runs one pass on a document and returns both: for the passes' own tests.
#[cfg(test)]
fn after(pass: &Pass, mut document: Value) -> (Value, usize) {
    let changed = (pass.run)(&mut document).unwrap();
    (document, changed)
}
