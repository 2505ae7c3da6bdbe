//! The rules of a SaeAccount (contract §11): whose its keys are, what its status says, and what its watches may ask.
//!
//! `verification` is what STS has said; `state` makes one row of the table of it, of the spec and of the other accounts;
//! `decide` puts that row into the status and the events; `access` tells the watches, and `usage` counts them.

mod access;
mod decide;
mod state;
mod usage;
mod verification;

pub(crate) use access::{Found, KnownAccount, access, required};
pub(crate) use decide::{AccountInput, decide_account};
pub(crate) use state::{AccountState, Claim, OwnKeys};
pub(crate) use usage::Usage;
pub(crate) use verification::{Newest, StsAnswer, Verification};
