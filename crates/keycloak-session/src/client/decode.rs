//! Decoding: from the bytes of an answer to a value.

use reqwest::header::CONTENT_ENCODING;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

use crate::client::response::{DecodeLimits, RawResponse};
use crate::error::{Error, ErrorKind};
use crate::serde::memory::decode_within;

/// The deepest nesting that the JSON parser accepts.
pub(crate) const MAX_DEPTH: usize = 127;

/// The bytes of memory that a decoded answer may take for each byte that its body may have.
///
/// By the count below, a list of users takes 7 to 12 bytes for each byte, and a list of roles 8. Such a list decodes if its body is within the
/// limit. A realm takes 3,680 bytes of memory, and a brief realm is 75 bytes of text. A list of brief realms takes 60 bytes for each byte, so it is
/// refused at a quarter of the limit.
pub(crate) const MEMORY_PER_BODY_BYTE: usize = 16;

/// The memory that a decoded answer may always take, enough for 200 brief realms. Without it, a small limit of a body would refuse one realm.
const LEAST_MEMORY: usize = 1024 * 1024;

/// The memory of an object with fields: a node of a `BTreeMap<String, Value>`.
const OBJECT_MEMORY: usize = 640;

/// The memory of a list with items: a `Vec<Value>` has room for four.
const LIST_MEMORY: usize = 144;

/// The memory of each further value of a list or an object: a `Value`, and the smallest allocation for its text.
const VALUE_MEMORY: usize = 64;

/// An upper bound of the memory for a byte of JSON, by the numbers above.
const MOST_MEMORY_PER_BYTE: usize = 128;

impl DecodeLimits {
    /// Returns the limits for a body of up to this many bytes, nested up to this depth.
    pub(crate) fn new(depth: usize, max_body_bytes: usize) -> Self {
        let memory = max_body_bytes.saturating_mul(MEMORY_PER_BODY_BYTE);
        Self {
            depth,
            memory: memory.max(LEAST_MEMORY),
        }
    }
}

impl RawResponse {
    /// Decodes the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let limits = self.limits();
        if limits.depth < MAX_DEPTH && is_deeper(self.as_bytes(), limits.depth) {
            return Err(self.unreadable(format!("nested deeper than {}", limits.depth)));
        }
        // The whole text is checked at once, which is faster than string by string: an eighth of the instructions of a page.
        let text = str::from_utf8(self.as_bytes()).map_err(|error| {
            let position = error.valid_up_to() + 1;
            self.unreadable(format!("not JSON: byte {position} is not UTF-8"))
        })?;
        let left = limits
            .memory
            .checked_sub(memory_of_values(text, limits.memory));
        left.and_then(|left| decode_within(left, || serde_json::from_str(text)))
            .ok_or_else(too_much_memory)?
            .map_err(|error| self.unreadable(describe(text, &error)))
    }

    /// Decodes the body as JSON. An answer without a body (204) gives the default: `None`, or an empty list.
    pub fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Error> {
        if self.as_bytes().is_empty() {
            return Ok(T::default());
        }
        self.json()
    }

    /// Decodes one field of a JSON object, such as `count` of `{"count": 5}`.
    pub fn json_field<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let mut object: Value = self.json()?;
        let Some(field) = object.get_mut(name).map(Value::take) else {
            return Err(self.unreadable(format!("field `{name}` is missing")));
        };
        decode_within(self.limits().memory, || serde_json::from_value(field))
            .ok_or_else(too_much_memory)?
            .map_err(|_| self.unreadable(format!("field `{name}` has another type than expected")))
    }

    /// Makes the error of a body that cannot be read; `message` says why, unless something else explains it.
    fn unreadable(&self, message: String) -> Error {
        let message = if self.as_bytes().is_empty() {
            "the body is empty, but JSON was expected".to_owned()
        } else if self.header(CONTENT_ENCODING.as_str()).is_some() {
            "the body is compressed, although the client asked for none".to_owned()
        } else {
            message
        };
        Error::new(ErrorKind::Decode, message)
    }
}

