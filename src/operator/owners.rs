//! Who owns which field of a status (contract §2): two field managers, and nobody else for long.

/// Owns everything but the list.
pub const STATUS_MANAGER: &str = "saewatch";
/// Owns the list, so that the list survives a heartbeat that has none at hand.
pub const LIST_MANAGER: &str = "saewatch-instances";

/// An entry of an object's managed fields, without the fields.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Owner {
    manager: Option<String>,
    operation: Option<String>,
    subresource: Option<String>,
}

/// Whether somebody else owns a part of the status.
pub fn is_shared(owners: &[Owner]) -> bool {
    let is_ours = |owner: &Owner| {
        owner.operation.as_deref() == Some("Apply")
            && [STATUS_MANAGER, LIST_MANAGER].map(Some).contains(&owner.manager.as_deref())
    };
    owners.iter().any(|owner| owner.subresource.as_deref() == Some("status") && !is_ours(owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_shared_when_anybody_else_wrote_into_it() {
        let owner = |manager: &str, operation: &str, subresource: Option<&str>| Owner {
            manager: Some(manager.into()),
            operation: Some(operation.into()),
            subresource: subresource.map(Into::into),
        };
        let ours = [
            owner("kubectl", "Apply", None),
            owner("saewatch", "Apply", Some("status")),
            owner("saewatch-instances", "Apply", Some("status")),
        ];
        assert!(!is_shared(&ours));
        assert!(is_shared(&[owner("kubectl-edit", "Update", Some("status"))]));
    }
}
