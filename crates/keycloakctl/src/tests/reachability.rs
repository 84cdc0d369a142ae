//! Every operation can be called: its command sends what its generated builder sends.

use std::ffi::OsString;
use std::path::Path;

use clap::{Command, FromArgMatches as _};
use keycloak_admin::Keycloak;
use keycloak_session::{Credentials, OperationInfo, Request};
use serde_json::Value;

use super::given::{Builder, Given};
use super::recorder::{Recorded, Recorder};
use crate::api::{Api, KEYCLOAK, Operation, PHASETWO};
use crate::call::Context;
use crate::login::ConnectionArgs;
use crate::output::OutputArgs;
use crate::tree::{self, Found};
use crate::{call, generated};

#[tokio::test]
async fn every_command_of_keycloak_sends_what_its_builder_sends() {
    let client = |keycloak: &Keycloak| keycloak.api().clone();
    let builders = generated::keycloak::BUILDERS;
    assert_eq!(compare(&KEYCLOAK, &[], builders, client).await, 528);
}

#[tokio::test]
async fn every_command_of_phasetwo_sends_what_its_builder_sends() {
    let client = |keycloak: &Keycloak| keycloak.phasetwo_api().clone();
    let builders = generated::phasetwo::BUILDERS;
    assert_eq!(
        compare(&PHASETWO, &["phasetwo"], builders, client).await,
        85
    );
}

/// Sends each operation twice, by its command and by its builder. Returns how many operations there are.
async fn compare<C>(
    api: &'static Api,
    prefix: &[&str],
    builders: &[(&str, Builder<C>)],
    client: impl Fn(&Keycloak) -> C,
) -> usize {
    let recorder = Recorder::default();
    let session = Keycloak::builder(&recorder.start().await)
        .credentials(Credentials::token("a token"))
        .build()
        .expect("a session");
    let client = client(&session);
    let folder = tempfile::tempdir().expect("a folder");
    let mut root = tree::command();
    root.build();
    let operations = api.operations();
    for (index, operation) in operations.iter().enumerate() {
        let id = operation.id;
        let given = Given { api, operation };
        let file = folder.path().join("body");
        let command = found(&root, prefix, operation);
        let arguments = arguments(command, &given, &file, index.is_multiple_of(2));
        let words = prefix
            .iter()
            .copied()
            .chain([operation.area, operation.verb]);
        let words = words.map(OsString::from).chain(arguments);
        send_command(&mut root, &session, words).await;
        let by_command = recorder
            .take()
            .unwrap_or_else(|| panic!("{id} sent nothing"));

        let (_, builder) = builders.iter().find(|(known, _)| *known == id).expect(id);
        let request = builder(&client, &given);
        assert_same_facts(operation.info(), request.info());
        send_builder(request, id).await;
        let by_builder = recorder
            .take()
            .unwrap_or_else(|| panic!("{id} sent nothing"));
        assert_same(operation, &by_command, &by_builder);
    }
    assert_eq!(operations.len(), builders.len());
    operations.len()
}

/// The command of an operation.
fn found<'c>(root: &'c Command, prefix: &[&str], operation: &Operation) -> &'c Command {
    let words = prefix.iter().copied();
    words
        .chain([operation.area, operation.verb])
        .try_fold(root, |command, word| command.find_subcommand(word))
        .expect(operation.id)
}

/// The flags for everything that the operation takes, as JSON or as YAML.
fn arguments(command: &Command, given: &Given<'_>, file: &Path, is_yaml: bool) -> Vec<OsString> {
    let operation = given.operation;
    let mut arguments = Vec::new();
    let mut push = |long: &str, value: &str| arguments.push(format!("--{long}={value}").into());
    for parameter in &operation.path_parameters {
        let value = given.text(parameter.name);
        let by_id = parameter.flag.kind.is_some();
        match parameter.name {
            "realm" => push("realm", &value),
            _ => push(&long(command, &tree::path_id(parameter, by_id)), &value),
        }
    }
    for parameter in &operation.query {
        let long = long(command, &tree::query_id(parameter));
        let name = parameter.name;
        match parameter.kind {
            "boolean" => push(&long, &given.boolean(name).to_string()),
            "integer" => push(&long, &given.integer::<i64>(name).to_string()),
            "[text]" => given.list(name).iter().for_each(|item| push(&long, item)),
            _ => push(&long, &given.text(name)),
        }
    }
    let Some(body) = &operation.body else {
        return arguments;
    };
    match (&body.flag, body.kind) {
        (Some(flag), _) => {
            let text = given.json();
            let long = long(command, tree::body_id(flag.kind.is_some()));
            push(&long, text.as_str().expect("a text"));
            return arguments;
        }
        (None, "text") => {
            push("text", given.json().as_str().expect("a text"));
            return arguments;
        }
        (None, "binary") => std::fs::write(file, given.bytes()),
        _ if is_yaml => std::fs::write(file, serde_saphyr::to_string(&given.json()).expect("YAML")),
        _ => std::fs::write(file, given.json().to_string()),
    }
    .expect("a file");
    arguments.extend(["--file".into(), file.into()]);
    arguments
}

