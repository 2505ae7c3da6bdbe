//! `saewatch check`: a look at applications as the operator would look, without a cluster.
//!
//! The flags (`args`) or manifests say what is asked (`question`); the client asks, and the operator's own decision
//! judges (`finding`); `print`, `table` and `explain` show it; `exit` sums it up.

mod args;
mod columns;
mod exit;
mod explain;
mod finding;
mod manifest;
mod print;
mod question;
mod table;

pub use args::Args;
pub use exit::UNKNOWN;

use super::stdout;
use crate::api::SaeAppWatch;
use crate::domain::{Settings, Target};
use crate::sae::Client;
use finding::{Finding, ask, find, settings};
use table::Manner;

/// Looks once and prints what was found; the exit code.
///
/// # Errors
/// When nothing can be asked or printed.
pub fn check(args: &Args) -> anyhow::Result<u8> {
    let watches = questions(args)?;
    let client = Client::new(args.manner.endpoints.settings())?;
    let settings = settings(args.manner.region.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let findings = runtime.block_on(look(&client, &watches, &settings));
    let manner = Manner { names: !args.file.is_empty(), explain: args.manner.explain };
    stdout::print(&print::render(&findings, args.manner.output, manner)?)?;
    Ok(exit::worst(findings.iter().map(Finding::health)))
}

/// What is asked: the watches of the manifests, or the one that the flags describe.
fn questions(args: &Args) -> anyhow::Result<Vec<SaeAppWatch>> {
    let Some(app_id) = &args.app_id else { return Ok(manifest::read(&args.file)?) };
    let watch = manifest::watch(question::manifest(app_id, &args.spec));
    Ok(vec![watch.map_err(question::Refused)?])
}

async fn look(client: &Client, watches: &[SaeAppWatch], settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for watch in watches {
        let answer = match Target::of(&watch.spec, settings.default_region.as_ref()) {
            Some(target) => Some(ask(client, watch, &target).await),
            None => None,
        };
        findings.push(find(watch, answer, settings));
    }
    findings
}
