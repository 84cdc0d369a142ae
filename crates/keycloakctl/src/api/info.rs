//! The facts of an operation, as the library takes them.

use keycloak_session::OperationInfo;

use super::Operation;

/// Returns the facts of an operation. They are never freed.
pub(super) fn of(operation: &Operation) -> &'static OperationInfo {
    let mut info = OperationInfo::new(operation.id, operation.method, operation.path);
    if let Some(accept) = operation.accept {
        info = info.accept(accept);
    } else if operation.answer.is_none() {
        info = info.accepts_anything();
    }
    if let Some(key) = operation.answer_key {
        info = info.answer_field(key);
    }
    let mut parameters = operation.path_parameters.iter();
    if let Some(parameter) = parameters.find(|parameter| parameter.multi_segment) {
        info = info.multi_segment(parameter.name);
    }
    let required = operation.query.iter().filter(|query| query.required);
    let required: Vec<&'static str> = required.map(|query| query.name).collect();
    if !required.is_empty() {
        info = info.requires(required.leak());
    }
    if operation.body.as_ref().is_some_and(|body| !body.optional) {
        info = info.requires_body();
    }
    if operation.renews_token {
        info = info.renews_token();
    }
    if operation.idempotent {
        info = info.idempotent();
    }
    if !operation.lost_race.is_empty() {
        info = info.loses_races_with(operation.lost_race.clone().leak());
    }
    Box::leak(Box::new(info))
}
