//! The command tree, made of the data of the operations.
//!
//! `AREA VERB` for each operation of Keycloak, and `phasetwo AREA VERB` for those of Phase Two. An object that can be read and written has one more
//! command, `edit`. Nothing here names an operation, so new ones appear by themselves.

mod flags;

use clap::{ArgMatches, Args as _, Command};

use crate::api::{Api, KEYCLOAK, Operation, PHASETWO};
use crate::login::ConnectionArgs;
use crate::output::OutputArgs;
use crate::tools;

pub(crate) use self::flags::{
    ALL, CLIENT_OF_ROLES, DRY_RUN, FILE, FORM, ROLE_LIST, ROLES, SET, SET_FILE, TEXT, TO, body_id,
    field_id, path_id, query_id, role_container,
};

/// The request of a command line: a call or a change.
pub(crate) enum Found<'m> {
    /// An operation.
    Call(&'static Api, &'static Operation, &'m ArgMatches),
    /// Changing what one operation reads and another writes.
    Edit {
        api: &'static Api,
        get: &'static Operation,
        put: &'static Operation,
        matches: &'m ArgMatches,
    },
}

/// Makes the whole tree.
pub(crate) fn command() -> Command {
    let root = Command::new("keycloakctl");
    let root = OutputArgs::augment_args(ConnectionArgs::augment_args(root))
        .version(format!(
            "{} (Keycloak {})",
            env!("CARGO_PKG_VERSION"),
            KEYCLOAK.version()
        ))
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .max_term_width(120);
    let taken = flags::longs(&root);
    let phasetwo = Command::new("phasetwo")
        .about("Phase Two's extensions: organizations, webhooks, attributes, magic links")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommands(areas(&PHASETWO, &taken));
    let root = root.subcommands(areas(&KEYCLOAK, &taken));
    // The commands that are added last would put their words in the place of the program's.
    tools::add_to(root.subcommand(phasetwo.display_order(LAST)))
        .about(ABOUT)
        .long_about(None)
}

const ABOUT: &str = "Keycloak from a shell: every operation of the Admin REST API and of Phase Two";

/// The places in the list of commands: first the login, then the realms as code, then the areas, then the rest.
pub(crate) const FIRST: usize = 0;
pub(crate) const REALM_FILES: usize = 1;
const AREA: usize = 2;
pub(crate) const LAST: usize = 3;

const EXAMPLES: &str = "Examples:
  keycloakctl login --server https://sso.example.com --realm acme
  keycloakctl users list --realm acme --search ali
  keycloakctl users add-realm-roles --realm acme --user alice --role editor
  keycloakctl clients create --realm acme --client-id app -f app.yaml
  keycloakctl users edit --realm acme --user alice --set attributes.team=blue

`keycloakctl AREA --help` lists the commands of an area.";

/// The areas of an API.
fn areas(api: &'static Api, taken: &flags::Longs) -> Vec<Command> {
    let areas = api.areas().map(|(name, about)| {
        Command::new(name)
            .about(about)
            .display_order(AREA)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .disable_help_subcommand(true)
            .subcommands(verbs(api, name, taken))
    });
    areas.collect()
}

/// The commands of an area.
fn verbs(api: &'static Api, area: &str, taken: &flags::Longs) -> Vec<Command> {
    let operations = api.operations().iter().filter(|found| found.area == area);
    let mut commands = Vec::new();
    for operation in operations {
        commands.push(flags::of_call(api, operation, taken));
        if let Some(put) = operation.writer(api) {
            commands.push(flags::of_edit(
                api,
                &edit_verb(operation),
                operation,
                put,
                taken,
            ));
        }
    }
    commands
}

/// The verb that edits what an operation reads: `get-role` becomes `edit-role`.
pub(crate) fn edit_verb(get: &Operation) -> String {
    let noun = get.verb.strip_prefix("get").unwrap_or(get.verb);
    format!("edit{noun}")
}

/// Returns the operation that a command line asks for. `None` for a command of another kind.
pub(crate) fn find(matches: &ArgMatches) -> Option<Found<'_>> {
    let (name, matches) = matches.subcommand()?;
    let (api, area, matches): (&'static Api, _, _) = if name == "phasetwo" {
        let (area, matches) = matches.subcommand()?;
        (&*PHASETWO, area, matches)
    } else {
        (&*KEYCLOAK, name, matches)
    };
    let is_area = api.areas().any(|(known, _)| known == area);
    let (verb, matches) = matches.subcommand().filter(|_| is_area)?;
    let mut operations = api.operations().iter().filter(|found| found.area == area);
    let found = operations.clone().find(|found| found.verb == verb);
    if let Some(operation) = found {
        return Some(Found::Call(api, operation, matches));
    }
    let get = operations.find(|get| get.writer(api).is_some() && edit_verb(get) == verb)?;
    let put = get.writer(api)?;
    Some(Found::Edit {
        api,
        get,
        put,
        matches,
    })
}
