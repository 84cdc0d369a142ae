//! `raw`: a request to any path of the server, with the login, the retries and the limits of every other.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};
use keycloak_admin::Keycloak;
use keycloak_session::{OperationInfo, Request};

use crate::body;
use crate::call::{Context, print_page, write_bytes};
use crate::error::CliError;
use crate::tree::{self, FILE};

/// The command.
pub(crate) fn command() -> Command {
    Command::new("raw")
        .about("Send a request to a path of the server")
        .display_order(tree::LAST)
        .long_about(
            "Send a request to a path of the server, such as `keycloakctl raw GET /admin/realms/acme/users?max=5`.\n\n\
             The path is below the server's address. A segment with an escaped slash (%2F) is refused.",
        )
        .arg(
            Arg::new("method")
                .required(true)
                .value_name("METHOD")
                .value_parser(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
                .ignore_case(true)
                .help("HTTP method"),
        )
        .arg(
            Arg::new("path")
                .required(true)
                .value_name("PATH")
                .help("Path with its query, such as /admin/realms/acme/users?max=5"),
        )
        .arg(
            Arg::new(FILE)
                .short('f')
                .long(FILE)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("File with the body; `-` is standard input"),
        )
        .arg(
            Arg::new("content-type")
                .long("content-type")
                .value_name("TYPE")
                .default_value("application/json")
                .help("Media type of the body"),
        )
}

/// Sends the request and prints the answer.
pub(crate) async fn run(context: &Context<'_>, matches: &ArgMatches) -> Result<(), CliError> {
    let text = |id: &str| matches.get_one::<String>(id).map_or("", String::as_str);
    let mut request = request(context.keycloak, text("method"), text("path"))?;
    if let Some(file) = matches.get_one::<PathBuf>(FILE) {
        request.set_body(text("content-type"), body::read_bytes(file)?);
    }
    let response = request.send_raw().await?;
    let is_json = response
        .content_type()
        .is_some_and(|content_type| content_type.contains("json"));
    if is_json || response.as_bytes().is_empty() {
        return print_page(context.output, &response, None, None);
    }
    write_bytes(&response, None)
}

/// Makes the request. The path is one parameter of several segments, so each is escaped, and `.`, `..` and empty ones are refused: no path leads out
/// of the server's address.
fn request(keycloak: &Keycloak, method: &str, target: &str) -> Result<Request, CliError> {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, query),
        None => (target, ""),
    };
    let Some(path) = path.strip_prefix('/') else {
        let error = CliError::usage("the path does not begin with `/`");
        let hint = "the server's address is that of the profile or of --server";
        return Err(error.with_hint(hint));
    };
    if path.starts_with('/') {
        return Err(CliError::usage(
            "the path begins with `//`, which would name a host",
        ));
    }
    if path.contains('#') {
        return Err(CliError::usage("the path has a fragment (`#`)"));
    }
    let method: &'static str = method.to_uppercase().leak();
    let info = OperationInfo::new("raw", method, "/{path}").multi_segment("path");
    let info: &'static OperationInfo = Box::leak(Box::new(info.accepts_anything()));
    let mut request = Request::new(keycloak.session(), info);
    request.set_path("path", &decoded_path(path)?);
    let mut names: Vec<&'static str> = Vec::new();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    for (name, _) in &pairs {
        if !names.contains(&name.as_str()) {
            names.push(name.clone().leak());
        }
    }
    for name in names {
        let values = pairs.iter().filter(|(known, _)| known == name);
        request.set_query_list(name, values.map(|(_, value)| value));
    }
    Ok(request)
}

/// Decodes the segments of a path. A segment with an escaped slash cannot be told from two, so it is refused.
fn decoded_path(path: &str) -> Result<String, CliError> {
    let segments = path.split('/').map(|segment| {
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8();
        let decoded = decoded.map_err(|_| CliError::usage("the path is not UTF-8"))?;
        if decoded.contains('/') {
            return Err(CliError::usage(
                "a segment of the path has an escaped slash",
            ));
        }
        Ok(decoded.into_owned())
    });
    Ok(segments.collect::<Result<Vec<_>, _>>()?.join("/"))
}

#[cfg(test)]
mod tests {
    use keycloak_session::Credentials;

    use super::*;

    fn url(target: &str) -> Result<String, CliError> {
        let keycloak = Keycloak::builder("https://sso.example.com/auth")
            .credentials(Credentials::token("a token"))
            .build()?;
        Ok(request(&keycloak, "get", target)?.url()?)
    }

    #[test]
    fn a_path_is_below_the_address_of_the_server() {
        for (target, expected) in [
            ("/admin/realms/a b", "/admin/realms/a%20b"),
            ("/admin/realms/a%20b/users", "/admin/realms/a%20b/users"),
            ("/a?max=1&q=x%20y&max=2", "/a?max=1&max=2&q=x+y"),
            ("/a\\b@c:d", "/a%5Cb%40c%3Ad"),
        ] {
            let expected = format!("https://sso.example.com/auth{expected}");
            assert_eq!(url(target).unwrap(), expected, "{target}");
        }
    }

    #[test]
    fn no_path_leads_out_of_the_address_of_the_server() {
        for target in [
            "",
            "admin",
            "https://elsewhere.example/a",
            "//elsewhere.example/a",
            "/a//b",
            "/..",
            "/a/../../b",
            "/a/./b",
            "/%2e%2E/b",
            "/a/.%2e/b",
            "/a%2Fb",
            "/a/",
            "/a#b",
            "/%ff",
        ] {
            let error = url(target).expect_err(target);
            assert_eq!(error.exit_code(), 2, "{target}: {error}");
        }
    }
}
