//! Writing files whole: a reader finds the old file or the new one, and never a part of it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::CliError;

/// The mode of a new file that its owner alone may read.
pub(crate) const PRIVATE: u32 = 0o600;

/// The mode of any other new file, of which the umask takes its part.
pub(crate) const ORDINARY: u32 = 0o666;

/// The most symbolic links in a row that are followed.
const MOST_LINKS: usize = 40;

/// A file that appears under its path when it is complete. Dropping it leaves the path as it was.
///
/// A file that it replaces passes its mode on. A symbolic link stays, and the file behind it is replaced. A device or a pipe is written to
/// directly.
pub(crate) struct NewFile(Target);

enum Target {
    Replaced { file: NamedTempFile, path: PathBuf },
    Device(File),
}

impl NewFile {
    /// Begins a file. It has this mode if there is no file to replace.
    pub(crate) fn create(path: &Path, mode: u32) -> io::Result<Self> {
        let old = fs::metadata(path).ok();
        if old.as_ref().is_some_and(|old| !old.is_file()) {
            let device = OpenOptions::new().write(true).open(path)?;
            return Ok(Self(Target::Device(device)));
        }
        let path = behind_links(path)?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let file = tempfile::Builder::new()
            .prefix(".keycloakctl-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        if let Some(old) = old {
            file.as_file().set_permissions(old.permissions())?;
        }
        Ok(Self(Target::Replaced { file, path }))
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self.0 {
            Target::Replaced { file, path } => {
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
            Target::Device(_) => Ok(()),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Target::Replaced { file, .. } => file.write(bytes),
            Target::Device(device) => device.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Target::Replaced { file, .. } => file.flush(),
            Target::Device(device) => device.flush(),
        }
    }
}

/// Replaces a file whole. It has this mode if there is no file to replace.
pub(crate) fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut file = NewFile::create(path, mode)?;
    file.write_all(content)?;
    file.finish()
}

/// Replaces a file that the command line names, whole.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), CliError> {
    replace(path, content, ORDINARY).map_err(|error| cannot_write(path, &error))
}

/// Makes the error of a file that cannot be written.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    CliError::other(format!("{} cannot be written: {error}", path.display()))
}

/// Returns the path that the symbolic links lead to. The last one may lead to nothing.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&path) else {
            return Ok(path);
        };
        path = path.parent().unwrap_or(Path::new("")).join(next);
    }
    Err(io::Error::other("too many symbolic links"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_replaced_when_the_new_one_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        let mut file = NewFile::create(&path, ORDINARY).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        replace(&path, b"new", ORDINARY).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_replaced_file_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, b"", PRIVATE).unwrap();
        assert_eq!(mode(&path), 0o600);
        for kept in [0o640, 0o666, 0o755] {
            fs::set_permissions(&path, Permissions::from_mode(kept)).unwrap();
            replace(&path, b"", PRIVATE).unwrap();
            assert_eq!(mode(&path), kept);
        }
    }

    #[test]
    fn a_link_stays_and_its_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("dotfiles")).unwrap();
        // The first link leads to the second one, and that one to a file that does not exist at first.
        symlink("second", path("first")).unwrap();
        symlink("dotfiles/file", path("second")).unwrap();
        for content in ["new", "newer"] {
            replace(&path("first"), content.as_bytes(), PRIVATE).unwrap();
            assert_eq!(fs::read_to_string(path("dotfiles/file")).unwrap(), content);
        }
        for link in ["first", "second"] {
            assert!(fs::symlink_metadata(path(link)).unwrap().is_symlink());
        }
        symlink("itself", path("itself")).unwrap();
        assert!(replace(&path("itself"), b"", PRIVATE).is_err());
    }

    #[test]
    fn a_device_is_written_to() {
        replace(Path::new("/dev/null"), b"text", PRIVATE).unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
