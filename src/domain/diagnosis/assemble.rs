//! What a status shows of SAE's answers, within its bounds.

use jiff::Timestamp;

use super::{Evidence, events, newest_change};
use crate::api::Diagnosis;

/// The most that a diagnosis takes of a status, in bytes of JSON (contract §14).
const MOST_BYTES: usize = 8 * 1024;

/// The diagnosis of an application whose health is bad, or worse, since then.
pub fn assemble(evidence: &Evidence, since: Timestamp) -> Diagnosis {
    let Evidence { at, orders, message, events } = evidence;
    let message_text = message.as_ref().ok().and_then(Option::as_deref);
    let change = orders.as_ref().ok().and_then(|orders| newest_change(orders, since));
    let incomplete = [orders.as_ref().err(), message.as_ref().err(), events.as_ref().err()];
    let mut diagnosis = Diagnosis {
        at: (*at).into(),
        since: since.into(),
        change: change.map(|order| order.shown(message_text)),
        events: events.as_ref().map_or_else(|_| Vec::new(), |listed| events::shown(listed, since)),
        incomplete: incomplete.into_iter().flatten().next().copied(),
    };
    // The oldest go first. A change order alone can only be too long with a message of characters that are escaped.
    while size(&diagnosis) > MOST_BYTES && diagnosis.events.pop().is_some() {}
    if size(&diagnosis) > MOST_BYTES {
        diagnosis.change.iter_mut().for_each(|change| change.message = None);
    }
    diagnosis
}

/// How long it is as the API server stores it: Go writes these characters as six.
fn size(diagnosis: &Diagnosis) -> usize {
    let json = serde_json::to_string(diagnosis).unwrap_or_default();
    let escaped = json.matches(['<', '>', '&', '\u{2028}', '\u{2029}']).map(|one| 6 - one.len());
    json.len() + escaped.sum::<usize>()
}