fn too_much_memory() -> Error {
    let message = format!(
        "decoded, the answer takes more than {MEMORY_PER_BODY_BYTE} times max_body_bytes; \
         ask for smaller pages, or raise it"
    );
    Error::new(ErrorKind::BodyTooLarge, message)
}

/// Returns the most memory that the lists, maps and texts of a JSON text can take, without its representations. Returns 0 for a text that is too
/// short to take a fourth of `limit`.
fn memory_of_values(json: &str, limit: usize) -> usize {
    if json.len().saturating_mul(MOST_MEMORY_PER_BYTE) <= limit / 4 {
        return 0;
    }
    let mut before = 0;
    let memory = outside_of_texts(json.as_bytes()).map(|byte| {
        let memory = match (before, byte) {
            // A list or an object takes memory for its contents from the first on.
            (b'{', b'}') | (b'[', b']') => 0,
            (b'{', _) => OBJECT_MEMORY,
            (b'[', _) => LIST_MEMORY,
            (_, b',') => VALUE_MEMORY,
            _ => 0,
        };
        before = byte;
        memory
    });
    memory.sum()
}

/// The bytes of a JSON text, without white space and without the contents of texts. The quotes of the texts stay.
fn outside_of_texts(json: &[u8]) -> impl Iterator<Item = u8> {
    let (mut in_text, mut escaped) = (false, false);
    json.iter().copied().filter(move |byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => {
                in_text = !in_text;
                return true;
            }
            _ => return !in_text && !byte.is_ascii_whitespace(),
        }
        false
    })
}

/// Describes an error of the JSON parser without its own message, which likes to quote values.
fn describe(json: &str, error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let problem = match error.classify() {
        Category::Data => match path_at(json, line, column).as_str() {
            "" => "the value has another type than expected".to_owned(),
            path => format!("`{path}` has another type than expected"),
        },
        Category::Eof => "the JSON ends too early".to_owned(),
        _ if is_deeper(json.as_bytes(), MAX_DEPTH) => "nested too deeply".to_owned(),
        Category::Syntax | Category::Io => "not JSON".to_owned(),
    };
    format!("{problem}, at line {line} column {column}")
}

/// Returns the path of the value that ends at a place of a JSON text, such as `[3].attributes.phone[0]`. It holds names, and no value.
fn path_at(json: &str, line: usize, column: usize) -> String {
    let lines = json.split_inclusive('\n');
    let before: usize = lines.take(line.saturating_sub(1)).map(str::len).sum();
    let end = json.len().min(before + column);
    let mut path: Vec<Step> = Vec::new();
    let mut name_start = None;
    let (mut in_text, mut escaped) = (false, false);
    for (index, byte) in json.bytes().enumerate().take(end) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' if in_text => {
                in_text = false;
                if let (Some(Step::Name(name)), Some(start)) = (path.last_mut(), name_start.take())
                {
                    json[start..index].clone_into(name);
                }
            }
            b'"' => {
                in_text = true;
                let is_name = json[..index].trim_end().ends_with(['{', ',']);
                name_start = is_name.then_some(index + 1);
            }
            _ if in_text => {}
            b'{' => path.push(Step::Name(String::new())),
            b'[' => path.push(Step::Index(0)),
            b'}' | b']' => drop(path.pop()),
            b',' => {
                if let Some(Step::Index(index)) = path.last_mut() {
                    *index += 1;
                }
            }
            _ => {}
        }
    }
    path.iter().fold(String::new(), |path, step| match step {
        Step::Name(name) if name.is_empty() => path,
        Step::Name(name) if path.is_empty() => name.clone(),
        Step::Name(name) => format!("{path}.{name}"),
        Step::Index(index) => format!("{path}[{index}]"),
    })
}

