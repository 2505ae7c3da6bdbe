//! The builds that are measured.

use std::path::PathBuf;

/// A release binary and the CRDs that it was made for. They go together: with another build's CRD the API server drops
/// fields of the status that this one writes, and it writes them again and again.
#[derive(Debug, Clone)]
pub struct Build {
    pub binary: PathBuf,
    /// Their folder.
    pub crds: PathBuf,
}

impl Build {
    /// That of these sources.
    pub fn ours() -> Self {
        Self {
            binary: env!("CARGO_BIN_EXE_saewatch").into(),
            crds: concat!(env!("CARGO_MANIFEST_DIR"), "/crds").into(),
        }
    }
}
