use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::server::{SHOWN_LOG_LINES, changes_keycloak, last_lines};
use crate::surroundings::Surroundings;
use crate::{Error, ServerSpec, maven};

/// The folder of Keycloak's own build step. It is the one part of a tree that changes.
const BUILD: &str = "lib/quarkus";
/// The folder of a running server's data.
const DATA: &str = "data";

/// The folder of a tree with the result of the build step in development mode.
const BUILT: &str = "built";

/// Makes a server's own copy of Keycloak, with its extensions and without data.
pub(crate) fn copy_for_run(
    root: &Path,
    spec: &ServerSpec,
    surroundings: &Surroundings,
    java: &Path,
    home: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    copy_with_build(root, spec, surroundings, java, home, BUILT, progress)
}

/// Makes a node's own copy of Keycloak, with the result of `kc.sh build` and these options.
pub(crate) fn copy_for_node(
    root: &Path,
    spec: &ServerSpec,
    surroundings: &Surroundings,
    java: &Path,
    home: &Path,
    options: &[String],
    progress: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    let built = built_with(options);
    // Before the copy: another process may make the build while this one copies.
    let is_built =
        surroundings.keycloak_home.is_none() && build_folder(root, spec, &built).is_dir();
    copy_with_build(root, spec, surroundings, java, home, &built, progress)?;
    if is_built {
        return Ok(());
    }
    progress(&format!("{spec}: building for production"));
    run_build(java, home, options)?;
    keep_build_as(root, spec, surroundings, home, &built)
}

/// Makes another copy of the home of a node that has not run yet.
pub(crate) fn copy_node(from: &Path, to: &Path) -> Result<(), Error> {
    copy(from, to, &[DATA, BUILD], link_file)?;
    copy(&from.join(BUILD), &to.join(BUILD), &[], copy_file)
}

/// Other options make another build.
fn built_with(options: &[String]) -> String {
    let hash = Sha256::digest(options.join("\n"));
    let (start, _) = hash.split_at(4);
    let number = start
        .iter()
        .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!("{BUILT}-cluster-{number:08x}")
}

fn run_build(java: &Path, home: &Path, options: &[String]) -> Result<(), Error> {
    let script = home.join("bin/kc.sh");
    let mut command = Command::new("sh");
    command.arg(&script).arg("build").args(options);
    for (name, _) in env::vars_os().filter(|(name, _)| changes_keycloak(name)) {
        command.env_remove(name);
    }
    let output = command
        .env("JAVA", java)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::io("run", &script, error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(Error::new(format!(
        "`kc.sh build` failed ({}):\n{}",
        output.status,
        last_lines(&String::from_utf8_lossy(&said), SHOWN_LOG_LINES)
    )))
}

fn copy_with_build(
    root: &Path,
    spec: &ServerSpec,
    surroundings: &Surroundings,
    java: &Path,
    home: &Path,
    built: &str,
    progress: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    if let Some(unpacked) = &surroundings.keycloak_home {
        check_version(unpacked, spec)?;
        copy(unpacked, home, &[DATA], copy_file)?;
        return maven::fetch(surroundings, spec.provider_jars(), &home.join("providers"));
    }
    let unpacked = unpacked(root, spec, surroundings, java, progress)?;
    copy(&unpacked, home, &[DATA, BUILD], link_file)?;
    let mut from = build_folder(root, spec, built);
    if !from.is_dir() {
        from = unpacked.join(BUILD);
    }
    copy(&from, &home.join(BUILD), &[], copy_file)
}

/// The tree of a server, which is fetched if it is not there.
pub(crate) fn unpacked(
    root: &Path,
    spec: &ServerSpec,
    surroundings: &Surroundings,
    java: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, Error> {
    let tree = root.join("trees").join(spec.key());
    if !tree.join("home").is_dir() {
        let _lock = lock(root, spec, progress)?;
        // Another process may have made it while this one waited.
        if !tree.join("home").is_dir() {
            unpack(root, &tree, spec, surroundings, java, progress)?;
        }
    }
    Ok(tree.join("home"))
}

/// Leaves the result of the build step of a server that became ready to those that come after it.
pub(crate) fn keep_build(
    root: &Path,
    spec: &ServerSpec,
    surroundings: &Surroundings,
    home: &Path,
) -> Result<(), Error> {
    keep_build_as(root, spec, surroundings, home, BUILT)
}

fn build_folder(root: &Path, spec: &ServerSpec, built: &str) -> PathBuf {
    root.join("trees").join(spec.key()).join(built)
}

fn keep_build_as(
    root: &Path,
    spec: &ServerSpec,
    surroundings: &Surroundings,
    home: &Path,
    built: &str,
) -> Result<(), Error> {
    let built = build_folder(root, spec, built);
    if surroundings.keycloak_home.is_some() || built.is_dir() {
        return Ok(());
    }
    let _lock = lock(root, spec, &mut |_| {})?;
    if built.is_dir() {
        return Ok(());
    }
    let scratch = scratch(root)?;
    let copied = scratch.path().join("built");
    copy(&home.join(BUILD), &copied, &[], copy_file)?;
    rename(&copied, &built)
}

/// Fetches and unpacks into a scratch folder and renames what is whole, so that an interrupted
/// unpacking is never taken for a tree.
fn unpack(
    root: &Path,
    tree: &Path,
    spec: &ServerSpec,
    surroundings: &Surroundings,
    java: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    let scratch = scratch(root)?;
    progress(&format!("{spec}: fetching with Maven"));
    maven::fetch(surroundings, &[spec.distribution()], scratch.path())?;
    let zip = format!("keycloak-quarkus-dist-{}.zip", spec.version());
    progress(&format!("{spec}: unpacking"));
    run_jar(java, &zip, scratch.path())?;
    let home = scratch.path().join(format!("keycloak-{}", spec.version()));
    check_version(&home, spec)?;
    maven::fetch(surroundings, spec.provider_jars(), &home.join("providers"))?;
    fs::create_dir_all(tree).map_err(|error| Error::io("create", tree, error))?;
    rename(&home, &tree.join("home"))
}

/// `jar` reads zips and comes with the JDK that is needed anyway.
fn run_jar(java: &Path, zip: &str, folder: &Path) -> Result<(), Error> {
    let jar = java.with_file_name("jar");
    if !jar.is_file() {
        return Err(Error::new(format!(
            "{} has no `jar` beside it: install a whole JDK, not only a runtime, or set \
             KEYCLOAK_HOME to an unpacked Keycloak",
            java.display()
        )));
    }
    let output = Command::new(&jar)
        .args(["xf", zip])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Error::io("run", &jar, error))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::new(format!(
        "cannot unpack {zip} ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim_end()
    )))
}

