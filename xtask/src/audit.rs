//! `cargo xtask audit`: what is in the dependency tree, as far as it can be told without network: licences, sources, crates that must not be there,
//! features that must not be on. `cargo deny check` tells the rest, which is advisories; both read `deny.toml`.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use spdx::{AdditionItem, Expression, Licensee, ParseMode};
use workspace::{output, root};

/// Arguments of `audit`.
#[derive(clap::Args)]
pub struct AuditArgs {}

/// The parts of `deny.toml` that are read.
#[derive(Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<Licence>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<Licence>,
}

/// A licence that is allowed.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Licence(Licensee);

impl TryFrom<String> for Licence {
    type Error = spdx::ParseError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Licensee::parse(&name).map(Self)
    }
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

/// The parts of `cargo metadata` that are read.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    rust_version: Option<String>,
    manifest_path: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    features: Vec<String>,
}

/// Features that would bring another TLS, or read what a server has compressed.
const FEATURES_OFF: [(&str, &[&str]); 1] = [(
    "reqwest",
    &["brotli", "cookies", "deflate", "gzip", "native-tls", "zstd"],
)];

/// Runs the command on this repository.
pub fn run(_args: &AuditArgs) -> Result<()> {
    let rules: Rules = toml_edit::de::from_str(&std::fs::read_to_string(root().join("deny.toml"))?)
        .context("deny.toml")?;
    let metadata = metadata()?;
    let wrong = problems(&rules, &metadata)?;
    if !wrong.is_empty() {
        bail!("in the dependency tree:\n  {}", wrong.join("\n  "));
    }
    println!(
        "{} crates, {} of them ours: licences, sources and features are as deny.toml has them; advisories need `cargo deny check`",
        metadata.packages.len(),
        metadata.workspace_members.len()
    );
    Ok(())
}

fn metadata() -> Result<Metadata> {
    let arguments = ["metadata", "--format-version", "1", "--locked"];
    let json = output(workspace::cargo().args(arguments).current_dir(root()))?;
    serde_json::from_slice(&json).context("cargo metadata is not what was expected")
}

fn problems(rules: &Rules, metadata: &Metadata) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let name = format!("{} {}", package.name, package.version);
        if let Some(banned) = rules
            .bans
            .deny
            .iter()
            .find(|banned| banned.name == package.name)
        {
            wrong.push(format!("{name} must not be there: {}", banned.reason));
        }
        let license = package.license.as_deref().unwrap_or_default();
        if !rules.allow(&package.name, license) {
            wrong.push(format!(
                "{name} has the licence `{license}`, which deny.toml does not allow"
            ));
        }
        let is_ours = metadata.workspace_members.contains(&package.id);
        match &package.source {
            None if is_ours => wrong.extend(own(package)?),
            Some(source) if source.starts_with("registry+") => {}
            _ => wrong.push(format!("{name} is not from the registry")),
        }
    }
    for node in &metadata.resolve.nodes {
        let package = metadata
            .packages
            .iter()
            .find(|package| package.id == node.id);
        let name = package.map_or("", |package| &package.name);
        for (_, off) in FEATURES_OFF.iter().filter(|(of, _)| *of == name) {
            let on = node
                .features
                .iter()
                .filter(|feature| off.contains(&feature.as_str()));
            wrong.extend(on.map(|feature| format!("{name} has the feature `{feature}`")));
        }
    }
    Ok(wrong)
}

/// Lists the rules that a crate of this workspace breaks.
fn own(package: &Package) -> Result<Vec<String>> {
    let manifest: toml_edit::DocumentMut =
        std::fs::read_to_string(&package.manifest_path)?.parse()?;
    let mut wrong = Vec::new();
    // The workspace's lints forbid unsafe code.
    let shares_lints = manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"))
        .and_then(toml_edit::Item::as_bool);
    if shares_lints != Some(true) {
        wrong.push(format!(
            "{} does not take the workspace's lints",
            package.name
        ));
    }
    if package.rust_version.is_none() {
        wrong.push(format!("{} does not say which Rust it needs", package.name));
    }
    Ok(wrong)
}

impl Rules {
    /// Returns whether the allowed licences satisfy an SPDX expression. An expression that cannot be read is not allowed.
    fn allow(&self, name: &str, expression: &str) -> bool {
        let exceptions = self
            .licenses
            .exceptions
            .iter()
            .filter(|exception| exception.name == name);
        let allowed: Vec<&Licensee> = exceptions
            .flat_map(|exception| &exception.allow)
            .chain(&self.licenses.allow)
            .map(|licence| &licence.0)
            .collect();
        // The registry still has expressions from before SPDX, such as `MIT/Apache-2.0`.
        let Ok(expression) = Expression::parse_mode(expression, ParseMode::LAX) else {
            return false;
        };
        expression.evaluate(|asked| {
            let mut asked = asked.clone();
            // An exception of SPDX's list only adds permissions.
            asked
                .addition
                .take_if(|addition| matches!(addition, AdditionItem::Spdx(_)));
            allowed.iter().any(|licence| licence.satisfies(&asked))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        let text = "[licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"Unicode-3.0\"]\nexceptions = [{ crate = \"x\", allow = [\"MPL-2.0\"] }]\n\
                    [bans]\ndeny = [{ crate = \"openssl\", reason = \"TLS is rustls\" }]\n";
        toml_edit::de::from_str(text).unwrap()
    }

    #[test]
    fn a_licence_is_allowed_as_the_expression_says() {
        let rules = rules();
        for good in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception",
            "MIT OR (GPL-3.0 AND GPL-2.0)",
            "(GPL-3.0 AND GPL-2.0) OR (MIT AND Apache-2.0)",
        ] {
            assert!(rules.allow("a", good), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "MIT OR GPL-3.0 AND",
            "(MIT AND GPL-3.0) OR (MIT AND GPL-2.0)",
            "MPL-2.0",
            "MIT OR no such licence",
        ] {
            assert!(!rules.allow("a", bad), "{bad}");
        }
        assert!(rules.allow("x", "MPL-2.0"));
    }

    #[test]
    fn what_must_not_be_there_is_named() {
        let package = |name: &str, source: Option<&str>| Package {
            id: name.to_owned(),
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: Some("MIT".to_owned()),
            source: source.map(str::to_owned),
            rust_version: None,
            manifest_path: String::new(),
        };
        let registry = Some("registry+https://example.com/index");
        let metadata = Metadata {
            packages: vec![
                package("openssl", registry),
                package("forked", Some("git+https://example.com/forked")),
                package("reqwest", registry),
            ],
            workspace_members: BTreeSet::new(),
            resolve: Resolve {
                nodes: vec![Node {
                    id: "reqwest".to_owned(),
                    features: vec!["rustls".to_owned(), "gzip".to_owned()],
                }],
            },
        };
        assert_eq!(
            problems(&rules(), &metadata).unwrap(),
            [
                "openssl 1.0.0 must not be there: TLS is rustls",
                "forked 1.0.0 is not from the registry",
                "reqwest has the feature `gzip`",
            ]
        );
    }
}
