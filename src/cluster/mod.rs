//! The way to the API server: where it is, through which proxy, and what an error of its client means.
//!
//! # Layout
//! * `connect`: a client for the cluster that the kubeconfig or the pod's ServiceAccount names
//! * `kubeconfig`: the cluster of a context and its proxy; `kubeconfig_files`: the files, merged as kubectl merges them
//! * `cause`: an error of the client in words

mod cause;
mod connect;
mod kubeconfig;
mod kubeconfig_files;

pub(crate) use cause::describe;
pub(crate) use connect::connect;