/// The long form of the flag with this id.
fn long(command: &Command, id: &str) -> String {
    let mut flags = command.get_arguments();
    let flag = flags.find(|flag| flag.get_id() == id);
    let flag = flag.unwrap_or_else(|| panic!("{} has no flag {id}", command.get_name()));
    flag.get_long().expect("a long form").to_owned()
}

/// Runs a command line as `main` does.
async fn send_command(
    root: &mut Command,
    keycloak: &Keycloak,
    words: impl Iterator<Item = OsString>,
) {
    let words: Vec<OsString> = ["keycloakctl".into()].into_iter().chain(words).collect();
    let matches = root.try_get_matches_from_mut(&words);
    let matches = matches.unwrap_or_else(|error| panic!("{words:?}: {error}"));
    let connection = ConnectionArgs::from_arg_matches(&matches).expect("flags");
    let output = OutputArgs::from_arg_matches(&matches).expect("flags");
    let context = Context {
        keycloak,
        connection: &connection,
        output: &output,
    };
    let Some(Found::Call(api, operation, matches)) = tree::find(&matches) else {
        panic!("{words:?} is no operation");
    };
    let result = call::run(&context, api, operation, matches).await;
    result.unwrap_or_else(|error| panic!("{words:?}: {error}"));
}

async fn send_builder(request: Request, id: &str) {
    let result = request.send_raw().await;
    result.unwrap_or_else(|error| panic!("{id}: {error}"));
}

/// The facts that decide about headers, repeats and tokens.
fn assert_same_facts(command: &OperationInfo, builder: &OperationInfo) {
    let facts = |info: &OperationInfo| {
        (
            (info.id(), info.method(), info.path(), info.accept_value()),
            (
                info.multi_segment_parameter(),
                info.is_token_renewing(),
                info.is_idempotent(),
            ),
            (info.required_parameters().to_vec(), info.is_body_required()),
            (info.lost_race_statuses().to_vec(), info.answer_key()),
        )
    };
    assert_eq!(facts(command), facts(builder));
}

fn assert_same(operation: &Operation, command: &Recorded, builder: &Recorded) {
    let id = operation.id;
    assert_eq!(command.method, builder.method, "{id}");
    assert_eq!(command.accept, builder.accept, "{id}");
    let parts = |recorded: &Recorded| {
        let (path, query) = recorded
            .target
            .split_once('?')
            .unwrap_or((&recorded.target, ""));
        let mut query: Vec<String> = query.split('&').map(str::to_owned).collect();
        // The order of the parameters means nothing, but the order of one parameter's values does.
        query.sort_by_key(|pair| pair.split('=').next().unwrap_or_default().to_owned());
        (path.to_owned(), query)
    };
    assert_eq!(parts(command), parts(builder), "{id}");
    if operation.body.as_ref().is_some_and(|body| body.multipart) {
        let start = "multipart/form-data; boundary=";
        assert!(command.content_type.starts_with(start), "{id}");
        let mut windows = command.body.windows(builder.body.len());
        assert!(windows.any(|window| window == builder.body), "{id}");
        return;
    }
    assert_eq!(command.content_type, builder.content_type, "{id}");
    let json = |recorded: &Recorded| serde_json::from_slice::<Value>(&recorded.body).ok();
    match (json(command), json(builder)) {
        (Some(command), Some(builder)) => assert_eq!(command, builder, "{id}"),
        _ => assert_eq!(pairs(command), pairs(builder), "{id}"),
    }
}

/// The pairs of a form, whose order means nothing; or the one text of another body.
fn pairs(recorded: &Recorded) -> Vec<&[u8]> {
    let is_form = recorded.content_type.contains("form-urlencoded");
    let mut pairs: Vec<&[u8]> = recorded
        .body
        .split(|byte| is_form && *byte == b'&')
        .collect();
    pairs.sort_unstable();
    pairs
}
