//! A Go module, compiled in as texts: a test builds what it was compiled with, wherever it runs.

use std::{env::consts, fs, path::Path, path::PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, cache};

/// A Go module whose programs are built once a machine, into a folder of the cache.
#[derive(Debug)]
pub struct GoModule {
    /// What the folder's name begins with.
    pub name: &'static str,
    /// The files of the module, `go.mod` and `go.sum` among them: path within the module, and text.
    pub files: &'static [(&'static str, &'static str)],
    /// The value of `go build -tags`.
    pub tags: &'static str,
    /// The value of `go build -ldflags`.
    pub linker_flags: String,
}

/// A program of a module.
#[derive(Clone, Copy, Debug)]
pub struct GoProgram {
    /// The name of its file.
    pub name: &'static str,
    /// The Go package that it is built from.
    pub package: &'static str,
    /// What the first build costs, for the person who waits for it: "about 8 minutes on two cores".
    pub first_build: &'static str,
}

impl GoModule {
    /// The path of a program, which is built if it is not there yet. Building takes minutes, blocks, and tells
    /// its progress on standard error.
    pub fn build(&self, program: GoProgram) -> Result<PathBuf, Error> {
        cache::ensure(self, program)
    }

    /// Twelve hex digits that change when the programs would: sources, versions, checksums, flags, and the
    /// machine's kind (a home folder may be shared by several).
    pub(crate) fn fingerprint(&self) -> String {
        let texts = self.files.iter().map(|(_, text)| *text);
        let flags = [&self.linker_flags, consts::OS, consts::ARCH];
        let mut hash = Sha256::new();
        for part in texts.chain(flags).chain(Some(self.tags).filter(|tags| !tags.is_empty())) {
            hash.update(part);
            hash.update([0]);
        }
        hash.finalize().iter().take(6).fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    /// Writes the module into a folder, so that `go build` can run there.
    pub(crate) fn write_into(&self, folder: &Path) -> Result<(), Error> {
        for (name, text) in self.files {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Error::io(format!("write {}", path.display())))?;
        }
        Ok(())
    }
}
