//! The realm files of a command line: files, folders, patterns and standard input.

use std::path::{Path, PathBuf};

use keycloak_config::{Desired, Values};

use crate::body::{read_text, shown};
use crate::error::CliError;

/// The ends of the names of realm files.
const ENDS: [&str; 3] = ["json", "yaml", "yml"];

/// The name of standard input for messages.
pub(super) const STANDARD_INPUT: &str = "standard input";

/// The flags of the values of `$(env:NAME)`.
#[derive(clap::Args)]
pub(super) struct VariableArgs {
    /// Value of `$(env:NAME)`, in place of the environment's, and of `$(sys:NAME)`
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// File with lines of NAME=VALUE, for secrets; `--var` comes before it
    #[arg(long = "var-file", value_name = "FILE")]
    variable_files: Vec<PathBuf>,
}

impl VariableArgs {
    /// Returns the values: of `--var`, else of a file, else of the environment. `realm_files` are the other files of the command line, which are not
    /// read yet: standard input is one file alone.
    pub(super) fn values<'f>(
        &'f self,
        realm_files: impl IntoIterator<Item = &'f PathBuf>,
    ) -> Result<Values, CliError> {
        let files = self.variable_files.iter().chain(realm_files);
        if files.filter(|file| *file == Path::new("-")).count() > 1 {
            let error = CliError::usage("`-` is there twice, and standard input is read only once");
            return Err(error.with_hint("write one of the two into a file"));
        }
        let environment = std::env::vars_os();
        let mut values: Vec<(String, String)> = environment
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let mut given = Vec::new();
        for file in &self.variable_files {
            given.extend(variables_of(&read_text(file)?, &shown(file))?);
        }
        given.extend(self.variables.iter().cloned());
        values.extend(given.iter().cloned());
        Ok(Values::given(values).with_properties(given))
    }
}

/// Reads `NAME=VALUE`. The message has no value.
fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

/// Reads the lines of a file of variables. Empty lines and those that begin with `#` are left out. The values are taken as they are.
fn variables_of(text: &str, name: &str) -> Result<Vec<(String, String)>, CliError> {
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    });
    lines
        .map(|(index, line)| {
            let found = variable(line.trim_start());
            found.map_err(|why| CliError::usage(format!("{name}:{}: {why}", index + 1)))
        })
        .collect()
}

/// A realm file: its name for messages, and its text.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

/// Reads the files of the command line, in its order. The files of a folder or of a pattern are sorted by name.
pub(super) fn read(arguments: &[PathBuf]) -> Result<Vec<Source>, CliError> {
    let mut paths = Vec::new();
    for argument in arguments {
        add_files(argument, &mut paths)?;
    }
    let sources = paths.iter().map(|path| {
        Ok(Source {
            name: shown(path),
            text: read_text(path)?,
        })
    });
    sources.collect()
}

/// Returns the name and the text of each file.
pub(super) fn texts(sources: &[Source]) -> impl Iterator<Item = (&str, &str)> {
    let sources = sources.iter();
    sources.map(|source| (source.name.as_str(), source.text.as_str()))
}

/// Reads the declaration of some files. `realm` replaces the name of the realm in them.
pub(super) fn declaration(
    sources: &[Source],
    values: &Values,
    realm: Option<&str>,
) -> Result<Desired, CliError> {
    let desired = Desired::parse(texts(sources), values)?;
    Ok(match realm {
        Some(realm) => desired.with_realm(realm),
        None => desired,
    })
}

/// Reads the declarations of some files, one for each realm. `realm` replaces the name of the only realm in them.
pub(super) fn declarations(
    sources: &[Source],
    values: &Values,
    realm: Option<&str>,
) -> Result<Vec<Desired>, CliError> {
    let realms = Desired::parse_realms(texts(sources), values)?;
    let Some(realm) = realm else {
        return Ok(realms);
    };
    if realms.len() > 1 {
        return Err(several_realms("--realm", &realms));
    }
    let realms = realms.into_iter();
    Ok(realms.map(|desired| desired.with_realm(realm)).collect())
}

