//! The flags of one command.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgGroup, Command, value_parser};

use crate::api::{Api, Body, Field, Flag, Kind, Operation, PathParameter, QueryParameter};

/// The ids of flags in clap's matches.
pub(crate) const ALL: &str = "all";
pub(crate) const DRY_RUN: &str = "dry-run";
pub(crate) const FILE: &str = "file";
pub(crate) const FORM: &str = "form";
pub(crate) const SET: &str = "set";
pub(crate) const SET_FILE: &str = "set-file";
pub(crate) const TEXT: &str = "text";
pub(crate) const TO: &str = "to";
pub(crate) const ROLES: &str = "body:roles";
pub(crate) const CLIENT_OF_ROLES: &str = "body:client-of-roles";

/// The type of a body that is a list of roles, which are given by their names.
pub(crate) const ROLE_LIST: &str = "[RoleRepresentation]";

/// More fields than these are listed by `--help` alone, and not by `-h`.
const SHORT_LIST: usize = 24;

/// Abbreviations whose last full stop ends no sentence.
const ABBREVIATIONS: [&str; 2] = ["e.g", "i.e"];

/// The flags that are in use.
pub(crate) type Longs = HashSet<String>;

/// Returns the flags that every command has.
pub(crate) fn longs(root: &Command) -> Longs {
    let arguments = root.get_arguments().filter_map(Arg::get_long);
    arguments
        .chain(["help", "version"])
        .map(str::to_owned)
        .collect()
}

/// The id of the flag of a path parameter; `id` for the flag that takes the id instead of the name.
pub(crate) fn path_id(parameter: &PathParameter, id: bool) -> String {
    format!("{}:{}", if id { "path-id" } else { "path" }, parameter.name)
}

/// The id of the flag of a query parameter.
pub(crate) fn query_id(parameter: &QueryParameter) -> String {
    format!("query:{}", parameter.name)
}

/// The id of the flag of a field of the body.
pub(crate) fn field_id(name: &str) -> String {
    format!("field:{name}")
}

/// The id of the flag of a body that is one text; `id` for the flag that takes the id instead of the name.
pub(crate) fn body_id(id: bool) -> &'static str {
    if id { "body-id:text" } else { "body:text" }
}

/// The command of an operation.
pub(super) fn of_call(api: &'static Api, operation: &'static Operation, taken: &Longs) -> Command {
    let mut command = described(operation.verb.to_owned(), operation, &operation.about);
    let mut flags = Flags {
        api,
        taken: taken.clone(),
    };
    flags.reserve(operation);
    command = flags.path(command, operation);
    command = flags.query(command, operation);
    if let Some(body) = &operation.body {
        command = flags.body(command, operation, body);
    }
    if operation.answer == Some("binary") {
        command = command.arg(
            Arg::new(TO)
                .long(TO)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("File that the answer is written to, instead of standard output"),
        );
    }
    command.arg(dry_run())
}

/// The command that changes what one operation reads and another writes.
pub(super) fn of_edit(
    api: &'static Api,
    verb: &str,
    get: &'static Operation,
    put: &'static Operation,
    taken: &Longs,
) -> Command {
    let about = format!(
        "Change what `{}` reads, in $EDITOR or by flags. The difference is written back, and everything else stays.",
        get.verb
    );
    let mut command = described(verb.to_owned(), put, &about);
    let mut flags = Flags {
        api,
        taken: taken.clone(),
    };
    flags.reserve(put);
    command = flags.path(command, get);
    if let Some(body) = &put.body {
        command = flags.json(command, body.kind);
    }
    command.arg(dry_run())
}

fn described(name: String, operation: &'static Operation, about: &str) -> Command {
    let has_details = about == operation.about && !operation.details.is_empty();
    let about = if about.is_empty() {
        words(operation.id)
    } else {
        imperative(about)
    };
    let mut long = about.clone();
    if has_details {
        long = format!("{long}\n\n{}", operation.details);
    }
    if let Some(since) = operation.since {
        long = format!("{long}\n\nSince Keycloak {since}.");
    }
    if operation.deprecated {
        long.push_str("\n\nDeprecated by the API.");
    }
    long = format!("{long}\n\n{} {}", operation.method, operation.path);
    Command::new(name)
        .about(first_sentence(&about).to_owned())
        .long_about(long)
}