/// An unpacked Keycloak tells its version in `version.txt`, such as `Keycloak - Version 26.7.5`.
fn check_version(home: &Path, spec: &ServerSpec) -> Result<(), Error> {
    let path = home.join("version.txt");
    let text = fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))?;
    let version = text.split_whitespace().last().unwrap_or_default();
    if version == spec.version() {
        return Ok(());
    }
    Err(Error::new(format!(
        "{} holds Keycloak {version}, but {} was asked for: ask for the version that is there, or \
         unset KEYCLOAK_HOME",
        home.display(),
        spec.version()
    )))
}

/// One process at a time changes `trees` and uses scratch folders. Released when dropped.
fn lock(root: &Path, spec: &ServerSpec, progress: &mut dyn FnMut(&str)) -> Result<File, Error> {
    let path = root.join("lock");
    let failed = |error| Error::io("lock", &path, error);
    let file = File::create(&path).map_err(failed)?;
    let mut locked = flock(&file, FlockOperation::NonBlockingLockExclusive);
    if locked == Err(Errno::WOULDBLOCK) {
        progress(&format!("{spec}: waiting for another process that unpacks"));
        locked = flock(&file, FlockOperation::LockExclusive);
    }
    locked.map_err(|error| failed(error.into()))?;
    Ok(file)
}

/// A folder that vanishes when dropped. Those of interrupted processes go first: with the lock held
/// they are nobody's.
fn scratch(root: &Path) -> Result<TempDir, Error> {
    let all = root.join("scratch");
    let failed = |error| Error::io("create", &all, error);
    if all.is_dir() {
        fs::remove_dir_all(&all).map_err(failed)?;
    }
    fs::create_dir(&all).map_err(failed)?;
    TempDir::new_in(&all).map_err(failed)
}

fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    fs::rename(from, to).map_err(|error| Error::io("create", to, error))
}

/// Copies a folder but for some paths in it.
fn copy(
    from: &Path,
    to: &Path,
    except: &[&str],
    place: fn(&Path, &Path) -> io::Result<()>,
) -> Result<(), Error> {
    let except: Vec<_> = except.iter().map(|path| from.join(path)).collect();
    copy_folder(from, to, &except, place)
        .map_err(|error| Error::io("make a copy of Keycloak in", to, error))
}

