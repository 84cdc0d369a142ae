//! `cargo xtask fetch`: brings an upstream document and pins it. What was there stays until the new one has been
//! read and found to be OpenAPI 3.0.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use codegen::document;
use codegen::sources::{Api, Recipe, Specs, sha256};
use codegen::versions::is_older;
use keycloak_server::{Server, ServerSpec};
use workspace::{output, root, shown, write_atomically};

/// Arguments of `fetch`.
#[derive(Clone, Debug, clap::Args)]
pub struct FetchArgs {
    /// The API, as in specs/sources.toml.
    pub api: String,
    /// The version to fetch, or `latest` for the newest that is released; with --file or --url, the version that the
    /// document describes (by default the document's own `info.version`).
    pub version: Option<String>,
    /// Take the document from this file.
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    pub file: Option<PathBuf>,
    /// Take the document from this address.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The SHA-256 that the document has to have, in hex. Any other document is refused before anything is written.
    #[arg(long, value_name = "HEX", value_parser = sha256_in_hex)]
    pub sha256: Option<String>,
}

fn sha256_in_hex(text: &str) -> Result<String> {
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    ensure!(is_hash, "a SHA-256 has 64 hexadecimal digits");
    Ok(text.to_ascii_lowercase())
}

/// Runs the command on the committed specs.
pub fn run(args: &FetchArgs) -> Result<()> {
    let specs = Specs::read(&root().join("specs"))?;
    let args = match wanted(&specs.api(&args.api)?, args)? {
        Wanted::NothingNewer(message) => {
            eprintln!("{message}");
            return Ok(());
        }
        Wanted::This(args) => args,
    };
    let fetched = fetch(&specs, &args)?;
    println!(
        "{}: version {}, {} operations, sha256 {}\nNext: cargo xtask generate {}",
        shown(&fetched.path, &root()),
        fetched.version,
        fetched.operations,
        fetched.sha256,
        args.api
    );
    Ok(())
}

/// The result of the search for the version `latest`.
#[derive(Debug)]
pub enum Wanted {
    /// The version that is pinned is the newest.
    NothingNewer(String),
    /// The requested document, with a version in the place of `latest`.
    This(FetchArgs),
}

/// Finds out which version `latest` is.
pub fn wanted(api: &Api, args: &FetchArgs) -> Result<Wanted> {
    if args.version.as_deref() != Some("latest") || args.file.is_some() || args.url.is_some() {
        return Ok(Wanted::This(args.clone()));
    }
    let pinned = &api.source.version;
    match api.source.recipe {
        Some(Recipe::KeycloakJars) => newer(api, args, &newest_keycloak(pinned)?),
        None => bail!(
            "there is no recipe for the newest version of `{0}`; give the document with \
             `cargo xtask fetch {0} VERSION --file PATH` or `--url URL`",
            api.name
        ),
    }
}

fn newer(api: &Api, args: &FetchArgs, newest: &str) -> Result<Wanted> {
    let pinned = &api.source.version;
    if is_older(pinned, newest)? {
        return Ok(Wanted::This(FetchArgs {
            version: Some(newest.to_owned()),
            ..args.clone()
        }));
    }
    let [patch, minor, major] = successors(pinned)?;
    Ok(Wanted::NothingNewer(format!(
        "nothing newer: {0} {pinned} is pinned. Maven lists no newer release, and has no zip of {patch}, {minor} or {major}. If there is another \
         one, name it: cargo xtask upgrade {0} VERSION",
        api.name
    )))
}

/// The fetched document.
pub struct Fetched {
    path: PathBuf,
    version: String,
    operations: usize,
    sha256: String,
}

