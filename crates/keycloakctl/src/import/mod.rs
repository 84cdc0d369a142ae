//! `users import`: users from a CSV file or from JSON lines, row by row.

mod columns;
mod progress;
mod report;
mod rows;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::{Args as _, Command};
use futures_util::StreamExt as _;
use futures_util::future::ready;
use keycloak_admin::types::{PartialImportPolicy, UserRepresentation};
use keycloak_admin::{ImportError, ImportSummary};
use serde_json::json;

use self::progress::Progress;
use self::report::Report;
use self::rows::{Fault, Format, Row, Rows};
use crate::blocking::items_in_thread;
use crate::error::CliError;
use crate::interrupt::interrupts;
use crate::login::{self, ConnectionArgs};
use crate::output::{OutputArgs, Printer};

/// The command below `users`.
pub(crate) const NAME: &str = "import";

/// Returns the command.
pub(crate) fn command() -> Command {
    Import::augment_args(Command::new(NAME))
}

/// Create many users from a file of CSV or of JSON lines
///
/// The first row of CSV names the columns as fields: `username,email,firstName,lastName,enabled,groups,realmRoles,attributes.department`.
/// The column `password` sets a password, and `clientRoles.CLIENT` gives roles of a client. A group is given by its path. The columns `groups`,
/// `realmRoles`, `requiredActions` and `clientRoles.CLIENT` take several names, separated by `;`. A cell that begins with `[` is such a list in JSON.
/// In JSON lines, each line is a user as the API takes it. A user is enabled unless the row says otherwise.
///
/// The file may be longer than memory. A row that cannot be imported is named with its line and the reason at the end, and the others are imported.
/// The account needs the roles `manage-realm` and `manage-users`.
///
/// POST /admin/realms/{realm}/partialImport
#[derive(clap::Args, Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // flags that do not depend on each other
pub(crate) struct Import {
    /// File with the users; `-` is standard input
    file: PathBuf,
    /// Format of the file; without the flag, the end of its name decides: `.jsonl` and `.ndjson` are JSON lines
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Character between two columns of CSV
    #[arg(long, value_name = "CHARACTER", default_value = ",")]
    delimiter: char,
    /// Treatment of a user who exists
    #[arg(long, value_enum, value_name = "CHOICE", default_value_t)]
    if_exists: IfExists,
    /// Let each user choose a new password at the first login
    #[arg(long)]
    temporary_passwords: bool,
    /// Import users also if the realm's user profile would refuse them
    #[arg(long)]
    no_validate: bool,
    /// Leave out the realm's default role, groups and required actions
    #[arg(long)]
    no_defaults: bool,
    /// File for the failed lines with their reasons, as CSV
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,
    /// Check the rows of the file and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// The treatment of a user who exists.
#[derive(clap::ValueEnum, Clone, Copy, Debug, Default)]
enum IfExists {
    /// Leave the user unchanged
    #[default]
    Skip,
    /// Leave the user unchanged, and count the row as failed
    Fail,
    /// Delete the user, and create the user of the row with a new id
    Overwrite,
}

impl From<IfExists> for PartialImportPolicy {
    fn from(choice: IfExists) -> Self {
        match choice {
            IfExists::Skip => Self::Skip,
            IfExists::Fail => Self::Fail,
            IfExists::Overwrite => Self::Overwrite,
        }
    }
}

impl Import {
    /// Imports the users, and prints how many there are of each result.
    pub(crate) async fn run(
        self,
        connection: &ConnectionArgs,
        output: &OutputArgs,
    ) -> Result<(), CliError> {
        self.check_failures()?;
        let rows = Rows::open(&self)?;
        let report = Report::begin(&self.file)?;
        if self.dry_run {
            return self.check(rows, report, output);
        }
        let realm = connection.realm()?;
        let keycloak = login::session(connection).await?;
        let mut interrupts = interrupts()?;
        let mut progress = Progress::new(rows.size());
        let state = Mutex::new(State {
            report,
            sent: VecDeque::new(),
        });
        // In a thread, because Ctrl-C must not wait for the next line of standard input.
        let rows = items_in_thread(rows);
        let users = rows.filter_map(|row| ready(locked(&state).take(row)));
        let users = keycloak.realm(realm).users().import_stream(users);
        let mut results = users
            .if_exists(self.if_exists.into())
            .defaults(!self.no_defaults)
            .validate(!self.no_validate)
            .stream();
        let mut summary = ImportSummary::default();
        let mut stop = None;
        loop {
            let next = tokio::select! {
                next = results.next() => next,
                _ = interrupts.recv() => {
                    stop = Some(interrupted(locked(&state).sent.front()));
                    break;
                }
            };
            let Some(result) = next else { break };
            let mut state = locked(&state);
            let (line, offset) = state.sent.pop_front().unwrap_or_default();
            match result {
                Err(failure) if !failure.is_refused() => {
                    stop = Some(stopped(line, failure.into_error()));
                    break;
                }
                Err(failure) => state.report.add(&refusal(line, &failure)),
                imported => summary.add(imported),
            }
            progress.advance(offset);
        }
        drop(results);
        progress.clear();
        let State { report, .. } = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let failed = report.count();
        let reported = report.finish(self.failures.as_deref());
        let counts = json!({
            "created": summary.created,
            "existing": summary.existing,
            "overwritten": summary.overwritten,
            "failed": failed,
        });
        print(output, &counts)?;
        let Some(stop) = stop else {
            reported?;
            return self.fail_if(failed, "were not imported");
        };
        if let Err(error) = reported {
            error.report();
        }
        Err(stop)
    }

