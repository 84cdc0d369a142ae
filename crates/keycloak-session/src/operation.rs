//! What an operation is: its fixed facts, and the traits its builder implements.

use serde::Serialize;

use crate::{Request, Sending, path};

/// The fixed facts of one operation: id, method, path template.
///
/// ```
/// use keycloak_session::OperationInfo;
///
/// static GET_USER: OperationInfo =
///     OperationInfo::new("get_user", "GET", "/admin/realms/{realm}/users/{user-id}").tag("Users");
/// assert_eq!(GET_USER.path_parameters().collect::<Vec<_>>(), ["realm", "user-id"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationInfo {
    id: &'static str,
    method: &'static str,
    path: &'static str,
    tag: &'static str,
    accept: &'static str,
    multi_segment: Option<&'static str>,
    renews_token: bool,
    required: &'static [&'static str],
    requires_body: bool,
    statuses: &'static [u16],
}

impl OperationInfo {
    /// An operation with this id (`get_user`), HTTP method in capitals (`GET`) and full path template, which starts
    /// with `/` and has its parameters in braces (`/admin/realms/{realm}/users/{user-id}`).
    #[must_use]
    pub const fn new(id: &'static str, method: &'static str, path: &'static str) -> Self {
        Self {
            id,
            method,
            path,
            tag: "",
            accept: "application/json",
            multi_segment: None,
            renews_token: false,
            required: &[],
            requires_body: false,
            statuses: &[],
        }
    }

    /// Sets the group the document puts it in, such as `Users`.
    #[must_use]
    pub const fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    /// Sets the `Accept` header; `application/json` where it is not set.
    #[must_use]
    pub const fn accept(mut self, media_type: &'static str) -> Self {
        self.accept = media_type;
        self
    }

    /// Names the one path parameter that may hold several segments, such as `path` of `group-by-path/{path}`.
    #[must_use]
    pub const fn multi_segment(mut self, parameter: &'static str) -> Self {
        self.multi_segment = Some(parameter);
        self
    }

    /// Says that the current token is out of date once this operation has succeeded: a token does not hold the roles
    /// of a realm that was created after it.
    #[must_use]
    pub const fn renews_token(mut self) -> Self {
        self.renews_token = true;
        self
    }

    /// Names the query parameters and headers without which the call is not sent.
    #[must_use]
    pub const fn requires(mut self, names: &'static [&'static str]) -> Self {
        self.required = names;
        self
    }

    /// Says that the call is not sent without a body: Keycloak reads some calls without one as "all of them".
    #[must_use]
    pub const fn requires_body(mut self) -> Self {
        self.requires_body = true;
        self
    }

    /// Names the statuses of success that the document gives it.
    #[must_use]
    pub const fn succeeds_with(mut self, statuses: &'static [u16]) -> Self {
        self.statuses = statuses;
        self
    }

    /// The operation's id, such as `get_user`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The HTTP method in capitals.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// The path template, such as `/admin/realms/{realm}/users/{user-id}`.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The group the document puts it in; empty where it has none.
    #[must_use]
    pub const fn tag_name(&self) -> &'static str {
        self.tag
    }

    /// The `Accept` header's value.
    #[must_use]
    pub const fn accept_value(&self) -> &'static str {
        self.accept
    }

    /// The one path parameter that may hold several segments.
    #[must_use]
    pub const fn multi_segment_parameter(&self) -> Option<&'static str> {
        self.multi_segment
    }

    /// Whether the current token is out of date once this operation has succeeded.
    #[must_use]
    pub const fn is_token_renewing(&self) -> bool {
        self.renews_token
    }

    /// The query parameters and headers without which the call is not sent.
    #[must_use]
    pub const fn required_parameters(&self) -> &'static [&'static str] {
        self.required
    }

    /// The statuses of success that the document names; empty where it names none. Any 2xx is taken for a success.
    #[must_use]
    pub const fn success_statuses(&self) -> &'static [u16] {
        self.statuses
    }

    /// Whether the call is not sent without a body.
    #[must_use]
    pub const fn is_body_required(&self) -> bool {
        self.requires_body
    }

    /// The names of the path parameters, in the order of the path.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        path::parameters(self.path)
    }

    /// Whether the method changes nothing on the server.
    pub(crate) fn is_safe(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "OPTIONS")
    }

    /// Whether sending it twice has the same effect as sending it once.
    pub(crate) fn is_idempotent(&self) -> bool {
        self.is_safe() || matches!(self.method, "PUT" | "DELETE")
    }
}

/// A call to one operation, built but not sent. Every generated builder implements it.
pub trait Operation: Sized + Send + 'static {
    /// What a successful call returns.
    type Output: Send + 'static;

    /// The operation's fixed facts.
    const INFO: &'static OperationInfo;

    /// The request as it is filled in so far.
    fn request(&self) -> &Request;

    /// The request, to fill in more: a parameter the builder does not know, a header, a retry policy.
    fn request_mut(&mut self) -> &mut Request;

    /// The request alone, to send it in another way, such as [`Request::send_raw`].
    fn into_request(self) -> Request;

    /// Sends the call and decodes the answer.
    fn send(self) -> Sending<Self::Output>;
}

/// An operation whose answer is one page of a list, cut by an offset and a size.
pub trait Paged: Operation<Output = Vec<<Self as Paged>::Item>> + Clone {
    /// What the list holds.
    type Item: Serialize + Send + Sync + 'static;

    /// The query parameter that holds how many items to skip.
    const FIRST: &'static str = "first";

    /// The query parameter that holds how many items a page may have.
    const MAX: &'static str = "max";

    /// What identifies an item (its id), or `None` where it has nothing of the kind.
    fn key(item: &Self::Item) -> Option<&str>;
}
