//! Calls about several roles. Their answer (207) has a result for each role.

use keycloak_session::{ApiCall, Error, ErrorKind, Operation, Response};
use phasetwo_api::types::{BulkResponseItem, OrganizationRoleRepresentation};

/// The results of a bulk call, one for each role, in the order of the roles that were given. A role that failed did not stop the others.
pub type RoleResults = Vec<Result<OrganizationRoleRepresentation, Error>>;

/// Sends a call about these roles. An empty list sends nothing.
pub(super) async fn send<C>(
    call: C,
    roles: &[OrganizationRoleRepresentation],
) -> Result<RoleResults, Error>
where
    C: ApiCall<Operation: Operation<Output = Vec<BulkResponseItem>>>,
{
    if roles.is_empty() {
        return Ok(Vec::new());
    }
    let operation = C::Operation::INFO.id();
    let items = call.into_request().send::<C::Operation>().await;
    let items = items.map(Response::into_inner)?;
    // An item that failed does not name its role. Only its position in the list tells.
    if items.len() != roles.len() {
        let message = format!("{} results came for {} roles", items.len(), roles.len());
        return Err(Error::new(ErrorKind::Decode, message).with_operation(operation));
    }
    Ok(items
        .into_iter()
        .map(|item| result(item, operation))
        .collect())
}

fn result(
    item: BulkResponseItem,
    operation: &'static str,
) -> Result<OrganizationRoleRepresentation, Error> {
    match item.status.map(u16::try_from) {
        Some(Ok(200..=299)) => Ok(item.item.unwrap_or_default()),
        status => {
            let message = item.error.unwrap_or_default();
            let error = Error::new(ErrorKind::Status, message).with_operation(operation);
            Err(match status {
                Some(Ok(status)) => error.with_http_status(status),
                _ => error,
            })
        }
    }
}
