use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sha2::{Digest, Sha256};

use crate::Error;
use crate::surroundings::Surroundings;

const SHOWN_LINES: usize = 3;

/// The SHA-256 of the artifacts that the supported servers consist of.
const PINNED: &[(&str, &str)] = &[
    (
        "org.keycloak:keycloak-quarkus-dist:26.4.7:zip",
        "dd9834c023460be856f731423d86228c23b5d002194a2064642bec0cc6573eaa",
    ),
    (
        "org.keycloak:keycloak-quarkus-dist:26.5.7:zip",
        "7c38073ca48702f7d5e992508681d45027ba309ea2633ce8bef92343c795d729",
    ),
    (
        "org.keycloak:keycloak-quarkus-dist:26.6.4:zip",
        "b00d79ca3afd94bf431d2c3afb2a5af695da813017c434de7240790de6490779",
    ),
    (
        "org.keycloak:keycloak-quarkus-dist:26.7.5:zip",
        "30ef87fb7101c43d29688d1ae80c0588ff4a151b3330e9f664bf9692d398658a",
    ),
    (
        "io.phasetwo.keycloak:keycloak-orgs:0.144:jar",
        "59614f9d22dc4cb328b1c9c0ea4eae1141f9f8947831bc372ce6a7acc56267f5",
    ),
    (
        "io.phasetwo.keycloak:keycloak-events:0.55:jar",
        "432108b950b2806e9448266c3b3259b8e9b46c32abfe6029c95e7475c07cb51e",
    ),
    (
        "dnsjava:dnsjava:3.6.4:jar",
        "39d50d2b5bdee1161978bf85a1b01e95fee490e92bbe98d76d3ceb9642183570",
    ),
];

/// Makes Maven fail if a file that it downloads does not have the checksum of the repository, or if the repository has none.
const STRICT: &str = "--strict-checksums";

/// Copies artifacts, named `group:artifact:version:type`, into a folder. Maven downloads what its own cache lacks.
///
/// A pinned artifact has to have its SHA-256, also if it comes from the cache. Any other artifact, and the plugin that copies, has to have the
/// checksum of the repository when it is downloaded. Repositories do not have checksums of every zip, so a pinned artifact needs none.
pub(crate) fn fetch(
    surroundings: &Surroundings,
    artifacts: &[impl AsRef<str>],
    folder: &Path,
) -> Result<(), Error> {
    if artifacts.is_empty() {
        return Ok(());
    }
    let maven = surroundings
        .program("mvn")
        .ok_or_else(|| missing(&names(artifacts)))?;
    let artifacts = artifacts.iter().map(AsRef::as_ref);
    let pinned = |artifact: &str| PINNED.iter().find(|(name, _)| *name == artifact);
    if artifacts.clone().any(|artifact| pinned(artifact).is_some()) {
        run(&maven, &[STRICT, "dependency:help"], "its plugin", folder)?;
    }
    for artifact in artifacts {
        let what = format!("-Dartifact={artifact}");
        let to = format!("-DoutputDirectory={}", folder.display());
        let copy = ["dependency:copy", &what, &to];
        match pinned(artifact) {
            Some((_, sha256)) => {
                run(&maven, &copy, artifact, folder)?;
                check(artifact, sha256, folder)?;
            }
            None => run(&maven, &[&[STRICT], &copy[..]].concat(), artifact, folder)?,
        }
    }
    Ok(())
}

