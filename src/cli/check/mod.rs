//! `saewatch check`: a look at applications as the operator would look, without a cluster.
//!
//! The flags (`args`) or a `manifest` say what is asked (`question`); the client asks, and the operator's own decision
//! judges (`finding`); `print`, `table` and `explain` show it, `again` keeps on looking; `exit` sums it up.

mod again;
mod args;
mod columns;
mod exit;
mod explain;
mod finding;
mod look;
mod manifest;
mod print;
mod question;
mod table;

pub use args::Args;
pub use exit::UNKNOWN;

use super::{runtime, stdout};
use crate::api::SaeAppWatch;
use crate::sae::Client;
use args::{Manner, Output};
use finding::{Finding, settings};
use print::Printer;
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

/// Looks and prints what was found; the exit code.
///
/// # Errors
/// When nothing can be asked or printed.
pub fn check(args: &Args) -> anyhow::Result<u8> {
    let Args { app_id, spec, file, manner } = args;
    let watches = match app_id {
        Some(app_id) => vec![question::watch(app_id, spec)?],
        None => manifest::read(file)?,
    };
    let columns = Columns { names: app_id.is_none(), explain: manner.explain };
    let printer = Printer { output: manner.output, columns };
    runtime::run_alone(look(&watches, manner, &printer))?
}

async fn look(watches: &[SaeAppWatch], manner: &Manner, printer: &Printer) -> anyhow::Result<u8> {
    let client = Client::new(manner.endpoints.settings())?;
    let settings = settings(manner.region.clone());
    let findings = if manner.watch {
        let stop = runtime::stop_on_signal()?;
        again::look_again(client, watches, &settings, manner.calls_per_minute, printer, stop).await?
    } else {
        let findings = look::look_once(&client, watches, &settings).await;
        stdout::print(&printer.render(&findings)?)?;
        for complaint in printer.complaints(&findings) {
            eprintln!("saewatch: {complaint}");
        }
        findings
    };
    Ok(exit::worst(findings.iter().map(Finding::health)))
}
