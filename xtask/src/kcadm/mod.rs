//! `cargo xtask kcadm`: each row of docs/from-kcadm.md, run by `kcadm.sh` and by `keycloakctl` on one server, and compared.

mod compare;
mod table;

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::iter;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use keycloak_server::ldap::{ADMIN_PASSWORD, LdapServer, PEOPLE};
use keycloak_server::{ProgressLine, Server, ServerSpec, certificates};
use workspace::{root, target};

use self::compare::{Realm, differences};
use self::table::{Row, rows};
use crate::keycloakctl;

/// The document.
const DOCUMENT: &str = "docs/from-kcadm.md";

/// The address of the server in the document.
const ADDRESS: &str = "http://localhost:8080";

/// The address of the server with TLS in the document.
const TLS_ADDRESS: &str = "https://localhost:8443";

/// The address of the LDAP server in the document.
const LDAP_ADDRESS: &str = "ldap://localhost:10389";

/// The folder of the server in the document.
const HOME: &str = "/opt/keycloak";

/// The file with the path of the server's folder, among the results of a side.
const HOME_FILE: &str = "home";

/// The certificate of the authority that has signed the server's, in the folder of the rows.
const CA: &str = "ca.pem";

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

    /// The folder of the script, the files and the results of the last run.
    fn folder(self) -> PathBuf {
        folder().join(self.name())
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
    let ldap = LdapServer::start(PEOPLE)?;
    let tls_port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    let spec = spec(tls_port)?;
    let mut line = ProgressLine::stderr();
    let server = Server::start(&spec, &mut |message| line.show(message))?;
    let jars = Server::jars(&spec, &mut |message| line.show(message))?;
    drop(line);
    let home = jars.ancestors().nth(3).context("no folder of Keycloak")?;
    let jdk = server.java().parent().context("no folder of Java")?;
    let run = Run {
        path: env::join_paths(env::split_paths(&path).chain(iter::once(jdk.to_owned())))?,
        kcadm: home.join("bin/kcadm.sh"),
        home: server.record().home().display().to_string(),
        addresses: [
            (ADDRESS, server.url().to_owned()),
            (TLS_ADDRESS, format!("https://localhost:{tls_port}")),
            (LDAP_ADDRESS, ldap.url()),
        ],
    };
    let result = run.sides(&rows, args.reuse);
    server.stop()?;
    result?;
    report(&rows)
}

/// The folder of all files of the command.
fn folder() -> PathBuf {
    target().join("kcadm")
}

/// Returns the server to start, with TLS on a port.
fn spec(tls_port: u16) -> Result<ServerSpec> {
    fs::create_dir_all(folder())?;
    let file = |name: &str| folder().join(name);
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    certificates::write(&file(CA), &certificate, &key)?;
    let options = [
        format!("--https-port={tls_port}"),
        format!("--https-certificate-file={}", certificate.display()),
        format!("--https-certificate-key-file={}", key.display()),
        "--http-management-scheme=http".to_owned(),
    ];
    Ok(ServerSpec::newest().with_options(&options.each_ref().map(String::as_str)))
}

