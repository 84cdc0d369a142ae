//! Names that come near a name that does not exist.

/// The most names that a message lists.
const MOST: usize = 5;

/// Returns the names that come near, as a list for a message: "`a`, `b`". `None` if none does.
pub(crate) fn list<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|other| Some((distance(name, other)?, other)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(MOST);
    let found: Vec<String> = found.iter().map(|(_, name)| format!("`{name}`")).collect();
    (!found.is_empty()).then(|| found.join(", "))
}

/// Returns how far apart two names are, if they are near: one contains the other, or few letters differ.
fn distance(name: &str, other: &str) -> Option<usize> {
    let (name, other) = (name.to_lowercase(), other.to_lowercase());
    let edits = edits(&name, &other);
    let most = 1 + name.chars().count() / 4;
    let is_part =
        name.len() > 2 && other.contains(&name) || other.len() > 2 && name.contains(&other);
    (edits <= most || is_part).then_some(edits)
}

/// Returns how many letters have to be added, removed or replaced (Levenshtein's distance).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, known) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_listed_the_nearest_first() {
        let known = ["alice", "alicia", "bob", "malice", "ali"];
        let near = list("alise", known);
        assert_eq!(near.as_deref(), Some("`alice`, `ali`, `malice`"));
        let near = list("alice", known);
        assert_eq!(near.as_deref(), Some("`alice`, `malice`, `ali`, `alicia`"));
        assert_eq!(list("zoe", known), None);
    }

    #[test]
    fn edits_are_counted_by_letter() {
        for (one, other, count) in [
            ("", "", 0),
            ("", "ab", 2),
            ("é", "e", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(edits(one, other), count, "{one} {other}");
            assert_eq!(edits(other, one), count, "{other} {one}");
        }
    }
}
