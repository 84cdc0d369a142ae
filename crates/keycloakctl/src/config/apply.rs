//! `apply`: the changes of a plan are made.

use std::io::{BufRead, IsTerminal as _, Write, stderr, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use keycloak_config::{Actual, Desired, Plan, PlanOptions, SavedPlan};

use super::progress::Steps;
use super::server::Server;
use super::sources::{self, Source, VariableArgs};
use super::{FormArgs, PruneArgs, show};
use crate::error::CliError;
use crate::login::ConnectionArgs;
use crate::output::{OutputArgs, Terminal};

/// The exit code of a program that Ctrl-C ends.
const INTERRUPTED: u8 = 130;

/// Bring a realm on the server to its files, or do what a saved plan says
///
/// The files and flags are those of `plan`. A file of `plan --out` is applied only if a new plan would be the same (else exit code 4). On a terminal the command shows the changes and asks before it writes. Without a terminal, as in CI, it
/// writes at once. A second `apply` of the same files writes nothing. After Ctrl-C or an error, `apply` does the rest.
#[derive(clap::Args)]
pub(crate) struct Apply {
    /// Realm files, folders of them, patterns such as `realms/*.yaml`, `-` for standard input, or one saved plan
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    variables: VariableArgs,
    #[command(flatten)]
    prune: PruneArgs,
    /// Write without a question
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    form: FormArgs,
}

impl Apply {
    /// Plans, asks and writes.
    pub(crate) async fn run(
        self,
        connection: &ConnectionArgs,
        output: &OutputArgs,
    ) -> Result<ExitCode, CliError> {
        let is_json = self.form.is_json(output)?;
        let is_asked = self.is_asked()?;
        let sources = sources::read(&self.files)?;
        let values = self.variables.values()?;
        let saved = self.saved_plan(&sources, connection)?;
        let (realms, options) = match &saved {
            Some(saved) => (vec![saved.desired(&values)?], saved.options()),
            None => (
                sources::declarations(&sources, &values, connection.realm.as_deref())?,
                PlanOptions::default().with_prune(self.prune.kinds()),
            ),
        };
        let server = Server::new(connection).await?;
        for desired in &realms {
            let (actual, plan) = server.plan(desired, &options).await?;
            if let Some(saved) = &saved {
                saved.check(&plan, &actual)?;
            }
            if realms.len() > 1 && !is_json {
                show::print_realm(&plan)?;
            }
            let code = apply(&server, &plan, desired, &actual, is_asked, is_json).await?;
            if code != ExitCode::SUCCESS {
                return Ok(code);
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Returns the saved plan, if the file is one.
    fn saved_plan(
        &self,
        sources: &[Source],
        connection: &ConnectionArgs,
    ) -> Result<Option<SavedPlan>, CliError> {
        let mut plans = Vec::new();
        for source in sources {
            plans.extend(SavedPlan::parse(&source.name, &source.text)?);
        }
        let plan = plans.pop();
        if plan.is_some() && sources.len() > 1 {
            let error = CliError::usage("a saved plan is applied alone");
            return Err(error.with_hint("name no other file, because the plan has its files"));
        }
        if plan.is_some() && (connection.realm.is_some() || self.prune.is_given()) {
            let error = CliError::usage("a saved plan has its realm and its pruned kinds");
            return Err(error.with_hint("leave out `--realm` and `--prune`"));
        }
        Ok(plan)
    }

    /// Returns whether the command asks before it writes: on a terminal without `--yes`.
    fn is_asked(&self) -> Result<bool, CliError> {
        if self.yes || !stderr().is_terminal() {
            return Ok(false);
        }
        if self.files.iter().any(|file| file == Path::new("-")) {
            let error = CliError::usage("the question before the write needs standard input");
            return Err(error.with_hint("add `--yes`, or name a file in place of `-`"));
        }
        Ok(stdin().is_terminal())
    }
}

/// Shows the changes of one realm, asks and writes.
async fn apply(
    server: &Server,
    plan: &Plan,
    desired: &Desired,
    actual: &Actual,
    is_asked: bool,
    is_json: bool,
) -> Result<ExitCode, CliError> {
    if !is_json {
        let mut out = std::io::stdout().lock();
        write!(out, "{}", show::tree(plan, Terminal::of_stdout()))?;
    }
    if is_asked && !plan.is_empty() && !confirm(plan, &mut stdin().lock(), &mut stderr())? {
        return Err(CliError::other(format!(
            "nothing was written to the realm `{}`",
            plan.realm
        )));
    }
    let code = write_changes(server, plan, desired, actual).await?;
    if code == ExitCode::SUCCESS {
        print_end(server, plan, is_json)?;
    }
    Ok(code)
}

/// Asks whether to write. Only `y` and `yes` are a yes.
fn confirm(plan: &Plan, input: &mut impl BufRead, out: &mut impl Write) -> Result<bool, CliError> {
    let numbers = show::summary(plan, show::PLANNED, None);
    write!(
        out,
        "{numbers}. Write to the realm `{}`? [y/N] ",
        plan.realm
    )?;
    out.flush()?;
    let mut answer = String::new();
    input
        .read_line(&mut answer)
        .map_err(|error| CliError::usage(format!("the answer cannot be read: {error}")))?;
    let answer = answer.trim().to_lowercase();
    Ok(matches!(answer.as_str(), "y" | "yes"))
}

/// Applies the plan. After Ctrl-C it stops and says which objects are written.
async fn write_changes(
    server: &Server,
    plan: &Plan,
    desired: &Desired,
    actual: &Actual,
) -> Result<ExitCode, CliError> {
    let steps = Steps::new();
    let progress = |progress: &keycloak_config::Progress<'_>| steps.add(progress);
    let application = keycloak_config::apply(&server.keycloak, plan, desired, actual, &progress);
    let result = tokio::select! {
        result = application => Some(result),
        _ = tokio::signal::ctrl_c() => None,
    };
    steps.clear();
    match result {
        Some(Ok(_)) => Ok(ExitCode::SUCCESS),
        Some(Err(error)) => {
            let error = CliError::from(error);
            Err(error.with_more_hints(format!("{steps}\n  run it again to do the rest")))
        }
        None => {
            let error = CliError::other("stopped by Ctrl-C");
            let hint = format!(
                "{steps}\n  Calls on their way may have been done too. Run it again to do the rest."
            );
            error.with_hint(hint).report();
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// Prints the numbers of the changes, the requests and the seconds.
fn print_end(server: &Server, plan: &Plan, is_json: bool) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    if is_json {
        writeln!(out, "{:#}", show::json(plan, Some(server.cost()))?)?;
    } else {
        let summary = show::summary(plan, show::DONE, Some(server.cost()));
        writeln!(out, "{summary}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use keycloak_config::{Actual, Values};
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_yes_is_a_yes() {
        let values = Values::given::<&str, &str>([]);
        let desired = Desired::parse([("a", "realm: acme\ndisplayName: A")], &values);
        let desired = desired.expect("a declaration");
        let actual = Actual::of_representation(&json!({"realm": "acme"})).expect("a realm");
        let plan = keycloak_config::plan(&desired, &actual, &PlanOptions::default());
        let plan = plan.expect("a plan");
        for (answer, expected) in [
            ("y\n", true),
            ("YES \n", true),
            ("\n", false),
            ("", false),
            ("no\n", false),
            ("yesterday\n", false),
        ] {
            let mut asked = Vec::new();
            let is_yes = confirm(&plan, &mut answer.as_bytes(), &mut asked).expect("an answer");
            assert_eq!(is_yes, expected, "{answer:?}");
            let expected =
                "0 to create, 1 to change, 0 to delete. Write to the realm `acme`? [y/N] ";
            assert_eq!(String::from_utf8(asked).expect("text"), expected);
        }
    }
}