fn run(maven: &Path, arguments: &[&str], what: &str, folder: &Path) -> Result<(), Error> {
    let output = Command::new(maven)
        .args(["-q", "-B", "-Dstyle.color=never"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::io("run", maven, error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::new(format!(
        "Maven could not fetch {what} ({}); it said:\n{}\n\
         Check the network and the version, or set KEYCLOAK_HOME to an unpacked Keycloak.",
        output.status,
        essence(&output)
    )))
}

/// Removes a file that does not have the hash.
fn check(artifact: &str, expected: &str, folder: &Path) -> Result<(), Error> {
    let parts: Vec<&str> = artifact.split(':').collect();
    let path = folder.join(format!("{}-{}.{}", parts[1], parts[2], parts[3]));
    let bytes = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
    let found = hex(&Sha256::digest(&bytes));
    if found == expected {
        return Ok(());
    }
    fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
    Err(Error::new(format!(
        "{artifact} has the SHA-256 {found}, but {expected} is pinned: it is not used.\n\
         Remove it from Maven's cache and try again. If it is still another file, somebody has replaced it."
    )))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The first lines of what Maven says; general advice about Maven follows them.
fn essence(output: &Output) -> String {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<_> = said.lines().filter(|line| !line.is_empty()).collect();
    lines[..lines.len().min(SHOWN_LINES)].join("\n")
}

fn names(artifacts: &[impl AsRef<str>]) -> String {
    let names: Vec<_> = artifacts.iter().map(AsRef::as_ref).collect();
    names.join(", ")
}

fn missing(artifacts: &str) -> Error {
    Error::new(format!(
        "`mvn` is not on PATH, and it is needed to fetch {artifacts}.\n\
         Install Maven 3.6 or newer, or set KEYCLOAK_HOME to an unpacked Keycloak to use instead \
         of Maven's zip,\nor set KEYCLOAK_URL to a server that already runs."
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::{PINNED, fetch};
    use crate::ServerSpec;
    use crate::surroundings::Surroundings;
    use crate::test_support::write_script;

    const ZIP: &[&str] = &["org.keycloak:keycloak-quarkus-dist:26.7.5:zip"];
    /// It is not pinned.
    const OTHER: &[&str] = &["org.keycloak:keycloak-quarkus-dist:1.2.3:zip"];

    fn with_maven(folder: &Path, script: &str) -> Surroundings {
        write_script(&folder.join("mvn"), script);
        Surroundings {
            path: vec![folder.to_owned()],
            ..Surroundings::default()
        }
    }

    #[test]
    fn without_maven_the_other_ways_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = fetch(&Surroundings::default(), ZIP, folder.path()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("`mvn` is not on PATH"), "{error}");
        assert!(error.contains("keycloak-quarkus-dist:26.7.5"), "{error}");
        assert!(
            error.contains("KEYCLOAK_HOME") && error.contains("KEYCLOAK_URL"),
            "{error}"
        );
    }

    #[test]
    fn what_maven_says_is_passed_on() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = with_maven(folder.path(), "echo 'no such artifact'; seq 9; exit 1");
        let error = fetch(&surroundings, ZIP, folder.path()).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("no such artifact\n1\n2\nCheck the network"),
            "{error}"
        );
    }

    #[test]
    fn maven_is_told_what_and_where_to() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = with_maven(folder.path(), "echo \"$@\" > asked");
        fetch(&surroundings, OTHER, folder.path()).unwrap();
        let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
        let expected = format!(
            "-q -B -Dstyle.color=never --strict-checksums dependency:copy -Dartifact={} -DoutputDirectory={}\n",
            OTHER[0],
            folder.path().display()
        );
        assert_eq!(asked, expected);
    }

    #[test]
    fn a_file_that_is_not_the_pinned_one_is_refused_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let script = "echo \"$@\" >> asked; echo another > keycloak-quarkus-dist-26.7.5.zip";
        let surroundings = with_maven(folder.path(), script);
        let error = fetch(&surroundings, ZIP, folder.path()).unwrap_err();
        let error = error.to_string();
        // `echo another | sha256sum`
        let found = "33a7b215065f2ee8635efb72620bc269a1efb889ba3026560334da7366742374";
        assert!(error.contains(found), "{error}");
        assert!(error.contains("but 30ef87fb7101c43d"), "{error}");
        let zip = folder.path().join("keycloak-quarkus-dist-26.7.5.zip");
        assert!(!zip.exists());
        // The plugin that copies is checked before it runs.
        let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
        let first = asked.lines().next().unwrap();
        assert!(
            first.ends_with("--strict-checksums dependency:help"),
            "{asked}"
        );
    }

    #[test]
    fn every_artifact_of_the_supported_servers_is_pinned() {
        for spec in ServerSpec::supported() {
            let jars = spec.provider_jars().iter().map(|jar| (*jar).to_owned());
            for artifact in jars.chain([spec.distribution()]) {
                let is_pinned = PINNED.iter().any(|(name, _)| *name == artifact);
                assert!(is_pinned, "{artifact} is not in PINNED");
            }
        }
    }

    /// Maven with a local repository of the test's own. It finds the plugins that the user's repository has, and downloads the others.
    fn with_own_repository(folder: &Path) -> Surroundings {
        let own = folder.join("local");
        fs::create_dir(&own).unwrap();
        let users = std::env::home_dir().unwrap().join(".m2/repository");
        for group in fs::read_dir(users).into_iter().flatten() {
            let group = group.unwrap();
            symlink(group.path(), own.join(group.file_name())).unwrap();
        }
        let maven = Surroundings::from_env().program("mvn").unwrap();
        let (maven, own) = (maven.display(), own.display());
        with_maven(
            folder,
            &format!("exec '{maven}' '-Dmaven.repo.local={own}' \"$@\""),
        )
    }

    /// A project whose repository has one artifact. Returns the artifact's path in it.
    fn repository_with_thing(folder: &Path, project: &Path) -> PathBuf {
        let repository = folder.join("repository");
        let artifact = repository.join("wrong-checksum/thing/1/thing-1.zip");
        fs::create_dir_all(artifact.parent().unwrap()).unwrap();
        fs::write(&artifact, "a file").unwrap();
        fs::create_dir(project).unwrap();
        let pom = format!(
            "<project><modelVersion>4.0.0</modelVersion><groupId>wrong-checksum</groupId><artifactId>project</artifactId>\
             <version>1</version><packaging>pom</packaging><repositories><repository><id>wrong</id><url>file://{}</url>\
             </repository></repositories></project>",
            repository.display()
        );
        fs::write(project.join("pom.xml"), pom).unwrap();
        artifact
    }

    /// Maven by itself warns and goes on.
    #[test]
    #[ignore = "needs Maven; run cargo xtask test"]
    fn maven_refuses_a_file_with_a_wrong_checksum() {
        let folder = tempfile::tempdir().unwrap();
        let surroundings = with_own_repository(folder.path());
        let project = folder.path().join("project");
        let artifact = repository_with_thing(folder.path(), &project);

        let thing = &["wrong-checksum:thing:1:zip"];
        let sum = artifact.with_extension("zip.sha1");
        fs::write(&sum, "0000000000000000000000000000000000000000").unwrap();
        let error = fetch(&surroundings, thing, &project).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("Checksum validation failed"), "{error}");
        assert!(!project.join("thing-1.zip").exists());

        // `printf 'a file' | sha1sum`
        fs::write(&sum, "eb599ec83d383f0f25691c184f656d40384f9435").unwrap();
        fetch(&surroundings, thing, &project).unwrap();
        assert_eq!(fs::read(project.join("thing-1.zip")).unwrap(), b"a file");
    }
}
