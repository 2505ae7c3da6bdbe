//! The flags of `kubectl saewatch check`.

use clap::Args as ClapArgs;

use super::args::CommonArgs;
use crate::cli::cluster_watch::WatchArgs;

/// Show what a watch in the cluster says beside what SAE says now
#[derive(Debug, ClapArgs)]
#[command(after_help = super::args::EXIT_CODES)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) watch: WatchArgs,

    #[command(flatten)]
    pub(super) common: CommonArgs,
}
