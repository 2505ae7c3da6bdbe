//! What a status shows of SAE's answers, within its bounds.

use jiff::Timestamp;

use super::{Evidence, events, newest_change};
use crate::api::{Diagnosis, Time};

/// The most that a diagnosis takes of a status, in bytes of JSON (contract §14).
const MOST_BYTES: usize = 8 * 1024;

/// The diagnosis of an application whose health is bad, or worse, since then.
pub fn assemble(evidence: &Evidence, since: Timestamp) -> Diagnosis {
    let Evidence { at, orders, message, events } = evidence;
    let message_text = message.as_ref().ok().and_then(Option::as_deref);
    let change = orders.as_ref().ok().and_then(|orders| newest_change(orders, since));
    let incomplete = [orders.as_ref().err(), message.as_ref().err(), events.as_ref().err()];
    let mut diagnosis = Diagnosis {
        at: Time(*at),
        since: Time(since),
        change: change.map(|order| order.shown(message_text)),
        events: events.as_ref().map_or_else(|_| Vec::new(), |listed| events::shown(listed, since)),
        incomplete: incomplete.into_iter().flatten().next().copied(),
    };
    // The oldest go first.
    while size(&diagnosis) > MOST_BYTES && diagnosis.events.pop().is_some() {}
    diagnosis
}

fn size(diagnosis: &Diagnosis) -> usize {
    serde_json::to_vec(diagnosis).map_or(0, |json| json.len())
}
