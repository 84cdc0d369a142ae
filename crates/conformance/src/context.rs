//! The [`Context`] of an area: its clients, its realm, and the calls that are compared and recorded.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use keycloak_api::types::RealmRepresentation;
use keycloak_server::browser::Browser;
use keycloak_server::harness;
use keycloak_server::smtp::{Mail, SmtpSink};
use keycloak_session::{
    ApiCall, Credentials, Error, Operation, OperationInfo, RawBody, RawResponse, Response, Session,
    SessionBuilder,
};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::answers;
use crate::compare::{differences, missing};
use crate::descriptions::{Descriptions, ReadOnly};
use crate::record::{Api, Record, is_marked};

/// The longest time that a mail may take after the call that sends it.
const MAIL_TIMEOUT: Duration = Duration::from_secs(20);

/// The last address of a login with a [`Browser`].
const REDIRECT_URI: &str = "http://localhost/done";

/// The messages that Keycloak sends if no endpoint has the path. It sends the second one for some missing objects too. A scenario that
/// asks for such an object fails on the version that has every endpoint.
const NO_ENDPOINT: [&str; 2] = [
    "Unable to find matching target resource method",
    "HTTP 404 Not Found",
];

/// A server to run on.
#[derive(Clone)]
pub struct Target {
    /// Its address, without a slash at the end.
    pub url: String,
    /// Keycloak's version, such as `26.7.5`.
    pub version: String,
    /// True if Phase Two's extensions are installed.
    pub phasetwo: bool,
    /// The certificate of the authority that signed the server's, in PEM, if the system does not know the authority.
    pub ca_pem: Option<Vec<u8>>,
    /// The administrator of the realm `master`.
    pub admin_username: String,
    /// The administrator's password.
    pub admin_password: String,
    /// A folder where the answers are kept.
    pub bodies: Option<PathBuf>,
    /// The descriptions that the answers are compared with.
    pub descriptions: Arc<Descriptions>,
}

impl Target {
    /// Its name for people, such as `26.5.7 with Phase Two`.
    #[must_use]
    pub fn name(&self) -> String {
        let extensions = if self.phasetwo { " with Phase Two" } else { "" };
        format!("{}{extensions}", self.version)
    }

    /// The settings of a session with the server, without credentials.
    pub fn session(&self) -> SessionBuilder {
        let builder = Session::builder(&self.url);
        match &self.ca_pem {
            Some(pem) => builder.root_certificate_pem(pem),
            None => builder,
        }
    }

    /// A client for what is not the Admin REST API. It does not follow redirects.
    fn http(&self) -> anyhow::Result<reqwest::Client> {
        let mut builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        if let Some(pem) = &self.ca_pem {
            builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(pem)?);
        }
        Ok(builder.build()?)
    }

    /// Returns whether Keycloak's version is this minor release or a later one.
    #[must_use]
    pub fn is_at_least(&self, major: u32, minor: u32) -> bool {
        let mut numbers = self.version.split('.').map(str::parse);
        let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
        (next(), next()) >= (major, minor)
    }
}

/// The value of a successful answer to a call.
pub type Output<C> = <<C as ApiCall>::Operation as Operation>::Output;