fn dry_run() -> Arg {
    Arg::new(DRY_RUN)
        .long(DRY_RUN)
        .action(ArgAction::SetTrue)
        .help("Show the request instead of sending it; names are looked up, and only that needs a login")
}

struct Flags {
    api: &'static Api,
    taken: Longs,
}

impl Flags {
    /// Keeps the names of the flags of the body free.
    fn reserve(&mut self, operation: &Operation) {
        let mut own = vec![DRY_RUN];
        own.extend(operation.paged.then_some(ALL));
        if operation.body.is_some() {
            own.extend([FILE, FORM, SET, SET_FILE]);
        }
        self.taken.extend(own.into_iter().map(str::to_owned));
    }

    /// Takes a flag. Returns whether it was free.
    fn take(&mut self, long: &str) -> bool {
        self.taken.insert(long.to_owned())
    }

    fn path(&mut self, mut command: Command, operation: &'static Operation) -> Command {
        for parameter in &operation.path_parameters {
            // The realm is a flag of every command.
            if parameter.name == "realm" {
                continue;
            }
            let ids = [path_id(parameter, false), path_id(parameter, true)];
            command = self.flag(command, &parameter.flag, ids, &parameter.about, true);
        }
        command
    }

    /// Adds the flag of one value, and the flag that takes its id if it is given by name.
    fn flag(
        &mut self,
        command: Command,
        flag: &Flag,
        [id, id_of_id]: [String; 2],
        about: &str,
        required: bool,
    ) -> Command {
        self.take(&flag.long);
        let named = Arg::new(id.clone())
            .long(flag.long.clone())
            .value_name(value_name(&flag.long));
        let Some(id_flag) = flag.id_flag() else {
            return command.arg(helped(named, about).required(required));
        };
        self.take(&id_flag);
        let noun = flag.long.replace('-', " ");
        let key = match (flag.kind.as_deref(), flag.key.as_deref()) {
            (Some("user"), _) => "Username of the user".to_owned(),
            (Some("client"), _) => format!("Client id of the {noun}"),
            (Some("group"), _) => "Path of the group, such as /staff/night, or its name".to_owned(),
            (Some("organization"), _) => "Alias or name of the organization".to_owned(),
            (_, Some(key)) => format!("The {noun} by its {key}"),
            _ => format!("Name of the {noun}"),
        };
        let named = named.help(key);
        let by_id = Arg::new(id_of_id.clone())
            .long(id_flag.clone())
            .value_name(value_name(&id_flag))
            .help(format!("The {noun} by its id, without looking it up"));
        let group = ArgGroup::new(format!("group:{id}"))
            .args([id, id_of_id])
            .required(required);
        command.args([named, by_id]).group(group)
    }

    fn query(&mut self, mut command: Command, operation: &'static Operation) -> Command {
        for parameter in &operation.query {
            let mut long = parameter.flag.to_owned();
            if !self.take(&long) {
                long = format!("query-{long}");
                self.take(&long);
            }
            let arg = Self::value(query_id(parameter), long, parameter.kind);
            let arg = arg.required(parameter.required).help_heading("Parameters");
            command = command.arg(helped(arg, &parameter.about));
        }
        if operation.paged {
            command = command.arg(
                Arg::new(ALL)
                    .long(ALL)
                    .action(ArgAction::SetTrue)
                    .help_heading("Parameters")
                    .help("Read all pages, one after the other"),
            );
        }
        command
    }

