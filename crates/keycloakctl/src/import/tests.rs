//! The rows of files: columns, cells, lines and limits.

use std::io::{Cursor, Read};

use clap::{Command, FromArgMatches as _};
use serde_json::{Value, json};

use super::rows::{Fault, Rows};
use super::{Import, command};
use crate::error::CliError;

/// A row: its line, and its user or its fault.
type Found = (u64, Result<Value, String>);

/// Reads the rows of a file with these flags.
fn rows(input: impl Read + Send + 'static, arguments: &[&str]) -> Result<Vec<Found>, CliError> {
    let command: Command = command();
    let matches = command
        .try_get_matches_from([&["import"], arguments].concat())
        .expect("a command line");
    let import = Import::from_arg_matches(&matches).expect("its values");
    let rows = Rows::read(Box::new(input), &import)?;
    Ok(rows
        .map(|row| match row {
            Ok(row) => (row.line, Ok(serde_json::to_value(*row.user).expect("JSON"))),
            Err(Fault { line, reason, .. }) => (line, Err(reason)),
        })
        .collect())
}

fn csv(text: &str) -> Vec<Found> {
    rows(Cursor::new(text.to_owned()), &["users.csv"]).expect("columns")
}

fn refused(text: &str, arguments: &[&str]) -> String {
    let found = rows(Cursor::new(text.to_owned()), arguments);
    let error = found.expect_err("a refused file");
    assert_eq!(error.exit_code(), 2);
    error.to_string()
}

#[test]
fn a_row_becomes_a_user() {
    let text = "\u{feff}username, email,firstName,enabled,groups,attributes.a.b,attributes.langs,clientRoles.app,createdTimestamp,password\n\
                ali,ali@x.org,\"Ali \"\"A\"\"\",FALSE,/staff/night; /all ,null,\"[\"\"tr\"\",\"\"en;\"\"]\",view;edit,5, p w \n\
                zoe,,,,,,,,,\n";
    let rows = csv(text);
    let expected = json!({
        "username": "ali", "email": "ali@x.org", "firstName": "Ali \"A\"", "enabled": false,
        "groups": ["/staff/night", "/all"], "attributes": {"a.b": ["null"], "langs": ["tr", "en;"]},
        "clientRoles": {"app": ["view", "edit"]}, "createdTimestamp": 5,
        "credentials": [{"type": "password", "value": " p w ", "temporary": false}],
    });
    assert_eq!(rows[0], (2, Ok(expected)));
    let zoe = json!({"username": "zoe", "enabled": true});
    assert_eq!(rows[1], (3, Ok(zoe)));
    let arguments = ["users.csv", "--temporary-passwords", "--delimiter", ";"];
    let text = Cursor::new("username;password\nali;s3cret");
    let (_, user) = rows_of(text, &arguments).remove(0);
    assert_eq!(user.expect("a user")["credentials"][0]["temporary"], true);
}

fn rows_of(input: impl Read + Send + 'static, arguments: &[&str]) -> Vec<Found> {
    rows(input, arguments).expect("rows")
}

#[test]
fn a_column_that_no_user_has_is_refused_before_the_first_row() {
    for (header, words) in [
        (
            "username,emial",
            ["the column `emial` is unknown", "there is `email`"],
        ),
        (
            "username,firstname",
            ["`firstname` is unknown", "there is `firstName`"],
        ),
        ("username,passwort", ["`passwort` is unknown", "`password`"]),
        (
            "username,departement",
            ["`departement` is unknown", "`attributes.departement`"],
        ),
        (
            "username,attributes",
            ["`attributes` is unknown", "attributes.attributes"],
        ),
        (
            "username,attributes.",
            ["`attributes.` is unknown", "attribute"],
        ),
        (
            "username,credentials",
            ["`credentials` is unknown", "attribute"],
        ),
        (
            "username,email,email",
            ["`email` is there twice", "users.csv"],
        ),
        ("username,,email", ["a column has no name", "users.csv"]),
        (
            "email2,firstName",
            ["`email2` is unknown", "there is `email`"],
        ),
        (
            "firstName,lastName",
            ["neither a column `username`", "username,email"],
        ),
        (
            "username;email",
            ["the first row is one column", "--delimiter ';'"],
        ),
        (
            "username\temail",
            ["the first row is one column", "--delimiter $'\\t'"],
        ),
    ] {
        let text = refused(&format!("{header}\na,b\n"), &["users.csv"]);
        for word in words {
            assert!(text.contains(word), "{header}: {text}");
        }
    }
    let text = refused("", &["users.csv"]);
    assert!(text.contains("users.csv is empty"), "{text}");
    let text = refused("username\n", &["users.csv", "--delimiter", "ü"]);
    assert!(text.contains("ASCII"), "{text}");
}

