//! Measures the cost of a call, with this client and with others: a stub server, and clients that put the same load on it.
//!
//! `cargo xtask bench` starts both, each in a process of its own, and makes the tables of `docs/performance.md`:
//!
//! - `benchmark-clients stub` answers on a free port until its input ends.
//! - `benchmark-clients client NAME WORKLOAD URL REALM COUNT IN_FLIGHT` does one workload and prints what it took.
//! - `benchmark-clients bulk URL COUNT` works on many users of a real server and prints what it took (`cargo xtask bench --bulk`).
//! - `benchmark-clients realm first|changed` prints a made-up realm, and `apply URL FILE` applies it (`cargo xtask bench --config`).
//! - `benchmark-clients counter URL` counts the requests to a real server.
//! - `benchmark-clients batches URL COUNT` imports that many users with several sizes of batches and prints a table.

use std::process::ExitCode;

mod bulk;
mod client;
mod config;
mod counter;
mod facade;
mod floor;
mod generated;
mod listener;
#[cfg(feature = "peers-rust")]
mod peer;
mod stub;
mod workload;

use workload::{Job, run};

/// Any error ends the program with a message.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    // One thread each, so that a client and the server have a processor of their own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(command(&arguments)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn command(arguments: &[String]) -> Result<()> {
    match arguments.first().map(String::as_str) {
        Some("stub") => stub::serve().await,
        Some("client") => measure(&Job::parse(&arguments[1..])?).await,
        Some("bulk") if arguments.len() == 3 => bulk::measure(&arguments[1], &arguments[2]).await,
        Some("realm") if arguments.len() == 2 => config::print_realm(&arguments[1]),
        Some("apply") if arguments.len() == 3 => config::apply(&arguments[1], &arguments[2]).await,
        Some("delete-realm") if arguments.len() == 2 => config::delete(&arguments[1]).await,
        Some("counter") if arguments.len() == 2 => counter::serve(&arguments[1]).await,
        Some("batches") if arguments.len() == 3 => {
            bulk::measure_batches(&arguments[1], &arguments[2]).await
        }
        _ => Err(
            "usage: benchmark-clients stub | client NAME WORKLOAD URL REALM COUNT IN_FLIGHT | bulk URL COUNT | batches URL COUNT | realm first|changed | \
             apply URL FILE | delete-realm URL | counter URL"
                .into(),
        ),
    }
}

async fn measure(job: &Job) -> Result<()> {
    let outcome = match job.client.as_str() {
        "floor" => run(job, floor::Floor::new(job).await?).await,
        "generated" => run(job, generated::Generated::new(job)?).await,
        "facade" => run(job, facade::Facade::new(job)?).await,
        #[cfg(feature = "peers-rust")]
        "keycloak" => run(job, peer::with_token(job).await?).await,
        #[cfg(feature = "peers-rust")]
        "keycloak-sa" => run(job, peer::with_retriever(job)).await,
        other => Err(format!("there is no client `{other}` in this build").into()),
    };
    println!("{}", outcome?);
    Ok(())
}
