//! `plan`: the changes of a realm, without a write.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use keycloak_config::{Actual, PlanOptions, SavedPlan};

use super::server::Server;
use super::sources::{self, STANDARD_INPUT, Source, VariableArgs};
use super::{CHANGES, FormArgs, PruneArgs, show};
use crate::error::CliError;
use crate::login::ConnectionArgs;
use crate::new_file;
use crate::output::OutputArgs;

/// Show what `apply` would change in a realm, and write nothing
///
/// The files are realm exports of Keycloak, or parts of them, as JSON or YAML. Several files are merged. An object or a field that is not in them is
/// left alone. `$(env:NAME)` and `$(file:PATH)` in a text become values. The realms are those of the files, unless `--realm` names another one.
///
/// Exit codes: 0 nothing to do, 2 changes, 1 an error.
#[derive(clap::Args)]
pub(crate) struct Plan {
    /// Realm files, folders of them, patterns such as `realms/*.yaml`, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    variables: VariableArgs,
    #[command(flatten)]
    prune: PruneArgs,
    /// File to save the plan in, for `apply FILE`; it has no secrets
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    form: FormArgs,
}

impl Plan {
    /// Reads the files and the realm, and prints the plan.
    pub(crate) async fn run(
        self,
        connection: &ConnectionArgs,
        output: &OutputArgs,
    ) -> Result<ExitCode, CliError> {
        let result = self.plan(connection, output).await;
        result.map_err(CliError::with_plain_exit_code)
    }

    async fn plan(
        self,
        connection: &ConnectionArgs,
        output: &OutputArgs,
    ) -> Result<ExitCode, CliError> {
        let is_json = self.form.is_json(output)?;
        let values = self.variables.values(&self.files)?;
        let sources = sources::read(&self.files)?;
        let realms = sources::declarations(&sources, &values, connection.realm.as_deref())?;
        if self.out.is_some() && realms.len() > 1 {
            return Err(sources::several_realms("--out", &realms));
        }
        let server = Server::new(connection).await?;
        let options = PlanOptions::default().with_prune(self.prune.kinds());
        let mut code = ExitCode::SUCCESS;
        for desired in &realms {
            let (actual, plan) = server.plan(desired, &options).await?;
            if let Some(out) = &self.out {
                save(&sources, &plan, &actual, out)?;
            }
            if realms.len() > 1 && !is_json {
                show::print_realm(&plan)?;
            }
            show::print(&plan, Some(server.cost()), is_json)?;
            if !plan.is_empty() {
                code = exit_code(&plan);
            }
        }
        Ok(code)
    }
}

/// Writes a plan to a file, and names the realm files that `apply` will need beside it.
fn save(
    sources: &[Source],
    plan: &keycloak_config::Plan,
    actual: &Actual,
    out: &Path,
) -> Result<(), CliError> {
    let saved = SavedPlan::new(sources::texts(sources), plan, actual)?;
    let json = serde_json::to_string_pretty(&saved)
        .map_err(|error| CliError::other(format!("the plan is no JSON: {error}")))?;
    for name in saved.files_with_secrets() {
        let why = format!("{name} has a secret in the clear, which a saved plan does not keep");
        if name == STANDARD_INPUT {
            let error = CliError::usage(why);
            return Err(error.with_hint("write `$(env:NAME)` or `$(file:PATH)` in its place"));
        }
        eprintln!("note: {why}. `apply` reads the file again.");
    }
    new_file::write(out, format!("{json}\n").as_bytes())
}

/// Returns the exit code of a command that shows changes.
pub(super) fn exit_code(plan: &keycloak_config::Plan) -> ExitCode {
    if plan.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(CHANGES)
    }
}