/// Fetches a document and pins it. The old one stays until the new one is known to be good.
pub fn fetch(specs: &Specs, args: &FetchArgs) -> Result<Fetched> {
    let api = specs.api(&args.api)?;
    let (bytes, origin) = bytes_and_origin(&api, args)?;
    let found = sha256(&bytes);
    if let Some(expected) = &args.sha256 {
        ensure!(
            found == *expected,
            "{origin} has the SHA-256 {found}, but {expected} is expected: nothing is written"
        );
    }
    let text = std::str::from_utf8(&bytes).with_context(|| format!("{origin} is not UTF-8"))?;
    let document = document::parse(text, &origin)?;
    document::check_is_openapi_3_0(&document, &origin)?;
    document::check_is_one_file(&document, &origin)?;
    let version = match &args.version {
        Some(version) => version.clone(),
        None => document["info"]["version"]
            .as_str()
            .with_context(|| format!("{origin} has no info.version; name the version"))?
            .to_owned(),
    };
    let file_name = if text.trim_start().starts_with('{') {
        "openapi.json"
    } else {
        "openapi.yaml"
    };
    let mut source = api.source.clone();
    let old = api.folder.join(&source.document);
    let path = api.folder.join(file_name);
    let before = std::fs::read(&path).ok();
    file_name.clone_into(&mut source.document);
    source.version.clone_from(&version);
    source.origin = pinned_origin(&api, &found).unwrap_or(origin);
    source.sha256 = found;
    write_atomically(&path, &bytes)?;
    if let Err(error) = specs.pin(&api.name, &source) {
        // The pin is what counts: put the document back as it was.
        match before {
            Some(before) => write_atomically(&path, &before)?,
            None => std::fs::remove_file(&path)?,
        }
        return Err(error);
    }
    if old != path && old.exists() {
        std::fs::remove_file(&old)?;
    }
    Ok(Fetched {
        path,
        version,
        operations: document::operations(&document).count(),
        sha256: source.sha256,
    })
}

/// Returns the origin under which a document with this hash is pinned, or was pinned before in git's history: the same bytes keep their
/// origin.
fn pinned_origin(api: &Api, sha256: &str) -> Option<String> {
    if api.source.sha256 == sha256 {
        return Some(api.source.origin.clone());
    }
    let git = |arguments: &[&str]| {
        let printed = output(Command::new("git").args(arguments).current_dir(api.root()));
        String::from_utf8(printed.ok()?).ok()
    };
    let pins = "specs/sources.toml";
    let commits = git(&["log", "--format=%H", "-S", sha256, "--", pins])?;
    commits.lines().find_map(|commit| {
        let text = git(&["show", &format!("{commit}:./{pins}")])?;
        let table: toml_edit::DocumentMut = text.parse().ok()?;
        let entry = table.get(&api.name)?;
        let is_it = entry.get("sha256")?.as_str()? == sha256;
        is_it.then(|| entry.get("origin")?.as_str().map(str::to_owned))?
    })
}

fn bytes_and_origin(api: &Api, args: &FetchArgs) -> Result<(Vec<u8>, String)> {
    match (&args.file, &args.url, &args.version) {
        (Some(file), _, _) => {
            let bytes =
                std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
            // The file's name, not its folder: the pin is read on other machines.
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            Ok((bytes, format!("file {name}")))
        }
        (None, Some(url), _) => Ok((download(url)?, url.clone())),
        (None, None, Some(version)) => match api.source.recipe {
            Some(Recipe::KeycloakJars) => keycloak_from_jars(version),
            None => bail!(
                "there is no recipe for a version of `{0}` alone; give the document with \
                 `cargo xtask fetch {0} {version} --file PATH` or `--url URL`",
                api.name
            ),
        },
        (None, None, None) => bail!(
            "what should be fetched? `cargo xtask fetch {0} VERSION`, `--file PATH` or `--url URL`",
            api.name
        ),
    }
}

fn download(url: &str) -> Result<Vec<u8>> {
    let mut response = ureq::get(url)
        .call()
        .with_context(|| format!("cannot download {url}"))?;
    response
        .body_mut()
        .with_config()
        .limit(64 * 1024 * 1024)
        .read_to_vec()
        .with_context(|| format!("cannot download {url}"))
}

/// Derives Keycloak's document from its published jars with the scanner that Keycloak's own build uses. Returns
/// the bytes that the scanner wrote.
///
/// The jars of some releases are not all in Maven: then they are taken from the zip of the server. Both give the same bytes.
pub fn keycloak_from_jars(version: &str) -> Result<(Vec<u8>, String)> {
    ensure!(
        version
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')),
        "`{version}` is not a version of Keycloak; it looks like 26.7.5"
    );
    let recipe = std::fs::read_to_string(root().join(RECIPE))?;
    eprintln!("deriving Keycloak {version}'s document from its published jars with Maven");
    if let Some(bytes) = scan(&recipe, version, None)? {
        let jars = format!("org.keycloak:keycloak-services:{version}");
        return Ok((bytes, keycloak_origin(&jars, &recipe)?));
    }
    eprintln!("Maven does not have all of them: taking the jars in the zip of the server");
    let bytes = scan_zip(&recipe, version)?;
    let jars = format!("the jars in org.keycloak:keycloak-quarkus-dist:{version}:zip");
    Ok((bytes, keycloak_origin(&jars, &recipe)?))
}

