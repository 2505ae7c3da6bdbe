//! Who owns which field of a status (contract §2): two field managers, and nobody else for long.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;

/// Owns everything but the list.
pub const STATUS_MANAGER: &str = "saewatch";
/// Owns the list, so that the list survives a heartbeat that has none at hand.
pub const LIST_MANAGER: &str = "saewatch-instances";

/// Whether somebody else owns a part of the status.
pub fn is_shared(managed: &[ManagedFieldsEntry]) -> bool {
    let is_ours = |entry: &ManagedFieldsEntry| {
        entry.operation.as_deref() == Some("Apply")
            && [STATUS_MANAGER, LIST_MANAGER].map(Some).contains(&entry.manager.as_deref())
    };
    managed.iter().any(|entry| entry.subresource.as_deref() == Some("status") && !is_ours(entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_shared_when_anybody_else_wrote_into_it() {
        let entry = |manager: &str, operation: &str, subresource: Option<&str>| ManagedFieldsEntry {
            manager: Some(manager.into()),
            operation: Some(operation.into()),
            subresource: subresource.map(Into::into),
            ..ManagedFieldsEntry::default()
        };
        let ours = [
            entry("kubectl", "Apply", None),
            entry("saewatch", "Apply", Some("status")),
            entry("saewatch-instances", "Apply", Some("status")),
        ];
        assert!(!is_shared(&ours));
        assert!(is_shared(&[entry("kubectl-edit", "Update", Some("status"))]));
    }
}
