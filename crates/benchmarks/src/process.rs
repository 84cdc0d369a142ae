//! The program that is measured, and the stub server.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use workspace::{output, root, target};

/// The program with the stub server and the Rust clients, and its package.
pub const CLIENTS: &str = "benchmark-clients";

/// Builds what the arguments name in this profile.
pub fn build(profile: &str, arguments: &[&str]) -> Result<()> {
    let status = workspace::cargo()
        .args(["build", "--quiet", "--locked"])
        .args(["--profile", profile])
        .args(arguments)
        .current_dir(root())
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("`cargo build {}` failed", arguments.join(" "));
    }
    Ok(())
}

/// Builds the clients in the release profile, with these features; the path of their program.
pub fn build_clients(features: &str) -> Result<PathBuf> {
    build("release", &["--package", CLIENTS, "--features", features])?;
    Ok(program_of("release", CLIENTS))
}

/// Returns the path of a program that cargo has put into this folder of `target`.
pub fn program_of(folder: &str, name: &str) -> PathBuf {
    target().join(folder).join(name)
}

/// Returns the output of a program, in one line.
pub fn printed(command: &mut Command) -> Result<String> {
    Ok(String::from_utf8_lossy(&output(command)?).trim().to_owned())
}

/// Returns the version of the `java` in the `PATH`.
pub fn java_version() -> Result<String> {
    let java = printed(Command::new("java").args(["-XshowSettings:none", "--version"]))?;
    let version = java.split_whitespace().nth(1);
    Ok(version.unwrap_or_default().to_owned())
}

/// The command that starts a program with one thread on a processor of its own, so that server and client stay on theirs while they are
/// measured. With one processor, or without `taskset`, the system chooses the processor.
pub fn on_processor(number: usize, program: &Path) -> Vec<OsString> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let can = Command::new("taskset").arg("--version").output().is_ok();
    let mut command: Vec<OsString> = Vec::new();
    if processors > 1 && can {
        command.extend(["taskset".into(), "-c".into(), number.to_string().into()]);
    }
    command.push(program.into());
    command
}

/// The stub server while it runs.
pub struct Stub {
    child: Child,
    pub url: String,
}

/// Returns its answers since the last call.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Counts {
    pub calls: u64,
    pub tokens: u64,
}

impl Stub {
    /// Starts the stub server, or another server of the program, as the arguments say.
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let command = on_processor(0, program);
        let mut child = Command::new(&command[0])
            .args(&command[1..])
            .args(arguments)
            // It ends when this pipe does.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut url = String::new();
        let output = child.stdout.take().context("its output is piped")?;
        BufReader::new(output).read_line(&mut url)?;
        let url = url.trim().to_owned();
        if url.is_empty() {
            bail!("the stub server did not start");
        }
        Ok(Self { child, url })
    }

    pub fn counts(&self) -> Result<Counts> {
        let text = ureq::get(format!("{}/counts", self.url))
            .call()?
            .body_mut()
            .read_to_string()?;
        Ok(serde_json::from_str(&text)?)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
