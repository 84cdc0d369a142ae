//! Calling an operation: flags become a request, and the request is sent, shown, or read page by page.

mod answer;
mod dry_run;
mod payload;

use clap::ArgMatches;
use keycloak_admin::Keycloak;
use keycloak_session::{Items, Request};
use serde_json::Value;

pub(crate) use self::answer::{print_page, write_bytes};
pub(crate) use self::dry_run::show;
pub(crate) use self::payload::{Payload, assignments, warn_of_secrets};
use crate::api::{Api, Kind, Operation};
use crate::error::CliError;
use crate::login::ConnectionArgs;
use crate::names::Names;
use crate::output::OutputArgs;
use crate::tree;

/// The client and the settings that a call needs beside its flags.
pub(crate) struct Context<'c> {
    pub(crate) keycloak: &'c Keycloak,
    pub(crate) connection: &'c ConnectionArgs,
    pub(crate) output: &'c OutputArgs,
}

/// Calls an operation with the flags of its command.
pub(crate) async fn run(
    context: &Context<'_>,
    api: &'static Api,
    operation: &'static Operation,
    matches: &ArgMatches,
) -> Result<(), CliError> {
    check_fields(context.output, api, operation)?;
    let names = Names::new(context.keycloak, realm(context, operation)?, api);
    // A body that cannot be sent is reported before anything is looked up.
    let payload = payload::read(&names, operation, matches).await?;
    let mut request = fill(&names, operation, matches).await?;
    set_query(&mut request, operation, matches);
    if let Some(payload) = &payload {
        payload.put_into(&mut request);
    }
    if matches.get_flag(tree::DRY_RUN) {
        return show(&request, payload.as_ref(), api, operation);
    }
    if operation.paged && matches.get_flag(tree::ALL) {
        return all_pages(context, request, operation).await;
    }
    let to = matches.try_get_one(tree::TO).ok().flatten();
    answer::send_and_print(context.output, request, operation, to).await
}

/// Checks that the answer has the fields that `--fields` names.
fn check_fields(
    output: &OutputArgs,
    api: &'static Api,
    operation: &Operation,
) -> Result<(), CliError> {
    let Some(answer) = operation.answer else {
        return Ok(());
    };
    match api.types().kind(answer.trim_matches(['[', ']'])) {
        Kind::Object(of) => {
            let known: Vec<&str> = of.fields.iter().map(|field| field.name).collect();
            output.check_fields(&known)
        }
        _ => Ok(()),
    }
}

/// Returns the realm to work on; empty for an operation whose path has none.
pub(crate) fn realm(context: &Context<'_>, operation: &Operation) -> Result<String, CliError> {
    let mut parameters = operation.path_parameters.iter();
    if parameters.any(|parameter| parameter.name == "realm") {
        context.connection.realm()
    } else {
        Ok(String::new())
    }
}

/// Makes the request of an operation with its path filled in.
pub(crate) async fn fill(
    names: &Names<'_>,
    operation: &'static Operation,
    matches: &ArgMatches,
) -> Result<Request, CliError> {
    let mut request = Request::new(names.session(), operation.info());
    for parameter in &operation.path_parameters {
        if parameter.name == "realm" {
            request.set_path("realm", names.realm());
            continue;
        }
        let [name, id] = [false, true].map(|id| tree::path_id(parameter, id));
        let value = match (given(matches, &id), given(matches, &name)) {
            (Some(id), _) => id,
            (None, Some(name)) => {
                names
                    .id_of_parameter(operation, &request, parameter, &name)
                    .await?
            }
            (None, None) => {
                return Err(CliError::usage(format!(
                    "--{} is missing",
                    parameter.flag.long
                )));
            }
        };
        request.set_path(parameter.name, &value);
    }
    Ok(request)
}

/// Returns the text of a flag, if the command has the flag and it is given.
pub(crate) fn given(matches: &ArgMatches, id: &str) -> Option<String> {
    matches.try_get_one::<String>(id).ok().flatten().cloned()
}

fn set_query(request: &mut Request, operation: &'static Operation, matches: &ArgMatches) {
    for parameter in &operation.query {
        let id = tree::query_id(parameter);
        if parameter.kind == "integer" {
            if let Some(number) = matches.get_one::<i64>(&id) {
                request.set_query(parameter.name, number);
            }
        } else if let Some(values) = matches.get_many::<String>(&id) {
            request.set_query_list(parameter.name, values);
        }
    }
}

/// Prints all pages of a list. One page is in memory at a time.
async fn all_pages(
    context: &Context<'_>,
    request: Request,
    operation: &Operation,
) -> Result<(), CliError> {
    let mut printer = answer::printer(context.output, operation.answer);
    let mut items: Items<Value> = Items::json(request);
    while let Some(item) = items.try_next().await? {
        printer.item(&item)?;
    }
    printer.finish()
}