fn copy_folder(
    from: &Path,
    to: &Path,
    except: &[PathBuf],
    place: fn(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let source = entry?.path();
        let target = to.join(source.file_name().unwrap_or_default());
        if except.contains(&source) {
            continue;
        }
        if source.is_dir() {
            copy_folder(&source, &target, except, place)?;
        } else {
            place(&source, &target)?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(drop)
}

/// A file that never changes need not be there twice. Not every file system has hard links.
fn link_file(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to).or_else(|_| copy_file(from, to))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{copy_for_run, keep_build};
    use crate::ServerSpec;
    use crate::surroundings::Surroundings;
    use crate::test_support::write_script;

    /// Stands in for Maven and `jar`, with a version that is not pinned: what they would bring is made on the spot, and each call
    /// leaves a line in `calls`.
    struct Machine {
        folder: tempfile::TempDir,
        surroundings: Surroundings,
    }

    impl Machine {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let calls = folder.path().join("calls").display().to_string();
            write_script(
                &folder.path().join("mvn"),
                &format!("echo mvn >> '{calls}'"),
            );
            write_script(
                &folder.path().join("jar"),
                &format!(
                    "echo jar >> '{calls}'\n\
                     mkdir -p keycloak-1.2.3/lib/quarkus keycloak-1.2.3/data keycloak-1.2.3/providers\n\
                     cd keycloak-1.2.3\n\
                     echo Keycloak - Version 1.2.3 > version.txt\n\
                     echo pristine > lib/quarkus/app\n\
                     echo row > data/db"
                ),
            );
            let surroundings = Surroundings {
                path: vec![folder.path().to_owned()],
                ..Surroundings::default()
            };
            fs::create_dir(folder.path().join("root")).unwrap();
            Self {
                folder,
                surroundings,
            }
        }

        fn root(&self) -> PathBuf {
            self.folder.path().join("root")
        }

        fn copy(&self, name: &str) -> Result<PathBuf, crate::Error> {
            let home = self.folder.path().join(name);
            copy_for_run(
                &self.root(),
                &ServerSpec::new("1.2.3", false).unwrap(),
                &self.surroundings,
                &self.folder.path().join("java"),
                &home,
                &mut |_| {},
            )?;
            Ok(home)
        }

        fn calls(&self) -> usize {
            let calls = fs::read_to_string(self.folder.path().join("calls"));
            calls.unwrap_or_default().lines().count()
        }
    }

    fn app(home: &Path) -> String {
        fs::read_to_string(home.join("lib/quarkus/app")).unwrap()
    }

    #[test]
    fn a_tree_is_fetched_once_and_never_run_from() {
        let machine = Machine::new();
        let one = machine.copy("one").unwrap();
        assert_eq!(machine.calls(), 2);
        assert!(!one.join("data").exists());
        fs::write(one.join("lib/quarkus/app"), "built").unwrap();

        let two = machine.copy("two").unwrap();
        assert_eq!(machine.calls(), 2);
        assert_eq!(app(&two), "pristine\n");
    }

    #[test]
    fn the_first_build_is_handed_on() {
        let machine = Machine::new();
        let one = machine.copy("one").unwrap();
        fs::write(one.join("lib/quarkus/app"), "built").unwrap();
        let spec = ServerSpec::new("1.2.3", false).unwrap();
        keep_build(&machine.root(), &spec, &machine.surroundings, &one).unwrap();

        let two = machine.copy("two").unwrap();
        assert_eq!(app(&two), "built");
    }

    #[test]
    fn an_interrupted_unpacking_leaves_no_tree() {
        let machine = Machine::new();
        write_script(
            &machine.folder.path().join("jar"),
            "mkdir keycloak-1.2.3; exit 1",
        );
        let error = machine.copy("one").unwrap_err().to_string();
        assert!(error.contains("cannot unpack"), "{error}");
        assert!(!machine.root().join("trees/1.2.3/home").exists());
    }

    #[test]
    fn an_unpacked_keycloak_is_used_if_it_is_the_right_one() {
        let mut machine = Machine::new();
        let unpacked = machine.copy("unpacked").unwrap();
        fs::write(unpacked.join("version.txt"), "Keycloak - Version 1.2.3\n").unwrap();
        machine.surroundings.keycloak_home = Some(unpacked.clone());
        let home = machine.copy("one").unwrap();
        assert_eq!(app(&home), "pristine\n");

        fs::write(unpacked.join("version.txt"), "Keycloak - Version 25.0.0\n").unwrap();
        let error = machine.copy("two").unwrap_err().to_string();
        assert!(
            error.contains("holds Keycloak 25.0.0, but 1.2.3"),
            "{error}"
        );
    }
}
