//! The order of an API's versions. Numbers have one; other versions have the one that `versions` in `sources.toml` declares.

use anyhow::{Result, bail, ensure};

/// The number of digits of a hash that tell two documents of one version apart.
const HASH: usize = 8;

/// The version of a document, with its hash, among the versions that are declared.
#[derive(Clone, Copy, Debug)]
pub struct DocumentVersion<'a> {
    /// The version that the document describes.
    pub version: &'a str,
    /// SHA-256 of the document, in hex.
    pub sha256: &'a str,
    /// The versions of the API, the oldest first. `v1@8f7a118c` is the document of `v1` whose hash starts so.
    pub declared: &'a [String],
}

impl DocumentVersion<'_> {
    /// Returns whether the document is older than this version, which may be one with a hash.
    pub fn is_older_than(&self, other: &str) -> Result<bool> {
        let own_place = self.declared.iter().position(|entry| self.is(entry));
        let other_place = self.declared.iter().position(|entry| entry == other);
        if let (Some(own), Some(other)) = (own_place, other_place) {
            return Ok(own < other);
        }
        if self.is(other) {
            return Ok(false);
        }
        ensure!(
            !other.starts_with(&format!("{}@", self.version)),
            "this document is `{}`, and nothing says whether it is older than `{other}`: {}",
            self.with_hash(),
            declare(&[&self.with_hash(), other])
        );
        is_older(self.version, other)
    }

    /// Returns the name that tells the document apart from others of the same version, such as `v1@8f7a118c`.
    #[must_use]
    pub fn with_hash(&self) -> String {
        let hash = self.sha256.get(..HASH).unwrap_or(self.sha256);
        format!("{}@{hash}", self.version)
    }

    /// Returns the name that an action of the overlay has to use: the one that is declared, or the version.
    #[must_use]
    pub fn name(&self) -> &str {
        let declared = self.declared.iter().find(|entry| self.is(entry));
        declared.map_or(self.version, String::as_str)
    }

    fn is(&self, name: &str) -> bool {
        match name.split_once('@') {
            Some((version, hash)) => {
                version == self.version && !hash.is_empty() && self.sha256.starts_with(hash)
            }
            None => name == self.version,
        }
    }
}

/// Compares two versions by their numbers (26.4.7 is older than 26.10.0, v1 than v2). Fails if they are no numbers.
pub fn is_older(version: &str, than: &str) -> Result<bool> {
    match (numbers(version), numbers(than)) {
        (Some((prefix, version)), Some((other_prefix, than))) if prefix == other_prefix => {
            Ok(version < than)
        }
        _ => bail!(
            "nothing says which of `{version}` and `{than}` is older: {}",
            declare(&[version, than])
        ),
    }
}

fn declare(versions: &[&str]) -> String {
    let versions: Vec<String> = versions.iter().map(|it| format!("\"{it}\"")).collect();
    format!(
        "declare the order in the API's entry of specs/sources.toml, the oldest first, such as `versions = [{}]`",
        versions.join(", ")
    )
}

/// Returns the letters before a version and its numbers, such as `v` and 2. `None` if it has other parts.
fn numbers(version: &str) -> Option<(&str, Vec<u64>)> {
    let start = version.find(|c: char| c.is_ascii_digit())?;
    let (prefix, numbers) = version.split_at(start);
    let numbers: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
    Some((prefix, numbers?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document<'a>(
        version: &'a str,
        sha256: &'a str,
        declared: &'a [String],
    ) -> DocumentVersion<'a> {
        DocumentVersion {
            version,
            sha256,
            declared,
        }
    }

    fn declared(versions: &[&str]) -> Vec<String> {
        versions.iter().map(|&version| version.to_owned()).collect()
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        for (older, newer) in [
            ("26.4.7", "26.10.0"),
            ("v1", "v2"),
            ("v9", "v10"),
            ("1", "1.1"),
        ] {
            assert!(is_older(older, newer).unwrap(), "{older} {newer}");
            assert!(!is_older(newer, older).unwrap(), "{newer} {older}");
            assert!(!is_older(newer, newer).unwrap());
        }
    }

    #[test]
    fn what_has_no_order_is_refused_with_a_remedy() {
        for (one, other) in [
            ("v1", "2026-06"),
            ("v1", "2"),
            ("1.0-rc", "1.0"),
            ("draft", "v1"),
        ] {
            let error = is_older(one, other).unwrap_err().to_string();
            assert!(
                error.contains(&format!("`versions = [\"{one}\", \"{other}\"]`")),
                "{error}"
            );
        }
        assert!(!document("draft", "ab", &[]).is_older_than("draft").unwrap());
    }

    #[test]
    fn a_declared_order_counts() {
        let order = declared(&["v1", "2026-06", "draft"]);
        let at = |version| document(version, "ab", &order);
        assert!(at("v1").is_older_than("2026-06").unwrap());
        assert!(!at("2026-06").is_older_than("v1").unwrap());
        assert!(!at("draft").is_older_than("draft").unwrap());
        // A version that is not declared is compared by numbers, or not at all.
        assert!(!at("v2").is_older_than("v1").unwrap());
        at("v2").is_older_than("draft").unwrap_err();
    }

    #[test]
    fn documents_of_one_version_are_told_apart_by_their_hash() {
        let order = declared(&["v1@aaaa", "v1@bbbb", "v2"]);
        let (first, second) = (
            document("v1", "aaaa11", &order),
            document("v1", "bbbb22", &order),
        );
        assert!(first.is_older_than("v1@bbbb").unwrap() && first.is_older_than("v2").unwrap());
        assert!(!second.is_older_than("v1@bbbb").unwrap());
        assert_eq!((first.name(), second.name()), ("v1@aaaa", "v1@bbbb"));

        let undeclared = document("v1", "cccccccccc", &[]);
        assert!(!undeclared.is_older_than("v1@cccc").unwrap());
        let error = undeclared.is_older_than("v1@bbbb").unwrap_err().to_string();
        assert!(
            error.contains("`versions = [\"v1@cccccccc\", \"v1@bbbb\"]`"),
            "{error}"
        );
        assert_eq!(undeclared.name(), "v1");
    }
}