fn scan_zip(recipe: &str, version: &str) -> Result<Vec<u8>> {
    let spec = ServerSpec::new(version, false)?;
    let jars = Server::jars(&spec, &mut |message| eprintln!("{message}"))?;
    scan(recipe, version, Some(&jars))?.with_context(|| {
        format!(
            "{} lacks a jar that {RECIPE} names for the zip of a server",
            jars.display()
        )
    })
}

/// Returns the document that the scanner makes of the jars in a folder or of Maven's, or `None` if a jar is missing.
fn scan(recipe: &str, version: &str, jars: Option<&Path>) -> Result<Option<Vec<u8>>> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("pom.xml"), recipe)?;
    let mut arguments = vec![format!("-Dkeycloak.version={version}")];
    arguments.extend(jars.map(|jars| format!("-Dkeycloak.jars={}", jars.display())));
    arguments.push("process-classes".to_owned());
    let output = maven(folder.path(), &arguments, version)?;
    if String::from_utf8_lossy(&output.stdout).contains("Could not resolve dependencies") {
        return Ok(None);
    }
    check(&output, version)?;
    let bytes = std::fs::read(folder.path().join("target/openapi/openapi.json"))
        .context("the scanner wrote no openapi.json")?;
    Ok(Some(bytes))
}

/// From Keycloak's jars to its document.
const RECIPE: &str = "xtask/recipes/keycloak-jars/pom.xml";

/// Runs Maven on the `pom.xml` in a folder.
fn maven(folder: &Path, arguments: &[String], version: &str) -> Result<Output> {
    match maven_command(folder, arguments).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "Maven (`mvn`) is not on the PATH. Install Apache Maven and a JDK, or bring the document that \
             Keycloak publishes for its release: `cargo xtask fetch keycloak {version} --url \
             https://www.keycloak.org/docs-api/{version}/rest-api/openapi.json`"
        ),
        output => output.context("cannot start mvn"),
    }
}

fn check(output: &Output, version: &str) -> Result<()> {
    ensure!(
        output.status.success(),
        "Maven failed for Keycloak {version}; is it a released version? Its output:\n{}",
        last_lines(&output.stdout, 15)
    );
    Ok(())
}

/// A download that does not have the checksum of the repository is an error, not a warning.
fn maven_command(folder: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new("mvn");
    command
        .args(["-q", "-B", "--strict-checksums", "-f"])
        .arg(folder.join("pom.xml"))
        .args(arguments);
    command
}

/// Returns the newest released Keycloak, not older than the one named. Maven's list of releases may lag behind them, so the versions that may
/// come next are asked for as well.
pub fn newest_keycloak(than: &str) -> Result<String> {
    newest_published(&newest_listed(than)?, has_zip)
}

/// Follows the releases from the newest that is listed.
fn newest_published(listed: &str, is_published: impl Fn(&str) -> Result<bool>) -> Result<String> {
    let mut newest = listed.to_owned();
    while let Some(next) = first_published(&successors(&newest)?, &is_published)? {
        newest = next;
    }
    Ok(newest)
}

fn first_published(
    versions: &[String],
    is_published: impl Fn(&str) -> Result<bool>,
) -> Result<Option<String>> {
    for version in versions {
        if is_published(version)? {
            return Ok(Some(version.clone()));
        }
    }
    Ok(None)
}

/// Returns the versions that may follow one: the next patch release, minor release and major release.
fn successors(version: &str) -> Result<[String; 3]> {
    let numbers: Vec<u32> = version
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect();
    let [major, minor, patch] = numbers[..] else {
        bail!("`{version}` is not a release of Keycloak: name the version");
    };
    Ok([
        format!("{major}.{minor}.{}", patch + 1),
        format!("{major}.{}.0", minor + 1),
        format!("{}.0.0", major + 1),
    ])
}

