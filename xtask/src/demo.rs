//! `cargo xtask demo`: a real Keycloak, the tour through it, and nothing left behind.

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use keycloak_server::{ProgressLine, Server, ServerSpec, harness};
use workspace::root;

use crate::{keycloakctl, terminal};

/// Arguments of `demo`.
#[derive(clap::Args)]
pub struct DemoArgs {
    /// Start Keycloak with Phase Two's extensions, and show one of its organisations at the end of the tour.
    #[arg(long)]
    phasetwo: bool,
    /// Run the commands of crates/keycloakctl/demo.sh instead, on the server of `KEYCLOAK_URL` if there is one.
    #[arg(long, conflicts_with = "phasetwo")]
    keycloakctl: bool,
    /// Write a picture to docs/demo.svg, or to docs/keycloakctl.svg.
    #[arg(long)]
    write_docs: bool,
}

/// Runs the command.
pub fn run(args: &DemoArgs) -> Result<()> {
    let named = std::env::var(format!("{}URL", harness::KEYCLOAK));
    if let (true, Ok(url)) = (args.keycloakctl, named) {
        let account = harness::keycloak();
        return commands(
            &url,
            &account.admin_username,
            &account.admin_password,
            args.write_docs,
        );
    }
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
    let tour = if args.keycloakctl {
        commands(
            server.url(),
            server.admin_username(),
            server.admin_password(),
            args.write_docs,
        )
    } else {
        tour(&server, args.write_docs)
    };
    server.stop()?;
    println!("Keycloak is stopped.");
    tour
}

fn tour(server: &Server, write_docs: bool) -> Result<()> {
    let mut command = workspace::cargo();
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

/// Runs the commands of `keycloakctl`, each below a prompt. The first line creates a realm, and the last one deletes it, also if a line between them
/// has failed.
fn commands(url: &str, username: &str, password: &str, write_docs: bool) -> Result<()> {
    let path = keycloakctl::build_on_path()?;
    let script = fs::read_to_string(root().join("crates/keycloakctl/demo.sh"))?;
    let folder = tempfile::tempdir()?;
    let is_hidden = |line: &str| line.ends_with('#');
    let run = |line: &str| -> Result<String> {
        let output = Command::new("bash")
            .args(["-c", &format!("{{ {line}\n}} 2>&1")])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("KEYCLOAKCTL_SERVER", url)
            .env("KEYCLOAKCTL_USERNAME", username)
            .env("KEYCLOAKCTL_PASSWORD", password)
            .env("KEYCLOAKCTL_REALM", "keycloakctl-demo")
            .env("XDG_CONFIG_HOME", folder.path())
            .env("XDG_CACHE_HOME", folder.path())
            .output()
            .context("cannot start bash")?;
        let said = String::from_utf8(output.stdout)?;
        ensure!(
            output.status.success() || !is_hidden(line),
            "{line}: {said}"
        );
        Ok(said)
    };
    let lines = script.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    let [creation, lines @ .., deletion] = lines.as_slice() else {
        bail!("the script has no commands");
    };
    run(creation)?;
    let shown = lines.iter().try_fold(String::new(), |mut text, line| {
        let said = run(line)?;
        if is_hidden(line) {
            return Ok::<_, anyhow::Error>(text);
        }
        let _ = writeln!(text, "$ {line}");
        for said in said.lines() {
            let _ = writeln!(text, "  {said}");
        }
        Ok(text)
    });
    let deleted = run(deletion);
    let text = shown?;
    deleted?;
    print!("{text}");
    if write_docs {
        let text = text.replace(url, "https://sso.example.com");
        fs::write(root().join("docs/keycloakctl.svg"), terminal::svg(&text))?;
    }
    Ok(())
}
