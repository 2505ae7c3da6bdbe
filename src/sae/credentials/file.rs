//! Files of credentials: read whole, bounded, wiped from memory, and compared by a fingerprint.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::domain;

/// The largest file that is read. A file of profiles has a few kilobytes; what is larger is something else.
const MAX_BYTES: u64 = 1 << 20;

/// The text of a file; `None` if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<String>>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    // A FIFO or a device would never end.
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err("is not a file".to_owned());
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("is larger than {MAX_BYTES} bytes"));
    }
    // What is no UTF-8 shows up as U+FFFD in a key that no server accepts, without being quoted by an error.
    Ok(Some(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned())))
}

/// A number that changes when one of the files is written, appears or goes.
pub(super) fn fingerprint(paths: &[PathBuf]) -> u64 {
    let state = |path| fs::metadata(path).ok().map(|metadata| (metadata.len(), metadata.modified().ok()));
    let states: Vec<_> = paths.iter().map(|path| (path, state(path))).collect();
    domain::fingerprint(&states)
}

/// A path for people: the home directory is `~`.
pub(super) fn shown(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_no_error_and_a_folder_is_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(&folder.path().join("none")).unwrap().is_none());
        assert!(read(folder.path()).is_err());
    }

    #[test]
    fn a_file_too_large_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        fs::write(&path, vec![b'x'; (MAX_BYTES + 1).try_into().unwrap()]).unwrap();
        assert_eq!(read(&path).unwrap_err(), "is larger than 1048576 bytes");
    }

    #[test]
    fn a_file_that_appears_changes_or_goes_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().join("config.json")];
        let absent = fingerprint(&paths);
        fs::write(&paths[0], "one").unwrap();
        let written = fingerprint(&paths);
        fs::write(&paths[0], "three").unwrap();
        assert_ne!(absent, written);
        assert_ne!(written, fingerprint(&paths));
        fs::remove_file(&paths[0]).unwrap();
        assert_eq!(absent, fingerprint(&paths));
    }

    #[test]
    fn a_path_below_home_is_shown_as_people_write_it() {
        let home = Path::new("/root");
        assert_eq!(shown(Path::new("/root/.aliyun/config.json"), Some(home)), "~/.aliyun/config.json");
        assert_eq!(shown(Path::new("/etc/keys"), Some(home)), "/etc/keys");
    }
}
