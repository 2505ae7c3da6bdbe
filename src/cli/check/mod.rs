//! `saewatch check`: a look at applications as the operator would look, without a cluster.
//!
//! The flags (`args`) or a `manifest` say what is asked (`question`); the client asks, and the operator's own decision
//! judges (`finding`); `print`, `table`, `instances` and `explain` show it; `look` looks once, `again` again and again, on
//! the `screen`; `exit` sums it up. `stored` is the watch of a cluster that `kubectl saewatch` looks at.

mod again;
mod args;
mod columns;
mod exit;
mod explain;
mod finding;
mod instances;
mod look;
mod manifest;
mod print;
mod question;
mod screen;
mod stored;
mod style;
mod table;

pub use args::Args;
pub use exit::UNKNOWN;
pub use stored::Args as StoredArgs;

use std::path::PathBuf;

use super::{runtime, stderr, stdout};
use crate::api::SaeAppWatch;
use crate::domain::Settings;
use crate::sae::Client;
use again::Again;
use args::{Manner, Output};
use finding::{Finding, settings};
use look::look_once;
use manifest::Manifests;
use print::Printer;
use stored::Place;
use table::Columns;

impl Args {
    /// Refuses flags that make no sense together, naming them.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.app_id.is_some() && self.manner.region.is_none() {
            return Err(
                "the region is missing: give --region REGION, such as --region cn-hangzhou".to_owned()
            );
        }
        self.manner.check()
    }
}

impl StoredArgs {
    /// Refuses names that no object has, and flags that make no sense together, naming them.
    pub(super) fn check(&self) -> Result<(), String> {
        for (flag, name) in [("<NAME>", Some(&self.name)), ("--namespace", self.namespace.as_ref())] {
            if let Some(name) = name.filter(|name| !manifest::is_subdomain(name)) {
                return Err(format!("invalid value {name:?} for '{flag}': {}", manifest::SUBDOMAIN));
            }
        }
        self.manner.check()
    }
}

impl Manner {
    fn check(&self) -> Result<(), String> {
        if self.explain && self.output != Output::Table {
            return Err(
                "--explain adds a column to the table: it cannot be used with another --output".to_owned()
            );
        }
        Ok(())
    }
}

/// Looks at what the command line names and prints what was found; the exit code.
///
/// # Errors
/// When nothing can be asked or printed.
pub fn check(args: &Args) -> anyhow::Result<u8> {
    let Args { app_id, spec, file, manner } = args;
    let watches = match app_id {
        Some(app_id) => vec![question::watch(app_id, manner.region.as_ref(), spec)?],
        None => read(file)?,
    };
    let columns = Columns { names: app_id.is_none(), explain: manner.explain };
    runtime::run_alone(look(watches, None, manner, settings(manner.region.clone()), columns))?
}

/// The watches that the files declare. It says what was passed over, since it may have been meant.
fn read(files: &[PathBuf]) -> Result<Vec<SaeAppWatch>, manifest::Refused> {
    let Manifests { watches, passed_over } = manifest::read(files)?;
    if passed_over > 0 {
        stderr::complain(format!("{} passed over", manifest::objects(passed_over)));
    }
    Ok(watches)
}

/// Looks at a watch of a cluster and prints what was found beside what stands there; the exit code.
///
/// # Errors
/// When the watch cannot be read, or nothing can be asked or printed.
pub fn check_stored(args: &StoredArgs) -> anyhow::Result<u8> {
    let manner = &args.manner;
    let columns = Columns { names: true, explain: manner.explain };
    runtime::run_alone(async {
        let place = Place::of(args).await?;
        let watch = place.read().await?;
        // Where neither the watch nor the flag names a region, the operator's own is the one that was looked at.
        let shown = watch.status.as_ref().and_then(|status| status.region.clone());
        let region = manner.region.clone().or(shown);
        look(vec![watch], Some(place), manner, settings(region), columns).await
    })?
}

async fn look(
    watches: Vec<SaeAppWatch>,
    place: Option<Place>,
    manner: &Manner,
    settings: Settings,
    columns: Columns,
) -> anyhow::Result<u8> {
    let client = Client::new(manner.endpoints.settings())?;
    let printer = Printer { output: manner.output, columns };
    let findings = if manner.watch {
        let again = Again { place, settings, calls_per_minute: manner.calls_per_minute, printer };
        again.look(client, watches, runtime::stop_on_signal()?).await?
    } else {
        let findings = look_once(&client, &watches, &settings).await;
        stdout::print(&printer.render(&findings)?)?;
        for complaint in printer.complaints(&findings) {
            stderr::complain(complaint);
        }
        findings
    };
    Ok(exit::worst(findings.iter().map(Finding::health)))
}
