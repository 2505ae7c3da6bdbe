//! `saewatch discover`: the applications of SAE, and the manifests of their watches, without a cluster.
//!
//! `args` are the flags, and `values` reads some of them; `listing` reads the lists to their ends, and `progress` says how
//! far it is; `print` is the output. What is selected is what a set with this selector would watch.

mod args;
mod listing;
mod print;
mod progress;
mod values;

pub(super) use args::Args;

use super::{runtime, stderr, stdout};
use crate::domain::set::selects;
use crate::sae::Client;

/// Prints the applications that the flags select; the exit code.
///
/// # Errors
/// When a list fails or is not complete, or nothing can be printed.
pub(super) fn discover(args: &Args) -> anyhow::Result<u8> {
    let (regions, selector) = (args.regions(), args.selector());
    let mut applications = runtime::run_alone(async {
        let client = Client::new(args.client.settings())?;
        anyhow::Ok(listing::list(&client, &regions).await?)
    })??;
    applications.retain(|application| selects(&selector, &application.app));
    stdout::print(&print::render(&applications, args)?)?;
    if applications.is_empty() {
        stderr::print_error("no application fits");
    }
    Ok(0)
}
