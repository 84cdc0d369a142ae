//! Values for every parameter and every body: the same for a command and for the generated builder.

use keycloak_session::Request;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::api::{Api, Kind, Operation};

/// A generated builder with everything set.
pub(crate) type Builder<C> = fn(&C, &Given<'_>) -> Request;

/// Objects inside of objects are given to this depth.
const DEPTH: usize = 3;

/// The values for one operation.
pub(crate) struct Given<'g> {
    pub(crate) api: &'static Api,
    pub(crate) operation: &'g Operation,
}

impl Given<'_> {
    /// A text with characters that a URL has to escape.
    pub(crate) fn text(&self, name: &str) -> String {
        let mut parameters = self.operation.path_parameters.iter();
        let parameter = parameters.find(|parameter| parameter.name == name);
        match parameter {
            Some(parameter) if parameter.multi_segment => format!("{name} é/b&c"),
            _ => format!("{name}/é b&c=%2F"),
        }
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn boolean(&self, name: &str) -> bool {
        name.len().is_multiple_of(2)
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn integer<T: TryFrom<i64>>(&self, name: &str) -> T {
        let number = i64::try_from(name.len()).expect("a short name") + 10;
        T::try_from(number).ok().expect("a small number")
    }

    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        vec![self.text(name), "second".to_owned()]
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn content_type(&self) -> &'static str {
        "application/octet-stream"
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn bytes(&self) -> Vec<u8> {
        b"\x00bytes\r\n\xff".to_vec()
    }

    /// The body as JSON: each field has a value.
    pub(crate) fn json(&self) -> Value {
        let body = self.operation.body.as_ref().expect("a body");
        self.sample(body.kind, DEPTH)
    }

    /// The body as the type of the builder.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> T {
        let id = self.operation.id;
        serde_json::from_value(self.json()).unwrap_or_else(|error| panic!("{id}: {error}"))
    }

    fn sample(&self, kind: &'static str, depth: usize) -> Value {
        match self.api.types().kind(kind) {
            Kind::Text | Kind::Binary => json!("text é: #"),
            Kind::Values => json!(self.api.types().values(kind)[0]),
            Kind::Boolean => json!(true),
            Kind::Integer => json!(17),
            Kind::Number => json!(1.5),
            Kind::Any => json!("any"),
            Kind::List(item) => json!([self.sample(item, depth)]),
            Kind::Map(value) => json!({ "key.of a:map": self.sample(value, depth) }),
            Kind::Object(_) if depth == 0 => json!({}),
            Kind::Object(of) => {
                let fields = of.fields.iter().map(|field| {
                    let value = self.sample(field.kind, depth - 1);
                    (field.name.to_owned(), value)
                });
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}
