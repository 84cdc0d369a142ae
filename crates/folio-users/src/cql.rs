//! Queries in CQL, the language of FOLIO's searches.

use std::fmt;

/// A query in CQL. Quotes, backslashes and wildcards in a value are escaped, so no value can change the query.
///
/// The `query` parameter of a call takes it, as `&Cql` or `Cql`. It takes a string too, which is sent as it is: use this type if a part of
/// the query comes from elsewhere.
///
/// ```
/// use folio_users::Cql;
///
/// let query = Cql::exact("username", "a*b")
///     .or(Cql::any_of("barcode", ["1", "2"]))
///     .and_not(Cql::exact("active", "false"))
///     .sort_by("username");
/// assert_eq!(
///     query.as_str(),
///     r#"((username=="a\*b" or barcode==("1" or "2")) not active=="false") sortby username"#
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Cql {
    /// The condition, and after it the order if there is one: ` sortby` and its fields.
    text: String,
    /// The number of bytes of the text that are the condition.
    condition_len: usize,
}

impl Cql {
    /// Selects everything.
    pub fn all() -> Self {
        Self::of("cql.allRecords=1".to_owned())
    }

    /// Selects records with exactly this value in the field, such as `username` or `personal.email`. FOLIO may ignore case.
    pub fn exact(field: &str, value: &str) -> Self {
        Self::of(format!("{}==\"{}\"", index(field), escape(value)))
    }

    /// Selects records with a value in the field that starts with this text.
    pub fn starts_with(field: &str, value: &str) -> Self {
        Self::of(format!("{}==\"{}*\"", index(field), escape(value)))
    }

    /// Selects records with a value in the field that contains this text.
    pub fn contains(field: &str, value: &str) -> Self {
        Self::of(format!("{}==\"*{}*\"", index(field), escape(value)))
    }

    /// Selects records with all words of this text in the field, in any order.
    pub fn words(field: &str, text: &str) -> Self {
        Self::of(format!("{} all \"{}\"", index(field), escape(text)))
    }

    /// Selects records with exactly one of these values in the field. Without values it selects nothing.
    pub fn any_of<V: AsRef<str>>(field: &str, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<String> = values
            .into_iter()
            .map(|value| format!("\"{}\"", escape(value.as_ref())))
            .collect();
        if values.is_empty() {
            return Self::of("(cql.allRecords=1 not cql.allRecords=1)".to_owned());
        }
        Self::of(format!("{}==({})", index(field), values.join(" or ")))
    }

    /// Selects records that both queries select. The order is that of this query, or of the other one if this one has none.
    pub fn and(self, other: Self) -> Self {
        self.join("and", other)
    }

    /// Selects records that one of the two queries selects. The order is as with [`and`](Self::and).
    pub fn or(self, other: Self) -> Self {
        self.join("or", other)
    }

    /// Selects records that this query selects and the other one does not. The order is as with [`and`](Self::and).
    pub fn and_not(self, other: Self) -> Self {
        self.join("not", other)
    }

    /// Sorts by a field, after the fields that are set already. A list of several pages needs an order: without one, the server may
    /// return one user twice and leave out another.
    pub fn sort_by(self, field: &str) -> Self {
        self.sorted(&index(field))
    }

    /// Sorts by a field, after the fields that are set already, the highest value first.
    pub fn sort_by_descending(self, field: &str) -> Self {
        self.sorted(&format!("{}/sort.descending", index(field)))
    }

    /// Returns the query as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn of(condition: String) -> Self {
        Self {
            condition_len: condition.len(),
            text: condition,
        }
    }

    /// Returns the condition and the order.
    fn into_parts(mut self) -> (String, String) {
        let order = self.text.split_off(self.condition_len);
        (self.text, order)
    }

    fn join(self, operator: &str, other: Self) -> Self {
        let (left, order) = self.into_parts();
        let (right, other_order) = other.into_parts();
        let mut joined = Self::of(format!("({left} {operator} {right})"));
        joined.text += if order.is_empty() {
            &other_order
        } else {
            &order
        };
        joined
    }

    fn sorted(mut self, key: &str) -> Self {
        if self.text.len() == self.condition_len {
            self.text.push_str(" sortby");
        }
        self.text.push(' ');
        self.text.push_str(key);
        self
    }
}

