//! `saewatch check`: checks applications as the operator would, without a cluster.
//!
//! # Layout
//! * `args`: the flags; `question`: the watch that they describe; `manifest`: what files declare; `stored`: the
//!   flags of `kubectl saewatch`, for the watch of a cluster
//! * `finding`: the response of SAE, and what the operator's decision makes of it
//! * `once`: checks each watch once; `repeat`: for `--watch`, on the `screen`
//! * `caller`: whose keys ask SAE; `accounts`: which watches name others
//! * `print`, `table`, `instances`, `rule_text`: the output; `exit`: the exit code

mod accounts;
mod args;
mod caller;
mod detail;
mod exit;
mod finding;
mod instances;
mod manifest;
mod once;
mod print;
mod question;
mod repeat;
mod rule_text;
mod screen;
mod stored;
mod table;

pub(super) use args::Args;
pub(super) use exit::UNKNOWN;
pub(super) use stored::Args as StoredArgs;

use std::path::PathBuf;

use anyhow::bail;

use super::cluster_watch::ClusterWatch;
use super::{runtime, stderr, stdout};
use crate::api::SaeAppWatch;
use crate::domain::Access;
use crate::sae::Client;
use args::{CommonArgs, Output};
use detail::Detail;
use finding::Finding;
use manifest::Manifests;
use once::check_once;
use print::Printer;
use repeat::Repeat;

impl Args {
    /// Refuses flags that make no sense together, naming them.
    pub(super) fn check(&self) -> Result<(), String> {
        for (flag, is_given) in [
            ("<APP_ID>", self.app_id.is_some()),
            ("--app-name", self.spec.app_name.is_some()),
            ("--watch", self.common.watch),
            ("--explain", self.common.explain),
        ] {
            if self.offline && is_given {
                return Err(format!("--offline checks manifests alone: it cannot be used with {flag}"));
            }
        }
        let says_region = self.common.region.is_some() || self.spec.namespace_id.is_some();
        if self.file.is_empty() && !says_region {
            return Err(
                "the region is missing: give --region REGION, such as --region cn-hangzhou".to_owned()
            );
        }
        self.common.check()
    }
}

impl StoredArgs {
    /// Refuses flags that make no sense together, naming them.
    pub(super) fn check(&self) -> Result<(), String> {
        self.common.check()
    }
}

impl CommonArgs {
    fn check(&self) -> Result<(), String> {
        if self.explain && !matches!(self.output, Output::Table | Output::Wide) {
            return Err("--explain adds to the table: it cannot be used with another --output".to_owned());
        }
        Ok(())
    }
}

/// Checks what the command line names and prints what was found; the exit code.
///
/// # Errors
/// When nothing can be asked or printed.
pub(super) fn check(args: &Args) -> anyhow::Result<u8> {
    let Args { app_id, spec, file, offline, common } = args;
    let manifests = if file.is_empty() {
        let watches = vec![question::watch(app_id.as_deref(), common.region.as_ref(), spec)?];
        Manifests { watches, ..Manifests::default() }
    } else {
        read(file)?
    };
    if *offline {
        stdout::print(&print::render_offline(common.output, &manifests)?)?;
        return Ok(exit::NO_FAULT);
    }
    let watches = manifests.watches;
    if watches.is_empty() {
        bail!("the manifests declare no SaeAppWatch to ask SAE about; --offline checks the manifests alone");
    }
    let columns = Detail::new(!file.is_empty(), common);
    let findings = runtime::run_alone(check_watches(
        watches,
        None,
        common,
        Access::own(common.region.clone()),
        columns,
    ))??;
    if !file.is_empty() && findings.iter().any(Finding::lacks_keys) {
        stderr::print_error("there are no keys to ask SAE with; --offline checks the manifests alone");
    }
    Ok(exit_code(&findings))
}

/// What the files declare. It reports what was passed over, since it may have been meant.
fn read(files: &[PathBuf]) -> Result<Manifests, manifest::Refused> {
    let manifests = manifest::read(files)?;
    if let Some(passed_over) = manifests.passed_over() {
        stderr::print_error(format!("{passed_over} passed over"));
    }
    Ok(manifests)
}

/// Checks a watch of a cluster and prints what was found beside what stands there; the exit code.
///
/// # Errors
/// When the watch cannot be read, or nothing can be asked or printed.
pub(super) fn check_stored(args: &StoredArgs) -> anyhow::Result<u8> {
    let common = &args.common;
    let columns = Detail::new(true, common);
    runtime::run_alone(async {
        let stored = ClusterWatch::connect(&args.watch).await?;
        let watch = stored.read().await?;
        // Where neither the watch nor the flag names a region, the operator's own is the one of the status.
        let shown = watch.status.as_ref().and_then(|status| status.region.clone());
        let region = common.region.clone().or(shown);
        check_watches(vec![watch], Some(stored), common, Access::own(region), columns).await
    })?
    .map(|findings| exit_code(&findings))
}

async fn check_watches(
    watches: Vec<SaeAppWatch>,
    stored: Option<ClusterWatch>,
    common: &CommonArgs,
    access: Access,
    columns: Detail,
) -> anyhow::Result<Vec<Finding>> {
    let client = Client::new(common.client.settings())?;
    if let Some(note) = accounts::not_looked_at(&watches, common.client.profile.as_ref()) {
        stderr::print_error(note);
    }
    let caller = if common.explain { caller::describe_caller(&client).await } else { None };
    let printer = Printer { output: common.output, columns, caller };
    if common.watch {
        let repeat = Repeat { stored, access, calls_per_minute: common.calls_per_minute, printer };
        repeat.run(client, watches, runtime::stop_on_signal()?).await
    } else {
        let findings = check_once(&client, &watches, &access, common.explain).await;
        stdout::print(&printer.render(&findings)?)?;
        for error in printer.errors(&findings) {
            stderr::print_error(error);
        }
        Ok(findings)
    }
}

fn exit_code(findings: &[Finding]) -> u8 {
    exit::worst(findings.iter().map(Finding::health))
}
