//! The events that a diagnosis shows: those of one reason and object as one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::AppEvent;
use super::secrets;
use crate::api::DiagnosedEvent;
use crate::domain::text::{MESSAGE_BYTES, TEXT_BYTES};

/// How many of them are shown.
const SHOWN: usize = 10;
/// How long before the health became bad an event may have come.
const BEFORE: SignedDuration = SignedDuration::from_hours(1);

/// The newest Warning events from an hour before the health became bad, those of one reason and object as one.
pub(super) fn shown(events: &[AppEvent], since: Timestamp) -> Vec<DiagnosedEvent> {
    let mut groups: BTreeMap<(String, String), DiagnosedEvent> = BTreeMap::new();
    let mut events: Vec<(Timestamp, &AppEvent)> = events
        .iter()
        .filter(|event| event.is_warning())
        .filter_map(|event| Some((event.time()?, event)))
        .collect();
    events.sort_by_key(|(at, _)| Reverse(*at));
    for (at, event) in events {
        if since.duration_since(at) > BEFORE {
            continue;
        }
        let (reason, object) = (event.reason(), event.object());
        let first = event.first_at.unwrap_or(at);
        groups
            .entry((reason.clone(), object.clone()))
            .and_modify(|group| group.add(event, first))
            .or_insert_with(|| event.begin(reason, object, (first, at)));
    }
    let mut groups: Vec<DiagnosedEvent> = groups.into_values().collect();
    groups.sort_by_key(|group| Reverse(group.last_at.map(|time| time.0)));
    groups.truncate(SHOWN);
    groups
}

impl AppEvent {
    /// Only those were asked for, but an event without a type may be one.
    fn is_warning(&self) -> bool {
        self.kind.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("Warning"))
    }

    fn time(&self) -> Option<Timestamp> {
        self.last_at.or(self.first_at)
    }

    fn reason(&self) -> String {
        secrets::shown(self.reason.as_deref().unwrap_or_default(), TEXT_BYTES)
    }

    fn object(&self) -> String {
        let parts: Vec<&str> =
            [&self.object_kind, &self.object_name].into_iter().flatten().map(String::as_str).collect();
        secrets::shown(&parts.join("/"), TEXT_BYTES)
    }

    fn begin(&self, reason: String, object: String, (first, last): (Timestamp, Timestamp)) -> DiagnosedEvent {
        DiagnosedEvent {
            reason,
            object,
            message: message(self.message.as_ref()),
            cause: message(self.cause.as_ref()),
            count: 1,
            first_at: Some(first.into()),
            last_at: Some(last.into()),
        }
    }
}

impl DiagnosedEvent {
    /// Takes in an older event of the same reason and object.
    fn add(&mut self, older: &AppEvent, first: Timestamp) {
        self.count += 1;
        self.first_at = self.first_at.min(Some(first.into()));
        self.message = self.message.take().or_else(|| message(older.message.as_ref()));
        self.cause = self.cause.take().or_else(|| message(older.cause.as_ref()));
    }
}

fn message(text: Option<&String>) -> Option<String> {
    text.map(|text| secrets::shown(text, MESSAGE_BYTES)).filter(|text| !text.is_empty())
}
