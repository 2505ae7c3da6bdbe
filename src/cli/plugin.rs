//! `kubectl saewatch`: the same binary, called as `kubectl-saewatch`, knows the watches of a cluster by name.

use std::ffi::OsStr;
use std::path::Path;

use clap::{Parser, Subcommand};

use super::{check, tree, why};

/// Shows the watches in a cluster: beside what SAE says now, why one is unwell, and all of them.
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-saewatch",
    bin_name = "kubectl saewatch",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(super) struct Plugin {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Check(Box<check::StoredArgs>),
    Why(why::Args),
    Tree(tree::Args),
}

/// Whether a process of this name is the plugin.
pub(super) fn is_plugin(name: Option<&OsStr>) -> bool {
    name.and_then(|name| Path::new(name).file_name()).is_some_and(|name| name == "kubectl-saewatch")
}
