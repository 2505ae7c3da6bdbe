//! What can go wrong between a clone of the project and a running control plane.

use std::{fmt, io, path::PathBuf, process::ExitStatus};

use crate::binaries::ASSETS_VARIABLE;

/// Why there is no control plane, or why a command on it failed.
#[derive(thiserror::Error)]
pub enum Error {
    /// `KUBEBUILDER_ASSETS` is set, but a binary is not in it.
    #[error(
        "{ASSETS_VARIABLE} is {folder:?}, and there is no executable file {binary} in it: put it there \
         (`setup-envtest use` does), or unset {ASSETS_VARIABLE} so that the binaries are built from source"
    )]
    AssetMissing {
        /// The file that is missing.
        binary: &'static str,
        /// The value of `KUBEBUILDER_ASSETS`.
        folder: PathBuf,
    },
    /// There is no Go to build with.
    #[error(
        "{binary} must be built, and there is no `go` on the PATH: install Go 1.26 or newer \
         (https://go.dev/doc/install)"
    )]
    GoMissing {
        /// The binary that was to be built.
        binary: &'static str,
    },
    /// There is no place for the built binaries.
    #[error("there is no folder for the built binaries: set SAEWATCH_CACHE or HOME")]
    CacheUnknown,
    /// `go build` failed.
    #[error("go build of {binary} failed ({status}); it said at the end:\n{log}")]
    Build {
        /// The binary that was to be built.
        binary: &'static str,
        /// How `go` ended.
        status: ExitStatus,
        /// The end of what `go` said.
        log: String,
    },
    /// A server ended, or did not become ready in time.
    #[error("the control plane did not start: {binary} {problem}; its log ends with:\n{log}")]
    Start {
        /// The server that failed.
        binary: &'static str,
        /// What it did, or did not do.
        problem: String,
        /// The end of its log.
        log: String,
    },
    /// A certificate or key could not be made.
    #[error("the certificates of the control plane could not be made: {0}")]
    Pki(#[from] rcgen::Error),
    /// The kubeconfig just written was not understood.
    #[error("the kubeconfig of the control plane is not usable: {0}")]
    Kubeconfig(#[from] kube::config::KubeconfigError),
    /// A request to the API server failed.
    #[error("{action}: {source}")]
    Request {
        /// What was being done.
        action: String,
        /// The answer, or why there was none.
        source: kube::Error,
    },
    /// The API server does not serve what CRDs define.
    #[error("discovery still does not list {}", .0.join(", "))]
    Undiscovered(Vec<String>),
    /// kubectl or helm ended with an exit code other than 0.
    #[error("`{command}` failed ({status})\n--- stdout\n{stdout}\n--- stderr\n{stderr}")]
    Command {
        /// The command line, without the folder of the program.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// All it wrote to standard output.
        stdout: String,
        /// All it wrote to standard error.
        stderr: String,
    },
    /// The operating system refused something.
    #[error("{action}: {source}")]
    Io {
        /// What was being done, with the path or program.
        action: String,
        /// Why it was refused.
        source: io::Error,
    },
}

/// The same text as `Display`: it is what `unwrap` and a failed test print, and a server log of thirty lines
/// is of no use as one escaped string.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Error {
    /// For `map_err`: says what was being done when the operating system refused.
    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action: action.into(), source }
    }

    /// For `map_err`: says what was being done when the API server refused.
    pub(crate) fn request(action: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        move |source| Self::Request { action: action.into(), source }
    }
}
