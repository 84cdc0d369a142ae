//! `cargo xtask bench --keycloakctl`: commands of keycloakctl beside the same commands of kcadm.sh, on one real server.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use keycloak_server::{ProgressLine, Server, ServerSpec, harness};
use serde_json::{Value, json};
use tempfile::TempDir;
use workspace::output;

use crate::machine::{Machine, load, today};
use crate::process::{build, java_version, printed, program_of};
use crate::real::RealServer;
use crate::resources::{self, Used, mebibytes};
use crate::results::median;
use crate::sections::replace_section;

/// The number of times that each program reads the realm. The median counts.
const REPETITIONS: usize = 15;
const QUICK_REPETITIONS: usize = 3;

/// The number of users that are read one by one.
const USERS: u32 = 1_000;
const QUICK_USERS: u32 = 20;

/// The programs read the users in this many parts in turn, so that a machine that is slow for a while is slow for both.
const PARTS: usize = 10;

/// The profile that people install keycloakctl in.
const PROFILE: &str = "dist";

/// The programs in the order of the columns.
const SIDES: [Side; 2] = [Side::Keycloakctl, Side::Kcadm];

/// A program that is measured.
#[derive(Clone, Copy)]
enum Side {
    Keycloakctl,
    Kcadm,
}

/// The programs, logged in to the server.
struct Programs {
    keycloakctl: PathBuf,
    kcadm: PathBuf,
    /// The folder of their configuration and their tokens.
    folder: TempDir,
}

/// The runs of both programs, in the order of [`SIDES`].
#[derive(Default)]
struct Measured {
    users: usize,
    /// The commands that read the realm.
    realm: [Vec<Used>; 2],
    /// The loops that read a part of the users.
    parts: [Vec<Used>; 2],
}

/// Measures on the server of `KEYCLOAK_URL`, and prints the table or writes it to the document.
pub fn run(quick: bool, users: Option<u32>, write_docs: bool) -> Result<()> {
    let server = RealServer::from_env("--keycloakctl")?;
    build(PROFILE, &["--package", "keycloakctl"])?;
    let spec = ServerSpec::newest();
    let programs = Programs::new(&spec)?;
    programs.log_in(&server)?;
    let load_before = load();
    let (repetitions, default_users) = if quick {
        (QUICK_REPETITIONS, QUICK_USERS)
    } else {
        (REPETITIONS, USERS)
    };
    let mut measured = Measured::default();
    measured.read_realm(&programs, repetitions)?;
    let users = users.unwrap_or(default_users);
    let realm = harness::realm_name("bench-keycloakctl");
    let ids = user_ids(users);
    server.make_realm(&realm_of(&realm, &ids))?;
    let result = measured.read_users(&programs, &realm, &ids);
    server.delete_realm(&realm)?;
    result?;
    let text = format!(
        "{}\n\n{}",
        introduction(&programs, &spec, [load_before, load()])?,
        table(&measured)
    );
    println!("{text}");
    if write_docs {
        replace_section("keycloakctl", &text)?;
    }
    Ok(())
}

/// Returns ids for this many users. They differ from those of other runs, because an id is unique on a server.
fn user_ids(count: u32) -> Vec<String> {
    let run = fastrand::u32(..);
    let id = |number| format!("{run:08x}-0000-4000-8000-{number:012}");
    (1..=count).map(id).collect()
}

fn realm_of(name: &str, ids: &[String]) -> Value {
    let users = ids
        .iter()
        .map(|id| json!({"id": id, "username": format!("user-{id}"), "enabled": true}));
    json!({"realm": name, "enabled": true, "users": users.collect::<Vec<_>>()})
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Keycloakctl => "keycloakctl",
            Self::Kcadm => "kcadm.sh",
        }
    }

    /// The arguments that read the realm `master`.
    fn get_realm(self) -> &'static [&'static str] {
        match self {
            Self::Keycloakctl => &["realms", "get", "--realm", "master", "-o", "json"],
            Self::Kcadm => &["get", "realms/master"],
        }
    }

    /// The command of a shell that reads the user `$id`.
    fn get_user(self) -> &'static str {
        match self {
            Self::Keycloakctl => r#""$PROGRAM" users get --user-id "$id" --realm "$REALM" -o json"#,
            Self::Kcadm => r#"sh "$PROGRAM" get "users/$id" -r "$REALM" --config "$KCADM_CONFIG""#,
        }
    }
}

