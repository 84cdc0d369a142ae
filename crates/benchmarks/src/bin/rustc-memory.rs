//! Stands between cargo and rustc (`RUSTC_WRAPPER`): runs rustc, and writes the most memory that it held into the file that
//! `RUSTC_MEMORY_LOG` names, a line for each crate.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (rustc, rest) = arguments
        .split_first()
        .ok_or("usage: rustc-memory RUSTC ...")?;
    let mut child = Command::new(rustc).args(rest).spawn()?;
    let mut peak = 0;
    let status = loop {
        // The most so far: it only grows, so the last look before the end is what counts.
        peak = peak_kb(child.id()).unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let name = rest.iter().skip_while(|it| *it != "--crate-name").nth(1);
    if let Some(name) = name {
        let log = std::env::var_os("RUSTC_MEMORY_LOG").ok_or("RUSTC_MEMORY_LOG is not set")?;
        let mut log = OpenOptions::new().append(true).open(log)?;
        log.write_all(format!("{name} {peak}\n").as_bytes())?;
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}

fn peak_kb(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
