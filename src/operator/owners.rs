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
