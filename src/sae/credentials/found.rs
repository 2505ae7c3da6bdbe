//! Keys as a search found them.

use jiff::Timestamp;

use super::validity::{Need, Validity};
use super::{Keys, Provider};
use crate::sae::{Class, Error};

/// Keys, and what is known of them beside.
#[derive(Debug)]
pub(in crate::sae) struct FoundKeys {
    /// The keys themselves.
    pub keys: Keys,
    /// Who gave them.
    pub(super) provider: Provider,
    /// A number of their source: equal for equal owners. Other keys of the same role are of the same source.
    pub(super) source: u64,
    /// Whether files were read on the way to them.
    pub(super) from_files: bool,
    /// When they are to be replaced.
    pub(super) validity: Validity,
}

impl FoundKeys {
    /// Fresh keys; an error if they came expired.
    pub(super) fn new(provider: Provider, source: u64, keys: Keys, now: Timestamp) -> Result<Self, Error> {
        let found = Self::unchecked(provider, source, keys, now, fastrand::f64());
        if found.are_usable(now) {
            return Ok(found);
        }
        let message = format!("{provider}: the keys were issued already expired");
        Err(Error::new("credentials", Class::Transient(None), message))
    }

    /// Keys that may have ended. `chance` between 0 and 1 spreads the renewals of several replicas.
    pub(super) fn unchecked(
        provider: Provider,
        source: u64,
        keys: Keys,
        now: Timestamp,
        chance: f64,
    ) -> Self {
        let validity = Validity::new(&keys, now, chance);
        Self { keys, provider, source, from_files: provider.reads_files(), validity }
    }

    /// Whether they can still be used.
    pub(super) fn are_usable(&self, now: Timestamp) -> bool {
        self.validity.need(now, None) != Need::Others
    }
}