impl Programs {
    fn new(spec: &ServerSpec) -> Result<Self> {
        let mut line = ProgressLine::stderr();
        let jars = Server::jars(spec, &mut |message| line.show(message))?;
        let home = jars.ancestors().nth(3).context("no folder of Keycloak")?;
        Ok(Self {
            keycloakctl: program_of(PROFILE, "keycloakctl"),
            kcadm: home.join("bin/kcadm.sh"),
            folder: TempDir::new()?,
        })
    }

    /// Logs in with both programs. Each keeps its token in a file, and renews it when it ends.
    fn log_in(&self, server: &RealServer) -> Result<()> {
        let mut own = self.command(Side::Keycloakctl, &["login", "--server", &server.url]);
        own.args(["--username", &server.username, "--password-stdin"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = own.spawn()?;
        let mut stdin = child.stdin.take().context("its input is piped")?;
        stdin.write_all(server.password.as_bytes())?;
        drop(stdin);
        let ended = child.wait_with_output()?;
        let message = String::from_utf8_lossy(&ended.stderr);
        ensure!(ended.status.success(), "keycloakctl: {}", message.trim());
        let login = ["config", "credentials", "--server", &server.url];
        let mut kcadm = self.command(Side::Kcadm, &login);
        kcadm
            .args(["--realm", "master", "--user", &server.username])
            .env("KC_CLI_PASSWORD", &server.password);
        output(&mut kcadm)?;
        Ok(())
    }

    fn command(&self, side: Side, arguments: &[&str]) -> Command {
        let mut command = match side {
            Side::Keycloakctl => Command::new(&self.keycloakctl),
            Side::Kcadm => {
                // The script replaces its shell by Java, so the process is Java.
                let mut command = Command::new("sh");
                command.arg(&self.kcadm);
                command
            }
        };
        command.args(arguments);
        if matches!(side, Side::Kcadm) {
            command.arg("--config").arg(self.kcadm_config());
        }
        self.set_environment(&mut command);
        command
    }

    /// Returns a shell that reads these users one by one, and stops at the first failure.
    fn shell(&self, side: Side, realm: &str, ids: &[String]) -> Command {
        let script = format!("for id; do {} || exit; done", side.get_user());
        let program = match side {
            Side::Keycloakctl => &self.keycloakctl,
            Side::Kcadm => &self.kcadm,
        };
        let mut command = Command::new("sh");
        command
            .args(["-c", &script, "sh"])
            .args(ids)
            .env("PROGRAM", program)
            .env("REALM", realm)
            .env("KCADM_CONFIG", self.kcadm_config());
        self.set_environment(&mut command);
        command
    }

    /// Runs a command. Its messages are shown if it fails: kcadm.sh prints an empty line each time.
    fn measure(&self, mut command: Command) -> Result<Used> {
        let path = self.folder.path().join("messages");
        command.stderr(File::create(&path)?);
        resources::run(command).with_context(|| {
            let messages = fs::read_to_string(&path).unwrap_or_default();
            messages.trim().to_owned()
        })
    }

    fn kcadm_config(&self) -> PathBuf {
        self.folder.path().join("kcadm.config")
    }

    /// Keeps the settings of this machine's user away from both programs.
    fn set_environment(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("KEYCLOAKCTL_") {
                command.env_remove(name);
            }
        }
        for name in ["KC_OPTS", "JAVA", "JAVA_HOME"] {
            command.env_remove(name);
        }
        command
            .env("XDG_CONFIG_HOME", self.folder.path().join("config"))
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .stdin(Stdio::null());
    }
}

impl Measured {
    fn read_realm(&mut self, programs: &Programs, repetitions: usize) -> Result<()> {
        // The first repetition is a warm-up.
        for repetition in 0..=repetitions {
            for (side, runs) in in_random_order(&mut self.realm) {
                let used = programs.measure(programs.command(side, side.get_realm()))?;
                let answer: Value = serde_json::from_str(&used.output)
                    .with_context(|| format!("{} printed no JSON", side.name()))?;
                ensure!(answer["realm"] == "master", "{}: {answer}", side.name());
                eprintln!(
                    "realm, {repetition} of {repetitions}, {}: {}",
                    side.name(),
                    line(&used)
                );
                if repetition > 0 {
                    runs.push(used);
                }
            }
        }
        Ok(())
    }

