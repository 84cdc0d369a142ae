//! An operation: its fixed facts, and the traits that describe its answer.

use serde::Serialize;

use crate::client::response::RawResponse;
use crate::error::Error;
use crate::http::url::{PathTemplate, template_parameters};

/// The `Accept` header of an operation whose body nobody reads. JSON comes first, because errors can be HTML without it.
pub(crate) const ACCEPT_ANYTHING: &str = "application/json, */*;q=0.1";

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
    idempotent: bool,
    required: &'static [&'static str],
    requires_body: bool,
    lost_race_statuses: &'static [u16],
    statuses: &'static [u16],
    answer_key: Option<&'static str>,
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
            idempotent: false,
            required: &[],
            requires_body: false,
            lost_race_statuses: &[],
            statuses: &[],
            answer_key: None,
        }
    }

    /// Sets the group the document puts it in, such as `Users`.
    #[must_use]
    pub const fn tag(mut self, tag: &'static str) -> Self {
        self.tag = tag;
        self
    }

    /// Sets the `Accept` header. The default is `application/json`.
    #[must_use]
    pub const fn accept(mut self, media_type: &'static str) -> Self {
        self.accept = media_type;
        self
    }

    /// Accepts any media type, because nobody reads the body of the answer.
    #[must_use]
    pub const fn accepts_anything(self) -> Self {
        self.accept(ACCEPT_ANYTHING)
    }

    /// Names the one field of the answer that is the value of the call, such as `count` of `{"count": 5}`.
    #[must_use]
    pub const fn answer_field(mut self, name: &'static str) -> Self {
        self.answer_key = Some(name);
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

    /// Says that the call has the same effect when it is sent twice, although its method does not promise that: adding a role
    /// that is there already changes nothing. The retry policy then treats it like a PUT.
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Names the statuses with which the server answers a call that has lost a race against an equal one. If the call may be sent twice, the retry
    /// policy sends it again after such an answer: another caller has deleted or added the same thing at that moment.
    #[must_use]
    pub const fn loses_races_with(mut self, statuses: &'static [u16]) -> Self {
        self.lost_race_statuses = statuses;
        self
    }

    /// Names the query parameters and headers that the call requires. Without them it is not sent.
    #[must_use]
    pub const fn requires(mut self, names: &'static [&'static str]) -> Self {
        self.required = names;
        self
    }

    /// Says that the call requires a body. Without it the call is not sent: Keycloak takes a missing body of some calls as "all of them".
    #[must_use]
    pub const fn requires_body(mut self) -> Self {
        self.requires_body = true;
        self
    }

    /// Names the statuses of success in the document.
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

    /// Returns the operation's group in the document. Empty if it has none.
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

    /// Returns whether the current token is out of date once this operation has succeeded.
    #[must_use]
    pub const fn is_token_renewing(&self) -> bool {
        self.renews_token
    }

    /// The query parameters and headers without which the call is not sent.
    #[must_use]
    pub const fn required_parameters(&self) -> &'static [&'static str] {
        self.required
    }

    /// Returns the statuses of success that the document names. Any 2xx counts as a success.
    #[must_use]
    pub const fn success_statuses(&self) -> &'static [u16] {
        self.statuses
    }

    /// Returns the statuses with which the server answers a call that has lost a race against an equal one.
    #[must_use]
    pub const fn lost_race_statuses(&self) -> &'static [u16] {
        self.lost_race_statuses
    }

    /// Returns whether the call is not sent without a body.
    #[must_use]
    pub const fn is_body_required(&self) -> bool {
        self.requires_body
    }

    /// The names of the path parameters, in the order of the path.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        template_parameters(self.path)
    }

    /// The one field of the answer that is the value of the call; `None` if the whole answer is the value.
    #[must_use]
    pub const fn answer_key(&self) -> Option<&'static str> {
        self.answer_key
    }

    pub(crate) fn path_template(&self) -> PathTemplate {
        PathTemplate {
            template: self.path,
            multi_segment: self.multi_segment,
        }
    }

    /// Returns whether sending the call twice has the same effect as sending it once: by its method, or because it is
    /// [marked](Self::idempotent).
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.idempotent || self.is_safe() || matches!(self.method, "PUT" | "DELETE")
    }

    /// Returns whether the method changes nothing on the server.
    pub(crate) fn is_safe(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "OPTIONS")
    }
}

/// An operation of an API: its fixed facts, and the type of its answer. The generated marker types implement it.
pub trait Operation: Send + Sync + 'static {
    /// The value of a successful answer.
    type Output: Send + 'static;

    /// The operation's fixed facts.
    const INFO: &'static OperationInfo;

    /// Decodes a successful answer.
    fn decode(response: &RawResponse) -> Result<Self::Output, Error>;
}

/// An operation whose answer is one page of a list, cut by an offset and a size.
pub trait Paged: Operation {
    /// One item of the list.
    type Item: Serialize + Send + Sync + 'static;

    /// The query parameter that says how many items to skip.
    const FIRST: &'static str = "first";

    /// The query parameter that says how many items a page may have.
    const MAX: &'static str = "max";

    /// Takes the items out of the answer.
    fn items(output: Self::Output) -> Vec<Self::Item>;

    /// Returns the id of an item, or `None` if items of this kind have none.
    fn key(item: &Self::Item) -> Option<&str>;
}
