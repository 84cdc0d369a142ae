//! The machine of a measurement, and its time.

use std::process::Command;

use anyhow::Result;
use serde::Serialize;

use crate::process::printed;

/// A machine.
#[derive(Serialize)]
pub struct Machine {
    pub processor: String,
    pub processors: usize,
    pub memory_gib: u64,
    pub system: String,
    pub rust: String,
}

impl Machine {
    /// This machine; what the system does not tell is left empty.
    pub fn this() -> Result<Self> {
        let field = |file: &str, name: &str| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let line = text.lines().find(|line| line.starts_with(name));
            let value = line.and_then(|line| line.split_once(':'));
            value.map(|(_, value)| value.trim().to_owned())
        };
        let memory = field("/proc/meminfo", "MemTotal").unwrap_or_default();
        let kb: u64 = memory
            .split(' ')
            .next()
            .and_then(|kb| kb.parse().ok())
            .unwrap_or(0);
        Ok(Self {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_default(),
            processors: std::thread::available_parallelism()?.get(),
            memory_gib: (kb + 512 * 1024) / (1024 * 1024),
            system: printed(Command::new("uname").arg("-sr"))?,
            rust: printed(Command::new("rustc").arg("--version"))?
                .trim_start_matches("rustc ")
                .to_owned(),
        })
    }

    /// In one line.
    pub fn line(&self) -> String {
        format!(
            "{}, {} processors, {} GiB; {}; Rust {}",
            self.processor, self.processors, self.memory_gib, self.system, self.rust
        )
    }
}

/// Returns the load of the last minute. `None` if the system does not tell.
pub fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// The date, as in 2026-01-31.
pub fn today() -> Result<String> {
    printed(Command::new("date").args(["-u", "+%Y-%m-%d"]))
}
