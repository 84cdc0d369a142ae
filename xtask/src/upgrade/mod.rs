//! `cargo xtask upgrade`: from one version of an API to another, in one step that happens whole or not at all.

use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use codegen::diff::{Diff, Side};
use codegen::gaps::Gaps;
use codegen::names::{with_names, without_names};
use codegen::output::{outputs, write};
use codegen::pipeline::{Fitted, Input};
use codegen::sources::{Api, Source, Specs};
use workspace::{root, write_atomically};

use crate::fetch::{self, FetchArgs, Wanted};
use crate::public_api;

mod changelog;
mod clean_tree;
mod dependents;

use clean_tree::CleanTree;

/// Arguments of `upgrade`.
#[derive(clap::Args)]
pub struct UpgradeArgs {
    #[command(flatten)]
    pub source: FetchArgs,
}

/// Runs the command on this repository.
pub fn run(args: &UpgradeArgs) -> Result<()> {
    let api = Specs::read(&root().join("specs"))?.api(&args.source.api)?;
    match fetch::wanted(&api, &args.source)? {
        Wanted::NothingNewer(message) => eprintln!("{message}"),
        Wanted::This(source) => {
            // An interrupted step fails like any other. Cargo or Maven end by themselves, because they are interrupted too.
            let interrupted = Arc::new(AtomicBool::new(false));
            let handler = Arc::clone(&interrupted);
            ctrlc::set_handler(move || handler.store(true, Ordering::Relaxed))?;
            let tools = Tools {
                snapshots: &refresh_snapshots,
                public_api: &public_api::refresh,
                check: &|api| {
                    let crates: Vec<&str> = api.source.crates().collect();
                    dependents::errors(&root(), &crates)
                },
                done: &|_, took| {
                    ensure!(!interrupted.load(Ordering::Relaxed), "it was interrupted");
                    eprintln!("  {:.1} s", took.as_secs_f64());
                    Ok(())
                },
            };
            let report = upgrade(&root(), &source, &tools).map_err(|error| {
                if interrupted.load(Ordering::Relaxed) {
                    error.context("interrupted")
                } else {
                    error
                }
            });
            print!("{}", report?);
        }
    }
    Ok(())
}

/// The steps of an upgrade, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Bring,
    Fit,
    Generate,
    Compare,
    Snapshots,
    PublicApi,
    Check,
}

impl Step {
    /// All of them.
    #[cfg(test)]
    pub const ALL: [Self; 7] = [
        Self::Bring,
        Self::Fit,
        Self::Generate,
        Self::Compare,
        Self::Snapshots,
        Self::PublicApi,
        Self::Check,
    ];
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bring => "bring the document and pin it",
            Self::Fit => "fit overlay and names",
            Self::Generate => "generate the crate",
            Self::Compare => "compare, and write the changelog",
            Self::Snapshots => "refresh the snapshots",
            Self::PublicApi => "write down the public API",
            Self::Check => "compile what is written by hand on top",
        })
    }
}

/// The tools that the steps need besides the tree. A test has its own.
pub struct Tools<'a> {
    /// Refreshes the snapshots.
    pub snapshots: &'a dyn Fn() -> Result<()>,
    /// Writes down the public API of a crate.
    pub public_api: &'a dyn Fn(&str) -> Result<()>,
    /// Compiles what is written by hand on top of an API's crates, and returns its errors.
    pub check: &'a dyn Fn(&Api) -> Result<Vec<String>>,
    /// Is told of each finished step and its duration.
    pub done: &'a dyn Fn(Step, Duration) -> Result<()>,
}

/// Upgrades the workspace below `root` and reports the changes, or leaves every file as it was. The working tree has to be clean.
pub fn upgrade(root: &Path, source: &FetchArgs, tools: &Tools<'_>) -> Result<String> {
    let api = Specs::read(&root.join("specs"))?.api(&source.api)?;
    let tree = CleanTree::require(root)?;
    steps(&api, source, tools).or_else(|error| {
        tree.restore()
            .context("the tree could not be restored; `git status` shows the remaining changes")?;
        Err(error.context("nothing was changed, every file is as it was"))
    })
}

fn manifest(api: &Api, crate_name: &str) -> PathBuf {
    let crates = api.root().join("crates");
    crates.join(crate_name).join("Cargo.toml")
}

fn changelog_file(api: &Api) -> PathBuf {
    api.root().join("CHANGELOG.md")
}

