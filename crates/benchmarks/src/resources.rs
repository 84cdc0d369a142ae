//! The time, the processor time and the memory that a program uses.

use std::io::{self, Read as _};
use std::process::{ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// The pause between two looks at the memory of a program. The peak only grows, so the last look counts.
const PAUSE: Duration = Duration::from_millis(1);

/// The resources that a program has used.
pub struct Used {
    /// The time until it ended.
    pub seconds: f64,
    /// The time until it printed its first byte.
    pub first_byte: f64,
    /// The processor time of the program and of the programs that it has started.
    pub processor_seconds: f64,
    /// The largest memory of the program, without the programs that it has started.
    pub peak_kb: u64,
    /// The text that it has printed.
    pub output: String,
}

/// Runs a program to its end. Fails if the program does. No other program may end in this process meanwhile, because its processor time
/// would count.
pub fn run(mut command: Command) -> Result<Used> {
    let processor_before = processor_seconds_of_children()?;
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("its output is piped")?;
    let reader = thread::spawn(move || read(stdout, begun));
    let mut peak_kb = 0;
    let status = loop {
        peak_kb = peak_of(child.id()).unwrap_or(0).max(peak_kb);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(PAUSE);
    };
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(status.success(), "the program ended with {status}");
    let read = reader.join().ok().context("the reader panicked")?;
    let (first_byte, output) = read?;
    Ok(Used {
        seconds,
        first_byte,
        processor_seconds: processor_seconds_of_children()? - processor_before,
        peak_kb,
        output,
    })
}

/// Returns the seconds until the first byte, and the whole output.
fn read(mut stdout: ChildStdout, begun: Instant) -> io::Result<(f64, String)> {
    let mut output = vec![0; 1];
    let count = stdout.read(&mut output)?;
    let first_byte = begun.elapsed().as_secs_f64();
    output.truncate(count);
    stdout.read_to_end(&mut output)?;
    Ok((first_byte, String::from_utf8_lossy(&output).into_owned()))
}

/// Returns the processor time of all programs that this process has waited for.
#[allow(clippy::cast_precision_loss)] // far below 2^52
fn processor_seconds_of_children() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let time = usage.user_time() + usage.system_time();
    Ok(time.num_microseconds() as f64 / 1e6)
}

/// Returns the largest memory of a process so far.
fn peak_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Converts KiB to MiB.
#[allow(clippy::cast_precision_loss)] // far below 2^52
pub fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn the_first_byte_comes_before_the_end_and_work_takes_processor_time() {
        let work = "echo begun; i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; echo done";
        let used = run(shell(work)).unwrap();
        assert_eq!(used.output, "begun\ndone\n");
        assert!(used.first_byte < used.seconds);
        assert!(used.processor_seconds > 0.0);
        // Only Linux has this file.
        let has_memory = Path::new("/proc/self/status").exists();
        assert_eq!(used.peak_kb > 0, has_memory);
    }

    #[test]
    fn a_failed_program_is_an_error() {
        let error = run(shell("exit 3")).err().unwrap();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }
}
