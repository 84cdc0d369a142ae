//! Queries in CQL, the language of FOLIO's searches.

use std::fmt;

/// A query in CQL. Whatever a value holds, it stays a value: quotes, backslashes and wildcards are escaped.
///
/// ```
/// use folio_users::Cql;
///
/// let query = Cql::exact("username", "a*b")
///     .or(Cql::any_of("barcode", ["1", "2"]))
///     .and_not(Cql::exact("active", "false"))
///     .sort_by("username");
/// assert_eq!(
///     query.to_string(),
///     r#"((username=="a\*b" or barcode==("1" or "2")) not active=="false") sortby username"#
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Cql {
    query: String,
    sort: String,
}

impl Cql {
    /// Everything.
    pub fn all() -> Self {
        Self::of("cql.allRecords=1".to_owned())
    }

    /// What has exactly this value in the field, such as `username` or `personal.email`. FOLIO may take upper for lower case.
    pub fn exact(field: &str, value: &str) -> Self {
        Self::of(format!("{}==\"{}\"", index(field), escape(value)))
    }

    /// What has a value in the field that begins like this.
    pub fn starts_with(field: &str, value: &str) -> Self {
        Self::of(format!("{}==\"{}*\"", index(field), escape(value)))
    }

    /// What has a value in the field that holds this anywhere.
    pub fn contains(field: &str, value: &str) -> Self {
        Self::of(format!("{}==\"*{}*\"", index(field), escape(value)))
    }

    /// What has the words of this text in the field, in any order.
    pub fn words(field: &str, text: &str) -> Self {
        Self::of(format!("{} all \"{}\"", index(field), escape(text)))
    }

    /// What has exactly one of these values in the field. Without values it selects nothing.
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

    /// What both select. The order is that of this query, or of the other where this one has none.
    pub fn and(self, other: Self) -> Self {
        self.join("and", other)
    }

    /// What either selects; otherwise like [`and`](Self::and).
    pub fn or(self, other: Self) -> Self {
        self.join("or", other)
    }

    /// What this one selects and the other does not; otherwise like [`and`](Self::and).
    pub fn and_not(self, other: Self) -> Self {
        self.join("not", other)
    }

    /// Sorts by a field, or by one more. A list that is read page by page needs an order: without one the server may give a user
    /// twice and leave another out.
    pub fn sort_by(self, field: &str) -> Self {
        self.sorted(&index(field))
    }

    /// Sorts by a field, or by one more, the highest value first.
    pub fn sort_by_descending(self, field: &str) -> Self {
        self.sorted(&format!("{}/sort.descending", index(field)))
    }

    fn of(query: String) -> Self {
        Self {
            query,
            sort: String::new(),
        }
    }

    fn join(self, operator: &str, other: Self) -> Self {
        Self {
            query: format!("({} {operator} {})", self.query, other.query),
            sort: if self.sort.is_empty() {
                other.sort
            } else {
                self.sort
            },
        }
    }

    fn sorted(mut self, key: &str) -> Self {
        self.sort.push(' ');
        self.sort.push_str(key);
        self
    }
}

impl fmt::Display for Cql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.query)?;
        if !self.sort.is_empty() {
            write!(f, " sortby{}", self.sort)?;
        }
        Ok(())
    }
}

/// A value as it stands between quotes.
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

/// A field's name: as it is where it can be nothing else, and else between quotes.
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
    fn what_means_something_in_cql_is_escaped() {
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
