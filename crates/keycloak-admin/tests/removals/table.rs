//! The table that `modify` uses.

#[path = "../../src/removals/table.rs"]
mod rows;

/// The form of a field in a PUT that removes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    LeftOut,
    Null,
    EmptyText,
    EmptyList,
    EmptyMap,
}

type Rows = [(&'static str, Form)];

/// The form that removes a field, or a key of a map, by its path.
pub(crate) fn form(operation: &str, path: &str) -> Option<Form> {
    let (_, rows) = rows::REMOVALS.iter().find(|(call, _)| *call == operation)?;
    rows.iter()
        .find(|(row, _)| *row == path)
        .map(|(_, form)| *form)
}
