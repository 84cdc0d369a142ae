//! `apply`: the changes of a plan are made.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};
use std::path::{Path, PathBuf};

use keycloak_config::{Actual, Desired, Plan, PlanOptions, SavedPlan};

use super::progress::Steps;
use super::server::Server;
use super::sources::{self, Source, VariableArgs};
use super::{FormArgs, PruneArgs, show};
use crate::blocking::in_thread;
use crate::error::CliError;
use crate::interrupt::interrupts;
use crate::login::ConnectionArgs;
use crate::output::{OutputArgs, Terminal, printable};

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
    /// Plans, asks and writes, one realm after the other. Ctrl-C ends it at any time.
    pub(crate) async fn run(
        self,
        connection: &ConnectionArgs,
        output: &OutputArgs,
    ) -> Result<(), CliError> {
        let is_json = self.form.is_json(output)?;
        let is_asked = self.is_asked()?;
        let values = self.variables.values(&self.files)?;
        let sources = sources::read(&self.files)?;
        let saved = self.saved_plan(&sources, connection)?;
        let (realms, options) = match &saved {
            Some(saved) => (vec![saved.desired(&values)?], saved.options()),
            None => (
                sources::declarations(&sources, &values, connection.realm.as_deref())?,
                PlanOptions::default().with_prune(self.prune.kinds()),
            ),
        };
        let application = Application {
            server: Server::new(connection).await?,
            saved,
            options,
            is_asked,
            is_json,
            names_realms: realms.len() > 1,
        };
        let mut interrupts = interrupts()?;
        for desired in &realms {
            let steps = Steps::new();
            tokio::select! {
                result = application.apply(desired, &steps) => result?,
                _ = interrupts.recv() => {
                    steps.clear();
                    return Err(interrupted(desired, &steps));
                }
            }
        }
        Ok(())
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

/// The settings of an `apply`, for each of its realms.
struct Application {
    server: Server,
    saved: Option<SavedPlan>,
    options: PlanOptions,
    is_asked: bool,
    is_json: bool,
    /// True if the name of a realm stands above its changes.
    names_realms: bool,
}

impl Application {
    /// Plans the changes of one realm, shows them, asks and writes.
    async fn apply(&self, desired: &Desired, steps: &Steps) -> Result<(), CliError> {
        let (actual, plan) = self.server.plan(desired, &self.options).await?;
        if let Some(saved) = &self.saved {
            saved.check(&plan, &actual)?;
        }
        if !self.is_json {
            if self.names_realms {
                show::print_realm(&plan)?;
            }
            let mut out = std::io::stdout().lock();
            write!(out, "{}", show::tree(&plan, Terminal::of_stdout()))?;
        }
        if self.is_asked && !plan.is_empty() && !confirm(&plan).await? {
            return Err(CliError::other(format!(
                "nothing was written to the realm `{}`",
                plan.realm
            )));
        }
        self.write_changes(desired, &actual, &plan, steps).await?;
        self.print_end(&plan)
    }

    /// Applies the plan.
    async fn write_changes(
        &self,
        desired: &Desired,
        actual: &Actual,
        plan: &Plan,
        steps: &Steps,
    ) -> Result<(), CliError> {
        let progress = |progress: &keycloak_config::Progress<'_>| steps.add(progress);
        let keycloak = &self.server.keycloak;
        let result = keycloak_config::apply(keycloak, plan, desired, actual, &progress).await;
        steps.clear();
        let failed = |error| {
            let hint = format!("{steps}\n  run it again to do the rest");
            CliError::from(error).with_more_hints(hint)
        };
        result.map(|_| ()).map_err(failed)
    }

    /// Prints the numbers of the changes, the requests and the seconds.
    fn print_end(&self, plan: &Plan) -> Result<(), CliError> {
        let cost = Some(self.server.cost());
        let mut out = std::io::stdout().lock();
        if self.is_json {
            writeln!(out, "{:#}", show::json(plan, cost)?)?;
        } else {
            writeln!(out, "{}", show::summary(plan, show::DONE, cost))?;
        }
        Ok(())
    }
}

/// Asks whether to write.
async fn confirm(plan: &Plan) -> Result<bool, CliError> {
    write!(stderr(), "{}", question(plan))?;
    let answer = in_thread(|| {
        let mut answer = String::new();
        stdin().read_line(&mut answer).map(|_| answer)
    });
    let answer = answer.await;
    let answer =
        answer.map_err(|error| CliError::usage(format!("the answer cannot be read: {error}")))?;
    Ok(is_yes(&answer))
}

fn question(plan: &Plan) -> String {
    let numbers = show::summary(plan, show::PLANNED, None);
    let realm = printable(&plan.realm);
    format!("{numbers}. Write to the realm `{realm}`? [y/N] ")
}

/// Returns whether an answer is `y` or `yes`.
fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

/// Makes the error of an `apply` that Ctrl-C ends.
fn interrupted(desired: &Desired, steps: &Steps) -> CliError {
    let realm = desired.realm();
    CliError::interrupted(format!("stopped by Ctrl-C at the realm `{realm}`")).with_hint(format!(
        "{steps}\n  Calls on their way may have been done too. Run it again to do the rest."
    ))
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
        let expected = "0 to create, 1 to change, 0 to delete. Write to the realm `acme`? [y/N] ";
        assert_eq!(question(&plan), expected);
        for answer in ["y\n", "YES \n"] {
            assert!(is_yes(answer), "{answer:?}");
        }
        for answer in ["\n", "", "no\n", "yesterday\n"] {
            assert!(!is_yes(answer), "{answer:?}");
        }
    }
}