    /// A flag that takes a value of this kind.
    fn value(id: String, long: String, kind: &'static str) -> Arg {
        let name = value_name(&long);
        let arg = Arg::new(id).long(long);
        let is_list = kind.starts_with('[');
        let inner = kind.trim_matches(['[', ']']);
        let arg = match inner {
            "boolean" => arg
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .value_name("true|false")
                .value_parser(PossibleValuesParser::new(["true", "false"]))
                .hide_possible_values(true),
            "integer" => arg
                .value_name("NUMBER")
                .value_parser(value_parser!(i64))
                .allow_negative_numbers(true),
            "number" => arg.value_name("NUMBER").allow_negative_numbers(true),
            _ => arg.value_name(name),
        };
        if is_list {
            arg.action(ArgAction::Append)
        } else {
            arg
        }
    }

    fn body(
        &mut self,
        command: Command,
        operation: &'static Operation,
        body: &'static Body,
    ) -> Command {
        if let Some(flag) = &body.flag {
            let ids = [false, true].map(|id| body_id(id).to_owned());
            let about = format!("{} that the body names", flag.long.replace('-', " "));
            return self.flag(command, flag, ids, &about, !body.optional);
        }
        let file = file(body);
        match body.kind {
            "binary" => {
                let command = command.arg(file.required(true));
                if body.multipart {
                    command.arg(form())
                } else {
                    command
                }
            }
            "text" => {
                let text = Arg::new(TEXT)
                    .long(TEXT)
                    .value_name("TEXT")
                    .help("The text that is sent")
                    .help_heading("Body");
                let group = ArgGroup::new("body")
                    .args([FILE, TEXT])
                    .required(!body.optional);
                command.args([file, text]).group(group)
            }
            ROLE_LIST => self.roles(command.arg(file), operation),
            _ => self.json(command, body.kind),
        }
    }

    /// The flags of a body of roles.
    fn roles(&mut self, command: Command, operation: &'static Operation) -> Command {
        let long = if self.take("role") {
            "role"
        } else {
            "composite"
        };
        let command = command.arg(
            Arg::new(ROLES)
                .long(long)
                .value_name("NAME")
                .action(ArgAction::Append)
                .conflicts_with(FILE)
                .help_heading("Body")
                .help("Role by its name; several times for several roles"),
        );
        if role_container(operation).is_some() {
            return command;
        }
        command.arg(
            Arg::new(CLIENT_OF_ROLES)
                .long("from-client")
                .value_name("CLIENT_ID")
                .requires(ROLES)
                .help_heading("Body")
                .help("Client id of the client whose roles these are, instead of the realm"),
        )
    }

    /// The flags of a body of JSON.
    fn json(&mut self, command: Command, kind: &'static str) -> Command {
        let append = |id: &'static str, name: &'static str, help: &'static str| {
            Arg::new(id)
                .long(id)
                .value_name(name)
                .action(ArgAction::Append)
                .help(help)
                .help_heading("Body")
        };
        let mut command = command
            .arg(json_file())
            .arg(append(
                SET,
                "PATH=VALUE",
                "Set a value, such as attributes.team=blue; after the file",
            ))
            .arg(append(
                SET_FILE,
                "PATH=FILE",
                "Set a value to the text of a file, `-` for standard input, such as for a password",
            ));
        let Kind::Object(of) = self.api.types().kind(kind) else {
            return command;
        };
        let fields: Vec<&'static Field> = of
            .fields
            .iter()
            .filter(|field| self.has_flag(field))
            .collect();
        let is_long = fields.len() > SHORT_LIST;
        for field in fields {
            let long = flag_of(field.name);
            if !self.take(&long) {
                continue;
            }
            let arg = Self::value(field_id(field.name), long, field.kind);
            let arg = arg.help_heading("Fields of the body");
            command = command.arg(helped(arg, &field.about).hide_short_help(is_long));
        }
        command
    }

    /// Returns whether a field has a flag of its own: a value in one line, or a list of them, that is no secret.
    fn has_flag(&self, field: &Field) -> bool {
        let types = self.api.types();
        let kind = match types.kind(field.kind) {
            Kind::List(item) => item,
            _ => field.kind,
        };
        !field.secret && types.is_scalar(kind)
    }
}

fn file(body: &Body) -> Arg {
    let help = match body.kind {
        "binary" | "text" => "File with the body; `-` is standard input",
        _ => "File with the body as JSON or YAML; `-` is standard input",
    };
    json_file().help(help)
}