/// Makes the error of a flag that is for one realm.
pub(super) fn several_realms(flag: &str, realms: &[Desired]) -> CliError {
    let names = realms
        .iter()
        .map(|desired| format!("`{}`", desired.realm()));
    let names: Vec<String> = names.collect();
    let names = names.join(", ");
    CliError::usage(format!(
        "`{flag}` is for one realm, and the files declare {names}"
    ))
}

/// Adds the files that an argument names.
fn add_files(argument: &Path, paths: &mut Vec<PathBuf>) -> Result<(), CliError> {
    if argument == Path::new("-") {
        paths.push(argument.to_owned());
        return Ok(());
    }
    let before = paths.len();
    if argument.is_dir() {
        add_folder(argument, paths)?;
        if paths.len() == before {
            return Err(CliError::usage(format!(
                "the folder {} has no file that ends in .json, .yaml or .yml",
                argument.display()
            )));
        }
        return Ok(());
    }
    let pattern = argument
        .to_str()
        .filter(|text| text.contains(['*', '?', '[']));
    let Some(pattern) = pattern.filter(|_| !argument.exists()) else {
        paths.push(argument.to_owned());
        return Ok(());
    };
    // Hidden files are left out, as in a folder.
    let options = glob::MatchOptions {
        require_literal_leading_dot: true,
        ..glob::MatchOptions::new()
    };
    let found = glob::glob_with(pattern, options)
        .map_err(|error| CliError::usage(format!("`{pattern}` is no pattern: {error}")))?;
    for path in found {
        let path = path.map_err(|error| CliError::usage(error.to_string()))?;
        if path.is_dir() {
            add_folder(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    if paths.len() == before {
        return Err(CliError::usage(format!("no file fits `{pattern}`")));
    }
    Ok(())
}

/// Adds the realm files of a folder and of the folders in it. Hidden ones are left out.
fn add_folder(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let cannot = |error| CliError::usage(format!("{} cannot be read: {error}", folder.display()));
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let mut entries = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(cannot)?;
    entries.sort();
    for path in entries {
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            add_folder(&path, paths)?;
        } else if path.extension().is_some_and(is_realm_file) {
            paths.push(path);
        }
    }
    Ok(())
}

fn is_realm_file(end: &std::ffi::OsStr) -> bool {
    ENDS.iter().any(|known| end.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_in_the_order_of_the_command_line_and_of_their_names() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("realms/sub")).expect("a folder");
        std::fs::create_dir_all(at("realms/.git")).expect("a folder");
        for name in [
            "z.json",
            "realms/b.YML",
            "realms/a.yaml",
            "realms/sub/c.json",
            "realms/notes.md",
            "realms/.git/d.json",
            "realms/.draft.yaml",
        ] {
            std::fs::write(at(name), "{}").expect("a file");
        }
        let names = |arguments: &[PathBuf]| -> Vec<String> {
            let sources = read(arguments).expect("files");
            let names = sources.iter().map(|source| {
                let name = Path::new(&source.name).strip_prefix(folder.path());
                name.expect("below the folder").display().to_string()
            });
            names.collect()
        };
        let expected = [
            "z.json",
            "realms/a.yaml",
            "realms/b.YML",
            "realms/sub/c.json",
        ];
        assert_eq!(names(&[at("z.json"), at("realms")]), expected);
        assert_eq!(names(&[at("realms/*.y*")]), ["realms/a.yaml"]);
        assert_eq!(names(&[at("*")]), [&expected[1..], &expected[..1]].concat());
        assert_eq!(
            names(&[at("realms/*")]),
            [
                "realms/a.yaml",
                "realms/b.YML",
                "realms/notes.md",
                "realms/sub/c.json"
            ]
        );
        for wrong in [
            "realms/.git/none",
            "none/*.json",
            "[",
            "realms/.git/e*",
            "realms/.d*",
        ] {
            assert!(read(&[at(wrong)]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_of_variables_has_a_value_in_each_line() {
        let text = "# of the test stage\n\nHOST=sso\n  SECRET=a=b #c \n";
        let expected = [("HOST", "sso"), ("SECRET", "a=b #c ")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables_of(text, "x.env").expect("variables"), expected);
        let error = variables_of("A=1\nplanted\n", "x.env").expect_err("no variable");
        assert_eq!(error.to_string(), "x.env:2: expected NAME=VALUE");
    }
}
