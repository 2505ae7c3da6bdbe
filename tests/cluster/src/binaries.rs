//! The four programs, and where each comes from.

use std::{
    env, io,
    os::unix::fs::PermissionsExt,
    path::{self, Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Error, GoProgram, pins};

/// The variable by which the ecosystem (envtest, setup-envtest) names a folder of kube-apiserver, etcd and
/// kubectl.
pub(crate) const ASSETS_VARIABLE: &str = "KUBEBUILDER_ASSETS";

/// A program of the control plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// The store of the API server.
    Etcd,
    /// The API server.
    KubeApiserver,
    /// The command line of Kubernetes.
    Kubectl,
    /// The package manager; never in `KUBEBUILDER_ASSETS`, so always built.
    Helm,
}

impl Binary {
    /// All of them; the one that takes longest to build first, as the others share most of its packages.
    pub const ALL: [Self; 4] = [Self::KubeApiserver, Self::Etcd, Self::Kubectl, Self::Helm];

    /// The name of its file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::KubeApiserver => "kube-apiserver",
            Self::Kubectl => "kubectl",
            Self::Helm => "helm",
        }
    }

    const fn program(self) -> GoProgram {
        let (package, first_build) = match self {
            Self::Etcd => ("go.etcd.io/etcd/server/v3", "about 30 seconds"),
            Self::KubeApiserver => (
                "k8s.io/kubernetes/cmd/kube-apiserver",
                "about 8 minutes on two cores and downloads up to 1 GB",
            ),
            Self::Kubectl => ("k8s.io/kubernetes/cmd/kubectl", "about 30 seconds"),
            Self::Helm => ("helm.sh/helm/v4/cmd/helm", "about 30 seconds"),
        };
        GoProgram { name: self.name(), package, first_build }
    }

    /// Its path: in `KUBEBUILDER_ASSETS` if that is set, otherwise in the cache, where it is built if it is
    /// not there yet. Building takes minutes, blocks, and tells its progress on standard error.
    pub fn locate(self) -> Result<PathBuf, Error> {
        let assets = env::var_os(ASSETS_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
        match (self, assets) {
            (Self::Etcd | Self::KubeApiserver | Self::Kubectl, Some(folder)) => {
                // A server starts in another folder, and would look for a relative path from there.
                let path = path::absolute(folder.join(self.name())).map_err(Error::io(format!(
                    "find {} in {}",
                    self.name(),
                    folder.display()
                )))?;
                if is_executable(&path) {
                    Ok(path)
                } else {
                    Err(Error::AssetMissing { binary: self.name(), folder })
                }
            }
            (Self::Helm, Some(_)) | (_, None) => pins::control_plane().build(self.program()),
        }
    }

    /// [`Self::locate`] for async code: a build does not hold up other tasks.
    pub(crate) async fn locate_async(self) -> Result<PathBuf, Error> {
        tokio::task::spawn_blocking(move || self.locate())
            .await
            .map_err(|error| Error::io(format!("find {}", self.name()))(io::Error::other(error)))?
    }

    /// What it says of its own version, in one line.
    pub fn version(self) -> Result<String, Error> {
        let arguments: &[&str] = match self {
            Self::Etcd | Self::KubeApiserver => &["--version"],
            Self::Kubectl => &["version", "--client"],
            Self::Helm => &["version", "--short"],
        };
        let output = Command::new(self.locate()?)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .map_err(Error::io(format!("ask {} for its version", self.name())))?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
