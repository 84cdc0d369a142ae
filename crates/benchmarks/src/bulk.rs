//! `cargo xtask bench --bulk`: the cost of work on many users of a real server, as their number grows.

use std::env;
use std::fmt::Write as _;
use std::process::Command;

use anyhow::Result;
use serde::Deserialize;
use workspace::output;

use crate::machine::{Machine, today};
use crate::process::{CLIENTS, build, program_of};
use crate::real::RealServer;
use crate::sections::replace_section;

/// The numbers of users.
const COUNTS: [usize; 3] = [1_000, 10_000, 100_000];

/// The measured seconds with this many users.
#[derive(Deserialize)]
struct Measured {
    users: usize,
    /// The number of users that were created, changed and deleted one by one.
    created: usize,
    create: f64,
    import: f64,
    import_bare: f64,
    peak_kb: f64,
    list: f64,
    list_prefetch: f64,
    first_page: f64,
    last_page: f64,
    count: f64,
    search: f64,
    find: f64,
    modify: f64,
    delete: f64,
    delete_realm: f64,
}

/// Measures on the server of `KEYCLOAK_URL`, and prints the table or writes it to the document.
pub fn run(quick: bool, write_docs: bool) -> Result<()> {
    let server = RealServer::from_env("--bulk")?;
    build("release", &["--package", CLIENTS])?;
    let program = program_of("release", CLIENTS);
    let counts = if quick { &COUNTS[..1] } else { &COUNTS };
    let mut columns = Vec::new();
    for count in counts {
        eprintln!("{count} users");
        // A process of its own for each number, because it measures its memory.
        let mut command = Command::new(&program);
        command
            .args(["bulk", &server.url, &count.to_string()])
            .env("BENCH_USERNAME", &server.username)
            .env("BENCH_PASSWORD", &server.password);
        let printed = output(&mut command)?;
        eprintln!("{}", String::from_utf8_lossy(&printed).trim());
        columns.push(serde_json::from_slice(&printed)?);
    }
    let database = env::var("BENCH_DATABASE").unwrap_or_else(|_| "its database".to_owned());
    let text = table(&columns, &database)?;
    println!("{text}");
    if write_docs {
        replace_section("bulk", &text)?;
    }
    Ok(())
}

/// A row of the table: its title, and its value in a column.
type Row = (&'static str, fn(&Measured) -> String);

fn rows() -> Vec<Row> {
    vec![
        ("import, users/s", |of| rate(of.users, of.import)),
        ("single creations, 16 at a time, users/s", |of| {
            rate(of.created, of.create)
        }),
        ("import, times as fast", |of| {
            of.times_as_fast(per_second(of.users, of.import))
        }),
        ("import with `defaults(false)`, times as fast", |of| {
            of.times_as_fast(per_second(of.users, of.import_bare))
        }),
        ("memory of the client after the import", |of| {
            format!("{:.1} MiB", of.peak_kb / 1024.0)
        }),
        ("list all, page by page", |of| seconds(of.list)),
        ("list all, prefetch as by default", |of| {
            seconds(of.list_prefetch)
        }),
        ("the first page of 100", |of| milliseconds(of.first_page)),
        ("the last page of 100", |of| milliseconds(of.last_page)),
        ("count", |of| milliseconds(of.count)),
        ("search by a part of the name, 100 results at most", |of| {
            milliseconds(of.search)
        }),
        ("find by the exact username", |of| milliseconds(of.find)),
        ("`modify_many`, users/s", |of| rate(of.created, of.modify)),
        ("delete, 16 at a time, users/s", |of| {
            rate(of.created, of.delete)
        }),
        ("delete the realm", |of| seconds(of.delete_realm)),
    ]
}

fn table(columns: &[Measured], database: &str) -> Result<String> {
    let mut text = format!(
        "Measured on {} with Keycloak on {database}, on this machine: {}.\n\n| |",
        today()?,
        Machine::this()?.line()
    );
    for column in columns {
        let _ = write!(text, " {} users |", column.users);
    }
    let _ = write!(text, "\n|---|{}\n", "--:|".repeat(columns.len()));
    for (title, value) in rows() {
        let cells: Vec<String> = columns.iter().map(value).collect();
        let _ = writeln!(text, "| {title} | {} |", cells.join(" | "));
    }
    Ok(text)
}

impl Measured {
    /// Returns how many times as many users a second an import made as single creations.
    fn times_as_fast(&self, rate: f64) -> String {
        format!("{:.1}", rate / per_second(self.created, self.create))
    }
}

#[allow(clippy::cast_precision_loss)] // numbers of users
fn per_second(users: usize, seconds: f64) -> f64 {
    users as f64 / seconds
}

fn rate(users: usize, seconds: f64) -> String {
    format!("{:.0}", per_second(users, seconds))
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.0} ms", seconds * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_column_for_each_number_of_users() {
        let of = |users: usize| {
            let json = format!(
                r#"{{"users":{users},"created":500,"create":5,"import":2,"import_bare":1,"peak_kb":10240,"list":1,"list_prefetch":0.5,
                "first_page":0.01,"last_page":0.02,"count":0.001,"search":0.1,"find":0.002,"modify":5,"delete":5,"delete_realm":3}}"#
            );
            serde_json::from_str(&json).unwrap()
        };
        let text = table(&[of(1_000), of(10_000)], "PostgreSQL").unwrap();
        assert!(text.contains("| | 1000 users | 10000 users |\n|---|--:|--:|\n"));
        assert!(
            text.contains("| import, users/s | 500 | 5000 |\n"),
            "{text}"
        );
        assert!(text.contains("| import, times as fast | 5.0 | 50.0 |\n"));
        assert!(text.contains("`defaults(false)`, times as fast | 10.0 | 100.0 |\n"));
        assert!(text.contains("| memory of the client after the import | 10.0 MiB | 10.0 MiB |\n"));
    }
}
