//! The clients that are compared, and how those that are not written in Rust are installed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use workspace::root;

use crate::plan::PEER_REPETITIONS;
use crate::process::{java_version, on_processor, printed};

/// A client that can be measured.
pub struct Contender {
    /// Its name in the JSON.
    pub name: &'static str,
    /// Its name in tables.
    pub title: &'static str,
    pub version: String,
    /// The command that starts it. The workload and its arguments follow.
    pub command: Vec<OsString>,
    /// The largest number of repetitions of a workload.
    pub repetitions: usize,
    /// True if it takes part on the real server.
    pub is_on_real: bool,
    /// True if what it holds in memory can be compared.
    pub is_rust: bool,
}

/// The Rust clients, and with `all` the others.
pub fn clients(program: &Path, all: bool) -> Result<Vec<Contender>> {
    let reqwest = locked("reqwest")?;
    let own = locked("keycloak-admin")?;
    let keycloak = locked("keycloak")?;
    let rust = |name, title, version: &str| Contender {
        name,
        title,
        version: version.to_owned(),
        command: [on_processor(1, program), vec!["client".into(), name.into()]].concat(),
        repetitions: usize::MAX,
        is_on_real: name != "keycloak-sa",
        is_rust: true,
    };
    let mut clients = vec![
        rust("floor", "plain reqwest", &reqwest),
        rust("facade", "keycloak-admin", &own),
        rust("generated", "keycloak-api", &own),
        rust("keycloak", "keycloak crate, token", &keycloak),
        rust("keycloak-sa", "keycloak crate, retriever", &keycloak),
    ];
    if all {
        clients.extend(python()?);
        clients.push(javascript()?);
        clients.push(java()?);
    }
    Ok(clients)
}

/// The version that `Cargo.lock` has of a crate.
pub fn locked(name: &str) -> Result<String> {
    let lock: toml_edit::DocumentMut =
        std::fs::read_to_string(root().join("Cargo.lock"))?.parse()?;
    let packages = lock["package"].as_array_of_tables();
    let package = packages
        .into_iter()
        .flatten()
        .find(|package| package["name"].as_str() == Some(name));
    let version = package.and_then(|package| package["version"].as_str());
    Ok(version
        .with_context(|| format!("{name} is not in Cargo.lock"))?
        .to_owned())
}

fn other(name: &'static str, title: &'static str, version: String) -> Contender {
    Contender {
        name,
        title,
        version,
        command: Vec::new(),
        repetitions: PEER_REPETITIONS,
        is_on_real: true,
        is_rust: false,
    }
}

/// The folder with the scripts.
fn scripts() -> PathBuf {
    root().join("crates/benchmarks/peers")
}

/// The folder where everything is installed.
fn installed(what: &str) -> Result<PathBuf> {
    let folder = root().join("target/peers").join(what);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn python() -> Result<[Contender; 2]> {
    let venv = installed("python")?;
    let python = venv.join("bin/python");
    if !python.exists() {
        printed(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    }
    printed(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(scripts().join("requirements.txt")),
    )?;
    let version = printed(Command::new(&python).args([
        "-c",
        "import importlib.metadata as m, platform as p; print(m.version('python-keycloak') + ', Python ' + p.python_version())",
    ]))?;
    let client = |name, title, script: &str| Contender {
        command: vec![
            python.clone().into(),
            scripts().join("python.py").into(),
            script.into(),
        ],
        ..other(name, title, version.clone())
    };
    Ok([
        client("python", "python-keycloak", "sync"),
        client("python-async", "python-keycloak, async", "async"),
    ])
}

fn javascript() -> Result<Contender> {
    let folder = installed("js")?;
    for file in ["package.json", "package-lock.json", "javascript.mjs"] {
        std::fs::copy(scripts().join("js").join(file), folder.join(file))?;
    }
    printed(
        Command::new("npm")
            .args(["ci", "--silent", "--no-audit", "--no-fund"])
            .current_dir(&folder),
    )?;
    let package = std::fs::read_to_string(
        folder.join("node_modules/@keycloak/keycloak-admin-client/package.json"),
    )?;
    let package: serde_json::Value = serde_json::from_str(&package)?;
    let node = printed(Command::new("node").arg("--version"))?;
    let version = package["version"].as_str().unwrap_or_default();
    Ok(Contender {
        command: vec!["node".into(), folder.join("javascript.mjs").into()],
        ..other(
            "js",
            "JavaScript admin client",
            format!("{version}, Node.js {}", node.trim_start_matches('v')),
        )
    })
}

fn java() -> Result<Contender> {
    let folder = installed("java")?;
    let pom = scripts().join("java/pom.xml");
    printed(
        Command::new("mvn")
            .args(["--quiet", "--batch-mode", "--strict-checksums", "--file"])
            .arg(&pom)
            .arg(format!("-DbuildFolder={}", folder.display()))
            .args(["package"]),
    )?;
    let text = std::fs::read_to_string(&pom)?;
    let version = text
        .split_once("<keycloak.version>")
        .and_then(|(_, rest)| rest.split('<').next())
        .unwrap_or_default();
    let java = java_version()?;
    let class_path = format!("{0}/classes:{0}/dependencies/*", folder.display());
    Ok(Contender {
        command: vec![
            "java".into(),
            "-cp".into(),
            class_path.into(),
            "Bench".into(),
        ],
        ..other(
            "java",
            "Java admin client",
            format!("{version}, Java {java}"),
        )
    })
}
