//! `specs/sources.toml`: which documents there are, where each came from, and its hash.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use workspace::write_atomically;

use crate::versions::DocumentVersion;

/// One API: an entry of `sources.toml`. Adding an API is adding an entry and a folder.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name for people.
    pub title: String,
    /// The crate that is generated from it, a folder under `crates/`.
    #[serde(rename = "crate")]
    pub crate_name: String,
    /// The crate of its mocks, another folder under `crates/`. `None` if it has no mocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mock: Option<String>,
    /// The crate of a command line for it, a folder under `crates/`, if there is one. `specs/API/commands.toml` names the commands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_line: Option<String>,
    /// The file in `specs/API/` that holds the upstream bytes.
    pub document: String,
    /// The version that the document describes.
    pub version: String,
    /// The versions in their order, the oldest first, if they are no numbers: see [`crate::versions`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// The source of the bytes, in words.
    pub origin: String,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// SPDX expression of the document's licence.
    pub licence: String,
    /// The way in which `fetch API VERSION` gets it. Without it, only `--file` and `--url` work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<Recipe>,
}

impl Source {
    /// The version of the document, with its hash.
    #[must_use]
    pub fn document_version(&self) -> DocumentVersion<'_> {
        DocumentVersion {
            version: &self.version,
            sha256: &self.sha256,
            declared: &self.versions,
        }
    }

    /// The crates that are generated from it.
    pub fn crates(&self) -> impl Iterator<Item = &str> {
        [Some(self.crate_name.as_str()), self.mock.as_deref()]
            .into_iter()
            .flatten()
    }
}

/// A way to get a document by version alone.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Recipe {
    /// Derived from Keycloak's published jars with the scanner of Keycloak's own build.
    KeycloakJars,
}

/// The folder of the specifications together with what `sources.toml` says.
#[derive(Clone, Debug)]
pub struct Specs {
    folder: PathBuf,
    sources: Vec<(String, Source)>,
}

/// One API with its files.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its name in `sources.toml`.
    pub name: String,
    /// Its entry in `sources.toml`.
    pub source: Source,
    /// Its folder in `specs`.
    pub folder: PathBuf,
}

impl Specs {
    /// Reads `sources.toml` of a specs folder.
    pub fn read(folder: &Path) -> Result<Self> {
        let file = folder.join("sources.toml");
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        let table: toml_edit::DocumentMut = text
            .parse()
            .with_context(|| format!("{} is not valid TOML", file.display()))?;
        let mut sources = Vec::new();
        for (name, item) in table.iter() {
            let source: Source = toml_edit::de::from_str(&item.to_string_of_table())
                .with_context(|| format!("{}: [{name}]", file.display()))?;
            sources.push((name.to_owned(), source));
        }
        Ok(Self {
            folder: folder.to_owned(),
            sources,
        })
    }

    /// All APIs, in the order of the file.
    #[must_use]
    pub fn all(&self) -> Vec<Api> {
        self.sources
            .iter()
            .map(|(name, source)| Api {
                name: name.clone(),
                source: source.clone(),
                folder: self.folder.join(name),
            })
            .collect()
    }

    /// One API, or an error that lists those there are.
    pub fn api(&self, name: &str) -> Result<Api> {
        let all = self.all();
        match all.iter().find(|api| api.name == name) {
            Some(api) => Ok(api.clone()),
            None => bail!(
                "there is no API `{name}`; specs/sources.toml has {}",
                all.iter()
                    .map(|api| format!("`{}`", api.name))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }
    }

    /// Replaces the entry of one API, leaving comments and the others as they are.
    pub fn pin(&self, name: &str, source: &Source) -> Result<()> {
        let file = self.folder.join("sources.toml");
        let mut table: toml_edit::DocumentMut = std::fs::read_to_string(&file)?.parse()?;
        let entry = table
            .get_mut(name)
            .and_then(toml_edit::Item::as_table_mut)
            .with_context(|| format!("{} has no [{name}]", file.display()))?;
        for (key, value) in [
            ("document", &source.document),
            ("version", &source.version),
            ("origin", &source.origin),
            ("sha256", &source.sha256),
        ] {
            entry[key] = toml_edit::value(value.as_str());
        }
        write_atomically(&file, table.to_string().as_bytes())
    }
}

impl Api {
    /// The root of the workspace that the specs stand in.
    pub fn root(&self) -> &Path {
        let specs = self.folder.parent();
        specs.and_then(Path::parent).unwrap_or(Path::new("."))
    }

