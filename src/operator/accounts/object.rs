//! A SaeAccount as it streams in.

use crate::api::{AccountName, SaeAccount};
use crate::operator::object::Object;

/// A `SaeAccount`.
pub(super) type AccountObject = Object<SaeAccount>;

impl AccountObject {
    /// Its name; `None` for one that no watch could name.
    pub(super) fn name(&self) -> Option<AccountName> {
        self.metadata.name.as_deref()?.parse().ok()
    }
}
