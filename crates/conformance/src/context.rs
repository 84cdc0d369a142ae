//! What an area gets, and the one way to call an operation.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use keycloak_api::types::RealmRepresentation;
use keycloak_server::harness;
use keycloak_server::smtp::{Mail, SmtpSink};
use keycloak_session::{Credentials, Error, Operation, RawBody, Response, Session};
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::answers;
use crate::browser::Browser;
use crate::compare::{differences, missing};
use crate::record::{Api, Record};

/// How long a mail may take from the call that sends it.
const MAIL_TIMEOUT: Duration = Duration::from_secs(20);

/// Where a login that a [`Browser`] made ends.
const REDIRECT_URI: &str = "http://localhost/done";

/// What Keycloak says where no endpoint has the path. The second is also what it says of a thing that is not there and
/// that it has no words for; a scenario that asks for such a thing fails on the version that has every endpoint.
const NO_ENDPOINT: [&str; 2] = [
    "Unable to find matching target resource method",
    "HTTP 404 Not Found",
];

/// A server to run on.
#[derive(Clone)]
pub struct Target {
    /// Where it answers, without a slash at the end.
    pub url: String,
    /// Keycloak's version, such as `26.7.4`.
    pub version: String,
    /// Whether Phase Two's extensions are installed.
    pub phasetwo: bool,
    /// The administrator of the realm `master`.
    pub admin_username: String,
    /// The administrator's password.
    pub admin_password: String,
    /// A folder where the answers are kept.
    pub bodies: Option<PathBuf>,
}

impl Target {
    /// Its name for people, such as `26.5.7 with Phase Two`.
    #[must_use]
    pub fn name(&self) -> String {
        let extensions = if self.phasetwo { " with Phase Two" } else { "" };
        format!("{}{extensions}", self.version)
    }
}

/// What an area works with: clients, a realm of its own with a mail server, and the record of what came out.
///
/// The methods that call give `None` where the call did not pass; what was wrong is recorded.
pub struct Context {
    /// The client of Keycloak's Admin REST API, as administrator of the server.
    pub keycloak: keycloak_api::Client,
    /// The client of Phase Two's extensions, as administrator of the server.
    pub phasetwo: phasetwo_api::Client,
    /// Where the realm's mails arrive.
    pub smtp: SmtpSink,
    target: Target,
    realm: String,
    http: reqwest::Client,
    names: AtomicU32,
    record: Mutex<Record>,
}

impl Context {
    /// Makes a realm for this area; it sends its mails to [`smtp`](Self::smtp).
    pub async fn open(target: &Target, area: &str) -> anyhow::Result<Self> {
        let session = Session::builder(&target.url)
            .credentials(Credentials::password(
                &target.admin_username,
                &target.admin_password,
            ))
            .build()?;
        let context = Self {
            keycloak: keycloak_api::Client::new(session.clone()),
            phasetwo: phasetwo_api::Client::new(session),
            smtp: SmtpSink::start()?,
            target: target.clone(),
            realm: harness::realm_name(area),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()?,
            names: AtomicU32::new(0),
            record: Mutex::default(),
        };
        let realm = RealmRepresentation {
            realm: Some(context.realm.clone()),
            enabled: Some(true),
            smtp_server: Some(context.smtp_settings()),
            ..Default::default()
        };
        context
            .keycloak
            .create_realm()
            .body(&realm)
            .send()
            .await
            .context("the area's realm cannot be created")?;
        Ok(context)
    }

    /// Deletes the area's realm.
    pub async fn delete_realm(&self) -> Result<(), Error> {
        let call = self.keycloak.delete_realm().realm(&self.realm);
        call.send().await.map(Response::into_inner)
    }

    /// What was recorded so far.
    pub fn take_record(&self) -> Record {
        std::mem::take(&mut *self.record())
    }

    /// The name of the area's realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The server.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// A client for what is not the Admin REST API, such as logins. It does not follow redirects.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A name that this context has not given yet, such as `user-3`.
    pub fn name(&self, prefix: &str) -> String {
        let count = self.names.fetch_add(1, Ordering::Relaxed);
        format!("{prefix}-{count}")
    }

