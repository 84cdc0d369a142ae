//! The developer's commands: `cargo xtask --help`.

// A program has no public items; `pub` says here what a module offers to the others.
#![allow(unreachable_pub)]

use std::process::ExitCode;

use benchmarks::{bench, metrics};
use clap::Parser;

mod audit;
mod check;
mod cluster;
mod conformance;
mod corpus;
mod demo;
mod diff;
mod document;
mod fetch;
mod generate;
mod kcadm;
mod keycloakctl;
mod ledger;
mod operations;
mod public_api;
mod release;
mod rustdoc;
mod semver;
mod server;
mod server_faults;
mod steps;
mod terminal;
mod test_programs;
#[cfg(test)]
mod tests;
mod upgrade;

/// The developer's commands of this workspace.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
enum Command {
    /// Write the generated crates from specs/, or check that they are up to date
    Generate(generate::GenerateArgs),
    /// Fetch an upstream OpenAPI document and pin its hash
    Fetch(fetch::FetchArgs),
    /// List the new, removed and changed parts between two versions of an API, with Rust names
    Diff(diff::DiffArgs),
    /// Upgrade an API to another version: document, names, generated code, snapshots. Print the differences
    Upgrade(upgrade::UpgradeArgs),
    /// List every operation: api, method, path, id, tag, source, Rust path
    Operations(operations::OperationsArgs),
    /// Print a document with its corrections as JSON, or the JSON Schema of a type, for other tools: validators, contract servers, editors
    Document(document::DocumentArgs),
    /// Write the public API of the published crates as text to docs/api, or check it
    Api(public_api::ApiArgs),
    /// Check licences, sources and features of all dependencies
    Audit(audit::AuditArgs),
    /// Check the crates before a release, and package them
    Release(release::ReleaseArgs),
    /// Start, stop and list real Keycloak servers on loopback
    Server(server::ServerArgs),
    /// Start a Keycloak, run the tour on it, and stop it
    Demo(demo::DemoArgs),
    /// Call every operation on real servers
    Conformance(conformance::ConformanceArgs),
    /// Change objects on a cluster while its parts fail, and compare the server with what the callers were told
    Ledger(ledger::LedgerArgs),
    /// Apply folders of realm files to a running server, and check the result of each file
    Corpus(corpus::CorpusArgs),
    /// Run the examples of docs/from-kcadm.md with kcadm.sh and with keycloakctl, and compare the results
    Kcadm(kcadm::KcadmArgs),
    /// Measure the cost of calls, with this client and with others
    Bench(bench::BenchArgs),
    /// Measure the cost of building this client, beside another
    Metrics(metrics::MetricsArgs),
    /// Check everything, on real servers that the command starts and stops
    Test(check::TestArgs),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Generate(args) => generate::run(&args),
        Command::Fetch(args) => fetch::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Upgrade(args) => upgrade::run(&args),
        Command::Operations(args) => operations::run(&args),
        Command::Document(args) => document::run(&args),
        Command::Api(args) => public_api::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Release(args) => release::run(&args),
        Command::Server(args) => server::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Conformance(args) => conformance::run(&args),
        Command::Ledger(args) => ledger::run(&args),
        Command::Corpus(args) => corpus::run(&args),
        Command::Kcadm(args) => kcadm::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Metrics(args) => metrics::run(&args),
        Command::Test(args) => check::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without anyhow's backtrace: these are messages to a person, not defects of xtask.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