fn json_file() -> Arg {
    Arg::new(FILE)
        .short('f')
        .long(FILE)
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help("File with the body as JSON or YAML; `-` is standard input")
        .help_heading("Body")
}

fn form() -> Arg {
    Arg::new(FORM)
        .long(FORM)
        .value_name("NAME=VALUE")
        .action(ArgAction::Append)
        .help("Field of the form beside the file, such as keystoreFormat=JKS")
        .help_heading("Body")
}

/// Returns the parameter of the client whose roles a list of roles is about; `None` for roles of the realm.
pub(crate) fn role_container(operation: &Operation) -> Option<&PathParameter> {
    let (before, rest) = operation.path.split_once("-mappings/clients/{")?;
    debug_assert!(!before.is_empty());
    let (name, _) = rest.split_once('}')?;
    operation
        .path_parameters
        .iter()
        .find(|found| found.name == name)
}

/// Adds the words about a flag: the first sentence for `-h`, and all of them for `--help`.
fn helped(arg: Arg, about: &str) -> Arg {
    if about.is_empty() {
        let name = arg.get_long().unwrap_or_default();
        let name = words(name);
        return arg.help(name);
    }
    let first = first_sentence(about);
    let rest = about.trim_end_matches('.');
    let arg = arg.help(first.to_owned());
    if first == rest {
        arg
    } else {
        arg.long_help(rest.to_owned())
    }
}

/// The verbs that begin the words about an operation, as the documents of the APIs have them, and as a command has them.
const VERBS: [(&str, &str); 16] = [
    ("Adds", "Add"),
    ("Clears", "Clear"),
    ("Copies", "Copy"),
    ("Counts", "Count"),
    ("Creates", "Create"),
    ("Deletes", "Delete"),
    ("Evaluates", "Evaluate"),
    ("Exports", "Export"),
    ("Imports", "Import"),
    ("Invites", "Invite"),
    ("Lists", "List"),
    ("Removes", "Remove"),
    ("Replaces", "Replace"),
    ("Sends", "Send"),
    ("Updates", "Update"),
    ("Uploads", "Upload"),
];

/// Returns the words about an operation in the imperative, like those of the other commands.
fn imperative(about: &str) -> String {
    let (first, rest) = about.split_once(' ').unwrap_or((about, ""));
    let verb = match first {
        "Get" | "Return" | "Returns" => "Show",
        "Enables" => return about.replacen("Enables or disables", "Enable or disable", 1),
        _ => VERBS
            .iter()
            .find(|(known, _)| *known == first)
            .map_or(first, |(_, verb)| verb),
    };
    format!("{verb} {rest}").trim_end().to_owned()
}

/// Returns the first sentence, without its full stop.
fn first_sentence(text: &str) -> &str {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let mut ends = paragraph.match_indices(". ").map(|(end, _)| end);
    // `e.g. ` and `i.e. ` end no sentence.
    let sentence = ends.find(|end| {
        !ABBREVIATIONS
            .iter()
            .any(|word| paragraph[..*end].ends_with(word))
    });
    let sentence = sentence.map_or(paragraph, |end| &paragraph[..end]);
    sentence.trim_end_matches('.')
}

/// Returns the words of a name: `list_users` becomes `List users`.
fn words(name: &str) -> String {
    let mut text = name.replace(['-', '_'], " ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

fn value_name(flag: &str) -> String {
    flag.to_uppercase().replace('-', "_")
}

/// The flag of a field: `clientId` becomes `client-id`.
fn flag_of(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let letters: Vec<char> = name.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        let after_lower = index > 0 && letters[index - 1].is_lowercase();
        let before_lower = letters
            .get(index + 1)
            .is_some_and(|next| next.is_lowercase());
        let is_start = letter.is_uppercase() && (after_lower || index > 0 && before_lower);
        if (is_start || matches!(letter, '_' | '.')) && !out.ends_with('-') {
            out.push('-');
        }
        if letter.is_alphanumeric() {
            out.extend(letter.to_lowercase());
        }
    }
    out.trim_matches('-').to_owned()
}
