//! A diagnosis for people, on a terminal.

use super::words::{of_change, of_event};
use crate::api::{Diagnosis, Incomplete};

/// What a diagnosis says, a line each: the change order, the warnings, what is missing and what to do about it. When SAE
/// was asked, and since when the application is unwell, is left to who prints it.
pub(crate) fn explain(diagnosis: &Diagnosis) -> Vec<String> {
    let Diagnosis { at: _, since: _, change, events, incomplete } = diagnosis;
    let mut lines: Vec<String> = change.iter().map(of_change).collect();
    for event in events {
        let last = event.last_at.map(|at| format!(" (last at {})", at.0)).unwrap_or_default();
        lines.push(format!("{}{last}", of_event(event, event.count, 0)));
    }
    if lines.is_empty() && incomplete.is_none() {
        lines.push("SAE names no change order of the 24 hours before, and no warning".into());
    }
    lines.extend(incomplete.map(|missing| format!("Incomplete: {}", advice(missing))));
    lines
}

/// What is missing, and what to do about it.
fn advice(missing: Incomplete) -> &'static str {
    match missing {
        Incomplete::AccessDenied => {
            "SAE denies a part; allow the RAM user or role sae:ListChangeOrders, sae:DescribeChangeOrder and \
             sae:ListAppEvents"
        }
        Incomplete::Throttled => "the account was over its quota; SAE's console shows the rest",
        Incomplete::Failed => "SAE failed, or did not answer in time; its console may show the rest",
        Incomplete::Unreadable => "an answer of SAE could not be read; please report it",
        Incomplete::NamespaceUnknown => {
            "without the application's namespace SAE names no warnings; allow the RAM user or role \
             sae:ListApplications, or name the application by appName and namespaceId"
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn explained(said: &Value) -> Vec<String> {
        let mut diagnosis = json!({"at": "2026-11-30T06:05:00Z", "since": "2026-11-30T06:04:00Z"});
        diagnosis.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        explain(&serde_json::from_value(diagnosis).unwrap())
    }

    #[test]
    fn a_person_reads_what_happened_and_what_to_do() {
        let lines = explained(&json!({
            "change": {"id": "7f2a", "type": "CoDeploy", "status": "Failed", "createdAt": "2026-11-30 14:03:11",
                "message": "image pull timed out"},
            "events": [
                {"reason": "FailedScheduling", "object": "Pod/shop-7d", "count": 12, "message": "0/3 nodes are available",
                    "cause": "the zone has no capacity", "lastAt": "2026-11-30T06:04:59Z"},
                {"reason": "", "object": "", "count": 1},
            ],
            "incomplete": "Throttled",
        }));
        assert_eq!(
            lines,
            [
                "Change order CoDeploy 7f2a (created 2026-11-30 14:03:11) failed: image pull timed out",
                "FailedScheduling 12 times on Pod/shop-7d: 0/3 nodes are available; cause: the zone has no capacity \
                 (last at 2026-11-30T06:04:59Z)",
                "A warning",
                "Incomplete: the account was over its quota; SAE's console shows the rest",
            ]
        );
    }

    #[test]
    fn a_diagnosis_always_says_something() {
        assert_eq!(
            explained(&json!({})),
            ["SAE names no change order of the 24 hours before, and no warning"]
        );
        let lines = explained(&json!({"incomplete": "AccessDenied"}));
        assert!(lines.len() == 1 && lines[0].contains("sae:ListAppEvents"), "{lines:?}");
    }
}
