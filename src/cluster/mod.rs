//! The API server: the way to it, what an error of its client means, and the lease by which one replica leads.
//!
//! # Layout
//! * `connect`: a client for the cluster that the kubeconfig or the pod's ServiceAccount names
//! * `kubeconfig`: the cluster of a context and its proxy; `kubeconfig_files`: the files, merged as kubectl merges them
//! * `cause`: an error of the client in words
//! * `leader`: leader election

mod cause;
mod connect;
mod kubeconfig;
mod kubeconfig_files;
mod leader;

pub(crate) use cause::describe;
pub(crate) use connect::connect;
pub(crate) use leader::{Candidate, LeaseParams};
