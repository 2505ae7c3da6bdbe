//! ListAppEvents: what the cluster below the applications of one namespace says.

use serde_json::{Value, json};

use super::Question;
use super::page::Page;
use crate::application::Application;
use crate::history::AppEvent;
use crate::refusal::{self, Refusal};

/// "The value must be an integer from 0 to 10,000." What 0 gives is not said, and is refused here.
const LARGEST_PAGE: usize = 10_000;

pub(super) fn list(question: Question<'_>) -> Result<Value, Refusal> {
    let namespace = question.required("Namespace")?;
    let page = Page::read(question, LARGEST_PAGE)?;
    let parameter = |name| question.request.parameter(name);
    let applications: Vec<&Application> = match parameter("AppId") {
        Some(_) => vec![question.application()?],
        None => question.applications.values().filter(|one| question.is_in_region(one)).collect(),
    };
    let is_here = |application: &&&Application| application.namespace == namespace;
    if !applications.is_empty() && !applications.iter().any(|one| is_here(&one)) {
        return Err(refusal::unknown_namespace());
    }
    let equals = |name, value: &str| parameter(name).is_none_or(|asked| asked == value);
    let begins = |name, value: &str| parameter(name).is_none_or(|asked| value.starts_with(asked));
    let is_asked_for = |event: &AppEvent| {
        equals("EventType", &event.event_type)
            && equals("ObjectKind", &event.object_kind)
            && begins("ObjectName", &event.object_name)
            && begins("Reason", &event.reason)
    };
    let events = applications.iter().filter(is_here).flat_map(|application| application.all_events());
    let events: Vec<_> = events.filter(is_asked_for).collect();
    Ok(json!({ "Data": {
        "CurrentPage": page.number,
        "PageSize": page.size,
        "TotalSize": events.len(),
        "AppEventEntity": page.of(&events),
    }}))
}