    /// The upstream bytes, after checking that they are those that were pinned.
    pub fn document_bytes(&self) -> Result<Vec<u8>> {
        let path = self.folder.join(&self.source.document);
        let bytes =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let found = sha256(&bytes);
        if found != self.source.sha256 {
            bail!(
                "specs/{name}/{file} is not what specs/sources.toml pins (sha256 {found}, pinned {pinned}). \
                 Upstream documents are never edited: correct them in specs/{name}/overlay.yaml, or bring \
                 another one with `cargo xtask fetch {name} ...`",
                name = self.name,
                file = self.source.document,
                pinned = self.source.sha256,
            );
        }
        Ok(bytes)
    }

    /// The overlay's text.
    pub fn overlay_text(&self) -> Result<String> {
        self.read_text("overlay.yaml")
    }

    /// The text of `operations.toml`.
    pub fn operations_text(&self) -> Result<String> {
        self.read_text("operations.toml")
    }

    /// The text of `descriptions.yaml`; empty if the API has none.
    pub fn descriptions_text(&self) -> Result<String> {
        let file = "descriptions.yaml";
        if self.folder.join(file).exists() {
            self.read_text(file)
        } else {
            Ok(String::new())
        }
    }

    /// The text of `commands.toml`.
    pub fn commands_text(&self) -> Result<String> {
        self.read_text("commands.toml")
    }

    fn read_text(&self, file: &str) -> Result<String> {
        let path = self.folder.join(file);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// SHA-256 in lower-case hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// The body of a `[table]` as TOML text of its own.
trait TableText {
    fn to_string_of_table(&self) -> String;
}

impl TableText for toml_edit::Item {
    fn to_string_of_table(&self) -> String {
        self.as_table()
            .map(|table| toml_edit::DocumentMut::from(table.clone()).to_string())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = "# kept\n[one]\ntitle = \"One\"\ncrate = \"one-api\"\ndocument = \"openapi.json\"\nversion = \"1\"\norigin = \"here\"\nsha256 = \"00\"\nlicence = \"MIT\"\n";

    #[test]
    fn pinning_changes_one_entry_and_keeps_comments() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sources.toml"), ENTRY).unwrap();
        let specs = Specs::read(folder.path()).unwrap();
        let mut source = specs.api("one").unwrap().source;
        source.version = "2".to_owned();
        specs.pin("one", &source).unwrap();
        let text = std::fs::read_to_string(folder.path().join("sources.toml")).unwrap();
        assert_eq!(text, ENTRY.replace("version = \"1\"", "version = \"2\""));
    }

    #[test]
    fn an_unknown_api_is_named_with_those_there_are() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("sources.toml"), ENTRY).unwrap();
        let error = Specs::read(folder.path()).unwrap().api("two").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no API `two`; specs/sources.toml has `one`"
        );
    }

    #[test]
    fn an_edited_document_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("one")).unwrap();
        std::fs::write(folder.path().join("sources.toml"), ENTRY).unwrap();
        std::fs::write(folder.path().join("one/openapi.json"), "{}").unwrap();
        let api = Specs::read(folder.path()).unwrap().api("one").unwrap();
        let error = api.document_bytes().unwrap_err().to_string();
        assert!(
            error.contains("specs/one/openapi.json is not what"),
            "{error}"
        );
        assert!(error.contains("overlay.yaml"), "{error}");
    }

    #[test]
    fn sha256_is_the_published_test_vector() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
