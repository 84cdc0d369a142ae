//! Starts real Keycloak servers on 127.0.0.1 for tests, the demo and benchmarks.
//!
//! ```no_run
//! use keycloak_server::{ProgressLine, Server, ServerSpec};
//!
//! keycloak_server::stop_servers_on_ctrl_c()?;
//! let mut line = ProgressLine::stderr();
//! let server = Server::start(&ServerSpec::newest(), &mut |message| line.show(message))?;
//! println!("{} is ready", server.url());
//! server.stop()?;
//! # Ok::<(), keycloak_server::Error>(())
//! ```
//!
//! Keycloak comes as a zip from Maven Central through the ordinary `mvn`, and runs on a Java of
//! [`MINIMUM_JAVA`] or newer, which is looked for in `JAVA_HOME`, on `PATH` and in the usual
//! folders. `KEYCLOAK_HOME` names an unpacked Keycloak to use instead of Maven's zip.
//!
//! # What is kept
//! Everything lies in `target/keycloak` of the workspace and may be deleted when no server runs:
//!
//! - `trees/VERSION[-phasetwo]/home`: Keycloak unpacked, with its extensions; never run from.
//! - `trees/VERSION[-phasetwo]/built`: what Keycloak's own build step makes of it. The first server
//!   that becomes ready leaves it here, which spares the next ones more than half of their start.
//!   `built-cluster-NUMBER` is the same for the nodes of a cluster.
//! - `runs/TIME-VERSION[-phasetwo]/`: one folder per started server. `home` is a copy of the tree in
//!   hard links with its own `data`, so that any number of servers run side by side, each with an
//!   empty database; `state.json` tells other processes about it; `server.log` stays after the end.
//! - `clusters/TIME-VERSION/`: one folder per [`cluster`], with its nodes, its certificates and its logs.
//! - `ldap/`: the LDAP server of [`ldap`].
//!
//! # No server is left behind
//! A [`Server`] stops when it is dropped, [`stop_servers_on_ctrl_c`] stops all of them when the
//! process is interrupted, and what a killed process left running is found by [`Record::list`].
//!
//! Linux and macOS only.

#[cfg(not(unix))]
compile_error!("keycloak-server starts servers on Linux and macOS only");

#[cfg(feature = "browser")]
pub mod browser;
pub mod certificates;
pub mod cluster;
mod error;
pub mod harness;
mod http;
mod java;
pub mod ldap;
mod maven;
mod ports;
mod process;
mod progress;
mod run;
mod server;
pub mod smtp;
mod spec;
mod surroundings;
#[cfg(test)]
mod test_support;
mod tree;

pub use cluster::{Cluster, ClusterRecord};
pub use error::Error;
pub use java::MINIMUM_JAVA;
pub use process::stop_servers_on_ctrl_c;
pub use progress::ProgressLine;
pub use run::Record;
pub use server::Server;
pub use spec::ServerSpec;
