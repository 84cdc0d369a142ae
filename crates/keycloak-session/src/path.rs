//! Paths: what a caller puts into a path parameter must come out of it on the server, and nowhere else.
//!
//! Escaping alone does not do: `.` and `..` cannot be expressed in a URL at all, because `%2e` counts as a dot. Such
//! values are refused, and the finished URL is compared with what was built, so that no parser has changed it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

use crate::{Error, OperationInfo};

/// Everything but the unreserved characters of RFC 3986. Keycloak refuses some paths with escaped unreserved characters.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What was filled in has become something else on its way through the parser. It does not happen.
pub(crate) const CHANGED: &str = "the URL would not be the operation's path";

/// Escapes a text so that it is one path segment: everything but `A-Z a-z 0-9 - . _ ~` becomes `%XX` of its UTF-8 bytes.
///
/// ```
/// assert_eq!(keycloak_session::encode_segment("a/b é"), "a%2Fb%20%C3%A9");
/// ```
///
/// The texts `""`, `"."` and `".."` have no form that stands for themselves in a URL; calls refuse them.
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

// In one place: whoever looks through a template would have all of it.
#[inline(never)]
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

/// What comes before the first such character, and the rest with it.
fn split_before(text: &'static str, ascii: u8) -> (&'static str, &'static str) {
    let end = text.bytes().position(|byte| byte == ascii);
    text.split_at(end.unwrap_or(text.len()))
}

/// The names of a template's parameters, in order.
pub(crate) fn parameters(template: &'static str) -> impl Iterator<Item = &'static str> {
    pieces(template).filter_map(|piece| match piece {
        Piece::Parameter(name) => Some(name),
        Piece::Literal(_) => None,
    })
}

/// Fills in an operation's path template, behind what is in `path` already.
fn fill(
    path: &mut String,
    info: &OperationInfo,
    values: &[(&'static str, String)],
) -> Result<(), Error> {
    let mut used = 0;
    for piece in pieces(info.path()) {
        match piece {
            Piece::Literal(literal) => path.push_str(literal),
            Piece::Parameter(name) => {
                let Some((_, value)) = values.iter().find(|(set, _)| *set == name) else {
                    return Err(invalid(info, format!("path parameter `{name}` is missing")));
                };
                push_value(path, info, name, value)?;
                used += 1;
            }
        }
    }
    if used != values.len()
        && let Some(error) = unknown(info, values)
    {
        return Err(error);
    }
    Ok(())
}

/// A value was set for a parameter that the path does not have.
fn unknown(info: &OperationInfo, values: &[(&'static str, String)]) -> Option<Error> {
    let is_unknown = |name: &&str| !info.path_parameters().any(|parameter| parameter == *name);
    let mut names = values.iter().map(|(name, _)| *name);
    let unknown = names.find(is_unknown)?;
    let message = format!("there is no path parameter `{unknown}`");
    Some(invalid(info, message))
}

fn push_value(
    path: &mut String,
    info: &OperationInfo,
    name: &str,
    value: &str,
) -> Result<(), Error> {
    if info.multi_segment_parameter() != Some(name) {
        return push_segment(path, info, name, value);
    }
    let segments = value.strip_prefix('/').unwrap_or(value).split('/');
    for (index, segment) in segments.enumerate() {
        if index > 0 {
            path.push('/');
        }
        push_segment(path, info, name, segment)?;
    }
    Ok(())
}

fn push_segment(
    path: &mut String,
    info: &OperationInfo,
    name: &str,
    segment: &str,
) -> Result<(), Error> {
    // The value stays out of the message: it may be anything, a secret put in the wrong place included.
    let wrong = match segment {
        "" => "an empty segment",
        "." | ".." => "a dot segment, which no URL can express",
        segment => {
            path.extend(utf8_percent_encode(segment, ESCAPED));
            return Ok(());
        }
    };
    Err(invalid(
        info,
        format!("path parameter `{name}` has {wrong}"),
    ))
}

fn invalid(info: &OperationInfo, message: String) -> Error {
    Error::invalid_request(Some(info.id()), message)
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
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
            return Err("the base URL must start with http:// or https:// and name a host");
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

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        self.text.strip_suffix(&self.prefix).unwrap_or(&self.text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether nobody else can read what is sent: TLS, or this machine itself.
    pub(crate) fn is_private(&self) -> bool {
        self.url.scheme() == "https"
            || match self.url.host() {
                Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
                Some(Host::Ipv4(address)) => address.is_loopback(),
                Some(Host::Ipv6(address)) => address.is_loopback(),
                None => false,
            }
    }

    /// Whether HTTP/2 may come of it, which is agreed upon in TLS.
    pub(crate) fn may_speak_http2(&self) -> bool {
        cfg!(feature = "http2") && self.url.scheme() == "https"
    }

    /// The URL of an operation, its path filled in.
    pub(crate) fn fill(
        &self,
        info: &OperationInfo,
        values: &[(&'static str, String)],
    ) -> Result<Url, Error> {
        let length: usize = values.iter().map(|(_, value)| value.len()).sum();
        let mut path = String::with_capacity(self.prefix.len() + info.path().len() + length);
        path.push_str(&self.prefix);
        fill(&mut path, info, values)?;
        self.exactly(&path)
            .ok_or_else(|| invalid(info, CHANGED.to_owned()))
    }

    /// The URL of this path, which starts with the base's own, or `None` where it would become another one. Nothing but the path is parsed.
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

    const ONE: OperationInfo = OperationInfo::new("one", "GET", "/a/{x}/b");
    const MANY: OperationInfo = OperationInfo::new("many", "GET", "/a/{x}/b").multi_segment("x");

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

    /// On plain http nothing agrees upon it, so reqwest has nothing to repeat for its sake.
    #[test]
    fn http2_is_for_https_alone() {
        let may = |url| BaseUrl::parse(url).unwrap().may_speak_http2();
        assert_eq!(may("https://localhost/auth"), cfg!(feature = "http2"));
        assert!(!may("http://localhost:8080"));
    }

    #[test]
    fn what_is_no_path_is_not_joined() {
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
            for info in [&ONE, &MANY] {
                let place = || format!("seed {seed}, value {number}: {value:?}");
                let url = match base.fill(info, &[("x", value.clone())]) {
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
                if info == &ONE {
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
