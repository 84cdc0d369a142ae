//! The tree as a whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Command;

use crate::api::{KEYCLOAK, PHASETWO};
use crate::tree;

/// Clap finds flags and ids that come twice, and groups of flags that do not exist.
#[test]
fn clap_accepts_the_tree() {
    tree::command().debug_assert();
}

#[test]
fn every_operation_has_a_command_of_its_own() {
    for api in [&*KEYCLOAK, &*PHASETWO] {
        let mut seen = BTreeSet::new();
        for operation in api.operations() {
            let place = (operation.area, operation.verb.to_owned());
            assert!(seen.insert(place), "{} {}", operation.area, operation.verb);
            if operation.writer(api).is_some() {
                let place = (operation.area, tree::edit_verb(operation));
                assert!(seen.insert(place), "edit of {}", operation.id);
            }
        }
    }
}

/// A released command keeps its name and its flags: a change of this list is a change for every script.
#[test]
fn commands_and_flags_change_only_on_purpose() {
    let mut root = tree::command();
    root.build();
    let global: BTreeSet<String> = longs(&root).collect();
    let mut text = String::new();
    for area in root.get_subcommands() {
        list(&mut text, &[area.get_name()], area, &global);
    }
    insta::assert_snapshot!("tree", text);
}

/// Lists the commands below one, each with its flags. Flags of body fields follow the types, so they are left out.
fn list(text: &mut String, path: &[&str], command: &Command, global: &BTreeSet<String>) {
    let mut children = command.get_subcommands().peekable();
    if children.peek().is_none() {
        let flags = longs(command).filter(|long| !global.contains(long));
        let flags: Vec<String> = flags.map(|long| format!(" --{long}")).collect();
        let _ = writeln!(text, "{}{}", path.join(" "), flags.concat());
    }
    for child in children {
        let path = [path, &[child.get_name()]].concat();
        list(text, &path, child, global);
    }
}

/// The help that a new user reads first, at each level.
#[test]
fn the_help_of_three_levels() {
    for (name, path) in [
        ("help", &[][..]),
        ("help_users", &["users"]),
        ("help_users_list", &["users", "list"]),
        ("help_users_import", &["users", "import"]),
    ] {
        let arguments = [&["keycloakctl"], path, &["--help"]].concat();
        let shown = tree::command()
            .term_width(100)
            .try_get_matches_from(arguments);
        let help = shown.expect_err("the help").to_string();
        insta::assert_snapshot!(name, help);
    }
}

fn longs(command: &Command) -> impl Iterator<Item = String> + '_ {
    let flags = command.get_arguments().filter(|flag| {
        let id = flag.get_id().as_str();
        !id.starts_with("field:")
    });
    flags.filter_map(|flag| flag.get_long().map(str::to_owned))
}

/// The words of the help are there for each command and each flag.
#[test]
fn every_command_and_every_flag_is_described() {
    fn check(path: &str, command: &Command) {
        assert!(command.get_about().is_some(), "{path}");
        for flag in command.get_arguments() {
            assert!(flag.get_help().is_some(), "{path} {}", flag.get_id());
        }
        for child in command.get_subcommands() {
            check(&format!("{path} {}", child.get_name()), child);
        }
    }
    let mut root = tree::command();
    root.build();
    check("keycloakctl", &root);
}
