//! From a document to files: overlay, names, passes, preflight, progenitor, emit. Data flows one way.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, bail};
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle};
use serde_json::Value;

use crate::commands::Commands;
use crate::descriptions::Descriptions;
use crate::document;
use crate::emit::{self, Files};
use crate::gaps::Gaps;
use crate::hidden::{Layers, parts};
use crate::names::{OperationNames, to_review, with_names};
use crate::overlay::Overlay;
use crate::passes::{self, Step};
use crate::preflight;
use crate::sources::{Api, sha256};
use crate::versions::DocumentVersion;

/// The input of the pipeline.
pub struct Input {
    /// The API's name, as in `sources.toml`.
    pub api: String,
    /// The name of the API for people.
    pub title: String,
    /// The version of the document.
    pub version: String,
    /// The versions that `sources.toml` declares, the oldest first.
    pub versions: Vec<String>,
    /// The upstream bytes.
    pub document: Vec<u8>,
    /// The text of `overlay.yaml`.
    pub overlay: String,
    /// The text of `operations.toml`.
    pub operations: String,
    /// The text of `descriptions.yaml`; empty if the API has none.
    pub descriptions: String,
}

/// The document after overlay, names and passes.
pub struct Normalised {
    /// The document that the generator takes.
    pub document: Value,
    /// The changes of each step, in order.
    pub steps: Vec<Step>,
    /// The types, fields and units without a description.
    pub gaps: Gaps,
}

/// The result for a document that overlay and names were not made for.
pub struct Fitted {
    /// The document after what fits.
    pub normalised: Normalised,
    /// The report about each overlay action that changed nothing.
    pub idle_actions: Vec<String>,
    /// The entries of `descriptions.yaml` that match nothing, such as `UserRepresentation.email`.
    pub idle_descriptions: Vec<String>,
    /// "METHOD /path" and id of the operations that had no name.
    pub new_names: Vec<(String, String)>,
    /// "METHOD /path" of the names that an upgrade made up, that nobody has reviewed, and that this document has no operation for.
    pub idle_names: Vec<String>,
    /// The number of schemas of the upstream document.
    pub upstream_schemas: usize,
    /// The parts of the document before and after the overlay.
    pub layers: Layers,
}

impl Input {
    /// Reads the files of an API; the document has to be the pinned one.
    pub fn read(api: &Api) -> Result<Self> {
        Ok(Self {
            api: api.name.clone(),
            title: api.source.title.clone(),
            version: api.source.version.clone(),
            versions: api.source.versions.clone(),
            document: api.document_bytes()?,
            overlay: api.overlay_text()?,
            operations: api.operations_text()?,
            descriptions: api.descriptions_text()?,
        })
    }

    /// The document with its corrections and descriptions.
    pub fn corrected(&self) -> Result<Value> {
        let mut document = self.correct()?.0;
        self.descriptions()?.apply(&mut document)?;
        Ok(document)
    }

    /// The document with its corrections, which operations it had before them, and how much was changed.
    fn correct(&self) -> Result<(Value, HashSet<String>, usize)> {
        let (mut document, upstream) = self.parse()?;
        let sha256 = sha256(&self.document);
        let version = self.document_version(&sha256);
        let changed = self.overlay()?.apply(&mut document, &version)?;
        Ok((document, upstream, changed))
    }

    /// Overlay, names and passes.
    pub fn normalise(&self) -> Result<Normalised> {
        let (mut document, upstream, corrections) = self.correct()?;
        let descriptions = self.descriptions()?.apply(&mut document)?;
        self.name_and_normalise(document, &upstream, [corrections, descriptions])
    }

    /// Like [`normalise`](Self::normalise), for a document that overlay and names were not made for, such as a newer release: what does
    /// not fit is named, and operations without a name get one to start from.
    pub fn normalise_what_fits(&self) -> Result<Fitted> {
        let (mut document, upstream) = self.parse()?;
        let upstream_schemas = document::schemas(&document).count();
        let upstream_parts = parts(&document);
        let overlay = self.overlay()?;
        let sha256 = sha256(&self.document);
        let version = self.document_version(&sha256);
        let (corrections, idle_actions) = overlay.apply_what_fits(&mut document, &version)?;
        let layers = Layers {
            upstream: upstream_parts,
            corrected: parts(&document),
        };
        let (descriptions, idle_descriptions) =
            self.descriptions()?.apply_what_fits(&mut document)?;
        let new_names = self.names()?.unnamed(&document);
        let keys: HashSet<String> = document::operations(&document)
            .map(|operation| operation.key())
            .collect();
        let idle_names = to_review(&self.operations)
            .filter(|key| !keys.contains(*key))
            .map(str::to_owned)
            .collect();
        let named = Self {
            operations: with_names(&self.operations, &new_names),
            api: self.api.clone(),
            title: self.title.clone(),
            version: self.version.clone(),
            versions: Vec::new(),
            document: Vec::new(),
            overlay: String::new(),
            descriptions: String::new(),
        };
        let changed = [corrections, descriptions];
        Ok(Fitted {
            normalised: named.name_and_normalise(document, &upstream, changed)?,
            idle_actions,
            idle_descriptions,
            new_names,
            idle_names,
            upstream_schemas,
            layers,
        })
    }