/// Returns whether Maven has the zip of a server. It is kept in Maven's cache, because the tests of an upgrade start that server.
fn has_zip(version: &str) -> Result<bool> {
    const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get";
    let folder = tempfile::tempdir()?;
    std::fs::copy(root().join(RECIPE), folder.path().join("pom.xml"))?;
    eprintln!("asking Maven for Keycloak {version}");
    let arguments = [
        // An answer of yesterday does not count.
        "--update-snapshots".to_owned(),
        PLUGIN.to_owned(),
        format!("-Dartifact=org.keycloak:keycloak-quarkus-dist:{version}:zip"),
        "-Dtransitive=false".to_owned(),
    ];
    let output = maven(folder.path(), &arguments, version)?;
    if String::from_utf8_lossy(&output.stdout).contains("Could not find artifact") {
        return Ok(false);
    }
    check(&output, version)?;
    Ok(true)
}

/// Returns the newest release in Maven's list: Maven's own plugin for that moves the version in a copy of the recipe.
fn newest_listed(than: &str) -> Result<String> {
    const PLUGIN: &str = "org.codehaus.mojo:versions-maven-plugin:2.18.0:update-properties";
    let recipe = std::fs::read_to_string(root().join(RECIPE))?;
    let pinned = version_of(&recipe).context("the recipe names no version of Keycloak")?;
    let element = |version: &str| format!("<keycloak.version>{version}</keycloak.version>");
    let folder = tempfile::tempdir()?;
    let pom = folder.path().join("pom.xml");
    std::fs::write(&pom, recipe.replace(&element(pinned), &element(than)))?;
    eprintln!("asking Maven for the newest Keycloak");
    let arguments = [
        PLUGIN.to_owned(),
        "-DincludeProperties=keycloak.version".to_owned(),
        "-DgenerateBackupPoms=false".to_owned(),
        "-Dmaven.version.ignore=.*[-.](?i:alpha|beta|cr|rc|m|snapshot).*".to_owned(),
    ];
    check(&maven(folder.path(), &arguments, than)?, than)?;
    let moved = std::fs::read_to_string(&pom)?;
    let newest = version_of(&moved).context("Maven left no version of Keycloak")?;
    ensure!(
        newest.split('.').all(|part| part.parse::<u32>().is_ok()),
        "Maven says that the newest Keycloak is `{newest}`, which is not a release: name the version"
    );
    Ok(newest.to_owned())
}

fn version_of(pom: &str) -> Option<&str> {
    let (_, rest) = pom.split_once("<keycloak.version>")?;
    Some(rest.split_once('<')?.0)
}

/// Keycloak's document of a version, derived once and kept under `target`. Callers wait for each other, so that no two derive the same one.
pub fn keycloak_document(version: &str) -> Result<Vec<u8>> {
    static DERIVING: Mutex<()> = Mutex::new(());
    let _deriving = DERIVING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = root().join("target/keycloak-documents");
    let file = folder.join(format!("{version}.json"));
    if let Ok(bytes) = std::fs::read(&file) {
        return Ok(bytes);
    }
    let (bytes, _) = keycloak_from_jars(version)?;
    std::fs::create_dir_all(&folder)?;
    write_atomically(&file, &bytes)?;
    Ok(bytes)
}

fn keycloak_origin(jars: &str, recipe: &str) -> Result<String> {
    let plugin = recipe
        .split("<artifactId>smallrye-open-api-maven-plugin</artifactId>")
        .nth(1)
        .and_then(|rest| rest.split("<version>").nth(1)?.split('<').next())
        .context("the recipe names the version of its scanner")?;
    Ok(format!(
        "derived from {jars} with smallrye-open-api-maven-plugin {plugin} (xtask/recipes/keycloak-jars)"
    ))
}

