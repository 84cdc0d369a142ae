//! `cargo xtask kcadm`: each row of docs/from-kcadm.md, run by `kcadm.sh` and by `keycloakctl` on one server, and compared.

mod compare;
mod table;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use keycloak_server::{ProgressLine, Server, ServerSpec};
use workspace::{root, target};

use self::compare::{Realm, differences};
use self::table::{Row, rows};
use crate::keycloakctl;

/// The document.
const DOCUMENT: &str = "docs/from-kcadm.md";

/// The address of the server in the document.
const ADDRESS: &str = "http://localhost:8080";

/// The commands of `state.sh` print the parts of a realm that the rows change.
const STATE: &str = include_str!("state.sh");

/// Arguments of `kcadm`.
#[derive(clap::Args)]
pub struct KcadmArgs {
    /// Run keycloakctl alone, and compare with the results of kcadm.sh in the last run
    #[arg(long)]
    reuse: bool,
    /// Compare the results of the last run again, without a server
    #[arg(long, conflicts_with = "reuse")]
    compare: bool,
}

/// The side of a row.
#[derive(Clone, Copy)]
enum Side {
    Kcadm,
    Keycloakctl,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Kcadm => "kcadm",
            Self::Keycloakctl => "keycloakctl",
        }
    }

    /// The realm that stands for `demorealm`.
    fn realm(self) -> Realm {
        Realm(match self {
            Self::Kcadm => "demo-of-kcadm",
            Self::Keycloakctl => "demo-of-keycloakctl",
        })
    }

    /// The folder of the scripts and the results of the last run.
    fn folder(self) -> PathBuf {
        target().join("kcadm").join(self.name())
    }

    fn cell(self, row: &Row) -> &str {
        match self {
            Self::Kcadm => &row.kcadm,
            Self::Keycloakctl => &row.keycloakctl,
        }
    }
}

/// Runs the command.
pub fn run(args: &KcadmArgs) -> Result<()> {
    let rows = rows(&fs::read_to_string(root().join(DOCUMENT))?)?;
    if args.compare {
        return report(&rows);
    }
    let path = keycloakctl::build_on_path()?;
    keycloak_server::stop_servers_on_ctrl_c()?;
    let spec = ServerSpec::newest();
    let mut line = ProgressLine::stderr();
    let server = Server::start(&spec, &mut |message| line.show(message))?;
    let jars = Server::jars(&spec, &mut |message| line.show(message))?;
    drop(line);
    let home = jars.ancestors().nth(3).context("no folder of Keycloak")?;
    let programs = Programs {
        path,
        kcadm: home.join("bin/kcadm.sh"),
    };
    let result = run_sides(&server, &programs, &rows, args.reuse);
    server.stop()?;
    result?;
    report(&rows)
}

/// The programs of the rows.
struct Programs {
    /// A `PATH` with `keycloakctl`.
    path: OsString,
    kcadm: PathBuf,
}

fn run_sides(server: &Server, programs: &Programs, rows: &[Row], reuse: bool) -> Result<()> {
    if !reuse {
        println!("kcadm.sh runs {} rows", rows.len());
        run_side(Side::Kcadm, server, programs, rows)?;
    }
    println!("keycloakctl runs {} rows", rows.len());
    run_side(Side::Keycloakctl, server, programs, rows)
}

/// Runs all rows of one side in one shell, so that a row can use the variables of those before it.
fn run_side(side: Side, server: &Server, programs: &Programs, rows: &[Row]) -> Result<()> {
    let folder = side.folder();
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let path = folder.join("rows.sh");
    fs::write(&path, script(side, server.url(), rows))?;
    let status = Command::new("bash")
        .arg(&path)
        .current_dir(&folder)
        .env("PATH", &programs.path)
        .env("KCADM", &programs.kcadm)
        .env("KEYCLOAK_URL", server.url())
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("DEMO_REALM", side.realm().0)
        .status()
        .context("cannot start bash")?;
    ensure!(status.success(), "{} failed", path.display());
    Ok(())
}

/// Makes the script of a side.
fn script(side: Side, url: &str, rows: &[Row]) -> String {
    let mut script = format!("set -o pipefail\n{STATE}\n");
    for row in rows {
        let cell = side.realm().put_into(side.cell(row));
        let mut cell = cell.replace(ADDRESS, url);
        let has_form = cell
            .lines()
            .last()
            .is_some_and(|last| last.contains(" -o "));
        if matches!(side, Side::Keycloakctl) && row.reads && !has_form {
            cell.push_str(" -o json");
        }
        let line = row.line;
        let state = if row.reads {
            ""
        } else {
            "state >$line.state\n"
        };
        // A failed row is in the list, and those after it run.
        let _ = writeln!(
            script,
            "line={line}\n{{\n{cell}\n}} >$line.out 2>$line.err || echo $line >>failed\n{state}"
        );
    }
    script
}

/// Compares the results of both sides, and prints the differences.
fn report(rows: &[Row]) -> Result<()> {
    let mut different = 0;
    for row in rows {
        if let Some(failure) = failure(row) {
            different += 1;
            println!("{DOCUMENT}:{}: {failure}", row.line);
            continue;
        }
        let end = if row.reads { "out" } else { "state" };
        let read = |side: Side| {
            let path = side.folder().join(format!("{}.{end}", row.line));
            let text = fs::read_to_string(&path);
            text.with_context(|| format!("{} is missing", path.display()))
                .map(|text| side.realm().take_out_of(&text))
        };
        let found = differences(&read(Side::Kcadm)?, &read(Side::Keycloakctl)?);
        if found.is_empty() {
            continue;
        }
        different += 1;
        println!("{DOCUMENT}:{}: {}", row.line, row.keycloakctl);
        for difference in found {
            println!("  {difference}");
        }
    }
    let reading = rows.iter().filter(|row| row.reads).count();
    println!(
        "{} rows: {reading} read and {} write; {different} differ",
        rows.len(),
        rows.len() - reading
    );
    ensure!(different == 0, "rows differ");
    Ok(())
}

/// Returns the failure of a cell with its messages, if one failed.
fn failure(row: &Row) -> Option<String> {
    let line = row.line.to_string();
    [Side::Kcadm, Side::Keycloakctl]
        .into_iter()
        .find_map(|side| {
            let failed = fs::read_to_string(side.folder().join("failed")).unwrap_or_default();
            let messages = fs::read_to_string(side.folder().join(format!("{line}.err")));
            let has_failed = failed.lines().any(|failed| failed == line);
            has_failed.then(|| {
                let messages = messages.unwrap_or_default();
                format!("{} failed: {}", side.name(), messages.trim_end())
            })
        })
}