    /// Refuses `--failures` with the file of the users, which the failures would replace.
    fn check_failures(&self) -> Result<(), CliError> {
        let Some(failures) = &self.failures else {
            return Ok(());
        };
        match (failures.canonicalize(), self.file.canonicalize()) {
            (Ok(failures), Ok(file)) if failures == file => Err(CliError::usage(
                "`--failures` names the file of the users: name another file".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    /// Checks all rows and sends none.
    fn check(&self, rows: Rows, mut report: Report, output: &OutputArgs) -> Result<(), CliError> {
        let mut valid = 0_u64;
        for row in rows {
            match row {
                Ok(_) => valid += 1,
                Err(fault) => report.add(&fault),
            }
        }
        let failed = report.count();
        let reported = report.finish(self.failures.as_deref());
        print(output, &json!({ "valid": valid, "failed": failed }))?;
        reported?;
        self.fail_if(failed, "cannot be imported")
    }

    /// Fails if there are failed lines.
    fn fail_if(&self, failed: u64, what: &str) -> Result<(), CliError> {
        if failed == 0 {
            return Ok(());
        }
        let error = CliError::other(format!("lines of the file that {what}: {failed}"));
        Err(match self.if_exists {
            IfExists::Skip => error
                .with_hint("correct the file and import it again: existing users stay unchanged"),
            _ => error,
        })
    }
}

/// The part of an import that its input and its results share.
struct State {
    report: Report,
    /// The lines and the offsets of the rows whose results are due, in their order.
    sent: VecDeque<(u64, u64)>,
}

impl State {
    /// Takes a row for the import. A row that cannot be read goes to the report.
    fn take(&mut self, row: Result<Row, Fault>) -> Option<UserRepresentation> {
        match row {
            Ok(row) => {
                self.sent.push_back((row.line, row.offset));
                Some(*row.user)
            }
            Err(fault) => {
                self.report.add(&fault);
                None
            }
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn print(output: &OutputArgs, counts: &serde_json::Value) -> Result<(), CliError> {
    let mut printer = Printer::new(output, None, std::io::stdout().lock());
    printer.value(counts)?;
    printer.finish()
}

/// Returns the fault of a user whom the server refuses.
fn refusal(line: u64, failure: &ImportError) -> Fault {
    let error = failure.error();
    let reason = match error.status() {
        // The server gives no reason.
        Some(500) => "the server cannot import the user (500): a group or a client of the row may not exist, \
                      or the password may break the policy of the realm"
            .to_owned(),
        _ => CliError::from(error.clone()).in_one_line(),
    };
    Fault {
        line,
        name: failure.name().map(str::to_owned),
        reason,
    }
}

/// Makes the error of an import that stopped, because the server does not answer or does not accept the account.
fn stopped(line: u64, error: keycloak_admin::Error) -> CliError {
    let has_hint = CliError::from(error).in_context(&format!("the import stopped at line {line}"));
    has_hint.with_default_hint(
        "the users of this line and of those after it may be absent; import the file again when the cause is gone",
    )
}

/// Makes the error of an import that Ctrl-C ends. `next` is the first row without a result.
fn interrupted(next: Option<&(u64, u64)>) -> CliError {
    let place = next.map(|(line, _)| format!(" at line {line}"));
    let place = place.unwrap_or_default();
    CliError::interrupted(format!("stopped by Ctrl-C{place}")).with_hint(
        "the users of this line and of those after it may be absent; import the file again to do the rest",
    )
}
