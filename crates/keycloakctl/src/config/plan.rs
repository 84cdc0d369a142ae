//! `plan`: the changes of a realm, without a write.

use std::path::PathBuf;
use std::process::ExitCode;

use keycloak_config::PlanOptions;

use super::server::Server;
use super::sources::{self, VariableArgs};
use super::{CHANGES, FormArgs, PruneArgs, show};
use crate::error::CliError;
use crate::login::ConnectionArgs;
use crate::output::OutputArgs;

/// Show what `apply` would change in a realm, and write nothing
///
/// The files are realm exports of Keycloak, or parts of them, as JSON or YAML. Several files are merged. An object or a field that is not in them is
/// left alone. `$(env:NAME)` and `$(file:PATH)` in a text become values. The realm is that of the files, unless `--realm` names another one.
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
        let sources = sources::read(&self.files)?;
        let values = self.variables.values()?;
        let desired = sources::declaration(&sources, &values, connection.realm.as_deref())?;
        let server = Server::new(connection).await?;
        let options = PlanOptions::default().with_prune(self.prune.kinds());
        let (_, plan) = server.plan(&desired, &options).await?;
        show::print(&plan, Some(server.cost()), is_json)?;
        Ok(exit_code(&plan))
    }
}

/// Returns the exit code of a command that shows changes.
pub(super) fn exit_code(plan: &keycloak_config::Plan) -> ExitCode {
    if plan.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(CHANGES)
    }
}
