//! One account: its applications, its quota, its roles, what RAM denies it, and what goes wrong with its calls.

use std::collections::BTreeMap;

use crate::applications::Applications;
use crate::availability_list::AvailabilityLists;
use crate::faults::Faults;
use crate::operation::Operation;
use crate::quota::Quota;
use crate::refusal::{self, Refusal};

/// What belongs to one account.
#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) applications: Applications,
    pub(crate) availability: AvailabilityLists,
    /// Operations that RAM denies, with the code it denies them by.
    pub(crate) denials: BTreeMap<Operation, String>,
    pub(crate) quota: Quota,
    pub(crate) faults: Faults,
    /// The roles by name. An account without any has every role that is asked for, and each trusts everybody.
    pub(crate) roles: BTreeMap<String, Role>,
}

/// A role that callers of any account may assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    /// The external id that its trust policy requires; absent: none.
    pub(crate) external_id: Option<String>,
}

impl Account {
    /// Refuses a role that the account does not have.
    pub(crate) fn require_role(&self, role: &str) -> Result<(), Refusal> {
        if self.roles.is_empty() || self.roles.contains_key(role) {
            Ok(())
        } else {
            Err(refusal::unknown_role())
        }
    }

    /// Whether the trust policy of this role accepts a caller that sends this external id.
    pub(crate) fn require_trust(&self, role: &str, external_id: Option<&str>) -> Result<(), Refusal> {
        let wanted = self.roles.get(role).and_then(|role| role.external_id.as_deref());
        if wanted.is_none_or(|wanted| external_id == Some(wanted)) {
            Ok(())
        } else {
            Err(refusal::untrusted())
        }
    }
}
