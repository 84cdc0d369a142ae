//! `cargo xtask diff`: the differences between two versions of an API, with the Rust names.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use codegen::diff::{Diff, Side};
use codegen::pipeline::Input;
use codegen::sources::{Api, Recipe, Source, Specs};
use workspace::{output, root};

use crate::fetch::keycloak_document;

/// Arguments of `diff`.
#[derive(clap::Args)]
pub struct DiffArgs {
    /// The API, as in specs/sources.toml.
    api: String,
    /// The older side: a version such as 26.4.7, a file with an OpenAPI document, or a git revision of this repository
    old: String,
    /// The newer side, likewise
    new: String,
    /// The format of the output.
    #[arg(long, value_enum, default_value_t = Format::Markdown)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// For a pull request.
    Markdown,
    /// For programs.
    Json,
}

/// Runs the command on this repository.
pub fn run(args: &DiffArgs) -> Result<()> {
    let api = Specs::read(&root().join("specs"))?.api(&args.api)?;
    let old = side(&api, &args.old)?;
    let new = side(&api, &args.new)?;
    let diff = Diff::between(&api, &old, &new);
    match args.format {
        Format::Markdown => print!("{}", diff.markdown()),
        Format::Json => println!("{}", serde_json::to_string_pretty(&diff)?),
    }
    Ok(())
}

/// The side that an argument of the command line names.
fn side(api: &Api, text: &str) -> Result<Side> {
    let mut input = Input {
        api: api.name.clone(),
        title: api.source.title.clone(),
        version: text.to_owned(),
        versions: api.source.versions.clone(),
        document: Vec::new(),
        overlay: api.overlay_text()?,
        operations: api.operations_text()?,
        descriptions: String::new(),
    };
    if text == api.source.version {
        input.document = api.document_bytes()?;
    } else if Path::new(text).is_file() {
        input.document = std::fs::read(text).with_context(|| format!("cannot read {text}"))?;
        // Nothing waits for a version where none is known.
        input.version.clone_from(&api.source.version);
    } else if is_revision(text) {
        input = at_revision(api, text)?;
    } else if looks_like_a_version(text) && api.source.recipe == Some(Recipe::KeycloakJars) {
        input.document = keycloak_document(text)?;
    } else {
        bail!(
            "`{text}` is neither a file, nor a git revision of this repository, nor a version of {} that can be brought",
            api.name
        );
    }
    let fitted = input.normalise_what_fits();
    Ok(Side::new(text, fitted.with_context(|| text.to_owned())?))
}

fn looks_like_a_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.contains('.')
}

fn git(arguments: &[&str]) -> Result<Vec<u8>> {
    output(Command::new("git").args(arguments).current_dir(root()))
}

fn is_revision(text: &str) -> bool {
    let commit = format!("{text}^{{commit}}");
    !text.starts_with('-') && git(&["rev-parse", "--verify", "--quiet", &commit]).is_ok()
}

/// The input of the pipeline at a revision.
fn at_revision(api: &Api, revision: &str) -> Result<Input> {
    let show = |file: &str| git(&["show", &format!("{revision}:specs/{file}")]);
    let text = |file: &str| -> Result<String> { Ok(String::from_utf8(show(file)?)?) };
    let sources: BTreeMap<String, Source> = toml_edit::de::from_str(&text("sources.toml")?)?;
    let source = sources
        .get(&api.name)
        .with_context(|| format!("there was no API `{}` at {revision}", api.name))?;
    let folder = &api.name;
    Ok(Input {
        api: api.name.clone(),
        title: source.title.clone(),
        version: source.version.clone(),
        versions: source.versions.clone(),
        document: show(&format!("{folder}/{}", source.document))?,
        overlay: text(&format!("{folder}/overlay.yaml"))?,
        operations: text(&format!("{folder}/operations.toml"))?,
        descriptions: String::new(),
    })
}
