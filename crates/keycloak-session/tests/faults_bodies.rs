//! Bodies that are not what they should be, as answers, as errors and as tokens: each is a typed error, and memory stays
//! bounded. One process for them alone, so that its memory can be looked at.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use keycloak_session::{Error, ErrorKind, Request, Session};
use serde_json::Value;
use support::{Answer, ManualClock, Server, password, ping, with_token};

const MEBIBYTE: usize = 1024 * 1024;

/// Sockets hold a little more than the client has read.
const SOCKETS: usize = 12 * MEBIBYTE;

fn with_body(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer::Reply {
        status,
        headers: vec![("content-type", "application/json".to_owned())],
        body: body.into(),
    }
}

async fn answering(answer: Answer) -> Server {
    Server::start(move |_| {
        let answer = answer.clone();
        async { answer }
    })
    .await
}

fn api(server: &Server) -> Session {
    with_token(&server.url())
        .clock(ManualClock::new())
        .build()
        .unwrap()
}

fn login(server: &Server) -> Session {
    Session::builder(&server.url())
        .credentials(password())
        .clock(ManualClock::new())
        .build()
        .unwrap()
}

async fn as_value(session: &Session) -> Error {
    ping(session).send_json::<Value>().await.unwrap_err()
}

/// A gzip stream that becomes a gibibyte of zeros: one literal, then references of 258 bytes to the byte before, each of 13 bits
/// with the fixed codes of RFC 1951.
fn gzip_bomb() -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut bits, mut held) = (0_u64, 0);
    let mut push = |value: u64, length: u32, bytes: &mut Vec<u8>| {
        bits |= value << held;
        held += length;
        while held >= 8 {
            bytes.push(bits.to_le_bytes()[0]);
            bits >>= 8;
            held -= 8;
        }
    };
    push(0b011, 3, &mut bytes); // the last block, with fixed codes
    push(0b0000_1100, 8, &mut bytes); // the literal 0, its first bit first
    for _ in 0..1024 * MEBIBYTE / 258 {
        push(0b1010_0011, 8, &mut bytes); // the length 258
        push(0, 5, &mut bytes); // the distance 1
    }
    push(0, 7, &mut bytes); // the end
    push(0, 8, &mut bytes);
    bytes
}

/// Row 15, what is short.
async fn broken_bodies() {
    let nested = "[".repeat(10_000) + &"]".repeat(10_000);
    let object = r#"{"a":"#.repeat(10_000) + "1" + &"}".repeat(10_000);
    // Body, and what an answer with it is called.
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("empty", Vec::new(), "the body is empty"),
        (
            "truncated",
            br#"{"access_token":"x","#.to_vec(),
            "ends too early",
        ),
        ("HTML", b"<!DOCTYPE html><p>hidden</p>".to_vec(), "not JSON"),
        (
            "no UTF-8",
            b"{\"access_token\":\"\xff\xfe\xc0\"}".to_vec(),
            "not JSON",
        ),
        ("nested lists", nested.into_bytes(), "nested too deeply"),
        ("nested objects", object.into_bytes(), "nested too deeply"),
    ];
    for (name, body, said) in cases {
        let server = answering(with_body(200, body.clone())).await;
        let error = as_value(&api(&server)).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{name}");
        assert!(error.to_string().contains(said), "{name}: {error}");
        let create = Request::new(&api(&server), &support::CREATE);
        let error = create.send_json::<Value>().await.unwrap_err();
        assert!(error.may_have_been_applied(), "{name}: it was answered");

        let error = as_value(&login(&server)).await;
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Authentication, Some(200)),
            "{name}"
        );
        for status in [400, 500] {
            let server = answering(with_body(status, body.clone())).await;
            let error = as_value(&api(&server)).await;
            assert_eq!(
                (error.kind(), error.status()),
                (ErrorKind::Status, Some(status))
            );
            assert_eq!(
                (error.message(), error.error_code()),
                (None, None),
                "{name}"
            );
            let error = as_value(&login(&server)).await;
            assert_eq!(error.kind(), ErrorKind::Authentication, "{name}");
            assert!(
                !format!("{error} {error:?}").contains("hidden"),
                "{error:?}"
            );
        }
    }
}