/// Runs all steps. An error names the step.
fn steps(old: &Api, source: &FetchArgs, tools: &Tools<'_>) -> Result<String> {
    let fitted_before = fit(old)?;
    let gaps_before = fitted_before.normalised.gaps.clone();
    let specs = old.root().join("specs");
    let api = tools.step(Step::Bring, || {
        fetch::fetch(&Specs::read(&specs)?, source)?;
        Specs::read(&specs)?.api(&old.name)
    })?;
    let fitted = tools.step(Step::Fit, || fit_and_name(old, &api))?;
    let generated = tools.step(Step::Generate, || {
        let input = Input::read(&api)?;
        // Descriptions of removed parts are reported, and the rest fits.
        let fitted = input.normalise_what_fits()?;
        let (files, normalised) = input.generate_from(fitted.normalised)?;
        for output in outputs(&api, &input, files, &normalised)? {
            write(&output.folder, &output.files)?;
        }
        api.source.crates().try_for_each(|name| stamp(&api, name))?;
        Ok(Fitted {
            normalised,
            ..fitted
        })
    })?;
    let diff = tools.step(Step::Compare, || {
        let [old_label, new_label] = labels(&old.source, &api.source);
        let before = Side::new(&old_label, fitted_before);
        let after = Side::new(&new_label, generated);
        let diff = Diff::between(&api, &before, &after);
        write_changelog(old, &api, &diff)?;
        Ok(diff)
    })?;
    tools.step(Step::Snapshots, tools.snapshots)?;
    tools.step(Step::PublicApi, || {
        api.source.crates().try_for_each(tools.public_api)
    })?;
    let errors = tools.step(Step::Check, || (tools.check)(&api))?;
    let gaps = fitted.normalised.gaps.beyond(&gaps_before);
    Ok(diff.markdown()
        + &breaks(&errors)
        + &names_to_review(&api, &fitted)
        + &descriptions_to_write(&api, &gaps)
        + &descriptions_to_delete(&api, &fitted.idle_descriptions))
}

/// Returns the names of the two documents in the report, with their hashes if both have the same version.
fn labels(old: &Source, new: &Source) -> [String; 2] {
    if old.version == new.version && old.sha256 != new.sha256 {
        [old, new].map(|source| source.document_version().with_hash())
    } else {
        [old, new].map(|source| source.version.clone())
    }
}

/// Returns the part of the report about the code that is written by hand.
fn breaks(errors: &[String]) -> String {
    if errors.is_empty() {
        return "\nThe code that is written by hand compiles: facades, mocks, conformance suite, tests.\n".to_owned();
    }
    let mut text = format!("\n## Code that no longer compiles: {}\n\n", errors.len());
    text.push_str("Code on top of these crates is not checked before they compile.\n\n");
    for error in errors {
        let _ = writeln!(text, "- {error}");
    }
    text
}

impl Tools<'_> {
    fn step<T>(&self, step: Step, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("upgrade: {step}");
        let started = Instant::now();
        let result = work().and_then(|done| {
            (self.done)(step, started.elapsed())?;
            Ok(done)
        });
        result.with_context(|| format!("the step `{step}` failed"))
    }
}

fn fit(api: &Api) -> Result<Fitted> {
    Input::read(api)?.normalise_what_fits()
}

/// Fails if the overlay does not fit, and updates the names: new operations get one, and a name that an upgrade made up and nobody
/// has reviewed goes with its operation.
fn fit_and_name(old: &Api, api: &Api) -> Result<Fitted> {
    let fitted = fit(api)?;
    if !fitted.idle_actions.is_empty() {
        bail!(
            "the overlay does not fit {} {}:\n{}\nMend specs/{}/overlay.yaml (an action that only newer versions need says `x-since`), \
             then run this again{}",
            api.name,
            api.source.version,
            fitted.idle_actions.join("\n"),
            api.name,
            order_to_declare(&old.source, &api.source)
        );
    }
    let text = api.operations_text()?;
    let kept = without_names(&text, &fitted.idle_names);
    let grown = if fitted.new_names.is_empty() {
        kept
    } else {
        with_names(&kept, &fitted.new_names)
    };
    if grown != text {
        write_atomically(&api.folder.join("operations.toml"), grown.as_bytes())?;
    }
    Ok(fitted)
}

