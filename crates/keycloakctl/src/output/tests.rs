//! Snapshots of each form of output.

use serde_json::{Value, json};

use super::{Format, OutputArgs, Printer, Terminal};

/// Users with long, wide, missing, secret and hostile texts.
fn users() -> Vec<Value> {
    vec![
        json!({
            "id": "6d1c7f10-2c5a-4f29-8d0b-3f1b6a6a0001", "username": "ali", "email": "ali@example.com",
            "firstName": "Ali", "lastName": "Kaya", "enabled": true, "emailVerified": true,
            "createdTimestamp": 1_790_000_000_000_u64, "requiredActions": [],
            "attributes": {"department": ["sales", "night"]},
        }),
        json!({
            "id": "6d1c7f10-2c5a-4f29-8d0b-3f1b6a6a0002", "username": "山田太郎", "enabled": false,
            "lastName": "a, \"b\"\u{1b}[31m\nc", "requiredActions": ["VERIFY_EMAIL", "UPDATE_PASSWORD"],
        }),
    ]
}

fn args(output: Format, fields: &[&str]) -> OutputArgs {
    OutputArgs {
        output,
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
        no_headers: false,
    }
}

fn terminal(width: usize) -> Terminal {
    Terminal {
        width: Some(width),
        has_colours: false,
    }
}

fn list(args: &OutputArgs, type_name: &str, items: &[Value], terminal: Terminal) -> String {
    let mut out = Vec::new();
    let mut printer = Printer::for_terminal(args, Some(type_name), &mut out, terminal);
    for item in items {
        printer.item(item).expect("an item");
    }
    printer.finish().expect("the end");
    drop(printer);
    String::from_utf8(out).expect("text")
}

fn single(args: &OutputArgs, type_name: &str, value: &Value) -> String {
    let mut out = Vec::new();
    let mut printer = Printer::for_terminal(args, Some(type_name), &mut out, Terminal::default());
    printer.value(value).expect("a value");
    printer.finish().expect("nothing more");
    drop(printer);
    String::from_utf8(out).expect("text")
}

fn list_users(output: Format, fields: &[&str]) -> String {
    list(
        &args(output, fields),
        "UserRepresentation",
        &users(),
        Terminal::default(),
    )
}

#[test]
fn no_form_of_output_can_command_the_terminal() {
    let hostile = json!({"username": "a\u{1b}]0;b\u{7}\r\nc\u{202e}", "email": "d\u{9b}31m"});
    for output in [
        Format::Table,
        Format::Csv,
        Format::Name,
        Format::Json,
        Format::Jsonl,
        Format::Yaml,
    ] {
        let fields = args(output, &["username", "email"]);
        let text = list(
            &fields,
            "UserRepresentation",
            std::slice::from_ref(&hostile),
            Terminal::default(),
        );
        let raw = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(raw, None, "{output:?}: {text:?}");
    }
    let fields = args(Format::Csv, &["username", "email"]);
    let rows = single(&fields, "UserRepresentation", &hostile);
    assert_eq!(rows, "username,email\n\"a ]0;b  \nc \",d 31m\n");
    let name = single(&args(Format::Name, &[]), "UserRepresentation", &hostile);
    assert_eq!(name, "a ]0;b   c \n");
}

#[test]
fn a_list_has_a_form_for_people_and_forms_for_programs() {
    insta::assert_snapshot!("table_piped", list_users(Format::Table, &[]));
    insta::assert_snapshot!(
        "json",
        list_users(Format::Json, &["username", "enabled", "attributes"])
    );
    insta::assert_snapshot!("jsonl", list_users(Format::Jsonl, &["username", "email"]));
    insta::assert_snapshot!("yaml", list_users(Format::Yaml, &[]));
    insta::assert_snapshot!("csv", list_users(Format::Csv, &[]));
    insta::assert_snapshot!("name", list_users(Format::Name, &[]));
    let fields = [
        "username",
        "attributes.department",
        "attributes.department.1",
    ];
    insta::assert_snapshot!("table_fields", list_users(Format::Table, &fields));
}

#[test]
fn a_table_uses_the_width_of_the_terminal() {
    let table = |width| {
        let args = args(Format::Table, &[]);
        list(&args, "UserRepresentation", &users(), terminal(width))
    };
    for width in [40, 80, 120, 200] {
        let table = table(width);
        for line in table.lines() {
            assert!(super::text::width(line) <= width, "{width}: {line}");
        }
    }
    insta::assert_snapshot!("table_40", table(40));
    insta::assert_snapshot!("table_80", table(80));
    insta::assert_snapshot!("table_200", table(200));
}

#[test]
fn colours_are_for_a_terminal() {
    let colours = Terminal {
        width: Some(100),
        has_colours: true,
    };
    let args = args(Format::Table, &["username"]);
    let table = list(&args, "UserRepresentation", &users()[..1], colours);
    assert_eq!(table, "\x1b[1mUSERNAME\x1b[0m\nali\n");
}

