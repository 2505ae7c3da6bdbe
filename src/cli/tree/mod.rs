//! `kubectl saewatch tree`: accounts, sets and watches with their health, on one screen.
//!
//! `read` lists them, as far as they may be read; `branches` says what belongs to what, and `nodes` what of it is shown.

mod branches;
mod nodes;
mod read;

use clap::{ArgAction, Args as ClapArgs};

use super::place::Place;
use super::{runtime, stderr, stdout};
use branches::branches;
use nodes::render;
use read::Lists;

/// Show accounts, sets and watches with their health
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Show all namespaces and all accounts, not just those that are used in a namespace
    #[arg(short = 'A', long, env = "SAEWATCH_ALL_NAMESPACES", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    all_namespaces: bool,

    #[command(flatten)]
    place: Place,
}

impl Args {
    /// Refuses flags that make no sense together, naming them.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.all_namespaces && self.place.namespace.is_some() {
            return Err("--all-namespaces cannot be used with --namespace".to_owned());
        }
        Ok(())
    }
}

/// Prints the tree.
///
/// # Errors
/// When the watches cannot be read, or nothing can be printed.
pub(super) fn tree(args: &Args) -> anyhow::Result<()> {
    let (lists, namespace) = runtime::run_alone(async {
        let (client, namespace) = args.place.connect().await?;
        let namespace = Some(namespace).filter(|_| !args.all_namespaces);
        anyhow::Ok((Lists::read(&client, namespace.as_deref()).await?, namespace))
    })??;
    for problem in &lists.unread {
        stderr::print_error(problem);
    }
    let branches = branches(lists, namespace.is_none());
    if branches.is_empty() {
        let place = namespace.map_or("the cluster".to_owned(), |namespace| format!("namespace {namespace}"));
        stderr::print_error(format!("there is no watch, set or account in {place}"));
    } else {
        stdout::print(&render(branches))?;
    }
    Ok(())
}
