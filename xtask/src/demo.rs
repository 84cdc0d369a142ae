//! `cargo xtask demo`: a real Keycloak, the tour through it, and nothing left behind.

use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use keycloak_server::{ProgressLine, Server, ServerSpec, harness};
use workspace::root;

use crate::terminal;

/// Arguments of `demo`.
#[derive(clap::Args)]
pub struct DemoArgs {
    /// Start Keycloak with Phase Two's extensions, and show one of its organisations at the end of the tour.
    #[arg(long)]
    phasetwo: bool,
    /// Write a picture of the tour to docs/demo.svg.
    #[arg(long)]
    write_docs: bool,
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
    let tour = tour(&server, args.write_docs);
    server.stop()?;
    println!("Keycloak is stopped.");
    tour
}

fn tour(server: &Server, write_docs: bool) -> Result<()> {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--package", "keycloak-admin"])
        .args(["--example", "tour"])
        .envs(server.env(harness::KEYCLOAK))
        .current_dir(root());
    if write_docs {
        command.stdout(Stdio::piped());
    }
    let tour = command.spawn().context("cannot start cargo")?;
    let output = tour.wait_with_output().context("cannot read the tour")?;
    if !output.status.success() {
        bail!(
            "the tour failed; the server's log is {}",
            server.log_path().display()
        );
    }
    if write_docs {
        let text = String::from_utf8(output.stdout)?;
        print!("{text}");
        fs::write(root().join("docs/demo.svg"), terminal::svg(&text))?;
    }
    Ok(())
}
