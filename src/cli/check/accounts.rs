//! Which watches name an account. Whose keys ask says the caller alone, and no file or cluster (contract §11.7).

use kube::ResourceExt as _;

use crate::api::{ProfileName, SaeAppWatch};

/// What who reads the answers must know: the watches that the operator would ask about with other keys, if there are any.
pub(super) fn not_looked_at(watches: &[SaeAppWatch], profile: Option<&ProfileName>) -> Option<String> {
    let named = watches.iter().filter_map(|watch| {
        let account = &watch.spec.account_ref.as_ref()?.name;
        Some(format!("{} ({account})", watch.name_any()))
    });
    let named: Vec<String> = named.collect();
    let keys = match profile {
        Some(profile) => format!("the keys of profile {profile}"),
        None => "your own keys".to_owned(),
    };
    let named = Some(named.join(", ")).filter(|named| !named.is_empty())?;
    Some(format!("asked with {keys}, the SaeAccount was not looked at: {named}"))
}