/// Row 15, a gibibyte in chunks: how much of it gets through.
async fn a_gibibyte() {
    let cases = [
        (200, false, ErrorKind::BodyTooLarge, 16 * MEBIBYTE),
        (200, true, ErrorKind::BodyTooLarge, 64 * 1024),
        (500, false, ErrorKind::Status, 64 * 1024),
        (400, true, ErrorKind::Authentication, 64 * 1024),
    ];
    for (status, token, kind, limit) in cases {
        let written = Arc::new(AtomicUsize::new(0));
        let server = answering(Answer::Chunked {
            status,
            chunk: vec![b'['; 64 * 1024],
            times: 16 * 1024,
            written: Arc::clone(&written),
        })
        .await;
        let session = if token { login(&server) } else { api(&server) };
        let error = as_value(&session).await;
        assert_eq!(
            (error.kind(), error.status()),
            (kind, Some(status)),
            "{error}"
        );
        let written = written.load(Ordering::SeqCst);
        assert!(written < limit + SOCKETS, "{status} {token}: {written}");
    }
    // Announced, it is not even begun.
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n";
    let server = answering(Answer::StallAfter(head.to_vec())).await;
    assert_eq!(
        as_value(&api(&server)).await.kind(),
        ErrorKind::BodyTooLarge
    );
    // Headers have an end as well.
    let head = [
        b"HTTP/1.1 200 OK\r\nx-long: ".to_vec(),
        vec![b'x'; 4 * MEBIBYTE],
    ]
    .concat();
    let server = answering(Answer::StallAfter(head)).await;
    assert_eq!(as_value(&api(&server)).await.kind(), ErrorKind::Transport);
}

/// An answer that comes one byte a chunk.
fn byte_by_byte(status: u16, body: &str) -> Answer {
    let head = format!("HTTP/1.1 {status} Test\r\ntransfer-encoding: chunked\r\n\r\n");
    let chunks = body
        .bytes()
        .flat_map(|byte| [b'1', b'\r', b'\n', byte, b'\r', b'\n']);
    let bytes = head.bytes().chain(chunks).chain(*b"0\r\n\r\n");
    Answer::Raw(bytes.collect())
}

/// Returns a size of this process, in bytes. `None` if the system does not say it.
fn size(name: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    Some(line.split_whitespace().nth(1)?.parse::<usize>().ok()? * 1024)
}