    /// The upstream document, and which operations it has.
    fn parse(&self) -> Result<(Value, HashSet<String>)> {
        let name = format!("the document of {}", self.api);
        let text =
            std::str::from_utf8(&self.document).with_context(|| format!("{name} is not UTF-8"))?;
        let document = document::parse(text, &name)?;
        document::check_is_openapi_3_0(&document, &name)?;
        let upstream = document::operations(&document)
            .map(|operation| operation.key())
            .collect();
        Ok((document, upstream))
    }

    /// Returns the version of the document, which has this hash.
    fn document_version<'a>(&'a self, sha256: &'a str) -> DocumentVersion<'a> {
        DocumentVersion {
            version: &self.version,
            sha256,
            declared: &self.versions,
        }
    }

    fn overlay(&self) -> Result<Overlay> {
        Overlay::parse(&self.overlay, &format!("specs/{}/overlay.yaml", self.api))
    }

    fn descriptions(&self) -> Result<Descriptions> {
        let name = format!("specs/{}/descriptions.yaml", self.api);
        Descriptions::parse(&self.descriptions, &name)
    }

    fn names(&self) -> Result<OperationNames> {
        let name = format!("specs/{}/operations.toml", self.api);
        OperationNames::parse(&self.operations, &name)
    }

    fn name_and_normalise(
        &self,
        mut document: Value,
        upstream: &HashSet<String>,
        [corrections, descriptions]: [usize; 2],
    ) -> Result<Normalised> {
        let mut steps = vec![
            Step {
                name: "overlay",
                about: "corrections of this document",
                changed: corrections,
            },
            Step {
                name: "descriptions",
                about: "operations, types, fields and values are described in our words",
                changed: descriptions,
            },
        ];
        steps.push(Step {
            name: "operation-ids",
            about: "operations take the name that operations.toml gives them",
            changed: self.names()?.assign(&mut document, upstream)?,
        });
        let gaps = Gaps::of(&document);
        steps.extend(passes::normalise(&mut document)?);
        Ok(Normalised {
            document,
            steps,
            gaps,
        })
    }

    /// The whole way.
    pub fn generate(&self) -> Result<(Files, Normalised)> {
        self.generate_from(self.normalise()?)
    }

    /// Generates from a document that is normalised already.
    pub fn generate_from(&self, normalised: Normalised) -> Result<(Files, Normalised)> {
        let problems = preflight::problems(&normalised.document);
        if !problems.is_empty() {
            bail!(
                "the generator cannot take {} constructs of {}:\n  {}",
                problems.len(),
                self.api,
                problems.join("\n  ")
            );
        }
        let code =
            progenitor(&normalised.document).with_context(|| format!("generating {}", self.api))?;
        let files = emit::files(&self.header(), &normalised.document, code)?;
        Ok((files, normalised))
    }

    /// The files of the mocks, for the client crate of this name.
    pub fn mocks(&self, normalised: &Normalised, of: &str) -> Result<Files> {
        emit::mock_files(&self.header(), &normalised.document, of)
    }

    /// The data of the command line, with the text of `commands.toml`, and the builders of the client crate of this name for its test.
    pub fn command_line(
        &self,
        normalised: &Normalised,
        commands: &str,
        client: &str,
    ) -> Result<Files> {
        let name = format!("specs/{}/commands.toml", self.api);
        let commands = Commands::parse(commands, &name)?;
        let header = self.header();
        emit::command_line_files(&header, &normalised.document, &commands, client).context(name)
    }

    fn header(&self) -> emit::Header<'_> {
        emit::Header {
            api: &self.api,
            title: &self.title,
            version: &self.version,
            inputs: [
                sha256(&self.document),
                sha256(self.overlay.as_bytes()),
                sha256(self.operations.as_bytes()),
                sha256(self.descriptions.as_bytes()),
            ],
        }
    }
}

/// Runs progenitor: builder style, one tag for each operation, ordered maps.
fn progenitor(document: &Value) -> Result<syn::File> {
    let document: openapiv3::OpenAPI =
        serde_json::from_value(document.clone()).context("it does not read as OpenAPI 3.0")?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Separate)
        .with_map_type("::std::collections::BTreeMap");
    // A document that the preflight did not foresee still makes progenitor panic. Turn that into an error with advice.
    let tokens = catch_unwind(AssertUnwindSafe(|| {
        Generator::new(&settings).generate_tokens(&document)
    }));
    match tokens {
        Ok(tokens) => syn::parse2(tokens.context("progenitor refused the document")?)
            .context("progenitor's output is not Rust"),
        Err(panic) => {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            bail!(
                "progenitor panicked ({message}); the preflight should have named the construct: \
                 add it to crates/codegen/src/preflight.rs"
            )
        }
    }
}
