//! A diagnosis in one sentence.

use super::words::{of_change, of_event};
use crate::api::{DiagnosedEvent, Diagnosis};

/// What a diagnosis says, the change order before the most frequent reason; `None` where it has neither.
pub(super) fn sentence(diagnosis: &Diagnosis) -> Option<String> {
    diagnosis.change.as_ref().map(of_change).or_else(|| of_most(&diagnosis.events))
}

/// The most frequent reason, with the newest warning that has it. Of reasons as frequent, that of the newest warning.
fn of_most(events: &[DiagnosedEvent]) -> Option<String> {
    let with_reason = |reason: &str| {
        let events = events.iter().filter(move |event| event.reason == reason);
        events.fold((0_i64, -1_i64), |(count, others), event| {
            (count.saturating_add(event.count), others.saturating_add(1))
        })
    };
    // The last of equals is the greatest, and the first warning is the newest.
    let most = events.iter().rev().max_by_key(|event| with_reason(&event.reason).0)?;
    let newest = events.iter().find(|event| event.reason == most.reason)?;
    let (count, others) = with_reason(&newest.reason);
    Some(of_event(newest, count, others))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn said(change: &Value, events: &Value) -> Option<String> {
        let time = "2026-11-30T06:05:00Z";
        let diagnosis = json!({"at": time, "since": time, "change": change, "events": events});
        sentence(&serde_json::from_value(diagnosis).unwrap())
    }

    fn warning(reason: &str, object: &str, count: i64) -> Value {
        json!({"reason": reason, "object": object, "count": count, "message": format!("of {object}")})
    }

    #[test]
    fn the_change_order_comes_first_in_plain_words() {
        let change = |status: Option<&str>| {
            let change = json!({"id": "7f2a", "type": "CoDeploy", "status": status});
            said(&change, &json!([warning("FailedScheduling", "Pod/a", 9)])).unwrap()
        };
        for (status, words) in [
            (Some("Preparing"), "is being prepared"),
            (Some("Running"), "is running"),
            (Some("Succeeded"), "succeeded"),
            (Some("Failed"), "failed"),
            (Some("Aborted"), "was aborted"),
            (Some("WaitingForConfirmation"), "waits to be confirmed"),
            (Some("WaitingForBatch"), "waits for its next batch"),
            (Some("SystemFailure"), "failed within SAE"),
            (Some("AwaitingApproval"), "waits to be approved"),
            (Some("Approved"), "is approved"),
            (Some("42"), "has the status 42"),
            (None, "has no status"),
        ] {
            assert_eq!(change(status), format!("Change order CoDeploy 7f2a {words}"));
        }
        let whole = json!({"id": "7f2a", "createdAt": "2026-11-30 14:03:11", "status": "Failed", "message": "no image"});
        let words = "Change order 7f2a (created 2026-11-30 14:03:11) failed: no image";
        assert_eq!(said(&whole, &json!([])).as_deref(), Some(words));
    }

    #[test]
    fn without_one_the_most_frequent_reason_does() {
        for (events, words) in [
            (json!([warning("BackOff", "Pod/a", 1)]), "BackOff on Pod/a: of Pod/a"),
            (
                json!([
                    warning("BackOff", "Pod/a", 3),
                    warning("Unhealthy", "Pod/b", 2),
                    warning("Unhealthy", "Pod/c", 2)
                ]),
                "Unhealthy 4 times on Pod/b and 1 other: of Pod/b",
            ),
            (
                json!([warning("BackOff", "Pod/a", 2), warning("Unhealthy", "Pod/b", 2)]),
                "BackOff 2 times on Pod/a: of Pod/a",
            ),
            (
                json!([warning("A", "Pod/a", i64::MAX), warning("A", "Pod/b", 1)]),
                "A 9223372036854775807 times on Pod/a and 1 other: of Pod/a",
            ),
        ] {
            assert_eq!(said(&json!(null), &events).as_deref(), Some(words));
        }
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(said(&json!(null), &json!([])), None);
    }
}
