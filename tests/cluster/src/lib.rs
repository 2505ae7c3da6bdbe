//! A real etcd and kube-apiserver on loopback and free ports, for tests and for people.
//!
//! A fake API server agrees with whoever wrote it; only the real one knows CEL costs, server-side apply,
//! RBAC and field selectors. This crate starts one within seconds, and takes it away again however its
//! owner ends.
//!
//! ```no_run
//! # async fn example() -> Result<(), devcluster::Error> {
//! let cluster = devcluster::ControlPlane::start().await?;
//! let namespaces = cluster.kubectl(&["get", "namespaces"]).await?.checked()?;
//! assert!(namespaces.contains("default"));
//! # Ok(())
//! # }
//! ```
//!
//! # Layout
//! * `control_plane`: start, stop and restart
//! * `access`: the client, kubectl and helm, the kubeconfig of a ServiceAccount
//! * `discovery`: when the API server serves what CRDs define
//! * `servers`: the flags of etcd and kube-apiserver; `pki`: their certificates; `kubeconfig`: its files
//! * `processes`: why nothing is left running
//! * `binaries`: where the four programs come from; `pins`: what `go.mod` says of them
//! * `module`: programs from Go modules, also for other tests; `cache`: building each once
//! * `output`: what kubectl and helm said

mod access;
mod binaries;
mod cache;
mod control_plane;
mod discovery;
mod error;
mod kubeconfig;
mod module;
mod output;
mod pins;
mod pki;
mod processes;
mod servers;

pub use binaries::Binary;
pub use control_plane::{ControlPlane, Options};
pub use error::Error;
pub use module::{GoModule, GoProgram};
pub use output::Output;
