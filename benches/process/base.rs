//! The builds that these sources are measured against: the operator as it was before a change.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Result;
use crate::build::Build;
use crate::table::progress;

/// A state of the sources that is built from git.
pub struct Revision {
    commit: &'static str,
    /// Where it is built, once: a folder of its own, so that no build makes another one start anew.
    folder: &'static str,
}

/// Before each change became one write.
pub const BEFORE_ONE_WRITE: Revision = Revision {
    commit: "596b1667490d5ab14e6969ccadec19216b08f2c1",
    folder: concat!(env!("CARGO_TARGET_TMPDIR"), "/../bench-base"),
};
/// Before watches could name an account.
pub const BEFORE_ACCOUNTS: Revision = Revision {
    commit: "538f34b0c41332dd7d8ce6b35ce4b4d9c05efdea",
    folder: concat!(env!("CARGO_TARGET_TMPDIR"), "/../bench-before-accounts"),
};

/// What the base costs: measured in this run, or recorded.
pub enum Base {
    /// It is there.
    Built(Build),
    /// There is no binary, for want of git or of this history: figures of a run of this bench on a machine with 2 cores.
    Recorded,
}

impl Base {
    /// Builds it from git, unless that was done before.
    pub fn find(revision: &Revision) -> Result<Self> {
        let folder = Path::new(revision.folder);
        let base = Build { binary: folder.join("target/release/saewatch"), crds: folder.join("crds") };
        if !base.crds.exists() && !unpack(revision.commit, folder)? {
            progress("no history here to build the base from; its recorded figures stand in");
            return Ok(Self::Recorded);
        }
        if !base.binary.exists() {
            progress("building the base, which takes minutes");
            build(folder)?;
        }
        Ok(Self::Built(base))
    }

    /// Measures the base, or takes the figure of a run before; and how a row names its origin.
    pub fn figure<T>(
        &self,
        recorded: T,
        measure: impl FnOnce(&Build) -> Result<T>,
    ) -> Result<(T, &'static str)> {
        match self {
            Self::Built(build) => Ok((measure(build)?, "the base")),
            Self::Recorded => Ok((recorded, "the base, as recorded")),
        }
    }
}

/// Whether the sources of the base are there.
fn unpack(commit: &str, folder: &Path) -> Result<bool> {
    fs::create_dir_all(folder)?;
    let archive = folder.join("source.tar");
    let git = Command::new("git")
        .args(["archive", "--output"])
        .arg(&archive)
        .arg(commit)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::null())
        .status();
    if !git.is_ok_and(|status| status.success()) {
        return Ok(false);
    }
    let status = Command::new("tar").arg("-xf").arg(&archive).current_dir(folder).status()?;
    Ok(status.success())
}

fn build(folder: &Path) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--locked", "--bin", "saewatch", "--target-dir", "target"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("the build of the base ended with {status}").into()) }
}