/// The programs and the servers of the rows.
struct Run {
    /// A `PATH` with `keycloakctl`, and with the programs of the JDK.
    path: OsString,
    kcadm: PathBuf,
    /// The folder of the server.
    home: String,
    /// The addresses in the document, and those of the servers.
    addresses: [(&'static str, String); 3],
}

impl Run {
    fn sides(&self, rows: &[Row], reuse: bool) -> Result<()> {
        if !reuse {
            println!("kcadm.sh runs {} rows", rows.len());
            self.side(Side::Kcadm, rows)?;
        }
        println!("keycloakctl runs {} rows", rows.len());
        self.side(Side::Keycloakctl, rows)
    }

    /// Runs all rows of one side in one shell, so that a row can use the variables of those before it.
    fn side(&self, side: Side, rows: &[Row]) -> Result<()> {
        let folder = side.folder();
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        fs::copy(self::folder().join(CA), folder.join(CA))?;
        fs::write(folder.join(HOME_FILE), &self.home)?;
        let path = folder.join("rows.sh");
        fs::write(&path, self.script(side, rows))?;
        let [(_, url), ..] = &self.addresses;
        let status = Command::new("bash")
            .arg(&path)
            .current_dir(&folder)
            .env("PATH", &self.path)
            .env("KCADM", &self.kcadm)
            .env("KEYCLOAK_URL", url)
            .env("LDAP_PASSWORD", ADMIN_PASSWORD)
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_CACHE_HOME", folder.join("cache"))
            .env("DEMO_REALM", side.realm().0)
            .status()
            .context("cannot start bash")?;
        ensure!(status.success(), "{} failed", path.display());
        Ok(())
    }

    /// Makes the script of a side.
    fn script(&self, side: Side, rows: &[Row]) -> String {
        let mut script = format!("set -o pipefail\n{STATE}\n");
        for row in rows {
            let mut cell = side.realm().put_into(side.cell(row));
            cell = cell.replace(HOME, &self.home);
            for (address, of_run) in &self.addresses {
                cell = cell.replace(address, of_run);
            }
            // A row fails with the first of its commands that fails.
            cell = cell.lines().collect::<Vec<_>>().join(" &&\n");
            let needs_form = cell
                .lines()
                .last()
                .is_some_and(|last| last.contains("keycloakctl ") && !last.contains(" -o "));
            if matches!(side, Side::Keycloakctl) && row.prints && needs_form {
                cell.push_str(" -o json");
            }
            let name = &row.name;
            let state = if row.writes {
                "state >$row.state\n"
            } else {
                ""
            };
            // A failed row is in the list, and those after it run.
            let _ = writeln!(
                script,
                "row={name}\n{{\n{cell}\n}} >$row.out 2>$row.err || echo $row >>failed\n{state}"
            );
        }
        script
    }
}

/// Compares the results of both sides, and prints the differences.
fn report(rows: &[Row]) -> Result<()> {
    let mut different = 0;
    for row in rows {
        let problems = problems(row);
        if problems.is_empty() {
            continue;
        }
        different += 1;
        println!("{DOCUMENT}:{}: {}", row.line, row.keycloakctl);
        for problem in problems {
            println!("  {problem}");
        }
    }
    let of = |test: fn(&Row) -> bool| rows.iter().filter(|row| test(row)).count();
    println!(
        "{} rows: {} outputs and {} states are compared; {different} differ",
        rows.len(),
        of(|row| row.prints),
        of(|row| row.writes)
    );
    ensure!(different == 0, "rows differ");
    Ok(())
}

/// Returns the failure of a row, or its differences.
fn problems(row: &Row) -> Vec<String> {
    if let Some(failure) = failure(row) {
        return vec![failure];
    }
    let mut problems = Vec::new();
    let ends = [(row.prints, "out"), (row.writes, "state")];
    for (_, end) in ends.into_iter().filter(|(is_compared, _)| *is_compared) {
        let read = |side: Side| {
            let file = |name: &str| fs::read_to_string(side.folder().join(name)).ok();
            let text = file(&format!("{}.{end}", row.name))?;
            let text = text.replace(&file(HOME_FILE)?, HOME);
            Some(side.realm().take_out_of(&text))
        };
        match (read(Side::Kcadm), read(Side::Keycloakctl)) {
            (Some(one), _) if end == "out" && one.trim().is_empty() => {
                problems.push("kcadm.sh has printed nothing".to_owned());
            }
            (Some(one), Some(other)) => problems.extend(differences(&one, &other)),
            (None, _) => {
                problems.push("kcadm.sh has not run the row: leave --reuse out".to_owned());
            }
            (_, None) => problems.push("keycloakctl has not run the row".to_owned()),
        }
    }
    problems
}

/// Returns the failure of a cell with its messages, if one failed.
fn failure(row: &Row) -> Option<String> {
    [Side::Kcadm, Side::Keycloakctl]
        .into_iter()
        .find_map(|side| {
            let failed = fs::read_to_string(side.folder().join("failed")).unwrap_or_default();
            let messages = fs::read_to_string(side.folder().join(format!("{}.err", row.name)));
            let has_failed = failed.lines().any(|failed| failed == row.name);
            has_failed.then(|| {
                let messages = messages.unwrap_or_default();
                format!("{} failed: {}", side.name(), messages.trim_end())
            })
        })
}
