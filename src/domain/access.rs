//! Whether SAE may be asked for a watch, and whom its spec leaves to be asked (contract §11.3).

use std::sync::Arc;

use super::{Account, Reason};
use crate::api::RegionId;

/// What holds for a watch beside its own spec.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    /// The account that the watch names; `None` where it names none, or one that is not known.
    pub account: Option<Arc<Account>>,
    /// The region of a watch that names none: the account's, else the operator's.
    pub default_region: Option<RegionId>,
    /// Whether SAE may be asked.
    pub admission: Admission,
}

/// Whether SAE may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Granted,
    /// Not while the account is suspended.
    Suspended,
    /// Not before STS has said whose the keys are. How that goes is the pace of the watch.
    Unverified,
    /// Not before a person acts, or the account appears.
    Refused(Refusal),
}

/// Why SAE is not asked. A tenant reads it: it holds the account's name, and never an ARN, a number or STS's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason of Ready. With [`Reason::AccountNotFound`] the watch is not Stalled: an account that is applied a
    /// moment later must not have failed a rollout.
    pub reason: Reason,
    /// The message of Ready.
    pub message: String,
}

impl Access {
    /// That of a watch without an account: with the operator's own keys, in its region.
    pub fn own(default_region: Option<RegionId>) -> Self {
        Self { account: None, default_region, admission: Admission::Granted }
    }
}