/// One step of a path: the name of a field, or the place in a list.
enum Step {
    Name(String),
    Index(usize),
}

/// Returns whether arrays and objects are nested more than `limit` times.
fn is_deeper(json: &[u8], limit: usize) -> bool {
    let mut depth = 0_usize;
    outside_of_texts(json).any(|byte| {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > limit
    })
}

#[cfg(test)]
mod tests {
    use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
    use serde_json::Value;

    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::{MAX_DEPTH, MEMORY_PER_BODY_BYTE, describe, is_deeper, path_at};
    use crate::client::response::{DecodeLimits, RawBody, RawResponse, Response};
    use crate::error::ErrorKind;
    use crate::serde::field::FieldValue;

    #[test]
    fn depth_is_counted_outside_of_texts() {
        let cases = [
            ("", 0),
            ("1", 0),
            ("[]", 1),
            ("[[],[]]", 2),
            (r#"{"a":[1,{"b":2}]}"#, 3),
            (r#"["[[[[", "\"[[", "\\"]"#, 1),
            (r#"{"\\":[{}]}"#, 3),
        ];
        for (json, depth) in cases {
            assert!(!is_deeper(json.as_bytes(), depth), "{json}");
            assert!(
                depth == 0 || is_deeper(json.as_bytes(), depth - 1),
                "{json}"
            );
        }
    }

    /// The marker `!` stands where the parser says that a value has another type.
    #[test]
    fn a_decoding_error_names_the_path_of_the_field() {
        for (marked, path) in [
            (r#"{"a":1!}"#, "a"),
            (r#"{"x":"{[,","a":{"b":[true,"no"!]}}"#, "a.b[1]"),
            ("[{\"a\":1},\n {\"b\":{}, \"c\" : \"\\\"\"! }]", "[1].c"),
            (r#"{"a":[1,2],"b":[[3],[4!]]}"#, "b[1][0]"),
            ("1!", ""),
        ] {
            let (before, after) = marked.split_once('!').expect("a marker");
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().expect("a line").len();
            let found = path_at(&format!("{before}{after}"), line, column);
            assert_eq!(found, path, "{marked}");
        }
    }

    #[derive(Debug, Default)]
    struct Large {
        fields: Option<[u64; 32]>,
    }

    crate::representation!(Large { fields: "fields" });

    impl FieldValue for [u64; 32] {
        fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Deserialize::deserialize(deserializer)
        }
    }

    fn answer(json: &str, max_body_bytes: usize) -> RawResponse {
        let memory = max_body_bytes * MEMORY_PER_BODY_BYTE;
        let limits = DecodeLimits {
            depth: MAX_DEPTH,
            memory,
        };
        let body = RawBody::new(None, json.to_owned().into(), limits);
        Response::new(StatusCode::OK, HeaderMap::new(), 1, body)
    }

    /// Each body is within the limit, and its decoded form is not.
    #[test]
    fn a_body_that_decodes_to_too_much_memory_is_refused() {
        let list = |item: &str| format!("[{}{item}]", format!("{item},").repeat(1_000));
        let limit = 16 * 1_024;
        let large = answer(&list("{}"), limit);
        let error = large.json::<Vec<Large>>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BodyTooLarge, "{error}");
        for item in [r#"{"":0}"#, "[0]", r#"{"a":{"b":[[0]]}}"#] {
            let error = answer(&list(item), limit / 2).json::<Value>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BodyTooLarge, "{item}: {error}");
        }
        // Braces in a text are no objects.
        let texts = list(r#""{[{[{[{[{[,,,,,,,,,,,,,,,,,,""#);
        assert!(answer(&texts, texts.len()).json::<Value>().is_ok());
    }

    /// A list of users or of roles decodes whatever its length is, if the body is within the limit.
    #[test]
    fn a_list_as_keycloak_sends_it_is_never_refused() {
        let id = "8f5e0a4c-7d9c-4d2e-9d5b-1f2a3b4c5d6e";
        let user = format!(
            r#"{{"id":"{id}","username":"user-000001","firstName":"A","lastName":"B","email":"user-000001@example.com","emailVerified":false,"enabled":true,"createdTimestamp":1700000000000,"totp":false,"attributes":{{"locale":["fr"],"site":["paris"]}},"disableableCredentialTypes":[],"requiredActions":[],"notBefore":0,"access":{{"manageGroupMembership":true,"view":true,"mapRoles":true,"impersonate":true,"manage":true}}}}"#
        );
        let role = format!(
            r#"{{"id":"{id}","name":"offline_access","composite":false,"clientRole":false,"containerId":"{id}"}}"#
        );
        for item in [user, role] {
            let list = format!("[{}]", vec![item; 1_000].join(","));
            assert!(answer(&list, list.len()).json::<Vec<Large>>().is_ok());
        }
    }

    /// Takes any JSON but the value `true`.
    struct NotTrue;

    impl<'de> Deserialize<'de> for NotTrue {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Self)
        }
    }

    impl<'de> Visitor<'de> for NotTrue {
        type Value = Self;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("anything else")
        }

        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self, E> {
            Err(E::custom("planted"))
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
            Ok(self)
        }

        fn visit_str<E>(self, _: &str) -> Result<Self, E> {
            Ok(self)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
            while list.next_element::<Self>()?.is_some() {}
            Ok(self)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self, A::Error> {
            while object.next_entry::<String, Self>()?.is_some() {}
            Ok(self)
        }
    }

    /// Makes a value of this depth at most, of texts that look like JSON. With a path, the value `true` is somewhere in it, and the path
    /// becomes the way there.
    fn any(random: &mut fastrand::Rng, depth: usize, mut path: Option<&mut String>) -> Value {
        const TEXTS: [&str; 12] = [
            "",
            "planted",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\n",
            "é{\u{2028}\"",
        ];
        const NAMES: [&str; 6] = ["id", "a b", "attributes", "x-y", "é", "name"];
        let kind = random.usize(0..4);
        if depth == 0 || kind < 2 {
            return match path {
                Some(_) => Value::Bool(true),
                None if kind == 0 => random.u32(..).into(),
                None => TEXTS[random.usize(..TEXTS.len())].into(),
            };
        }
        let length = random.usize(1..5);
        let wrong = random.usize(..length);
        let mut part = |index: usize, step: &str| match path.as_deref_mut() {
            Some(path) if index == wrong => {
                path.push_str(step);
                any(random, depth - 1, Some(path))
            }
            _ => any(random, depth - 1, None),
        };
        if kind == 2 {
            let items = (0..length).map(|index| part(index, &format!("[{index}]")));
            return Value::Array(items.collect());
        }
        let fields = (0..length).map(|index| {
            let value = part(index, &format!(".{}", NAMES[index]));
            (NAMES[index].to_owned(), value)
        });
        Value::Object(fields.collect())
    }

    /// The path is the one of the wrong value, however the text before it looks.
    #[test]
    fn the_path_is_found_in_any_json() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut nested = 0;
        for number in 0..20_000 {
            let mut path = String::new();
            let value = any(&mut random, 5, Some(&mut path));
            let json = if number % 2 == 0 {
                value.to_string()
            } else {
                serde_json::to_string_pretty(&value).expect("JSON")
            };
            let error = serde_json::from_str::<NotTrue>(&json)
                .err()
                .expect("an error");
            let said = describe(&json, &error);
            let path = path.strip_prefix('.').unwrap_or(&path);
            let expected = match path {
                "" => "the value has another type than expected, at".to_owned(),
                path => format!("`{path}` has another type than expected, at"),
            };
            assert!(said.starts_with(&expected), "{said}, not {path}: {json}");
            assert!(!said.contains("planted"), "{said}");
            nested += usize::from(path.contains(['.', '[']));
        }
        assert!(nested > 5_000, "{nested}");
    }
}