    /// A realm's `smtpServer` that sends to [`smtp`](Self::smtp).
    #[must_use]
    pub fn smtp_settings(&self) -> BTreeMap<String, String> {
        [
            ("host", "127.0.0.1".to_owned()),
            ("port", self.smtp.port().to_string()),
            ("from", "keycloak@example.com".to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }

    /// Calls an operation. The answer passes if its status is one that the document names, its body decodes, and what was
    /// decoded, encoded again, is what the server sent. The answer is given as soon as it decodes, also where fields were
    /// lost, so that the scenario goes on.
    pub async fn call<B>(&self, call: B) -> Option<Response<B::Output>>
    where
        B: Operation<Output: Serialize + DeserializeOwned>,
    {
        let mut request = call.into_request();
        if returns_nothing::<B>() {
            // As `Request::send_empty` does.
            request.set_accept("application/json, */*;q=0.1");
        }
        let answer = self.answered::<B>(request.send_raw().await)?;
        let status = answer.status();
        match read::<B>(answer.as_bytes()) {
            Ok((value, lost)) => {
                self.passed::<B>(status, lost);
                Some(answer.map(|_| value))
            }
            Err(reason) => {
                self.record().entry(B::INFO).fail(Some(status), reason);
                None
            }
        }
    }

    /// Calls an operation that creates something, and gives its id from `Location`; without one the call has failed.
    pub async fn create<B>(&self, call: B) -> Option<String>
    where
        B: Operation<Output: Serialize + DeserializeOwned>,
    {
        let id = self.call(call).await?.created_id();
        self.check::<B>(id.is_some(), "the answer has no Location with an id");
        id
    }

    /// Calls an operation that gives its body as it comes; the caller looks at it with [`check`](Self::check).
    pub async fn call_raw<B>(&self, call: B) -> Option<Response<RawBody>>
    where
        B: Operation<Output = RawBody>,
    {
        let answer = self.answered::<B>(call.into_request().send_raw().await)?;
        self.passed::<B>(answer.status(), BTreeSet::new());
        Some(answer)
    }

    /// Calls an operation that must fail with this status, and gives the error. It does not count as a call that passed.
    pub async fn expect_error<B: Operation>(&self, call: B, status: u16) -> Option<Error> {
        match call.into_request().send_raw().await {
            Err(error) if error.status() == Some(status) => Some(error),
            Err(error) => {
                let error = without_operation::<B>(&error);
                self.fail::<B>(&format!("expected status {status}, got {error}"));
                None
            }
            Ok(answer) => {
                let got = answer.status();
                self.fail::<B>(&format!("expected status {status}, got {got}"));
                None
            }
        }
    }

    /// Says that the server did not do what this operation promises.
    pub fn fail<B: Operation>(&self, reason: &str) {
        self.record().entry(B::INFO).fail(None, reason.to_owned());
    }

    /// Records a failure of this operation unless `holds`; `reason` says what does not hold.
    pub fn check<B: Operation>(&self, holds: bool, reason: &str) {
        if !holds {
            self.fail::<B>(reason);
        }
    }

    /// Checks that everything that was sent with operation `B` is in what was read afterwards. `except` names paths that
    /// cannot be, each with the reason, such as `("$.credentials", "never returned")`; one that is stored after all is a
    /// failure too.
    pub fn stored<B: Operation>(
        &self,
        sent: &impl Serialize,
        read: &impl Serialize,
        except: &[(&str, &str)],
    ) {
        let (Ok(sent), Ok(read)) = (serde_json::to_value(sent), serde_json::to_value(read)) else {
            self.fail::<B>("what was sent or read is not JSON");
            return;
        };
        let problems = unexpected(&missing(&sent, &read), except);
        let problems = problems.join(", ");
        self.check::<B>(problems.is_empty(), &format!("not stored: {problems}"));
    }

    /// Says that an operation cannot be called, and why.
    pub fn skip<B: Operation>(&self, reason: &str) {
        self.record().entry(B::INFO).skipped = Some(reason.to_owned());
    }

    /// Says that no server can be made to send a success that the document names, and why. One that is seen after all is a
    /// failure.
    pub fn never_sends<B: Operation>(&self, status: u16, reason: &str) {
        let mut record = self.record();
        let never_sent = &mut record.entry(B::INFO).never_sent;
        never_sent.insert(status, reason.to_owned());
    }

    /// Posts this form to the token endpoint of the area's realm; gives the token response, or `None` where there was none.
    /// `scope=offline_access` makes an offline session.
    pub async fn login(&self, form: &[(&str, &str)]) -> Option<Value> {
        let url = format!(
            "{}/realms/{}/protocol/openid-connect/token",
            self.target.url, self.realm
        );
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let call = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let answer = call.send().await.ok()?;
        let is_success = answer.status().is_success();
        let token = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
        is_success.then_some(token)
    }

    /// A browser without cookies, on the server.
    #[must_use]
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(&self.http, &self.target.url)
    }

    /// Where users of the area's realm log in for a client, with a redirect back to `http://localhost/done`. `more` is added
    /// to the query, such as `&kc_idp_hint=…`.
    #[must_use]
    pub fn login_url(&self, client_id: &str, scope: &str, more: &str) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", client_id)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("scope", scope)
            .finish();
        format!(
            "{}/realms/{}/protocol/openid-connect/auth?{query}{more}",
            self.target.url, self.realm
        )
    }

