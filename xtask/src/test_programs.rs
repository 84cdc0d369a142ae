//! The programs that cargo builds of the tests, and the sums of their results. Two run at the same time, because many of them wait for a server.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, PipeReader, Read as _, Write as _, pipe, stdout};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use workspace::{root, shown};

/// The number of programs that run at the same time.
const AT_A_TIME: usize = 2;

/// The names of the programs that take longest. They start first, so that none of them runs alone at the end.
const LONGEST: [&str; 5] = ["facade", "xtask", "own_server", "suite", "codegen"];

/// Cargo's arguments for all programs with tests. The examples are no programs of their own here: the lints compile them, and tests have them as modules.
pub const WORKSPACE: [&str; 2] = ["--workspace", "--tests"];

/// Which tests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Those that need no server and do not take long.
    Quick,
    /// All but those in a module `nightly`.
    Usual,
    /// All of them.
    All,
}

/// The surroundings of all programs.
pub struct Environment {
    /// The variables that name the servers.
    pub variables: Vec<(String, String)>,
    /// Which tests run.
    pub extent: Extent,
}

impl Environment {
    fn arguments(&self) -> &'static [&'static str] {
        match self.extent {
            Extent::Quick => &["--skip", "nightly::"],
            Extent::Usual => &["--include-ignored", "--skip", "nightly::"],
            Extent::All => &["--include-ignored"],
        }
    }
}

/// A program with tests.
pub struct Program {
    /// Its name in the table of times.
    name: String,
    /// The line above its output.
    heading: String,
    command: Command,
    /// True if it has to end with the result of its tests.
    has_tests: bool,
}

impl Program {
    /// A program that is no target of cargo.
    pub fn new(name: &str, command: Command) -> Self {
        Self {
            name: name.to_owned(),
            heading: format!("     Running {name}"),
            command,
            has_tests: false,
        }
    }

    /// A program that cargo has built of tests. It runs as cargo runs it.
    fn of(artifact: &Artifact, environment: &Environment) -> Option<Self> {
        let executable = artifact.executable.as_ref()?;
        let folder = artifact.manifest_path.parent()?;
        if !artifact.profile.test {
            return None;
        }
        let mut command = Command::new(executable);
        command
            .args(environment.arguments())
            .envs(environment.variables.iter().cloned())
            .env("CARGO_MANIFEST_DIR", folder)
            .current_dir(folder);
        let heading = format!(
            "     Running {} ({})",
            shown(&artifact.target.src_path, &root()),
            shown(executable, &root())
        );
        Some(Self {
            name: artifact.target.name.clone(),
            heading,
            command,
            has_tests: true,
        })
    }
}

/// A message of cargo about something that it has built.
#[derive(Deserialize)]
struct Artifact {
    manifest_path: PathBuf,
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    src_path: PathBuf,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// The programs with the tests of the whole workspace. The last one is cargo with the tests in the documentation.
pub fn of_workspace(environment: &Environment) -> Result<Vec<Program>> {
    let output = workspace::cargo()
        .args(["test", "--quiet", "--no-run"])
        .args(WORKSPACE)
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "the tests do not build");
    let mut programs = built(&String::from_utf8(output.stdout)?, environment);
    ensure!(!programs.is_empty(), "cargo names no program with tests");
    let documentation = cargo_test(&["--workspace", "--doc"], environment);
    programs.push(Program::new("documentation", documentation));
    Ok(programs)
}

/// The programs with tests in cargo's messages, those that take longest first.
fn built(messages: &str, environment: &Environment) -> Vec<Program> {
    // Messages about something else have other fields.
    let artifacts = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    let mut programs: Vec<Program> = artifacts
        .filter_map(|artifact| Program::of(&artifact, environment))
        .collect();
    programs.sort_by_key(|program| {
        let place = LONGEST.iter().position(|name| *name == program.name);
        place.unwrap_or(LONGEST.len())
    });
    programs
}

/// `cargo test` with these arguments.
pub fn cargo_test(selection: &[&str], environment: &Environment) -> Command {
    let mut command = workspace::cargo();
    command.args(["test", "--no-fail-fast"]).args(selection);
    if !selection.contains(&"--") {
        command.arg("--");
    }
    command
        .args(environment.arguments())
        .envs(environment.variables.iter().cloned())
        .current_dir(root());
    command
}

/// Runs a command, and passes its output on as it comes.
pub fn run_one(command: Command) -> Result<Totals> {
    let (mut child, output) = start(command)?;
    let mut totals = Totals::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        writeln!(stdout(), "{line}")?;
        totals.add(&line);
    }
    totals.succeeded = child.wait()?.success();
    Ok(totals)
}

/// Runs programs, two at a time. The output of each is passed on when it has ended, so that it stays whole.
pub fn run_all(programs: Vec<Program>) -> Result<Totals> {
    let waiting = Mutex::new(VecDeque::from(programs));
    let totals = Mutex::new(Totals {
        succeeded: true,
        ..Totals::default()
    });
    let work = || -> Result<()> {
        loop {
            // Not in the head of a `while let`: its lock would be held while the program runs.
            let Some(program) = lock(&waiting).pop_front() else {
                return Ok(());
            };
            run(program, &totals)?;
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().unwrap_or_else(|panic| resume_unwind(panic))?;
        }
        anyhow::Ok(())
    })?;
    Ok(totals.into_inner().unwrap_or_else(PoisonError::into_inner))
}