/// Bodies in chunks of one byte take the memory of their bytes. A chunk that is kept takes 32 bytes more.
async fn a_byte_at_a_time() {
    let long = "x".repeat(MEBIBYTE / 4);
    let answers = ["warm", &long].map(|body| byte_by_byte(200, body));
    let server = Server::in_turn(answers.into()).await;
    let session = api(&server);
    ping(&session).send_raw().await.unwrap();
    // The largest size starts anew.
    let is_reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = size("VmRSS").filter(|_| is_reset);
    let answer = ping(&session).send_raw().await.unwrap();
    assert!(answer.as_bytes() == long.as_bytes());
    if let (Some(before), Some(after)) = (before, size("VmHWM")) {
        let grown = after.saturating_sub(before) / 1024;
        assert!(grown < 6 * 1024, "the process has grown by {grown} KiB");
    }

    let long = "x".repeat(60 * 1024);
    let server = answering(byte_by_byte(
        409,
        &format!(r#"{{"errorMessage":"{long}"}}"#),
    ))
    .await;
    let error = as_value(&api(&server)).await;
    assert_eq!(error.message(), Some(long.as_str()));
    let token = format!(r#"{{"access_token":"{long}"}}"#);
    let server = answering(byte_by_byte(200, &token)).await;
    let token = login(&server).access_token().await.unwrap();
    assert_eq!(token.secret(), long);
}

/// Row 15, compressed: it is not asked for, and stays what it is.
async fn a_bomb() {
    let bomb = gzip_bomb();
    assert!(bomb.len() < 8 * MEBIBYTE, "{}", bomb.len());
    for (status, token) in [(200, false), (200, true), (500, false), (400, true)] {
        let answer = with_body(status, bomb.clone()).with_header("content-encoding", "gzip");
        let server = answering(answer).await;
        let session = if token { login(&server) } else { api(&server) };
        let error = as_value(&session).await;
        let kind = match (status, token) {
            (200, false) => ErrorKind::Decode,
            (200, true) => ErrorKind::BodyTooLarge,
            (_, true) => ErrorKind::Authentication,
            _ => ErrorKind::Status,
        };
        assert_eq!(error.kind(), kind, "{error}");
        if kind == ErrorKind::Decode {
            assert!(error.to_string().contains("compressed"), "{error}");
        }
        for request in server.received() {
            assert_eq!(request.header("accept-encoding"), None);
        }
    }
    // As it came.
    let answer = with_body(200, bomb.clone()).with_header("content-encoding", "gzip");
    let server = answering(answer).await;
    let body = ping(&api(&server)).send_raw().await.unwrap();
    assert_eq!(body.header("content-encoding"), Some("gzip"));
    assert!(body.as_bytes() == bomb);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_body_is_too_much() {
    a_byte_at_a_time().await;
    let before = size("VmHWM");
    broken_bodies().await;
    a_gibibyte().await;
    a_bomb().await;
    if let (Some(before), Some(after)) = (before, size("VmHWM")) {
        let grown = (after - before) / MEBIBYTE;
        assert!(grown < 128, "the process has grown by {grown} MiB");
    }
    limits_are_settings().await;
}

/// Each limit holds to the byte, and can be set.
async fn limits_are_settings() {
    let text = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    let error_body = |length: usize| {
        let message = "x".repeat(length - r#"{"errorMessage":""}"#.len());
        format!(r#"{{"errorMessage":"{message}"}}"#)
    };
    let token = |length: usize| {
        let token = "x".repeat(length - r#"{"access_token":""}"#.len());
        format!(r#"{{"access_token":"{token}"}}"#)
    };
    for (length, fits) in [(1000, true), (1001, false)] {
        let server = answering(with_body(200, text(length))).await;
        let session = with_token(&server.url()).max_body_bytes(1000);
        let body = ping(&session.build().unwrap()).send_json::<String>().await;
        assert_eq!(body.is_ok(), fits, "{length}");

        // The same where the length is not announced.
        let server = answering(Answer::Chunked {
            status: 200,
            chunk: text(length).into_bytes(),
            times: 1,
            written: Arc::default(),
        })
        .await;
        let session = with_token(&server.url()).max_body_bytes(1000);
        let body = ping(&session.build().unwrap()).send_json::<String>().await;
        assert_eq!(body.is_ok(), fits, "{length} in chunks");

        let server = answering(with_body(409, error_body(length))).await;
        let session = with_token(&server.url()).max_error_body_bytes(1000);
        let error = as_value(&session.build().unwrap()).await;
        assert!(error.is_conflict());
        assert_eq!(
            error.message().unwrap().starts_with("xxx"),
            fits,
            "{length}"
        );

        let server = answering(with_body(200, token(length))).await;
        let session = Session::builder(&server.url())
            .credentials(password())
            .max_token_body_bytes(1000)
            .build()
            .unwrap();
        let error = session.access_token().await.err();
        let kind = error.map(|error| error.kind());
        assert_eq!(kind, (!fits).then_some(ErrorKind::BodyTooLarge), "{length}");
    }
    // The default is the most that the parser takes.
    for (depth, set, fits) in [
        (127, None, true),
        (128, None, false),
        (10, Some(10), true),
        (11, Some(10), false),
        (128, Some(1000), false),
    ] {
        let server = answering(with_body(200, "[".repeat(depth) + &"]".repeat(depth))).await;
        let mut session = with_token(&server.url());
        if let Some(set) = set {
            session = session.max_json_depth(set);
        }
        let result = ping(&session.build().unwrap()).send_json::<Value>().await;
        assert_eq!(result.is_ok(), fits, "{depth} of {set:?}: {result:?}");
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(error.to_string().contains("nested"), "{error}");
        }
    }
}