    fn read_users(&mut self, programs: &Programs, realm: &str, ids: &[String]) -> Result<()> {
        self.users = ids.len();
        let mut done = 0;
        for part in ids.chunks(ids.len().div_ceil(PARTS)) {
            done += part.len();
            for (side, runs) in in_random_order(&mut self.parts) {
                let used = programs.measure(programs.shell(side, realm, part))?;
                for id in part {
                    let is_read = used.output.contains(&format!("user-{id}"));
                    ensure!(is_read, "{} did not print the user {id}", side.name());
                }
                eprintln!(
                    "users, {done} of {}, {}: {:.1} s",
                    ids.len(),
                    side.name(),
                    used.seconds
                );
                runs.push(used);
            }
        }
        Ok(())
    }
}

fn in_random_order(runs: &mut [Vec<Used>; 2]) -> Vec<(Side, &mut Vec<Used>)> {
    let mut sides: Vec<_> = SIDES.into_iter().zip(runs).collect();
    fastrand::shuffle(&mut sides);
    sides
}

fn line(used: &Used) -> String {
    format!(
        "first byte after {}, processor {}, {:.1} MiB",
        time(used.first_byte),
        time(used.processor_seconds),
        mebibytes(used.peak_kb)
    )
}

fn introduction(programs: &Programs, spec: &ServerSpec, loads: [Option<f64>; 2]) -> Result<String> {
    let machine = Machine::this()?;
    let mut text = format!(
        "Measured on {} with {} and with kcadm.sh of {spec} on Java {}, on this machine: {}.",
        today()?,
        printed(Command::new(&programs.keycloakctl).arg("--version"))?,
        java_version()?,
        machine.line()
    );
    if let [Some(before), Some(after)] = loads {
        let _ = write!(
            text,
            " The machine had a load of {before:.1} at the start and of {after:.1} at the end."
        );
        // The benchmark runs one command at a time, which is busy on one processor and waits for the server on the other.
        if before.max(after) > 2.0 {
            text.push_str(" Other work ran on it at the same time.");
        }
    }
    Ok(text)
}

/// A row of the table.
struct Row {
    title: String,
    /// The values of both programs.
    values: [String; 2],
    /// The value of kcadm.sh divided by that of keycloakctl.
    times: f64,
    /// The least of these times that is wanted.
    target: Option<f64>,
}

impl Row {
    fn line(&self) -> String {
        let [own, kcadm] = &self.values;
        let (wanted, mark) = match self.target {
            Some(target) if self.times >= target => (format!("at most 1/{target}"), "✓"),
            Some(target) => (format!("at most 1/{target}"), "✗"),
            None => (String::new(), ""),
        };
        format!(
            "| {} | {own} | {kcadm} | 1/{:.1} | {wanted} | {mark} |\n",
            self.title, self.times
        )
    }
}

fn table(measured: &Measured) -> String {
    let mut text =
        "| | keycloakctl | kcadm.sh | share | wanted | |\n|---|--:|--:|--:|---|---|\n".to_owned();
    let get = |title: &str| format!("`get realms/master`, {title}");
    let one_by_one = |title: &str| format!("{} users one by one, {title}", measured.users);
    let rows = [
        middle(
            get("time to the first byte"),
            &measured.realm,
            |used| used.first_byte,
            Some(20.0),
        ),
        middle(
            get("processor time"),
            &measured.realm,
            |used| used.processor_seconds,
            None,
        ),
        peak(get("peak of the memory"), &measured.realm, Some(10.0)),
        sum(one_by_one("time"), &measured.parts, |used| used.seconds),
        sum(one_by_one("processor time"), &measured.parts, |used| {
            used.processor_seconds
        }),
    ];
    text.extend(rows.iter().map(Row::line));
    text
}

/// Returns the row of the medians. The ratio is the median of those of the repetitions.
fn middle(
    title: String,
    runs: &[Vec<Used>; 2],
    value: fn(&Used) -> f64,
    target: Option<f64>,
) -> Row {
    let [own, kcadm] = runs;
    let ratios = kcadm
        .iter()
        .zip(own)
        .map(|(kcadm, own)| value(kcadm) / value(own));
    let middle = |values: Vec<f64>| median(&values).unwrap_or(f64::NAN);
    Row {
        title,
        values: [own, kcadm].map(|runs| time(middle(runs.iter().map(value).collect()))),
        times: middle(ratios.collect()),
        target,
    }
}

/// Returns the row of the largest memory.
fn peak(title: String, runs: &[Vec<Used>; 2], target: Option<f64>) -> Row {
    let peaks = runs.each_ref().map(|runs| {
        let peak = runs.iter().map(|used| used.peak_kb).max();
        mebibytes(peak.unwrap_or_default())
    });
    Row {
        title,
        values: peaks.map(|peak| format!("{peak:.1} MiB")),
        times: peaks[1] / peaks[0],
        target,
    }
}

/// Returns the row of the sums.
fn sum(title: String, runs: &[Vec<Used>; 2], value: fn(&Used) -> f64) -> Row {
    let sums = runs
        .each_ref()
        .map(|runs| runs.iter().map(value).sum::<f64>());
    Row {
        title,
        values: sums.map(time),
        times: sums[1] / sums[0],
        target: None,
    }
}

fn time(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1_000.0)
    } else {
        format!("{seconds:.1} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(seconds: f64, peak_kb: u64) -> Used {
        Used {
            seconds,
            first_byte: seconds / 2.0,
            processor_seconds: seconds / 4.0,
            peak_kb,
            output: String::new(),
        }
    }

    #[test]
    fn the_table_marks_each_target() {
        let text = table(&Measured {
            users: 2,
            realm: [
                vec![used(0.1, 10_240), used(0.2, 9_000), used(0.1, 9_000)],
                vec![used(3.0, 50_000), used(4.4, 92_160), used(2.2, 60_000)],
            ],
            parts: [
                vec![used(1.0, 1), used(2.0, 1)],
                vec![used(20.0, 1), used(40.0, 1)],
            ],
        });
        let rows = [
            "| `get realms/master`, time to the first byte | 50 ms | 1.5 s | 1/22.0 | at most 1/20 | ✓ |",
            "| `get realms/master`, processor time | 25 ms | 750 ms | 1/22.0 |  |  |",
            "| `get realms/master`, peak of the memory | 10.0 MiB | 90.0 MiB | 1/9.0 | at most 1/10 | ✗ |",
            "| 2 users one by one, time | 3.0 s | 60.0 s | 1/20.0 |  |  |",
            "| 2 users one by one, processor time | 750 ms | 15.0 s | 1/20.0 |  |  |",
        ];
        assert!(
            text.ends_with(&format!("|\n{}\n", rows.join("\n"))),
            "{text}"
        );
    }
}
