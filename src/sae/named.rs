//! Which entry of a list is the application that is meant, and what an entry says of one (contract §12).

use std::sync::Arc;

use super::ListedApplication;
use crate::api::AppId;
use crate::domain::Named;

/// The id of the application of a list that has exactly this name in exactly this namespace and is not being deleted. No
/// two should have it at once; then the known one stays, and without one the smallest id is taken, so that the choice does
/// not move with the order of the list.
pub(crate) fn the_one(list: &[ListedApplication], wanted: &Named, known: Option<&AppId>) -> Option<AppId> {
    let has_name = |listed: &&ListedApplication| {
        listed.name.as_deref() == Some(wanted.name.as_str())
            && listed.namespace.as_deref() == Some(wanted.namespace.as_str())
    };
    let matches: Vec<AppId> = list.iter().filter(has_name).filter_map(candidate).collect();
    known.filter(|known| matches.contains(known)).cloned().or_else(|| matches.into_iter().min())
}

/// The id of an entry that can be an application's: SAE lists those too that are being deleted.
pub(crate) fn candidate(listed: &ListedApplication) -> Option<AppId> {
    listed.app.parse().ok().filter(|_| !listed.is_deleting)
}

/// The name and namespace of an entry, if it has both.
pub(crate) fn named(listed: &ListedApplication) -> Option<Arc<Named>> {
    let name = listed.name.as_ref()?.parse().ok()?;
    let namespace = listed.namespace.as_ref()?.parse().ok()?;
    Some(Arc::new(Named { name, namespace }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(app: &str, name: &str, namespace: &str) -> ListedApplication {
        ListedApplication {
            app: app.to_owned(),
            name: Some(name.to_owned()),
            namespace: Some(namespace.to_owned()),
            instances: None,
            running: None,
            is_deleting: false,
            tags: Box::default(),
        }
    }

    fn chosen(list: &[ListedApplication], known: Option<&str>) -> Option<String> {
        let wanted = Named { name: "shop".parse().unwrap(), namespace: "cn-a:prod".parse().unwrap() };
        let known = known.map(|id| id.parse().unwrap());
        the_one(list, &wanted, known.as_ref()).map(|app| app.to_string())
    }

    #[test]
    fn only_an_exact_match_of_name_and_namespace_counts() {
        let mut list = vec![
            listed("1", "shop-2", "cn-a:prod"),
            listed("2", "my-shop", "cn-a:prod"),
            listed("3", "Shop", "cn-a:prod"),
            listed("4", "shop", "cn-a"),
            listed("5", "shop", "cn-a:product"),
            ListedApplication { name: None, ..listed("6", "", "cn-a:prod") },
            ListedApplication { namespace: None, ..listed("7", "shop", "") },
            ListedApplication { is_deleting: true, ..listed("8", "shop", "cn-a:prod") },
            listed("no id", "shop", "cn-a:prod"),
        ];
        assert_eq!(chosen(&list, Some("8")), None);
        list.push(listed("9", "shop", "cn-a:prod"));
        assert_eq!(chosen(&list, None).as_deref(), Some("9"));
    }

    #[test]
    fn of_two_the_known_one_stays_and_else_the_smallest_id_is_taken() {
        let mut two = ["b", "a"].map(|app| listed(app, "shop", "cn-a:prod"));
        for _ in 0..2 {
            assert_eq!(chosen(&two, Some("b")).as_deref(), Some("b"));
            assert_eq!(chosen(&two, Some("c")).as_deref(), Some("a"));
            assert_eq!(chosen(&two, None).as_deref(), Some("a"));
            two.reverse();
        }
    }
}