    /// What the code that a login has given is good for: the token response of a public client.
    pub async fn redeem(&self, client_id: &str, code: &str) -> Option<Value> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
        ];
        self.login(&form).await
    }

    /// The mails to an address, as soon as there are `count`; their absence is a failure of operation `B`, which sends them.
    pub fn mails<B: Operation>(&self, recipient: &str, count: usize) -> Option<Vec<Mail>> {
        match self.smtp.wait_for_messages(recipient, count, MAIL_TIMEOUT) {
            Ok(mails) => Some(mails),
            Err(error) => {
                self.fail::<B>(&error.to_string());
                None
            }
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A success of a status that the document names; everything else is recorded.
    fn answered<B: Operation>(
        &self,
        answer: Result<Response<RawBody>, Error>,
    ) -> Option<Response<RawBody>> {
        let error = match answer {
            Ok(answer) => {
                if let Err(error) = self.keep::<B>(&answer) {
                    self.fail::<B>(&format!("the answer cannot be kept: {error}"));
                }
                let (status, named) = (answer.status(), B::INFO.success_statuses());
                let mut record = self.record();
                let seen = record.entry(B::INFO);
                seen.statuses.insert(status);
                answers::add(
                    &mut seen.answers,
                    status,
                    answers::example(answer.as_bytes()),
                );
                drop(record);
                if !named.is_empty() && !named.contains(&status) {
                    let reason = format!("status {status} where the document names {named:?}");
                    self.record().entry(B::INFO).fail(Some(status), reason);
                }
                return Some(answer);
            }
            Err(error) => error,
        };
        let mut record = self.record();
        let seen = record.entry(B::INFO);
        if self.may_be_absent(Api::of(B::INFO)) && says_no_endpoint(&error) {
            seen.absent = true;
            seen.status = error.status();
        } else {
            seen.fail(error.status(), without_operation::<B>(&error));
        }
        None
    }

    /// Adds the answer to the operation's file, where answers are kept.
    fn keep<B: Operation>(&self, answer: &Response<RawBody>) -> io::Result<()> {
        let Some(folder) = &self.target.bodies else {
            return Ok(());
        };
        let folder = folder
            .join(&self.target.version)
            .join(Api::of(B::INFO).name());
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.jsonl", B::INFO.id()));
        let line = serde_json::json!({
            "status": answer.status(),
            "content_type": answer.content_type(),
            "body": String::from_utf8_lossy(answer.as_bytes()),
        });
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{line}")
    }

    /// The version that the client was generated from has every endpoint.
    fn may_be_absent(&self, api: Api) -> bool {
        api == Api::Keycloak && self.target.version != keycloak_api::API_VERSION
    }

    fn passed<B: Operation>(&self, status: u16, lost: BTreeSet<String>) {
        let mut record = self.record();
        let seen = record.entry(B::INFO);
        if lost.is_empty() {
            seen.pass(status);
        } else {
            seen.fail(Some(status), "lost fields".to_owned());
            seen.lost_fields.extend(lost);
        }
    }
}

fn says_no_endpoint(error: &Error) -> bool {
    match error.status() {
        Some(404) => error
            .message()
            .is_some_and(|message| NO_ENDPOINT.contains(&message)),
        // The path is another method's.
        Some(405) => true,
        _ => false,
    }
}

/// The error's text; that it is this operation's is said beside it.
fn without_operation<B: Operation>(error: &Error) -> String {
    let text = error.to_string();
    let rest = text.strip_prefix(B::INFO.id());
    rest.and_then(|rest| rest.strip_prefix(": "))
        .unwrap_or(&text)
        .to_owned()
}

/// The paths that no exception covers, and the exceptions that cover none.
fn unexpected(paths: &BTreeSet<String>, except: &[(&str, &str)]) -> Vec<String> {
    let is_excepted = |path: &&String| except.iter().any(|(prefix, _)| is_within(path, prefix));
    let is_needed = |prefix: &str| paths.iter().any(|path| is_within(path, prefix));
    let uncovered = paths.iter().filter(|path| !is_excepted(path)).cloned();
    let needless = except.iter().filter(|(prefix, _)| !is_needed(prefix));
    uncovered
        .chain(needless.map(|(prefix, _)| format!("the exception for {prefix} is not needed")))
        .collect()
}

/// Whether `path` is `prefix` or something inside it.
fn is_within(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn returns_nothing<B: Operation>() -> bool {
    TypeId::of::<B::Output>() == TypeId::of::<()>()
}

/// The decoded body and what it lost; else what is wrong with it, without a value of it.
fn read<B>(body: &[u8]) -> Result<(B::Output, BTreeSet<String>), String>
where
    B: Operation<Output: Serialize + DeserializeOwned>,
{
    if returns_nothing::<B>() {
        let lost = if body.is_empty() {
            BTreeSet::new()
        } else {
            BTreeSet::from(["$".to_owned()])
        };
        let nothing = serde_json::from_value(Value::Null).map_err(|_| "not ()".to_owned())?;
        return Ok((nothing, lost));
    }
    if body.is_empty() {
        // What the generated call makes of an answer without a body: nothing, or an empty list.
        let nothing = [json!(null), json!([])];
        let value = nothing
            .into_iter()
            .find_map(|nothing| serde_json::from_value(nothing).ok());
        let value = value.filter(|_| B::INFO.success_statuses().contains(&204));
        return value
            .map(|value| (value, BTreeSet::new()))
            .ok_or_else(|| "the body is empty where JSON was expected".to_owned());
    }
    let sent: Value = serde_json::from_slice(body).map_err(|error| {
        let column = error.column();
        format!("the body is not JSON at column {column}")
    })?;
    let value: B::Output = serde_path_to_error::deserialize(&sent).map_err(|error| {
        format!(
            "does not decode at {}: {}",
            error.path(),
            shape(error.inner())
        )
    })?;
    let ours = serde_json::to_value(&value)
        .map_err(|_| "what was decoded cannot be encoded again".to_owned())?;
    let lost = differences(&sent, &ours);
    Ok((value, lost))
}

/// What serde says about a value of another shape, without the value, which it likes to quote.
fn shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let found = text
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.split([' ', ',']).next());
    match (found, text.rsplit_once(", expected ")) {
        (Some(found), Some((_, expected))) => format!("found {found}, expected {expected}"),
        _ => "a value has another shape than expected".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{is_within, read, unexpected};

    #[test]
    fn an_exception_covers_what_is_inside_it_and_nothing_beside_it() {
        assert!(is_within("$.credentials", "$.credentials"));
        assert!(is_within("$.credentials[*].value", "$.credentials"));
        assert!(!is_within("$.credentialsData", "$.credentials"));
        assert!(!is_within("$.a", "$.credentials"));
    }

    #[test]
    fn an_exception_that_is_not_needed_is_a_failure() {
        let paths = BTreeSet::from(["$.a.b".to_owned(), "$.c".to_owned()]);
        let except = [("$.a", "never returned"), ("$.d", "never returned")];
        assert_eq!(
            unexpected(&paths, &except),
            ["$.c", "the exception for $.d is not needed"]
        );
    }

    #[test]
    fn a_body_where_none_is_documented_is_lost() {
        use keycloak_api::users::DeleteUser;
        let ((), lost) = read::<DeleteUser>(b"").unwrap();
        assert!(lost.is_empty());
        let ((), lost) = read::<DeleteUser>(b"{}").unwrap();
        assert!(lost.contains("$"));
    }

    #[test]
    fn a_field_that_the_type_does_not_model_is_lost() {
        use keycloak_api::users::GetUser;
        let (user, lost) = read::<GetUser>(br#"{"id":"1","shoeSize":46}"#).unwrap();
        assert_eq!(user.id.as_deref(), Some("1"));
        assert_eq!(lost.into_iter().collect::<Vec<_>>(), ["$.shoeSize"]);
    }

    #[test]
    fn what_does_not_decode_is_explained_without_its_value() {
        use keycloak_api::users::GetUser;
        let reason = read::<GetUser>(br#"{"id":["s3cret"]}"#).unwrap_err();
        assert_eq!(
            reason,
            "does not decode at id: found sequence, expected a string"
        );
        assert!(read::<GetUser>(b"").unwrap_err().contains("empty"));
    }
}
