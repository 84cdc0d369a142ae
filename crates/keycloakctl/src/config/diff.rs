//! `diff`: the differences between two declarations, or between a realm and a declaration.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use keycloak_config::{Desired, Kind, PlanOptions, Values};

use super::plan::exit_code;
use super::server::Server;
use super::sources::{self, VariableArgs};
use super::{FormArgs, show};
use crate::error::CliError;
use crate::login::ConnectionArgs;
use crate::output::OutputArgs;

/// Show the differences between two sets of realm files, or between a realm and its files
///
/// Each argument is a file, a folder, a pattern or `-`. With two, the changes from the first to the second are shown, and no server is needed. With
/// one, the realm on the server is compared with it. An object that only the first side has is shown as deleted; on the server this needs a list of
/// its kind in the files.
///
/// Exit codes: 0 no differences, 2 differences, 1 an error.
#[derive(clap::Args)]
pub(crate) struct Diff {
    /// Files of the first side; without a second side, the files to compare the server with
    #[arg(value_name = "FILE")]
    first: PathBuf,
    /// Files of the second side
    #[arg(value_name = "FILE")]
    second: Option<PathBuf>,
    #[command(flatten)]
    variables: VariableArgs,
    #[command(flatten)]
    form: FormArgs,
}

impl Diff {
    /// Reads both sides and prints the differences.
    pub(crate) async fn run(
        self,
        connection: &ConnectionArgs,
        output: &OutputArgs,
    ) -> Result<ExitCode, CliError> {
        let result = self.diff(connection, output).await;
        result.map_err(CliError::with_plain_exit_code)
    }

    async fn diff(
        self,
        connection: &ConnectionArgs,
        output: &OutputArgs,
    ) -> Result<ExitCode, CliError> {
        let is_json = self.form.is_json(output)?;
        let files = std::iter::once(&self.first).chain(&self.second);
        let values = self.variables.values(files)?;
        let realm = connection.realm.as_deref();
        let first = side(&self.first, &values, realm)?;
        let (plan, cost) = if let Some(second) = &self.second {
            let second = side(second, &values, realm)?;
            (keycloak_config::diff(&first, &second), None)
        } else {
            let server = Server::new(connection).await?;
            let options = PlanOptions::default().with_prune(Kind::ALL.iter().copied());
            let (_, mut plan) = server.plan(&first, &options).await?;
            // They are about an application.
            plan.notes.clear();
            (plan, Some(server.cost()))
        };
        show::print(&plan, cost, is_json)?;
        Ok(exit_code(&plan))
    }
}

fn side(argument: &Path, values: &Values, realm: Option<&str>) -> Result<Desired, CliError> {
    let sources = sources::read(&[argument.to_owned()])?;
    sources::declaration(&sources, values, realm)
}
