//! Every Rust client does every workload that needs no Keycloak, in small.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_benchmark-clients");

struct Stub {
    child: Child,
    url: String,
}

impl Stub {
    fn start() -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("stub")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        Self { child, url }
    }

    /// The counts of the server since the last call.
    fn counts(&self) -> serde_json::Value {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        let request = "GET /counts HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn run(&self, client: &str, workload: &str, prefix: &str, count: u32, in_flight: u32) {
        let output = Command::new(PROGRAM)
            .args(["client", client, workload, &format!("{}{prefix}", self.url)])
            .args(["users-250", &count.to_string(), &in_flight.to_string()])
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{client}, {workload}: {error}");
        let outcome: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let seconds = outcome["seconds"].as_object().unwrap();
        let seconds: f64 = seconds.values().map(|part| part.as_f64().unwrap()).sum();
        assert!(seconds > 0.0, "{outcome}");
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_client_does_the_same_with_one_token() {
    let stub = Stub::start();
    for client in ["floor", "generated", "facade"] {
        // Calls of the warm-up and of the workload.
        for (workload, count, in_flight, calls) in [
            ("get", 10, 1, 32 + 10),
            ("get", 10, 4, 32 + 10),
            ("create", 30, 3, 3 + 30),
            ("page", 2, 1, 1 + 2),
            // Three pages and the empty one that ends the list.
            ("list", 250, 1, 1 + 4),
        ] {
            stub.run(client, workload, "", count, in_flight);
            let expected = serde_json::json!({"calls": calls, "tokens": 1});
            assert_eq!(stub.counts(), expected, "{client}, {workload}");
        }
    }
}

#[test]
fn pages_that_are_asked_for_together_come_in_order() {
    let stub = Stub::start();
    for client in ["floor", "generated", "facade"] {
        // The client compares the order itself.
        stub.run(client, "list", "/delay-5", 250, 3);
        assert_eq!(stub.counts()["tokens"], 1, "{client}");
    }
}
