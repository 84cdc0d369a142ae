use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::Error;
use crate::surroundings::Surroundings;

const SHOWN_LINES: usize = 3;

/// Copies artifacts, named `group:artifact:version:type`, into a folder. Maven downloads what its
/// own cache lacks and checks the sums.
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
    for artifact in artifacts {
        let artifact = artifact.as_ref();
        let output = Command::new(&maven)
            .args(["-q", "-B", "-Dstyle.color=never", "dependency:copy"])
            .arg(format!("-Dartifact={artifact}"))
            .arg(format!("-DoutputDirectory={}", folder.display()))
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Error::io("run", &maven, error))?;
        if !output.status.success() {
            return Err(Error::new(format!(
                "Maven could not fetch {artifact} ({}); it said:\n{}\n\
                 Check the network and the version, or set KEYCLOAK_HOME to an unpacked Keycloak.",
                output.status,
                essence(&output)
            )));
        }
    }
    Ok(())
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
    use std::path::Path;

    use super::fetch;
    use crate::surroundings::Surroundings;
    use crate::test_support::write_script;

    const ZIP: &[&str] = &["org.keycloak:keycloak-quarkus-dist:26.7.4:zip"];

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
        assert!(error.contains("keycloak-quarkus-dist:26.7.4"), "{error}");
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
        fetch(&surroundings, ZIP, folder.path()).unwrap();
        let asked = fs::read_to_string(folder.path().join("asked")).unwrap();
        let expected = format!(
            "-q -B -Dstyle.color=never dependency:copy -Dartifact={} -DoutputDirectory={}\n",
            ZIP[0],
            folder.path().display()
        );
        assert_eq!(asked, expected);
    }
}