/// The tools of an area: clients, a realm of its own with a mail server, and the record of its calls.
///
/// The methods that send a call return `None` if it did not pass, and record the reason.
pub struct Context {
    /// The client of Keycloak's Admin REST API, as administrator of the server.
    pub keycloak: keycloak_api::Client,
    /// The client of Phase Two's extensions, as administrator of the server.
    pub phasetwo: phasetwo_api::Client,
    /// The mail server of the realm.
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
        let session = target
            .session()
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
            http: target.http()?,
            names: AtomicU32::new(0),
            record: Mutex::default(),
        };
        let realm = RealmRepresentation::new()
            .with_realm(context.realm.clone())
            .with_enabled(true)
            .with_smtp_server(context.smtp_settings());
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

    /// Returns the record so far and begins a new one.
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

    /// Sends a call. The answer passes if the document names its status, its body decodes, and the decoded value encodes to the same JSON.
    /// A value that lost fields is recorded as a failure and still returned, so that the scenario goes on.
    pub async fn call<C>(&self, call: C) -> Option<Response<Output<C>>>
    where
        C: ApiCall<Operation: Operation<Output: Serialize>>,
    {
        let answer = self.answered(C::Operation::INFO, call.into_request().send_raw().await)?;
        let status = answer.status();
        match read::<C::Operation>(&answer) {
            Ok((value, lost)) => {
                self.passed(C::Operation::INFO, status, lost);
                Some(answer.map(|_| value))
            }
            Err(reason) => {
                self.failed(C::Operation::INFO, Some(status), reason);
                None
            }
        }
    }

    /// Sends a call that creates something and returns the id in `Location`. An answer without that id is a failure.
    pub async fn create<C>(&self, call: C) -> Option<String>
    where
        C: ApiCall<Operation: Operation<Output: Serialize>>,
    {
        let id = self.call(call).await?.created_id();
        self.check::<C>(id.is_some(), "the answer has no Location with an id");
        id
    }

    /// Sends a call whose answer is not decoded. The scenario looks at the body with [`check`](Self::check).
    pub async fn call_raw<C>(&self, call: C) -> Option<RawResponse>
    where
        C: ApiCall<Operation: Operation<Output = RawBody>>,
    {
        let answer = self.answered(C::Operation::INFO, call.into_request().send_raw().await)?;
        self.passed(C::Operation::INFO, answer.status(), BTreeSet::new());
        Some(answer)
    }

    /// Sends a call that must fail with this status, and returns the error. The call does not count as passed.
    pub async fn expect_error<C: ApiCall>(&self, call: C, status: u16) -> Option<Error> {
        let answer = call.into_request().send_raw().await;
        self.refused(C::Operation::INFO, answer, status)
    }

    /// Records that the server broke a promise of this operation.
    pub fn fail<C: ApiCall>(&self, reason: &str) {
        self.failed(C::Operation::INFO, None, reason.to_owned());
    }

    /// Records a failure of this operation unless `holds`. `reason` names the claim that does not hold.
    pub fn check<C: ApiCall>(&self, holds: bool, reason: &str) {
        if !holds {
            self.fail::<C>(reason);
        }
    }

    /// Checks that a later read holds everything that was sent with a call of type `C`. `except` names the paths that the server does not
    /// store, each with the reason, such as `("$.credentials", "never returned")`. An exception for a path that is stored is a failure.
    pub fn stored<C: ApiCall>(
        &self,
        sent: &impl Serialize,
        read: &impl Serialize,
        except: &[(&str, &str)],
    ) {
        let (Ok(sent), Ok(read)) = (serde_json::to_value(sent), serde_json::to_value(read)) else {
            self.fail::<C>("what was sent or read is not JSON");
            return;
        };
        let problems = unexpected(&missing(&sent, &read), except);
        let problems = problems.join(", ");
        self.check::<C>(problems.is_empty(), &format!("not stored: {problems}"));
    }

    /// Checks that a new object, made by a call of type `C` and read back, has the defaults that the descriptions of its type name. Older
    /// servers may have others.
    pub fn has_defaults<C: ApiCall, T: Serialize>(&self, sent: &T, read: &T) {
        let name = type_name::<T>();
        let descriptions = &self.target.descriptions;
        let (Ok(sent), Ok(read)) = (serde_json::to_value(sent), serde_json::to_value(read)) else {
            self.fail::<C>("what was sent or read is not JSON");
            return;
        };
        self.check::<C>(
            descriptions.defaults(name) > 0,
            &format!("the descriptions of {name} name no default"),
        );
        if self.target.version == keycloak_api::API_VERSION {
            let wrong = descriptions.wrong_defaults(name, &sent, &read);
            self.check::<C>(wrong.is_empty(), &described_wrongly(wrong));
        }
    }

    /// Checks that an update leaves alone each field of an object of type `T` that its description calls read-only. It sends another value
    /// in each of them. `C` is the update, and `path` is that of the object below the realm. Older servers may differ.
    pub async fn keeps_read_only<C: ApiCall, T>(&self, path: &str) {
        let name = type_name::<T>();
        let fields = self.target.descriptions.read_only(name);
        self.check::<C>(
            !fields.is_empty(),
            &format!("the descriptions of {name} call no field read-only"),
        );
        if self.target.version == keycloak_api::API_VERSION {
            for field in fields {
                let place = format!("{name}.{}", field.field);
                match self.keeps(path, &field).await {
                    Ok(true) => {}
                    Ok(false) => self.fail::<C>(&format!("an update changes {place}")),
                    Err(error) => self.fail::<C>(&format!("an update of {place}: {error:#}")),
                }
            }
        }
    }

    /// Returns whether an update with another value in this field leaves the value of the server alone.
    async fn keeps(&self, path: &str, field: &ReadOnly<'_>) -> anyhow::Result<bool> {
        let realm = format!("{}/admin/realms/{}", self.target.url, self.realm);
        let url = format!("{realm}{path}");
        let token = self.keycloak.session().access_token().await?;
        let read = async || {
            let call = self.http.get(&url).bearer_auth(token.secret());
            let call = call.header(ACCEPT, "application/json");
            let answer = call.send().await?.error_for_status()?;
            anyhow::Ok(serde_json::from_slice::<Value>(&answer.bytes().await?)?)
        };
        let before = read().await?;
        let call = self.http.put(&url).bearer_auth(token.secret());
        let call = call.header(CONTENT_TYPE, "application/json");
        let status = call
            .body(field.changed(&before).to_string())
            .send()
            .await?
            .status();
        let is_refused = status.is_client_error() && field.may_be_refused();
        ensure!(status.is_success() || is_refused, "the answer is {status}");
        Ok(field.is_equal(&before, &read().await?))
    }

    /// Records that this operation was sent twice, which only makes sense for a marked one.
    pub fn repeated<C: ApiCall>(&self) {
        let info = C::Operation::INFO;
        self.check::<C>(
            is_marked(info),
            "a second call changes nothing: the overlay can mark it x-idempotent",
        );
        self.record().entry(info).repeated = true;
    }

    /// Records that no scenario can call this operation, and why.
    pub fn skip<C: ApiCall>(&self, reason: &str) {
        self.record().entry(C::Operation::INFO).skipped = Some(reason.to_owned());
    }

    /// Records that no server can be made to send a status of success that the document names, and why. A server that sends it is a failure.
    pub fn never_sends<C: ApiCall>(&self, status: u16, reason: &str) {
        let mut record = self.record();
        let never_sent = &mut record.entry(C::Operation::INFO).never_sent;
        never_sent.insert(status, reason.to_owned());
    }

    /// Posts this form to the token endpoint of the area's realm and returns the token response. `None` after an error.
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

    /// The login page of the area's realm for a client, with a redirect back to `http://localhost/done`. `more` is added
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

    /// Exchanges the code of a login for the token response of a public client.
    pub async fn redeem(&self, client_id: &str, code: &str) -> Option<Value> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id),
            ("code", code),
            ("redirect_uri", REDIRECT_URI),
        ];
        self.login(&form).await
    }

    /// Waits for `count` mails to an address and returns them. Missing mails are a failure of the operation of `C`, which sends them.
    pub fn mails<C: ApiCall>(&self, recipient: &str, count: usize) -> Option<Vec<Mail>> {
        match self.smtp.wait_for_messages(recipient, count, MAIL_TIMEOUT) {
            Ok(mails) => Some(mails),
            Err(error) => {
                self.fail::<C>(&error.to_string());
                None
            }
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // The methods below take the description of an operation and not its type: copies for 600 types took longest to compile.

    /// Returns a successful answer and records its status. It records an error, and a status that the document does not name, as a failure.
    fn answered(
        &self,
        info: &'static OperationInfo,
        answer: Result<RawResponse, Error>,
    ) -> Option<RawResponse> {
        let error = match answer {
            Ok(answer) => {
                if let Err(error) = self.keep(info, &answer) {
                    self.failed(info, None, format!("the answer cannot be kept: {error}"));
                }
                let (status, named) = (answer.status(), info.success_statuses());
                let mut record = self.record();
                let seen = record.entry(info);
                seen.statuses.insert(status);
                answers::add(
                    &mut seen.answers,
                    status,
                    answers::example(answer.as_bytes()),
                );
                let wrong = self.target.descriptions.wrong(info, answer.as_bytes());
                if !wrong.is_empty() {
                    seen.fail(Some(status), described_wrongly(wrong));
                }
                if !named.is_empty() && !named.contains(&status) {
                    let reason = format!("status {status} where the document names {named:?}");
                    seen.fail(Some(status), reason);
                }
                return Some(answer);
            }
            Err(error) => error,
        };
        let mut record = self.record();
        let seen = record.entry(info);
        if self.may_be_absent(Api::of(info)) && says_no_endpoint(&error) {
            seen.absent = true;
            seen.status = error.status();
        } else {
            seen.fail(error.status(), without_operation(info, &error));
        }
        None
    }

    /// Returns the error of a call that must fail with this status, and records any other answer as a failure.
    fn refused(
        &self,
        info: &'static OperationInfo,
        answer: Result<RawResponse, Error>,
        status: u16,
    ) -> Option<Error> {
        let got = match answer {
            Err(error) if error.status() == Some(status) => return Some(error),
            Err(error) => without_operation(info, &error),
            Ok(answer) => answer.status().to_string(),
        };
        self.failed(info, None, format!("expected status {status}, got {got}"));
        None
    }

    fn failed(&self, info: &'static OperationInfo, status: Option<u16>, reason: String) {
        self.record().entry(info).fail(status, reason);
    }

    /// Adds the answer to the operation's file if the target keeps answers.
    fn keep(&self, info: &OperationInfo, answer: &RawResponse) -> io::Result<()> {
        let Some(folder) = &self.target.bodies else {
            return Ok(());
        };
        let folder = folder.join(&self.target.version).join(Api::of(info).name());
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.jsonl", info.id()));
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

    fn passed(&self, info: &'static OperationInfo, status: u16, lost: BTreeSet<String>) {
        let mut record = self.record();
        let seen = record.entry(info);
        if lost.is_empty() {
            seen.pass(status);
        } else {
            seen.fail(Some(status), "lost fields".to_owned());
            seen.lost_fields.extend(lost);
        }
    }
}

/// The name of a type without its path.
fn type_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

fn described_wrongly(wrong: BTreeSet<String>) -> String {
    let wrong: Vec<String> = wrong.into_iter().collect();
    format!("described wrongly: {}", wrong.join(", "))
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

/// Returns the text of an error without the operation's id, which the report shows beside it.
fn without_operation(info: &OperationInfo, error: &Error) -> String {
    let text = error.to_string();
    let rest = text.strip_prefix(info.id());
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

/// Returns whether `path` is `prefix` or something inside it.
fn is_within(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Decodes an answer as the client does, and lists the JSON paths that the value lost. The error is the reason, without a value of the body.
fn read<O>(answer: &RawResponse) -> Result<(O::Output, BTreeSet<String>), String>
where
    O: Operation<Output: Serialize>,
{
    let value = O::decode(answer).map_err(|error| error.to_string())?;
    let lost = lost::<O>(answer.as_bytes(), &value)?;
    Ok((value, lost))
}

/// Lists the JSON paths of a body that the value decoded from it lacks or changes.
fn lost<O>(body: &[u8], value: &O::Output) -> Result<BTreeSet<String>, String>
where
    O: Operation<Output: Serialize>,
{
    if TypeId::of::<O::Output>() == TypeId::of::<()>() {
        let lost = (!body.is_empty()).then(|| "$".to_owned());
        return Ok(lost.into_iter().collect());
    }
    let encoded = serde_json::to_value(value)
        .map_err(|_| "the decoded value cannot be encoded again".to_owned())?;
    lost_fields(O::INFO, body, encoded)
}

/// Lists the JSON paths of a body that `encoded`, the decoded value as JSON, lacks or changes.
fn lost_fields(
    info: &OperationInfo,
    body: &[u8],
    encoded: Value,
) -> Result<BTreeSet<String>, String> {
    if body.is_empty() {
        return Ok(BTreeSet::new());
    }
    let sent: Value = serde_json::from_slice(body).map_err(|error| {
        let column = error.column();
        format!("the body is not JSON at column {column}")
    })?;
    let ours = match info.answer_key() {
        Some(key) => json!({ key: encoded }),
        None => encoded,
    };
    Ok(differences(&sent, &ours))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use keycloak_api::users::op::{CountUserGroups, DeleteUser, GetUser};

    use super::{Target, is_within, lost, unexpected};

    #[test]
    fn minor_releases_are_compared_by_their_numbers() {
        let target = |version: &str| Target {
            ca_pem: None,
            url: String::new(),
            version: version.to_owned(),
            phasetwo: false,
            admin_username: String::new(),
            admin_password: String::new(),
            bodies: None,
            descriptions: Arc::default(),
        };
        assert!(target("26.7.5").is_at_least(26, 7));
        assert!(target("26.10.0").is_at_least(26, 7));
        assert!(target("27.0.0").is_at_least(26, 7));
        assert!(!target("26.6.4").is_at_least(26, 7));
        assert!(!target("9.9.9").is_at_least(26, 7));
    }

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
        assert!(lost::<DeleteUser>(b"", &()).unwrap().is_empty());
        assert!(lost::<DeleteUser>(b"{}", &()).unwrap().contains("$"));
        assert!(lost::<DeleteUser>(b"null", &()).unwrap().contains("$"));
    }

    #[test]
    fn a_field_that_the_type_does_not_model_is_lost() {
        let body = br#"{"id":"1","shoeSize":46}"#;
        let user = serde_json::from_slice(body).unwrap();
        let lost = lost::<GetUser>(body, &user).unwrap();
        assert_eq!(lost.into_iter().collect::<Vec<_>>(), ["$.shoeSize"]);
    }

    #[test]
    fn a_field_beside_the_one_value_of_the_answer_is_lost() {
        let lost = |body: &[u8]| lost::<CountUserGroups>(body, &1).unwrap();
        assert!(lost(br#"{"count":1}"#).is_empty());
        let beside = lost(br#"{"count":1,"max":9}"#);
        assert_eq!(beside.into_iter().collect::<Vec<_>>(), ["$.max"]);
        assert!(lost(br#"{"count":2}"#).contains("$.count"));
        assert!(lost(b"1").contains("$"));
    }
}
