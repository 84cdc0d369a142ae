//! The memory of decoded answers, by the size of the process: each shape of JSON is decoded by a process of its own.

mod fake;

use std::collections::BTreeSet;
use std::process::Command;

use fake::{Answer, Fake};
use keycloak_admin::types::{ClientRepresentation, RealmRepresentation, UserRepresentation};
use keycloak_admin::{Error, ErrorKind, Keycloak};
use keycloak_session::{Credentials, OperationInfo, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The default of `max_body_bytes`, in KiB.
const LONGEST_BODY: usize = 16 * 1024;

/// A process may grow by this many times the longest body: 16 times for the value, and the rest for the body, for its buffers, and for maps of lists,
/// which take a little more than they are counted for.
const MOST_GROWTH: usize = 24;

/// The settings of the process that decodes a shape.
const SHAPE: &str = "KEYCLOAK_TEST_SHAPE";
const LENGTH: &str = "KEYCLOAK_TEST_LENGTH";
const SERVER: &str = "KEYCLOAK_TEST_SERVER";

const TEST: &str = "decoded_answers_take_about_16_times_the_limit_of_their_bodies";

/// Begins the line that says the growth.
const GROWN: &str = "grown by ";

/// Each shape, and nearly the longest body of it that is decoded, in KiB.
const SHAPES: [(&str, usize); 10] = [
    ("realms without fields", 200),
    ("clients without fields", 850),
    ("users without fields", 1_000),
    ("users with a credential", 2_000),
    ("users as Keycloak sends them", LONGEST_BODY),
    ("attributes of a user", LONGEST_BODY),
    ("a map of empty objects", LONGEST_BODY),
    ("a list of objects", 2_550),
    ("a list of empty lists", 12_200),
    ("a list of texts", 16_300),
];

static GET_SHAPE: OperationInfo = OperationInfo::new("get_shape", "GET", "/admin/shape");

/// Makes a body of this shape, of this many bytes at most.
fn body(shape: &str, bytes: usize) -> String {
    let user = r#"{"id":"8f5e0a4c-7d9c-4d2e-9d5b-1f2a3b4c5d6e","username":"u1","emailVerified":false,"enabled":true,"createdTimestamp":1700000000000,"totp":false}"#;
    // The text before, between a number and the next, and after. Each name of a map has to be another one.
    let (before, item, after) = match shape {
        "attributes of a user" => (r#"{"attributes":{"#, r#"":["a"]"#, "}}"),
        "a map of empty objects" => ("{", r#"":{}"#, "}"),
        "users with a credential" => ("[", r#"{"credentials":[{}]}"#, "]"),
        "users as Keycloak sends them" => ("[", user, "]"),
        "a list of objects" => ("[", r#"{"":0}"#, "]"),
        "a list of empty lists" => ("[", "[]", "]"),
        "a list of texts" => ("[", r#""a""#, "]"),
        _ => ("[", "{}", "]"),
    };
    let mut body = String::with_capacity(bytes);
    body.push_str(before);
    if item.starts_with("\":") {
        let name = |number| format!("\"{number:x}{item},");
        let mut items = (0..).map(name);
        while body.len() + item.len() + 10 + after.len() < bytes {
            body.extend(items.next());
        }
    } else {
        let times = (bytes - before.len() - after.len()) / (item.len() + 1);
        body.push_str(&format!("{item},").repeat(times));
    }
    body.pop();
    body + after
}

/// Decodes an answer of this shape.
async fn decode(shape: &str, request: Request) -> Result<(), Error> {
    match shape {
        "realms without fields" => decode_as::<Vec<RealmRepresentation>>(request).await,
        "clients without fields" => decode_as::<Vec<ClientRepresentation>>(request).await,
        "attributes of a user" => decode_as::<UserRepresentation>(request).await,
        "a list of texts" => decode_as::<Vec<String>>(request).await,
        shape if shape.starts_with("users") => decode_as::<Vec<UserRepresentation>>(request).await,
        _ => decode_as::<Value>(request).await,
    }
}

async fn decode_as<T: DeserializeOwned>(request: Request) -> Result<(), Error> {
    request.send_json::<T>().await.map(drop)
}

/// Returns a size of this process, in KiB. `None` if the system does not say it.
fn size(name: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Decodes a body of this length, and one that is twice as long, up to the limit. Prints the largest growth of the process in MiB, and the sizes of the bodies
/// that were decoded.
async fn grow(shape: &str, server: &str, length: usize) {
    let builder = Keycloak::builder(server).credentials(Credentials::token("the-token"));
    let keycloak = builder.build().unwrap();
    let before = size("VmRSS").unwrap();
    for length in BTreeSet::from([length, LONGEST_BODY.min(2 * length)]) {
        let mut request = Request::new(keycloak.session(), &GET_SHAPE);
        request.set_query("bytes", length * 1024);
        let outcome = match decode(shape, request).await {
            Ok(()) => "decoded",
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::BodyTooLarge, "{error}");
                "refused"
            }
        };
        let grown = (size("VmHWM").unwrap() - before) / 1024;
        println!("\n{GROWN}{grown} MiB, with {length} KiB {outcome}");
    }
}

/// Starts the process that decodes a shape. Returns its growth in MiB.
fn measure((shape, length): (&str, usize)) -> usize {
    let name = shape.to_owned();
    let fake = Fake::start(move |request| Answer::json(body(&name, request.number("bytes"))));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(SHAPE, shape)
        .env(LENGTH, length.to_string())
        .env(SERVER, fake.url())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{shape}: {said}{output:?}");
    let growths = said.lines().filter_map(|line| line.strip_prefix(GROWN));
    let mut largest = 0;
    for growth in growths {
        println!("{shape}: {growth}");
        largest = growth.split(' ').next().unwrap().parse().unwrap();
    }
    largest
}

#[tokio::test]
async fn decoded_answers_take_about_16_times_the_limit_of_their_bodies() {
    if size("VmHWM").is_none() {
        return;
    }
    let set = [SHAPE, SERVER, LENGTH].map(|name| std::env::var(name).ok());
    if let [Some(shape), Some(server), Some(length)] = set {
        return grow(&shape, &server, length.parse().unwrap()).await;
    }
    let grown = SHAPES.map(measure);
    let most = MOST_GROWTH * LONGEST_BODY / 1024;
    for growth in grown {
        // The lengths above are those that take much memory.
        assert!((most / 5..most).contains(&growth), "{grown:?} MiB");
    }
}
