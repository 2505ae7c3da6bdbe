//! Which applications are meant: the same ones that a set with this selector would watch.

use crate::api::ApplicationSelector;
use crate::domain::set::ListedApp;

/// Whether an application fits all of a selector. One of which the list does not say what is asked for does not fit.
pub(super) fn selects(selector: &ApplicationSelector, app: &ListedApp) -> bool {
    let ApplicationSelector { namespace_ids, names, tags } = selector;
    let is_in = |namespace: &str| {
        namespace_ids.as_ref().is_none_or(|ids| ids.iter().any(|id| id.as_str() == namespace))
    };
    let is_named = |name: &str| names.as_ref().is_none_or(|all| all.iter().any(|one| one.matches(name)));
    app.namespace.as_deref().map_or(namespace_ids.is_none(), is_in)
        && app.name.as_deref().map_or(names.is_none(), is_named)
        && tags.iter().all(|(key, value)| app.tags.iter().any(|(k, v)| **k == **key && **v == **value))
}
