//! Paths. The server gets the value of each path parameter unchanged and in its place, or the call is refused.
//!
//! Escaping is not enough: no URL can express `.` and `..` as names, because `%2e` counts as a dot. Such values are refused. The path of the
//! finished URL is compared with the built path, in case the parser changed it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

use crate::error::Error;

/// Everything but the unreserved characters of RFC 3986. Keycloak refuses some paths with escaped unreserved characters.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The message if the URL parser changes the path. Random tests show that it never does.
pub(crate) const CHANGED: &str = "the URL would not be the operation's path";

/// Escapes a text so that it is one path segment: everything but `A-Z a-z 0-9 - . _ ~` becomes `%XX` of its UTF-8 bytes.
///
/// ```
/// assert_eq!(keycloak_session::encode_segment("a/b é"), "a%2Fb%20%C3%A9");
/// ```
///
/// No URL can express the texts `""`, `"."` and `".."` as a segment. Calls refuse them.
#[must_use]
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// A piece of a path template.
#[derive(Debug, PartialEq)]
enum Piece {
    Literal(&'static str),
    Parameter(&'static str),
}

/// The pieces of a template, byte by byte: it is short, and this happens in each call.
fn pieces(template: &'static str) -> impl Iterator<Item = Piece> {
    let mut rest = template;
    std::iter::from_fn(move || next_piece(&mut rest))
}

fn next_piece(rest: &mut &'static str) -> Option<Piece> {
    let (piece, left) = match rest.strip_prefix('{') {
        Some(parameter) => {
            let (name, left) = split_before(parameter, b'}');
            (Piece::Parameter(name), left.get(1..).unwrap_or_default())
        }
        None if rest.is_empty() => return None,
        None => {
            let (literal, left) = split_before(rest, b'{');
            (Piece::Literal(literal), left)
        }
    };
    *rest = left;
    Some(piece)
}

/// Splits a text before the first such character.
fn split_before(text: &'static str, ascii: u8) -> (&'static str, &'static str) {
    let end = text.bytes().position(|byte| byte == ascii);
    text.split_at(end.unwrap_or(text.len()))
}

/// The names of a template's parameters, in order.
pub(crate) fn template_parameters(template: &'static str) -> impl Iterator<Item = &'static str> {
    pieces(template).filter_map(|piece| match piece {
        Piece::Parameter(name) => Some(name),
        Piece::Literal(_) => None,
    })
}

/// The path of an operation: its template, and the one parameter whose value may hold several segments.
#[derive(Clone, Copy)]
pub(crate) struct PathTemplate {
    pub(crate) template: &'static str,
    pub(crate) multi_segment: Option<&'static str>,
}

impl PathTemplate {
    /// Appends the path with its parameters filled in.
    fn fill(self, path: &mut String, values: &[(&'static str, String)]) -> Result<(), Error> {
        let mut used = 0;
        for piece in pieces(self.template) {
            match piece {
                Piece::Literal(literal) => path.push_str(literal),
                Piece::Parameter(name) => {
                    let Some((_, value)) = values.iter().find(|(set, _)| *set == name) else {
                        return Err(invalid(format!("path parameter `{name}` is missing")));
                    };
                    self.push_value(path, name, value)?;
                    used += 1;
                }
            }
        }
        if used == values.len() {
            return Ok(());
        }
        let is_unknown =
            |name: &&str| !template_parameters(self.template).any(|known| known == *name);
        match values.iter().map(|(name, _)| *name).find(is_unknown) {
            Some(unknown) => Err(invalid(format!("there is no path parameter `{unknown}`"))),
            None => Ok(()),
        }
    }

    fn push_value(self, path: &mut String, name: &str, value: &str) -> Result<(), Error> {
        if self.multi_segment != Some(name) {
            return push_segment(path, name, value);
        }
        let segments = value.strip_prefix('/').unwrap_or(value).split('/');
        for (index, segment) in segments.enumerate() {
            if index > 0 {
                path.push('/');
            }
            push_segment(path, name, segment)?;
        }
        Ok(())
    }
}

fn push_segment(path: &mut String, name: &str, segment: &str) -> Result<(), Error> {
    // The message leaves the value out, because it may be a secret that was put in the wrong place.
    let problem = match segment {
        "" => "an empty segment",
        "." | ".." => "a dot segment, which no URL can express",
        segment => {
            path.extend(utf8_percent_encode(segment, ESCAPED));
            return Ok(());
        }
    };
    Err(invalid(format!("path parameter `{name}` has {problem}")))
}

fn invalid(message: String) -> Error {
    Error::invalid_request(None, message)
}

/// The server's address: scheme, host, port, and the path prefix that all paths go under.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    url: Url,
    /// The same without a slash at the end.
    text: String,
    prefix: String,
    host: String,
    port: u16,
}

impl BaseUrl {
    /// The messages leave the text out: a wrong base URL may well hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text)
            .map_err(|_| "the base URL is not a URL; give one such as https://sso.example.com")?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("the base URL must start with http:// or https://");
        }
        // The parser skips further slashes: it would take the first segment of the path for the host.
        let host_is_empty = text
            .split_once("://")
            .is_none_or(|(_, rest)| rest.starts_with(['/', '\\', '\t', '\r', '\n']));
        if host_is_empty {
            return Err("the base URL must name a host after http:// or https://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "the base URL must not hold a user name or a password; use credentials instead",
            );
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("the base URL must not have a query (`?`) or a fragment (`#`)");
        }
        let prefix = url.path().trim_end_matches('/').to_owned();
        Ok(Self {
            text: url.as_str().trim_end_matches('/').to_owned(),
            prefix,
            host: url.host_str().unwrap_or_default().to_owned(),
            port: url.port_or_known_default().unwrap_or_default(),
            url,
        })
    }

    /// Host and port.
    pub(crate) fn server(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether nobody else can read what is sent: TLS, or this machine itself.
    pub(crate) fn is_private(&self) -> bool {
        self.url.scheme() == "https" || self.is_loopback()
    }

    /// Returns whether the server is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(_)) => self.loopback_name().is_some(),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Returns the host if it is `localhost` or a name below it, which stand for this machine (RFC 6761, 6.3).
    pub(crate) fn loopback_name(&self) -> Option<&str> {
        let name = self.url.domain()?;
        (name == "localhost" || name.ends_with(".localhost")).then_some(name)
    }

    /// Builds the URL of a path with its parameters filled in.
    pub(crate) fn fill(
        &self,
        path: PathTemplate,
        values: &[(&'static str, String)],
    ) -> Result<Url, Error> {
        let length: usize = values.iter().map(|(_, value)| value.len()).sum();
        let mut filled = String::with_capacity(self.prefix.len() + path.template.len() + length);
        filled.push_str(&self.prefix);
        path.fill(&mut filled, values)?;
        self.exactly(&filled)
            .ok_or_else(|| invalid(CHANGED.to_owned()))
    }

    /// Returns the URL of this path, which starts with the base's own path. `None` if the URL parser would change the path.
    pub(crate) fn exactly(&self, path: &str) -> Option<Url> {
        if !path.strip_prefix(&self.prefix)?.starts_with('/') {
            return None;
        }
        let mut url = self.url.clone();
        url.set_path(path);
        (url.path() == path).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;

    use super::*;

    const ONE: PathTemplate = PathTemplate {
        template: "/a/{x}/b",
        multi_segment: None,
    };
    const MANY: PathTemplate = PathTemplate {
        template: "/a/{x}/b",
        multi_segment: Some("x"),
    };

    #[test]
    fn templates_are_literals_and_parameters() {
        let pieces: Vec<_> = pieces("/a/{b}/{c}.{d}").collect();
        let expected = [
            Piece::Literal("/a/"),
            Piece::Parameter("b"),
            Piece::Literal("/"),
            Piece::Parameter("c"),
            Piece::Literal("."),
            Piece::Parameter("d"),
        ];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn a_base_without_a_host_is_refused() {
        for base in [
            "https:///a",
            "http:////a/b",
            "https:a",
            "https:/a",
            "https://\\a",
            "https://\t/a",
        ] {
            let error = BaseUrl::parse(base).unwrap_err();
            assert!(error.contains("must name a host"), "{base}: {error}");
        }
    }

    #[test]
    fn exactly_rejects_invalid_paths() {
        let base = BaseUrl::parse("http://localhost/auth").unwrap();
        assert_eq!(
            base.exactly("/auth/a").unwrap().as_str(),
            "http://localhost/auth/a"
        );
        for path in [
            "",
            "a",
            ".evil.example/",
            "/a/../b",
            "/a/%2e%2e/b",
            "/a/./b",
            "/a\\b",
            "/a b",
            "/a?b",
            "/a#b",
            "/\t",
        ] {
            assert_eq!(base.exactly(&format!("/auth{path}")), None, "{path:?}");
        }
    }

    /// A million paths, of pieces that parsers are known to change.
    #[test]
    fn random_values_make_the_round_trip_or_are_refused() {
        let threads: Vec<_> = (0..4)
            .map(|seed| std::thread::spawn(move || attack(seed, 125_000)))
            .collect();
        let refused: usize = threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .sum();
        assert!(
            (10_000..500_000).contains(&refused),
            "{refused} of 1,000,000 refused"
        );
    }

    /// So many random values, in both operations; how many were refused.
    fn attack(seed: u64, values: usize) -> usize {
        const PIECES: [&str; 24] = [
            ".", "..", "/", "\\", "%", "%2e", "%2E", "%2f", "%5c", ";", "?", "#", "\0", "\n", "\t",
            " ", "é", "\u{feff}", "@", ":", "a", "0", "~", "|",
        ];
        let base = BaseUrl::parse("https://sso.example.com/auth").unwrap();
        let mut random = fastrand::Rng::with_seed(seed);
        let mut refused = 0;
        for number in 0..values {
            let length = random.usize(0..6);
            let value: String = (0..length)
                .map(|_| match random.usize(0..30) {
                    index if index < PIECES.len() => PIECES[index].to_owned(),
                    _ => random.char(..).to_string(),
                })
                .collect();
            for path in [ONE, MANY] {
                let place = || format!("seed {seed}, value {number}: {value:?}");
                let url = match base.fill(path, &[("x", value.clone())]) {
                    Ok(url) => url,
                    Err(error) => {
                        assert!(!error.to_string().contains(CHANGED), "{}", place());
                        refused += 1;
                        continue;
                    }
                };
                let inner = url
                    .path()
                    .strip_prefix("/auth/a/")
                    .and_then(|path| path.strip_suffix("/b"))
                    .unwrap_or_else(|| panic!("{}", place()));
                let segments: Vec<_> = inner
                    .split('/')
                    .map(|segment| {
                        percent_decode_str(segment)
                            .decode_utf8()
                            .unwrap()
                            .into_owned()
                    })
                    .collect();
                if path.multi_segment.is_none() {
                    assert_eq!(segments, [value.as_str()], "{}", place());
                } else {
                    assert_eq!(
                        segments.join("/"),
                        value.strip_prefix('/').unwrap_or(&value),
                        "{}",
                        place()
                    );
                }
                assert!(
                    !segments
                        .iter()
                        .any(|segment| matches!(segment.as_str(), "" | "." | "..")),
                    "{}",
                    place()
                );
            }
        }
        refused
    }
}
