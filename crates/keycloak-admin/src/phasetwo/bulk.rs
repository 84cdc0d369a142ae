//! Calls about several roles, which are answered with a result for each (207).

use keycloak_session::{BoxFuture, Error, ErrorKind, Operation};
use phasetwo_api::types::{BulkResponseItem, OrganizationRoleRepresentation};

use crate::Call;

/// What became of each role of a bulk call, in the order of what was given. One that failed did not stop the others.
pub type RoleResults = Vec<Result<OrganizationRoleRepresentation, Error>>;

/// Sends a call about these roles, unless there are none: then nothing is sent.
pub(super) fn send<B>(
    call: Call<B>,
    roles: &[OrganizationRoleRepresentation],
) -> BoxFuture<'static, Result<RoleResults, Error>>
where
    B: Operation<Output = Vec<BulkResponseItem>>,
{
    let count = roles.len();
    Box::pin(async move {
        if count == 0 {
            return Ok(Vec::new());
        }
        let items = call.await?;
        // An item that failed does not say what it was about: its place does.
        if items.len() != count {
            let message = format!("{} results came for {count} roles", items.len());
            return Err(Error::new(ErrorKind::Decode, message).with_operation(B::INFO.id()));
        }
        Ok(items.into_iter().map(result::<B>).collect())
    })
}

fn result<B: Operation>(item: BulkResponseItem) -> Result<OrganizationRoleRepresentation, Error> {
    match item.status.map(u16::try_from) {
        Some(Ok(200..=299)) => Ok(item.item.unwrap_or_default()),
        status => {
            let message = item.error.unwrap_or_default();
            let error = Error::new(ErrorKind::Status, message).with_operation(B::INFO.id());
            Err(match status {
                Some(Ok(status)) => error.with_http_status(status),
                _ => error,
            })
        }
    }
}