impl AsRef<str> for Cql {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Cql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Escapes a value for use between quotes.
fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '\\' | '"' | '*' | '?' | '^') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Returns a field's name, in quotes if it could be read as something else.
fn index(field: &str) -> String {
    const WORDS: [&str; 5] = ["and", "or", "not", "prox", "sortby"];
    let plain = !field.is_empty()
        && field
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
        && !WORDS.contains(&field.to_ascii_lowercase().as_str());
    if plain {
        field.to_owned()
    } else {
        format!("\"{}\"", escape(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        let hostile = r#"a" or cql.allRecords=1 or x="\*?^"#;
        let escaped = r#"a\" or cql.allRecords=1 or x=\"\\\*\?\^"#;
        for (query, expected) in [
            (Cql::exact("f", hostile), format!("f==\"{escaped}\"")),
            (Cql::starts_with("f", hostile), format!("f==\"{escaped}*\"")),
            (Cql::contains("f", hostile), format!("f==\"*{escaped}*\"")),
            (Cql::words("f", hostile), format!("f all \"{escaped}\"")),
            (
                Cql::any_of("f", [hostile, "b"]),
                format!("f==(\"{escaped}\" or \"b\")"),
            ),
        ] {
            assert_eq!(query.to_string(), expected);
        }
    }

    /// Reads a quoted string as a CQL parser does; what it meant, and what follows it.
    fn unquote(text: &str) -> (String, &str) {
        let mut value = String::new();
        let mut characters = text.strip_prefix('"').unwrap().char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => value.push(characters.next().unwrap().1),
                '"' => return (value, &text[at + 2..]),
                '*' | '?' | '^' => panic!("a wildcard in {text}"),
                other => value.push(other),
            }
        }
        panic!("{text} has no end")
    }

    #[test]
    fn every_short_value_comes_back_from_its_quotes() {
        let alphabet = ['\\', '"', '*', '?', '^', 'a', ' ', '\n', 'é'];
        let mut values = vec![String::new()];
        for _ in 0..5 {
            let longer: Vec<String> = values
                .iter()
                .flat_map(|value| alphabet.map(|character| format!("{value}{character}")))
                .collect();
            for value in &longer {
                let query = Cql::exact("f", value).to_string();
                let (read, rest) = unquote(query.strip_prefix("f==").unwrap());
                assert_eq!((read.as_str(), rest), (value.as_str(), ""));
            }
            values = longer;
        }
    }

    #[test]
    fn a_field_that_could_be_read_otherwise_is_quoted() {
        for (field, expected) in [
            ("customFields.a_1", "customFields.a_1"),
            ("a=b or c", "\"a=b or c\""),
            ("Or", "\"Or\""),
            ("", "\"\""),
            ("x\"", "\"x\\\"\""),
        ] {
            assert_eq!(index(field), expected);
        }
    }

    #[test]
    fn queries_are_joined_in_parentheses_and_sorted_at_the_end() {
        let query = Cql::exact("a", "1")
            .sort_by("a")
            .or(Cql::exact("b", "2"))
            .and(Cql::exact("c", "3").sort_by("c"))
            .sort_by_descending("d");
        assert_eq!(
            query.to_string(),
            r#"((a=="1" or b=="2") and c=="3") sortby a d/sort.descending"#
        );
        let nothing = Cql::any_of("a", Vec::<String>::new()).to_string();
        assert_eq!(nothing, "(cql.allRecords=1 not cql.allRecords=1)");
    }
}