#[test]
fn a_row_that_cannot_be_read_is_named_and_the_others_are_read() {
    let rows = csv(
        "username,enabled,createdTimestamp,requiredActions,password\n\
                    a,yes,,,s3cret\n\
                    b,,1.5,,s3cret\n\
                    c,,,[1],s3cret\n\
                    d,,,s3cret\n\
                    ,true,,,s3cret\n\
                    e,true,,,s3cret\n",
    );
    let faults: Vec<_> = rows
        .iter()
        .filter_map(|(line, row)| Some((*line, row.as_ref().err()?.as_str())))
        .collect();
    assert_eq!(
        faults,
        [
            (2, "`enabled`: expected true or false"),
            (3, "`createdTimestamp`: expected a whole number"),
            (
                4,
                "`requiredActions`: expected a list of texts in JSON, such as [\"a\", \"b\"]"
            ),
            (5, "the row has 4 cells, and the first one has 5"),
            (6, "there is neither a username nor an e-mail address"),
        ]
    );
    assert!(matches!(&rows[5], (7, Ok(_))));
    let input = Cursor::new(b"username\nal\xfci\nzoe\n".to_vec());
    let rows = rows_of(input, &["users.csv"]);
    assert_eq!(rows[0], (2, Err("the row is not UTF-8".to_owned())));
    assert!(rows[1].1.is_ok());
}

#[test]
fn a_line_is_that_of_an_editor() {
    for end in ["\n", "\r\n"] {
        let lines = [
            "username,lastName",
            "a,",
            "",
            "",
            "b,\"x",
            "y\"",
            "c,",
            "d",
            "e,",
        ];
        let rows = csv(&lines.join(end));
        let found: Vec<_> = rows
            .iter()
            .map(|(line, row)| (*line, row.is_ok()))
            .collect();
        let expected = [(2, true), (5, true), (7, true), (8, false), (9, true)];
        assert_eq!(found, expected, "{end:?}");
    }
}

#[test]
fn json_lines_are_users_as_the_api_takes_them() {
    let text = "{\"username\":\"ali\",\"attributes\":{\"a\":[\"b\"]},\"enabled\":false}\r\n\n\
                {\"username\":\"zoe\",\"firstname\":\"Z\"}\n\
                {\"username\":\n\
                {\"firstName\":\"Z\"}\n\
                {\"email\":\"z@x.org\"}";
    for arguments in [
        &["users.jsonl"][..],
        &["USERS.NDJSON"],
        &["-", "--format", "jsonl"],
    ] {
        let rows = rows_of(Cursor::new(text), arguments);
        let ali = json!({"username": "ali", "attributes": {"a": ["b"]}, "enabled": false});
        assert_eq!(rows[0], (1, Ok(ali)));
        let faults: Vec<_> = rows[1..4]
            .iter()
            .map(|(line, row)| (*line, row.as_ref().expect_err("a fault").as_str()))
            .collect();
        assert_eq!(faults[0].0, 3);
        assert!(
            faults[0]
                .1
                .contains("`firstname`: there is no such field; there is `firstName`"),
            "{faults:?}"
        );
        assert_eq!(faults[1].0, 4);
        assert_eq!(
            faults[2],
            (5, "there is neither a username nor an e-mail address")
        );
        assert_eq!(
            rows[4],
            (6, Ok(json!({"email": "z@x.org", "enabled": true})))
        );
    }
}

#[test]
fn an_open_quote_ends_the_import_and_fills_no_memory() {
    let endless = std::io::repeat(b'a');
    let start = Cursor::new("username\nali\n\"zoe");
    let rows = rows_of(start.chain(endless), &["users.csv"]);
    assert_eq!(rows.len(), 2);
    assert!(rows[0].1.is_ok());
    let (line, row) = &rows[1];
    let reason = row.as_ref().expect_err("a fault");
    assert_eq!(*line, 3);
    assert!(reason.contains("is a quote left open?"), "{reason}");
    let rows = rows_of(std::io::repeat(b' '), &["users.jsonl"]);
    assert_eq!(rows.len(), 1);
    assert!(rows[0].1.is_err());
}