#[test]
fn an_unknown_type_has_its_scalars_as_columns() {
    let items = [json!({"zeta": 1, "name": "first", "inner": {"a": 1}, "beta": true, "list": [1]})];
    let table = list(
        &args(Format::Table, &[]),
        "Unknown",
        &items,
        Terminal::default(),
    );
    assert_eq!(table, "NAME   ZETA  BETA\nfirst  1     true\n");
    assert_eq!(
        list(
            &args(Format::Name, &[]),
            "Unknown",
            &items,
            Terminal::default()
        ),
        "first\n"
    );
    let texts = [json!("one"), json!("two")];
    for format in [Format::Name, Format::Table] {
        let mut args = args(format, &[]);
        args.no_headers = true;
        assert_eq!(
            list(&args, "string", &texts, Terminal::default()),
            "one\ntwo\n",
            "{format:?}"
        );
    }
}

#[test]
fn an_empty_list_is_valid_in_each_form() {
    let empty = |format| {
        list(
            &args(format, &[]),
            "UserRepresentation",
            &[],
            Terminal::default(),
        )
    };
    for (format, text) in [
        (Format::Table, ""),
        (
            Format::Csv,
            "username,email,firstName,lastName,enabled,id\n",
        ),
        (Format::Name, ""),
        (Format::Jsonl, ""),
        (Format::Json, "[]\n"),
        (Format::Yaml, "[]\n"),
    ] {
        assert_eq!(empty(format), text, "{format:?}");
    }
}

#[test]
fn a_single_value_is_printed_field_by_field() {
    let client = json!({
        "id": "1", "clientId": "app", "secret": "s3cret", "enabled": true, "redirectUris": ["https://a", "https://b"],
        "attributes": {"client.secret.creation.time": "1", "x": "y"}, "webOrigins": [],
    });
    let print = |format| single(&args(format, &[]), "ClientRepresentation", &client);
    insta::assert_snapshot!("single_table", print(Format::Table));
    insta::assert_snapshot!("single_yaml", print(Format::Yaml));
    insta::assert_snapshot!("single_csv", print(Format::Csv));
    assert_eq!(print(Format::Name), "app\n");
    let list = json!([{"a": 1}]);
    assert_eq!(
        single(&args(Format::Json, &[]), "x", &list),
        "[\n  {\n    \"a\": 1\n  }\n]\n"
    );
    assert_eq!(single(&args(Format::Yaml, &[]), "x", &json!([])), "[]\n");
    let back: Value = serde_json::from_str(&print(Format::Json)).expect("JSON");
    assert_eq!(back, client);
    assert_eq!(
        single(&args(Format::Table, &[]), "integer", &json!(42)),
        "42\n"
    );
    assert_eq!(
        single(&args(Format::Json, &[]), "integer", &json!(42)),
        "42\n"
    );
    assert_eq!(single(&args(Format::Table, &[]), "none", &Value::Null), "");
}

#[test]
fn the_forms_for_programs_can_be_read_back() {
    let json: Value = serde_json::from_str(&list_users(Format::Json, &[])).expect("JSON");
    assert_eq!(json, json!(users()));
    let yaml: Value = serde_saphyr::from_str(&list_users(Format::Yaml, &[])).expect("YAML");
    assert_eq!(yaml, json!(users()));
    let text = list_users(Format::Csv, &[]);
    let mut csv = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<_> = csv.records().map(|row| row.expect("a row")).collect();
    assert_eq!(&rows[1][0], "山田太郎");
    assert_eq!(&rows[1][3], "a, \"b\" [31m\nc", "without its escape");
}

#[test]
fn a_long_table_keeps_the_widths_of_its_first_page() {
    let items: Vec<_> = (0..250)
        .map(|number| json!({"name": format!("n{number:05}"), "id": number}))
        .collect();
    let text = list(
        &args(Format::Table, &[]),
        "ScopeRepresentation",
        &items,
        terminal(80),
    );
    assert_eq!(text.lines().count(), 251);
    let end = text.lines().last().expect("a line");
    assert!(end.starts_with("n00249"), "{end}");
}

#[test]
fn rows_are_printed_while_the_list_goes_on() {
    let mut out = Vec::new();
    let args = args(Format::Table, &["name"]);
    let mut printer = Printer::for_terminal(&args, None, &mut out, Terminal::default());
    for _ in 0..150 {
        printer.item(&json!({"name": "x"})).expect("an item");
    }
    drop(printer);
    assert_eq!(out.len(), "NAME\n".len() + 150 * "x\n".len());
}

#[test]
fn an_unknown_field_is_refused_with_one_that_is_near() {
    let known = ["username", "email", "attributes"];
    assert!(
        args(Format::Table, &["username", "attributes.a"])
            .check_fields(&known)
            .is_ok()
    );
    let error = args(Format::Table, &["user"])
        .check_fields(&known)
        .expect_err("unknown");
    assert_eq!(error.exit_code(), 2);
    assert!(
        error.to_string().contains("did you mean `username`?"),
        "{error}"
    );
    let error = args(Format::Table, &["x9"])
        .check_fields(&known)
        .expect_err("unknown");
    assert!(
        error.to_string().contains("username, email, attributes"),
        "{error}"
    );
}
