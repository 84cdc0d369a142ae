//! The command tree, made of the data of the operations.
//!
//! `AREA VERB` for each operation of Keycloak, and `phasetwo AREA VERB` for those of Phase Two. An object that can be read and written has one more
//! command, `edit`. Nothing here names an operation, so new ones appear by themselves.

mod flags;

use std::sync::LazyLock;

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

/// Makes the tree. Clap makes the commands of an area when the area is chosen, or when the whole tree is built. To make all of them takes 12 ms and
/// 5 MiB.
pub(crate) fn command() -> Command {
    let phasetwo = Command::new("phasetwo")
        .about("Phase Two's extensions: organizations, webhooks, attributes, magic links")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .defer(|phasetwo| {
            phasetwo.subcommands(areas(&PHASETWO, |area| with_verbs(area, &PHASETWO)))
        });
    let root = root().subcommands(areas(&KEYCLOAK, |area| {
        tools::add_to_area(with_verbs(area, &KEYCLOAK))
    }));
    // The commands that are added last would put their words in the place of the program's.
    tools::add_to(root.subcommand(phasetwo.display_order(LAST)))
        .about(ABOUT)
        .long_about(None)
}

/// The program with its own flags and without commands.
fn root() -> Command {
    let root = Command::new("keycloakctl");
    OutputArgs::augment_args(ConnectionArgs::augment_args(root))
        .version(format!(
            "{} (Keycloak {})",
            env!("CARGO_PKG_VERSION"),
            KEYCLOAK.version()
        ))
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .max_term_width(120)
}

/// The program's own flags. No command takes one of them.
static TAKEN: LazyLock<flags::Longs> = LazyLock::new(|| flags::longs(&root()));

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

/// The areas of an API. `fill` adds the commands of an area.
fn areas(api: &'static Api, fill: fn(Command) -> Command) -> impl Iterator<Item = Command> {
    api.areas().map(move |(name, about)| {
        Command::new(name)
            .about(about)
            .display_order(AREA)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .disable_help_subcommand(true)
            .defer(fill)
    })
}

/// Adds the commands of an area.
fn with_verbs(mut area: Command, api: &'static Api) -> Command {
    let name = area.get_name().to_owned();
    for operation in api.operations().iter().filter(|found| found.area == name) {
        area = area.subcommand(flags::of_call(api, operation, &TAKEN));
        if let Some(put) = operation.writer(api) {
            let verb = edit_verb(operation);
            area = area.subcommand(flags::of_edit(api, &verb, operation, put, &TAKEN));
        }
    }
    area
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
