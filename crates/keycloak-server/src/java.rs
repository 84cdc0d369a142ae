use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;
use crate::surroundings::Surroundings;

/// The oldest Java that every supported server and extension runs on.
pub const MINIMUM_JAVA: u32 = 21;

/// The `java` program to use: the first of `JAVA_HOME`, `PATH` and the usual folders that is new
/// enough.
pub(crate) fn find(surroundings: &Surroundings) -> Result<PathBuf, Error> {
    let mut seen: Vec<(PathBuf, Option<u32>)> = Vec::new();
    for candidate in candidates(surroundings) {
        // The same Java is often reachable by several links; the real path also has `jar` beside it.
        let Ok(java) = candidate.canonicalize() else {
            continue;
        };
        if seen.iter().any(|(known, _)| *known == java) {
            continue;
        }
        let major = version_of(&java);
        if major.is_some_and(|major| major >= MINIMUM_JAVA) {
            return Ok(java);
        }
        seen.push((java, major));
    }
    Err(missing(&seen))
}

fn candidates(surroundings: &Surroundings) -> impl Iterator<Item = PathBuf> {
    let homes = |homes: &[PathBuf]| -> Vec<PathBuf> {
        homes.iter().map(|home| home.join("bin/java")).collect()
    };
    homes(surroundings.java_home.as_slice())
        .into_iter()
        .chain(surroundings.program("java"))
        .chain(homes(&surroundings.java_homes))
}

fn version_of(java: &Path) -> Option<u32> {
    let output = Command::new(java)
        .arg("-version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    parse_major(&String::from_utf8_lossy(&output.stderr))
}

/// The major version in what `java -version` prints: 17 for `openjdk version "17.0.15" 2025-04-15`,
/// 8 for `java version "1.8.0_292"`.
fn parse_major(output: &str) -> Option<u32> {
    let (_, rest) = output.split_once("version \"")?;
    let (version, _) = rest.split_once('"')?;
    let mut numbers = version
        .split(|c: char| !c.is_ascii_digit())
        .map(|number| number.parse::<u32>().ok());
    match numbers.next()?? {
        1 => numbers.next()?,
        major => Some(major),
    }
}

fn missing(seen: &[(PathBuf, Option<u32>)]) -> Error {
    let mut message = format!("no Java {MINIMUM_JAVA} or newer was found.");
    for (java, major) in seen {
        let version = major.map_or_else(
            || "did not tell its version".to_owned(),
            |major| format!("is Java {major}"),
        );
        let _ = write!(message, "\n  {} {version}", java.display());
    }
    if seen.is_empty() {
        message.push_str("\n  Nothing in JAVA_HOME, on PATH or in the usual folders.");
    }
    let _ = write!(
        message,
        "\nInstall a JDK {MINIMUM_JAVA} or newer (from adoptium.net, or your system's packages) and \
         set JAVA_HOME to it,\nor set KEYCLOAK_URL to a server that already runs."
    );
    Error::new(message)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{find, parse_major};
    use crate::surroundings::Surroundings;
    use crate::test_support::write_script;

    /// A stand-in for Java that only knows its version.
    fn fake_java(home: &Path, version: &str) -> PathBuf {
        let java = home.join("bin/java");
        fs::create_dir_all(home.join("bin")).unwrap();
        write_script(&java, &format!("echo 'openjdk version \"{version}\"' >&2"));
        java.canonicalize().unwrap()
    }

    #[test]
    fn versions_of_all_ages_are_read() {
        let cases = [
            (
                "openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime",
                Some(17),
            ),
            ("openjdk version \"25\" 2025-09-16 LTS", Some(25)),
            ("openjdk version \"24-ea\" 2025-03-18", Some(24)),
            ("java version \"1.8.0_292\"", Some(8)),
            (
                "Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version \"21.0.2\"",
                Some(21),
            ),
            ("Unable to locate a Java Runtime.", None),
            ("openjdk version \"\"", None),
            ("", None),
        ];
        for (output, major) in cases {
            assert_eq!(parse_major(output), major, "{output}");
        }
    }

    #[test]
    fn the_first_java_that_is_new_enough_wins() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("old");
        fake_java(&old, "17.0.1");
        let on_path = fake_java(&folder.path().join("path"), "21.0.2");
        let usual = folder.path().join("usual");
        fake_java(&usual, "25");
        let surroundings = Surroundings {
            java_home: Some(old),
            path: vec![folder.path().join("path/bin")],
            java_homes: vec![usual],
            ..Surroundings::default()
        };
        assert_eq!(find(&surroundings).unwrap(), on_path);
    }

    #[test]
    fn an_old_java_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let java = fake_java(folder.path(), "17.0.15");
        let surroundings = Surroundings {
            java_homes: vec![folder.path().to_owned()],
            ..Surroundings::default()
        };
        let error = find(&surroundings).unwrap_err().to_string();
        assert!(
            error.contains(&format!("{} is Java 17", java.display())),
            "{error}"
        );
        assert!(error.contains("Install a JDK 21 or newer"), "{error}");
        assert!(error.contains("KEYCLOAK_URL"), "{error}");
    }

    #[test]
    fn no_java_at_all_says_where_it_was_looked_for() {
        let error = find(&Surroundings::default()).unwrap_err().to_string();
        assert!(error.contains("Nothing in JAVA_HOME, on PATH"), "{error}");
    }
}
