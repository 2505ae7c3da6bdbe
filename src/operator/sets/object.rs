//! A SaeAppWatchSet as it streams in.

use crate::api::SaeAppWatchSet;
use crate::operator::object::Object;
use crate::poll::SetId;

/// A `SaeAppWatchSet`.
pub(super) type SetObject = Object<SaeAppWatchSet>;

impl SetObject {
    /// Which set it is.
    pub(super) fn id(&self) -> SetId {
        SetId {
            namespace: self.metadata.namespace.as_deref().unwrap_or_default().into(),
            name: self.metadata.name.as_deref().unwrap_or_default().into(),
        }
    }

    /// Whether it is being deleted.
    pub(super) fn is_deleting(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::SaeAppWatchSetSpec;

    #[test]
    fn a_set_without_a_spec_means_all_applications_of_the_default_region() {
        let object: SetObject = serde_json::from_value(json!({"metadata": {}, "spec": {}})).unwrap();
        assert_eq!(object.spec(), Ok(SaeAppWatchSetSpec::default()));
    }
}
