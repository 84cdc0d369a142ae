//! Nothing that a caller passes changes which endpoint is hit: every operation of both APIs with hostile values in
//! its path, against a server that records what arrives.

// A scenario is read from top to bottom.
#![allow(clippy::too_many_lines)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use keycloak_admin::{Credentials, Keycloak};
use keycloak_session::{ErrorKind, OperationInfo, Request};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Names that once reached another endpoint in some client, and what their authors would try next.
const HOSTILE: &[&str] = &[
    "",
    ".",
    "..",
    "...",
    "../master",
    "..\\..\\victim",
    "..%2f..%2fmaster",
    "%2e%2e",
    "%2E%2e/",
    ".%2e",
    "a/b",
    "/",
    "//",
    "a//b",
    "/admin/realms/master",
    "a\\b",
    ";",
    "..;/",
    "a;b=c",
    "a?b=c",
    "a#b",
    "?",
    "#",
    "%",
    "%00",
    "\0",
    "\t..",
    "..\n",
    "\r\nHost: evil",
    " ",
    "a b",
    "é",
    "日本",
    "\u{202e}",
    "\u{2025}",
    "．．",
    "a+b",
    "a&b=c",
    "a@b:c",
    "http://evil.example",
    "{realm}",
    "*",
    "~",
    "a%2Fb",
    "a'b\"c<d>",
    "./",
    "/..",
    "../..",
    "/../../master",
    "..\\",
    ".\\.",
    "%2f",
    "%5c..%5c",
    "%252e%252e",
    "%zz",
    "..%00",
    "..;a=b",
    "..?x",
    "..#x",
    "a ",
];

/// A server that keeps the target of every request and answers 204.
struct Recorder {
    url: String,
    targets: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let targets = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&targets);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(record(stream, Arc::clone(&seen)));
            }
        });
        Self { url, targets }
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.targets.lock().unwrap())
    }

    fn keycloak(&self) -> Keycloak {
        Keycloak::builder(&self.url)
            .credentials(Credentials::token("a-token"))
            .build()
            .unwrap()
    }
}

async fn record(stream: TcpStream, targets: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let target = head.split(' ').nth(1).unwrap().to_owned();
        targets.lock().unwrap().push(target);
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    }
}

/// The values of a template's parameters in a target, or `None` if the target does not have the shape of the template.
fn values_at(info: &OperationInfo, target: &str) -> Option<Vec<String>> {
    let path = target.split('?').next()?;
    let template: Vec<&str> = info.path().split('/').collect();
    let mut segments: Vec<&str> = path.split('/').collect();
    // The one parameter that may have several segments is always the last of its path.
    if info.multi_segment_parameter().is_some() && segments.len() > template.len() {
        let tail = segments.split_off(template.len() - 1);
        let tail: Option<Vec<String>> = tail.iter().map(|segment| decoded(segment)).collect();
        let mut values = values_of(&template[..template.len() - 1], &segments)?;
        values.push(tail?.join("/"));
        return Some(values);
    }
    values_of(&template, &segments)
}

fn values_of(template: &[&str], segments: &[&str]) -> Option<Vec<String>> {
    if template.len() != segments.len() {
        return None;
    }
    let mut values = Vec::new();
    for (expected, found) in template.iter().zip(segments) {
        if expected.starts_with('{') {
            values.push(decoded(found)?);
        } else if expected != found {
            return None;
        }
    }
    Some(values)
}

fn decoded(segment: &str) -> Option<String> {
    let text = percent_decode_str(segment).decode_utf8().ok()?.into_owned();
    (!segment.is_empty() && segment != "." && segment != "..").then_some(text)
}

fn request(keycloak: &Keycloak, info: &'static OperationInfo, values: &[&str]) -> Request {
    let mut request = Request::new(keycloak.session(), info);
    for (name, value) in info.path_parameters().zip(values) {
        request.set_path(name, value);
    }
    for name in info.required_parameters() {
        request.set_query(name, "x");
    }
    if info.is_body_required() {
        request.set_body("application/json", "{}");
    }
    request
}

/// The number of calls that reached their endpoint, and the number of refused calls.
#[derive(Default)]
struct Outcome {
    sent: usize,
    refused: usize,
}

/// Returns whether a value cannot be sent: a segment that it stands for is empty, `.` or `..`.
fn is_refused(value: &str, is_multi_segment: bool) -> bool {
    let is_lost = |segment: &str| matches!(segment, "" | "." | "..");
    if is_multi_segment {
        let path = value.strip_prefix('/').unwrap_or(value);
        path.split('/').any(is_lost)
    } else {
        is_lost(value)
    }
}