fn run(program: Program, totals: &Mutex<Totals>) -> Result<()> {
    // A long test run that is silent looks like one that hangs.
    writeln!(stdout(), "     Started {}", program.name)?;
    let began = Instant::now();
    let (mut child, mut output) = start(program.command)?;
    let mut bytes = Vec::new();
    output.read_to_end(&mut bytes)?;
    let mut succeeded = child.wait()?.success();
    let text = String::from_utf8_lossy(&bytes);

    let mut totals = lock(totals);
    write!(stdout(), "\n{}\n{text}", program.heading)?;
    // A test that ends the whole program with status 0 does not hide the tests after it.
    if program.has_tests && !text.contains("test result: ") {
        writeln!(stdout(), "{} ended without a result", program.name)?;
        succeeded = false;
    }
    text.lines().for_each(|line| totals.add(line));
    totals.succeeded &= succeeded;
    let seconds = began.elapsed().as_secs_f64();
    totals.programs.push((program.name, seconds));
    Ok(())
}

/// Starts a command with both of its streams in one pipe. The command is dropped, because it has ends of the pipe too.
fn start(mut command: Command) -> Result<(Child, PipeReader)> {
    let (output, input) = pipe()?;
    let child = command
        .stdout(input.try_clone()?)
        .stderr(input)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    Ok((child, output))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The sums over all programs.
#[derive(Debug, Default, PartialEq)]
pub struct Totals {
    pub passed: usize,
    pub failed: usize,
    pub ignored: usize,
    /// The number of tests that the arguments left out.
    pub filtered: usize,
    /// True if every program ended without an error.
    pub succeeded: bool,
    /// The programs that have run, with their seconds.
    programs: Vec<(String, f64)>,
}

impl Totals {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; ...; finished in 1.05s`.
    fn add(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in counts.split([';', '.']) {
            if let Some((count, what)) = part.trim().split_once(' ')
                && let Ok(count) = count.parse::<usize>()
            {
                match what {
                    "passed" => self.passed += count,
                    "failed" => self.failed += count,
                    "ignored" => self.ignored += count,
                    "filtered out" => self.filtered += count,
                    _ => {}
                }
            }
        }
    }

    /// Shows the ten programs that took longest.
    pub fn slowest(&self) -> String {
        let mut programs: Vec<_> = self.programs.iter().collect();
        programs.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        let line = |(name, seconds): &&(String, f64)| format!("{seconds:>6.1} s  {name}\n");
        programs.iter().take(10).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Environment = Environment {
        variables: Vec::new(),
        extent: Extent::Quick,
    };

    fn script(name: &str, script: &str) -> Program {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Program::new(name, command)
    }

    #[test]
    fn results_are_summed() {
        let mut totals = Totals::default();
        for line in [
            "running 4 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 1.05s",
            "test result: FAILED. 20 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 20.00s",
        ] {
            totals.add(line);
        }
        assert_eq!((totals.passed, totals.failed, totals.ignored), (23, 2, 1));
        assert_eq!(totals.filtered, 7);
    }

    #[test]
    fn every_program_runs_and_one_that_fails_is_seen() {
        let passes = || script("passes", "echo 'test result: ok. 2 passed'");
        let totals = run_all(vec![passes(), passes(), passes()]).unwrap();
        assert_eq!((totals.passed, totals.succeeded), (6, true));
        assert_eq!(totals.slowest().matches(" s  passes\n").count(), 3);

        // On standard error too, and also if no test is counted as failed.
        let fails = script("fails", "echo 'test result: ok. 1 passed' >&2; exit 101");
        let totals = run_all(vec![fails, passes(), passes()]).unwrap();
        assert_eq!((totals.passed, totals.succeeded), (5, false));
    }

    #[test]
    fn a_program_that_ends_before_its_tests_are_over_has_failed() {
        let run = |has_tests| {
            let mut program = script("ends early", "echo 'running 2 tests'");
            program.has_tests = has_tests;
            run_all(vec![program]).unwrap().succeeded
        };
        assert!(!run(true));
        assert!(run(false));
    }

    #[test]
    fn output_that_is_not_text_is_no_error() {
        let mut command = Command::new("sh");
        command.args(["-c", r"printf '\377\ntest result: ok. 2 passed\n'"]);
        let totals = run_one(command).unwrap();
        assert_eq!((totals.passed, totals.succeeded), (2, true));
    }

    #[test]
    fn a_program_that_cannot_start_is_an_error() {
        let missing = Program::new("missing", Command::new("/no/such/program"));
        let error = run_all(vec![missing]).unwrap_err().to_string();
        assert_eq!(error, "cannot start /no/such/program");
    }

    #[test]
    fn programs_with_tests_are_found_and_the_longest_is_the_first() {
        let artifact = |name: &str, test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/w/crates/{name}/Cargo.toml","target":{{"name":"{name}","src_path":"/w/crates/{name}/src/lib.rs"}},"profile":{{"test":{test}}},"executable":"/w/target/debug/deps/{name}-0f37"}}"#
            )
        };
        let messages = [
            artifact("call", true),
            artifact("a program without tests", false),
            r#"{"reason":"build-script-executed","out_dir":"/w/target/debug/build"}"#.to_owned(),
            artifact("facade", true),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let programs = built(&messages.join("\n"), &QUICK);
        let names: Vec<&str> = programs.iter().map(|program| &*program.name).collect();
        assert_eq!(names, ["facade", "call"]);
        let facade = &programs[0].command;
        assert_eq!(facade.get_program(), "/w/target/debug/deps/facade-0f37");
        assert_eq!(
            facade.get_current_dir(),
            Some(std::path::Path::new("/w/crates/facade"))
        );
    }
}
