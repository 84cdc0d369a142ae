//! `export`: a realm as a file for `plan` and `apply`.

use std::io::Write as _;
use std::path::PathBuf;

use keycloak_config::ExportOptions;
use serde_json::Value;

use super::server::Server;
use crate::blocking::in_thread;
use crate::error::CliError;
use crate::interrupt::interrupts;
use crate::login::ConnectionArgs;
use crate::new_file;
use crate::output::{Format, OutputArgs};

/// Write a realm as a file for `plan` and `apply`, without the server's defaults
///
/// The file has no ids, no secrets and no values that a new realm of this server has by itself. To know these, the command makes a realm and deletes
/// it again, so the account needs the role `create-realm`.
#[derive(clap::Args)]
pub(crate) struct Export {
    /// File to write instead of standard output; a name that ends in .json gives JSON
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Add the users, without their credentials, and the members of organizations
    #[arg(long)]
    users: bool,
}

impl Export {
    /// Exports the realm. Ctrl-C ends it, and the realm with the defaults is deleted. A second Ctrl-C does not wait for the deletion.
    pub(crate) async fn run(
        self,
        connection: &ConnectionArgs,
        output: &OutputArgs,
    ) -> Result<(), CliError> {
        let is_json = self.is_json(output)?;
        let realm = connection.realm()?;
        let options = ExportOptions::default().with_users(self.users);
        let server = Server::new(connection).await?;
        let (mut first, mut second) = (interrupts()?, interrupts()?);
        let stop = async {
            first.recv().await;
        };
        let exported = tokio::select! {
            exported = keycloak_config::export_until(&server.keycloak, &realm, options, stop) => exported?,
            () = async { second.recv().await; second.recv().await; } => {
                let error = interrupted(&realm);
                return Err(error.with_hint("a realm with a name that begins with `keycloak-config-` may be left; delete it"));
            }
        };
        let exported = exported.ok_or_else(|| interrupted(&realm))?;
        let text = if is_json {
            format!("{exported:#}\n")
        } else {
            yaml(&exported)?
        };
        if let Some(to) = &self.to {
            return new_file::write(to, text.as_bytes());
        }
        tokio::select! {
            written = in_thread(move || std::io::stdout().lock().write_all(text.as_bytes())) => Ok(written?),
            _ = first.recv() => Err(interrupted(&realm)),
        }
    }

    /// Returns whether the form is JSON. `-o` comes before the name of the file.
    fn is_json(&self, output: &OutputArgs) -> Result<bool, CliError> {
        let end = self.to.as_ref().and_then(|to| to.extension());
        match output.output {
            Format::Json => Ok(true),
            Format::Yaml => Ok(false),
            Format::Table => Ok(end.is_some_and(|end| end.eq_ignore_ascii_case("json"))),
            _ => Err(CliError::usage("an export is YAML or JSON")
                .with_hint("use `-o yaml` or `-o json`")),
        }
    }
}

fn interrupted(realm: &str) -> CliError {
    CliError::interrupted(format!("stopped by Ctrl-C at the realm `{realm}`"))
}

fn yaml(value: &Value) -> Result<String, CliError> {
    serde_saphyr::to_string(value)
        .map_err(|error| CliError::other(format!("the export cannot be written as YAML: {error}")))
}
