//! `cargo xtask api`: the public API of the published crates as text, in `docs/api`. A change in it is seen in a review, and what it
//! shows of other crates is on a list.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use workspace::{published_libraries, root, write_atomically};

use crate::rustdoc::{of_package, rustdoc_json, rustdoc_json_of_all};
use crate::semver;

/// Arguments of `api`.
#[derive(clap::Args)]
pub struct ApiArgs {
    /// Write nothing; fail where docs/api does not say what the crates have.
    #[arg(long)]
    check: bool,
    /// Compare with the last release instead: whether the versions say what changed. Needs cargo-semver-checks.
    #[arg(long, conflicts_with = "check")]
    semver: bool,
}

/// The types of other crates that may be seen, and why a user has to know them anyway.
const FOREIGN: &[(&str, &str)] = &[
    (
        "bytes::bytes::Bytes",
        "a body that is cloned without copying",
    ),
    ("futures_core::stream::Stream", "what a list in pages is"),
    ("serde_core::de::Deserialize", "representations are read"),
    (
        "serde_core::de::DeserializeOwned",
        "what an answer is read as",
    ),
    ("serde_core::de::Deserializer", "representations are read"),
    ("serde_core::ser::Serialize", "representations are written"),
    ("serde_core::ser::Serializer", "representations are written"),
    ("serde_json::map::Map", "values of unknown shape"),
    ("serde_json::value::Value", "values of unknown shape"),
];

/// Crates whose paths go without saying: the standard library.
const STANDARD: [&str; 3] = ["alloc", "core", "std"];

/// Fails where docs/api does not say what the crates have, or if rustdoc warns about the documentation of any crate.
pub fn check_all() -> Result<()> {
    texts(true)
}

/// Runs the command on this repository.
pub fn run(args: &ApiArgs) -> Result<()> {
    if args.semver {
        semver::check()
    } else {
        texts(args.check)
    }
}

fn texts(check: bool) -> Result<()> {
    let crates = published_libraries()?;
    let own: BTreeSet<String> = crates.iter().map(|name| name.replace('-', "_")).collect();
    // One run for all of them: a run for each compiles what they depend on with several sets of features.
    rustdoc_json_of_all()?;
    let mut wrong = Vec::new();
    for name in &crates {
        let text = public_api(&of_package(name))?;
        let foreign = foreign_paths(&text, &own);
        if !foreign.is_empty() {
            wrong.push(format!(
                "{name} shows types of other crates that are not on the list in xtask/src/public_api.rs: {}",
                foreign.into_iter().collect::<Vec<_>>().join(", ")
            ));
        }
        let path = file(name);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let is_same = committed == text;
        if !is_same && check {
            wrong.push(format!(
                "docs/api/{name}.txt differs from the crate: {}. Run `cargo xtask api` and commit the result",
                first_difference(&committed, &text)
            ));
        }
        if !is_same && !check {
            write(name, &text)?;
        }
        let state = match (is_same, check) {
            (true, _) => "up to date",
            (false, true) => "differs",
            (false, false) => "written",
        };
        println!("{name}: {} public items, {state}", text.lines().count());
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// Brings the text of one crate up to date.
pub fn refresh(package: &str) -> Result<()> {
    write(package, &public_api(&rustdoc_json(&root(), package, &[])?)?)
}

/// The folder of the texts.
const FOLDER: &str = "docs/api";

fn file(package: &str) -> PathBuf {
    root().join(FOLDER).join(package).with_extension("txt")
}

fn write(package: &str, text: &str) -> Result<()> {
    std::fs::create_dir_all(root().join(FOLDER))?;
    write_atomically(&file(package), text.as_bytes())
}

fn first_difference(committed: &str, now: &str) -> String {
    let before: BTreeSet<&str> = committed.lines().collect();
    let after: BTreeSet<&str> = now.lines().collect();
    let gone = before
        .difference(&after)
        .next()
        .map(|line| format!("`{line}` is gone"));
    let came = after
        .difference(&before)
        .next()
        .map(|line| format!("`{line}` is new"));
    gone.or(came).unwrap_or_else(|| "its order".to_owned())
}

/// The paths of other crates that are not on the list.
fn foreign_paths(text: &str, own: &BTreeSet<String>) -> BTreeSet<String> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    text.split(|c| !is_part(c))
        .filter_map(|path| Some((path.split_once("::")?.0, path)))
        .filter(|(root, _)| {
            !root.is_empty() && root.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        })
        .filter(|(root, _)| !own.contains(*root) && !STANDARD.contains(root))
        .map(|(_, path)| path)
        .filter(|path| !FOREIGN.iter().any(|(known, _)| path.starts_with(known)))
        .map(str::to_owned)
        .collect()
}

fn public_api(rustdoc_json: &Path) -> Result<String> {
    let api = public_api::Builder::from_rustdoc_json(rustdoc_json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .with_context(|| format!("{} cannot be read", rustdoc_json.display()))?;
    Ok(api.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_of_another_crate_is_seen_unless_it_is_on_the_list() {
        let own = BTreeSet::from(["ours".to_owned()]);
        let text = "pub fn ours::f(ours::A, core::option::Option<reqwest::Client>) -> serde_json::value::Value\n\
                    impl core::convert::From<url::Url> for ours::A\n\
                    pub ours::Kind::None\n";
        let expected = BTreeSet::from(["reqwest::Client".to_owned(), "url::Url".to_owned()]);
        assert_eq!(foreign_paths(text, &own), expected);
    }

    #[test]
    fn the_committed_texts_show_what_is_on_the_list_and_nothing_else() {
        let crates = published_libraries().unwrap();
        let own = crates.iter().map(|name| name.replace('-', "_")).collect();
        let texts: String = crates
            .iter()
            .map(|name| std::fs::read_to_string(file(name)).unwrap())
            .collect();
        assert_eq!(foreign_paths(&texts, &own), BTreeSet::new());
        for (known, why) in FOREIGN {
            assert!(
                texts.contains(known),
                "{known} ({why}) is shown by no crate"
            );
        }
    }

    #[test]
    fn a_difference_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), "`b` is gone");
        assert_eq!(first_difference("a\n", "a\nc\n"), "`c` is new");
    }
}