/// Returns the declaration that is missing before an action can end with the new document or begin with it.
fn order_to_declare(old: &Source, new: &Source) -> String {
    let (before, after) = (old.document_version(), new.document_version());
    let is_same_version = before.name() == after.name() && old.sha256 != new.sha256;
    let unordered = if is_same_version {
        before.is_older_than(&after.with_hash()).err()
    } else {
        before.is_older_than(after.name()).err()
    };
    let Some(why) = unordered else {
        return String::new();
    };
    let name = if is_same_version {
        after.with_hash()
    } else {
        after.name().to_owned()
    };
    format!(".\nBefore an action says `x-until: {name}` or `x-since: {name}`: {why}")
}

fn names_to_review(api: &Api, fitted: &Fitted) -> String {
    if fitted.new_names.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n## Names to review\n\nThey are new in specs/{}/operations.toml, with a mark; once it is deleted, they stay.\n\n",
        api.name
    );
    for (key, id) in &fitted.new_names {
        let _ = writeln!(text, "- `{id}`: {key}");
    }
    text
}

fn descriptions_to_write(api: &Api, gaps: &Gaps) -> String {
    if *gaps == Gaps::default() {
        return String::new();
    }
    let mut text = format!(
        "\n## New and undescribed\n\nspecs/{}/descriptions.yaml has no words for them.\n\n",
        api.name
    );
    for place in gaps
        .types
        .iter()
        .chain(&gaps.fields)
        .chain(&gaps.parameters)
    {
        let _ = writeln!(text, "- `{place}`");
    }
    for place in gaps
        .units
        .iter()
        .filter(|place| !gaps.fields.contains(place))
    {
        let _ = writeln!(text, "- `{place}`: a number or a time without a unit");
    }
    text
}

fn descriptions_to_delete(api: &Api, idle: &[String]) -> String {
    if idle.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n## Descriptions of removed parts\n\nDelete them from specs/{}/descriptions.yaml: `cargo xtask generate` refuses them.\n\n",
        api.name
    );
    for place in idle {
        let _ = writeln!(text, "- `{place}`");
    }
    text
}

fn write_changelog(old: &Api, new: &Api, diff: &Diff) -> Result<()> {
    let path = changelog_file(new);
    let text = std::fs::read_to_string(&path).context("cannot read CHANGELOG.md")?;
    let entry = diff.entry(new);
    let changed = changelog::after_upgrade(&text, &new.name, &old.source, &new.source, &entry)?;
    if changed != text {
        write_atomically(&path, changed.as_bytes())?;
    }
    Ok(())
}

/// The API's version as build metadata of the crate's: `0.1.0+keycloak.26.7.5`.
fn stamp(api: &Api, crate_name: &str) -> Result<()> {
    let path = manifest(api, crate_name);
    let text = std::fs::read_to_string(&path)?;
    let stamped = stamped(&text, &api.name, &api.source.version)?;
    if stamped != text {
        write_atomically(&path, stamped.as_bytes())?;
    }
    Ok(())
}

fn stamped(manifest: &str, api: &str, version: &str) -> Result<String> {
    let mut table: toml_edit::DocumentMut = manifest.parse()?;
    let package = &mut table["package"];
    let Some(current) = package["version"].as_str() else {
        bail!("the crate has no version of its own: write `version = \"0.1.0+{api}.{version}\"`");
    };
    let number = current.split('+').next().unwrap_or_default();
    let stamped = format!("{number}+{api}.{version}");
    if stamped != current {
        package["version"] = toml_edit::value(stamped);
    }
    Ok(table.to_string())
}

/// The snapshots of the documents, of the table of operations and of the golden files. They show the changes in a review.
fn refresh_snapshots() -> Result<()> {
    let output = workspace::cargo()
        .args(["test", "--quiet", "--package", "codegen", "snapshots::"])
        .env("INSTA_UPDATE", "always")
        .current_dir(root())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        // Errors of the compiler are on the one output, failed tests on the other.
        let said = [output.stderr, output.stdout].concat();
        bail!("{}", String::from_utf8_lossy(&said).trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_api_is_metadata_of_the_crates() {
        let manifest = "[package]\nname = \"x\" # kept\nversion = \"0.3.1+keycloak.26.6.2\"\n";
        assert_eq!(
            stamped(manifest, "keycloak", "26.7.4").unwrap(),
            "[package]\nname = \"x\" # kept\nversion = \"0.3.1+keycloak.26.7.4\"\n"
        );
        let inherited = "[package]\nname = \"x\"\nversion.workspace = true\n";
        let error = stamped(inherited, "keycloak", "26.7.4").unwrap_err();
        assert!(
            error.to_string().contains("0.1.0+keycloak.26.7.4"),
            "{error}"
        );
    }
}