fn last_lines(output: &[u8], count: usize) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = r#"{"openapi": "3.0.3", "info": {"title": "t", "version": "7"}, "paths": {"/a": {"get": {}}}}"#;

    fn specs() -> (tempfile::TempDir, Specs) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("one")).unwrap();
        std::fs::write(folder.path().join("one/openapi.yaml"), "old").unwrap();
        std::fs::write(
            folder.path().join("sources.toml"),
            "[one]\ntitle = \"One\"\ncrate = \"one-api\"\ndocument = \"openapi.yaml\"\nversion = \"1\"\norigin = \"here\"\nsha256 = \"00\"\nlicence = \"MIT\"\n",
        )
        .unwrap();
        let specs = Specs::read(folder.path()).unwrap();
        (folder, specs)
    }

    fn from_file(specs: &Specs, folder: &Path, content: &str) -> Result<Fetched> {
        let file = folder.join("fetched");
        std::fs::write(&file, content).unwrap();
        fetch(
            specs,
            &FetchArgs {
                api: "one".to_owned(),
                version: None,
                file: Some(file),
                url: None,
                sha256: None,
            },
        )
    }

    #[test]
    fn a_good_file_replaces_the_document_and_is_pinned() {
        let (folder, specs) = specs();
        let fetched = from_file(&specs, folder.path(), DOCUMENT).unwrap();
        assert_eq!(fetched.operations, 1);
        let api = Specs::read(folder.path()).unwrap().api("one").unwrap();
        assert_eq!(api.source.version, "7");
        assert_eq!(api.source.document, "openapi.json");
        assert_eq!(api.document_bytes().unwrap(), DOCUMENT.as_bytes());
        // The document of the other format is gone.
        assert!(!folder.path().join("one/openapi.yaml").exists());
    }

    #[test]
    fn what_is_not_openapi_3_0_leaves_everything_untouched() {
        let (folder, specs) = specs();
        let pinned = std::fs::read(folder.path().join("sources.toml")).unwrap();
        let bad = [
            ("{\"openapi\": ", "not valid JSON"),
            ("<html>", "not"),
            ("{\"openapi\": \"3.1.0\"}", "OpenAPI 3.1.0"),
            ("{\"swagger\": \"2.0\"}", "no `openapi` field"),
            ("{\"openapi\": \"3.0.0\", \"paths\": {}}", "no operations"),
            (
                "{\"openapi\": \"3.0.0\", \"paths\": {\"/a\": {\"get\": {\"$ref\": \"paths/a.yaml\"}}}}",
                "such as `paths/a.yaml`",
            ),
        ];
        for (content, why) in bad {
            let Err(error) = from_file(&specs, folder.path(), content) else {
                panic!("{content} was taken");
            };
            assert!(format!("{error:#}").contains(why), "{content}: {error:#}");
            assert_eq!(
                std::fs::read(folder.path().join("one/openapi.yaml")).unwrap(),
                b"old"
            );
            assert_eq!(
                std::fs::read(folder.path().join("sources.toml")).unwrap(),
                pinned
            );
            assert!(!folder.path().join("one/openapi.json").exists());
        }
    }

    #[test]
    fn a_document_with_another_hash_than_expected_leaves_everything_untouched() {
        let (folder, specs) = specs();
        let pinned = std::fs::read(folder.path().join("sources.toml")).unwrap();
        let file = folder.path().join("fetched");
        std::fs::write(&file, DOCUMENT).unwrap();
        let mut args = FetchArgs {
            api: "one".to_owned(),
            version: None,
            file: Some(file),
            url: None,
            sha256: Some("ab".repeat(32)),
        };
        let error = fetch(&specs, &args).err().unwrap().to_string();
        let found = sha256(DOCUMENT.as_bytes());
        for hash in ["ab".repeat(32), found.clone()] {
            assert!(error.contains(&hash), "{error}");
        }
        let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
        assert_eq!(read("one/openapi.yaml"), b"old");
        assert_eq!(read("sources.toml"), pinned);
        assert!(!folder.path().join("one/openapi.json").exists());

        args.sha256 = Some(found);
        assert_eq!(fetch(&specs, &args).unwrap().operations, 1);
    }

    #[test]
    fn a_hash_is_64_digits_in_either_case() {
        assert_eq!(sha256_in_hex(&"Ab".repeat(32)).unwrap(), "ab".repeat(32));
        for wrong in ["", "ab", &"xy".repeat(32), &"ab".repeat(33)] {
            assert!(sha256_in_hex(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn maven_refuses_downloads_without_the_right_checksum() {
        let command = maven_command(Path::new("/a"), &["compile".to_owned()]);
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(
            arguments,
            [
                "-q",
                "-B",
                "--strict-checksums",
                "-f",
                "/a/pom.xml",
                "compile"
            ]
        );
    }

    #[test]
    fn a_version_without_a_recipe_says_what_to_do() {
        let (_folder, specs) = specs();
        let error = fetch(
            &specs,
            &FetchArgs {
                api: "one".to_owned(),
                version: Some("2".to_owned()),
                file: None,
                url: None,
                sha256: None,
            },
        )
        .err()
        .unwrap();
        assert!(
            error.to_string().contains("fetch one 2 --file PATH"),
            "{error}"
        );
    }

    fn latest(api: &str) -> FetchArgs {
        FetchArgs {
            api: api.to_owned(),
            version: Some("latest".to_owned()),
            file: None,
            url: None,
            sha256: None,
        }
    }

    #[test]
    fn latest_is_a_version_that_is_newer_than_the_pinned_one_or_nothing() {
        let specs = Specs::read(&root().join("specs")).unwrap();
        let mut api = specs.api("keycloak").unwrap();
        api.source.version = "26.7.4".to_owned();
        for newest in ["26.7.4", "26.7.3", "9.0.3"] {
            let wanted = newer(&api, &latest("keycloak"), newest).unwrap();
            let Wanted::NothingNewer(message) = wanted else {
                panic!("{newest} was taken for newer");
            };
            for part in [
                "nothing newer: keycloak 26.7.4",
                "no zip of 26.7.5, 26.8.0 or 27.0.0",
            ] {
                assert!(message.contains(part), "{message}");
            }
        }
        for newest in ["26.7.10", "26.10.0", "27.0.0"] {
            let wanted = newer(&api, &latest("keycloak"), newest).unwrap();
            let Wanted::This(args) = wanted else {
                panic!("{newest} was not taken");
            };
            assert_eq!(args.version.as_deref(), Some(newest));
        }
    }

    #[test]
    fn latest_needs_a_recipe() {
        let (_folder, specs) = specs();
        let error = wanted(&specs.api("one").unwrap(), &latest("one")).unwrap_err();
        assert!(
            error.to_string().contains("fetch one VERSION --file PATH"),
            "{error}"
        );
    }

    #[test]
    fn releases_that_maven_does_not_list_are_found() {
        let newest = |listed: &str, published: &[&str]| {
            newest_published(listed, |version| Ok(published.contains(&version))).unwrap()
        };
        assert_eq!(newest("26.7.3", &[]), "26.7.3");
        assert_eq!(newest("26.7.3", &["26.7.4", "26.7.5"]), "26.7.5");
        assert_eq!(newest("26.7.3", &["26.8.0", "26.8.1", "27.0.0"]), "27.0.0");
        // Two patch releases at once are too far ahead.
        assert_eq!(newest("26.7.3", &["26.7.5"]), "26.7.3");
        assert!(newest_published("26.7", |_| Ok(false)).is_err());
        let down = newest_published("26.7.3", |_| bail!("no network"));
        assert_eq!(down.unwrap_err().to_string(), "no network");
    }

    #[test]
    #[ignore = "needs Maven; run cargo xtask test"]
    fn a_folder_that_lacks_a_jar_gives_no_document() {
        let recipe = std::fs::read_to_string(root().join(RECIPE)).unwrap();
        let empty = tempfile::tempdir().unwrap();
        let document = scan(&recipe, "26.4.7", Some(empty.path())).unwrap();
        assert_eq!(document, None);
    }

    #[test]
    fn a_version_that_is_no_version_never_reaches_maven() {
        let error = keycloak_from_jars("26 -Dx=y").unwrap_err();
        assert!(error.to_string().contains("is not a version"), "{error}");
    }

    /// Tests that take minutes.
    mod nightly {
        use super::*;

        #[test]
        #[ignore = "needs Maven; run cargo xtask test --all"]
        fn maven_names_the_newest_release_and_no_candidate() {
            // Maven's list ended at 26.7.3 when 26.7.5 was there.
            let newest = newest_keycloak("26.4.7").unwrap();
            assert!(
                is_older("26.7.4", &newest).unwrap() && is_older(&newest, "900.0.0").unwrap(),
                "{newest}"
            );
        }

        #[test]
        #[ignore = "needs Maven and a JDK; run cargo xtask test --all"]
        fn the_zip_of_a_server_gives_the_same_bytes_as_mavens_jars() {
            let recipe = std::fs::read_to_string(root().join(RECIPE)).unwrap();
            let oldest = ServerSpec::oldest();
            let from_maven = scan(&recipe, oldest.version(), None).unwrap().unwrap();
            let from_zip = scan_zip(&recipe, oldest.version()).unwrap();
            assert!(from_zip == from_maven);
        }
    }
}