/// Sends every hostile value at every place of an operation's path.
async fn attack(recorder: &Recorder, keycloak: &Keycloak, info: &'static OperationInfo) -> Outcome {
    let mut outcome = Outcome::default();
    let parameters: Vec<&str> = info.path_parameters().collect();
    for position in 0..parameters.len() {
        for hostile in HOSTILE {
            let mut values = vec!["plain"; parameters.len()];
            values[position] = hostile;
            let is_multi_segment = info.multi_segment_parameter() == Some(parameters[position]);
            let result = request(keycloak, info, &values).send_empty().await;
            let arrived = recorder.take();
            let is_refused = is_refused(hostile, is_multi_segment);
            assert_eq!(
                result.err().map(|error| error.kind()),
                is_refused.then_some(ErrorKind::InvalidRequest),
                "{} {hostile:?}",
                info.id()
            );
            if is_refused {
                assert_eq!(arrived, Vec::<String>::new(), "{} {hostile:?}", info.id());
                outcome.refused += 1;
                continue;
            }
            assert_eq!(arrived.len(), 1, "{} {hostile:?}: {arrived:?}", info.id());
            let mut expected: Vec<String> =
                values.iter().map(|value| (*value).to_owned()).collect();
            if is_multi_segment {
                // A group's path may begin with a slash, as Keycloak itself writes it.
                let path = hostile.strip_prefix('/').unwrap_or(hostile);
                path.clone_into(&mut expected[position]);
            }
            assert_eq!(
                values_at(info, &arrived[0]),
                Some(expected),
                "{} {hostile:?}: {arrived:?}",
                info.id()
            );
            outcome.sent += 1;
        }
    }
    outcome
}

/// The number of servers that are attacked at a time.
const WORKERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_reaches_its_own_endpoint_or_none() {
    assert_eq!(HOSTILE.iter().collect::<BTreeSet<_>>().len(), 60);
    let operations: Vec<&'static OperationInfo> = keycloak_api::OPERATIONS
        .iter()
        .chain(phasetwo_api::OPERATIONS)
        .copied()
        .filter(|info| info.path_parameters().next().is_some())
        .collect();
    let workers = (0..WORKERS).map(|worker| {
        let part: Vec<_> = operations
            .iter()
            .copied()
            .skip(worker)
            .step_by(WORKERS)
            .collect();
        tokio::spawn(async move {
            let recorder = Recorder::start().await;
            let keycloak = recorder.keycloak();
            let mut all = Outcome::default();
            for info in part {
                let outcome = attack(&recorder, &keycloak, info).await;
                all.sent += outcome.sent;
                all.refused += outcome.refused;
            }
            all
        })
    });
    let (mut sent, mut refused) = (0, 0);
    for outcome in join_all(workers).await {
        let outcome = outcome.unwrap();
        sent += outcome.sent;
        refused += outcome.refused;
    }
    println!(
        "{} operations: {sent} calls reached their endpoint, {refused} were refused",
        operations.len()
    );
    // All but the few that have no path parameter.
    assert!(operations.len() > 450, "{} operations", operations.len());
    assert!(
        sent > 10 * refused && refused > 0,
        "{sent} sent, {refused} refused"
    );
}

#[tokio::test]
async fn the_traversals_of_generated_clients_send_nothing_or_the_exact_name() {
    let recorder = Recorder::start().await;
    let keycloak = recorder.keycloak();

    // Deleting user `..` once was DELETE /admin/realms/acme/.
    let error = keycloak
        .realm("acme")
        .user("..")
        .delete()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert_eq!(recorder.take(), Vec::<String>::new());

    // And user `..\..\victim` once was DELETE /admin/realms/victim, which deletes a realm.
    keycloak
        .realm("acme")
        .user("..\\..\\victim")
        .delete()
        .await
        .unwrap();
    assert_eq!(
        recorder.take(),
        ["/admin/realms/acme/users/..%5C..%5Cvictim"]
    );

    keycloak.realm("../master").delete().await.unwrap();
    assert_eq!(recorder.take(), ["/admin/realms/..%2Fmaster"]);

    keycloak.realm("a/b").delete().await.unwrap();
    assert_eq!(recorder.take(), ["/admin/realms/a%2Fb"]);

    let error = keycloak.realm("..").delete().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{error}");
    assert_eq!(recorder.take(), Vec::<String>::new());
}
