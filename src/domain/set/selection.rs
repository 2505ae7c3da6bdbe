//! Which applications a set means.

use super::input::PlanInput;
use super::list::{ListedApp, RegionLists};
use super::names::watch_name;
use crate::api::{ApplicationSelector, RegionId};

/// An application that is selected.
#[derive(Debug)]
pub(super) struct Selected<'a> {
    pub region: &'a RegionId,
    pub app: &'a ListedApp,
    /// The name of its watch.
    pub watch: String,
}

impl<'a> PlanInput<'a> {
    /// How the lists of each region stand that the set names, or of the default region where it names none.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&'a RegionId, &'a RegionLists)> {
        let named = self.spec.region_ids.as_ref();
        self.regions.iter().filter(move |(region, _)| named.is_none_or(|named| named.contains(*region)))
    }

    /// The applications that are selected, each once, by region, namespace, name and id.
    pub(super) fn selected(&self) -> Vec<Selected<'a>> {
        let mut all = Vec::new();
        for (region, lists) in self.lists() {
            let list = lists.list.iter().flat_map(|list| &list.applications);
            let mut apps: Vec<&ListedApp> = list.collect();
            // Of two rows with one id, which a list may have whose pages moved while it was read, always the same counts.
            apps.sort_unstable_by_key(|app| (&app.id, place(app), &app.tags));
            apps.dedup_by_key(|app| &app.id);
            apps.retain(|app| selects(&self.spec.selector, app));
            apps.sort_by_key(|app| (place(app), &app.id));
            all.extend(apps.into_iter().map(|app| {
                let watch = watch_name(self.name, region, &app.id, app.name.as_deref());
                Selected { region, app, watch }
            }));
        }
        all
    }
}

fn place(app: &ListedApp) -> (Option<&str>, Option<&str>) {
    (app.namespace.as_deref(), app.name.as_deref())
}

/// Whether an application fits all of a selector. One of which a list does not say what is asked for does not fit.
pub fn selects(selector: &ApplicationSelector, app: &ListedApp) -> bool {
    let ApplicationSelector { namespace_ids, names, tags } = selector;
    let is_in = |namespace: &str| {
        namespace_ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id.as_str() == namespace))
    };
    let is_named = |name: &str| names.as_ref().is_none_or(|all| all.iter().any(|one| one.matches(name)));
    app.namespace.as_deref().map_or(namespace_ids.is_none(), is_in)
        && app.name.as_deref().map_or(names.is_none(), is_named)
        && tags.iter().all(|(key, value)| app.tags.iter().any(|(k, v)| **k == **key && **v == **value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(namespace: Option<&str>, name: Option<&str>, tags: &[(&str, &str)]) -> ListedApp {
        ListedApp {
            id: "app-1".parse().unwrap(),
            name: name.map(Into::into),
            namespace: namespace.map(Into::into),
            tags: tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        }
    }

    #[test]
    fn an_application_must_fit_all_of_a_selector() {
        let tags = [("team", "shop"), ("tier", "1")];
        let fits = |selector: serde_json::Value, app: &ListedApp| {
            selects(&serde_json::from_value(selector).unwrap(), app)
        };
        let it = app(Some("cn-a1:prod"), Some("Shop-cart"), &tags);
        let nameless = app(None, None, &[]);
        for (selector, fits_it, fits_nameless) in [
            (serde_json::json!({}), true, true),
            (serde_json::json!({ "namespaceIds": ["cn-a1", "cn-a1:prod"] }), true, false),
            (serde_json::json!({ "namespaceIds": ["cn-a1"] }), false, false),
            (serde_json::json!({ "names": ["x", "Shop-*"] }), true, false),
            (serde_json::json!({ "names": ["shop-*"] }), false, false),
            (serde_json::json!({ "names": ["*"] }), true, false),
            (serde_json::json!({ "tags": { "team": "shop", "tier": "1" } }), true, false),
            (serde_json::json!({ "tags": { "team": "shop", "tier": "2" } }), false, false),
            (serde_json::json!({ "names": ["Shop-cart"], "tags": { "zone": "a" } }), false, false),
        ] {
            assert_eq!(fits(selector.clone(), &it), fits_it, "{selector}");
            assert_eq!(fits(selector.clone(), &nameless), fits_nameless, "{selector}");
        }
    }
}
