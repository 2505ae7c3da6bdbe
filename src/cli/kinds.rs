//! Which kinds of resources `run` uses beside watches.

use clap::{ArgAction, Args};

/// The flags.
#[derive(Debug, Args)]
pub(super) struct Kinds {
    /// Whether SaeAccounts are used; without them a watch that names one is not asked for, with AccountNotFound
    #[arg(long, env = "SAEWATCH_ACCOUNTS", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = ArgAction::Set)]
    pub(super) accounts: bool,

    /// Whether a watch must name an account; one that names none is Stalled with AccountRequired
    #[arg(long, env = "SAEWATCH_REQUIRE_ACCOUNT", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub(super) require_account: bool,

    /// Whether watches are made and changed as SaeAppWatchSets say; without it the operator writes no spec
    #[arg(long, env = "SAEWATCH_WATCH_SETS", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", action = ArgAction::Set)]
    pub(super) watch_sets: bool,
}

impl Kinds {
    /// Refuses values that contradict each other.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.require_account && !self.accounts {
            return Err("--require-account needs --accounts: every watch would be refused".into());
        }
        Ok(())
    }
}
