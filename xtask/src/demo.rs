//! `cargo xtask demo`: a real Keycloak, the tour through it, and nothing left behind.

use std::process::Command;

use anyhow::{Context, Result, bail};
use keycloak_server::{ProgressLine, Server, ServerSpec, harness};
use workspace::root;

/// Arguments of `demo`.
#[derive(clap::Args)]
pub struct DemoArgs {
    /// Keycloak with Phase Two's extensions, so that the tour ends with one of its organisations.
    #[arg(long)]
    phasetwo: bool,
}

/// Runs the command.
pub fn run(args: &DemoArgs) -> Result<()> {
    // Java and Maven are looked for before minutes go into a build.
    let spec = if args.phasetwo {
        ServerSpec::phasetwo()
    } else {
        ServerSpec::newest()
    };
    keycloak_server::stop_servers_on_ctrl_c()?;
    let mut line = ProgressLine::stderr();
    let server = Server::start(&spec, &mut |message| line.show(message))?;
    drop(line);
    println!("{spec} is ready at {}; building the tour", server.url());
    let tour = tour(&server);
    server.stop()?;
    println!("Keycloak is stopped.");
    tour
}

fn tour(server: &Server) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--package",
            "keycloak-admin",
            "--example",
            "tour",
        ])
        .envs(server.env(harness::KEYCLOAK))
        .current_dir(root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!(
            "the tour failed; the server's log is {}",
            server.log_path().display()
        );
    }
    Ok(())
}
