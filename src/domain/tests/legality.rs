//! The checker of illegal conditions itself: it must be able to say no.

use serde_json::{Value, json};

use crate::domain::fixtures::illegal_conditions::illegal_conditions;

/// A watch of generation 2 with these conditions, as `(type, status, generation)`.
fn object(observed: i64, suspend: bool, conditions: &[(&str, &str, i64)]) -> Value {
    let conditions = conditions.iter().map(|(name, status, generation)| {
        json!({"type": name, "status": status, "observedGeneration": generation, "reason": "Word"})
    });
    json!({
        "metadata": {"generation": 2}, "spec": {"suspend": suspend},
        "status": {"observedGeneration": observed, "conditions": conditions.collect::<Vec<_>>()},
    })
}

const APP: (&str, &str, i64) = ("AppHealthy", "True", 2);

#[test]
fn every_row_of_the_contract_is_legal() {
    for (observed, suspend, conditions) in [
        (-1, false, vec![("Ready", "Unknown", 2), APP, ("Reconciling", "True", 2)]),
        (2, false, vec![("Ready", "True", 2), APP]),
        (2, true, vec![APP]),
        (1, false, vec![APP]),
        (2, true, vec![("Ready", "True", 2), APP]),
        (1, false, vec![("Ready", "True", 1), ("AppHealthy", "True", 2)]),
        (2, false, vec![("Ready", "False", 2), APP, ("Reconciling", "True", 2)]),
        (2, false, vec![("Ready", "False", 2), APP, ("Stalled", "True", 2)]),
        (2, false, vec![("Ready", "Unknown", 2), APP, ("Reconciling", "True", 2)]),
    ] {
        let object = object(observed, suspend, &conditions);
        assert_eq!(illegal_conditions(&object), Vec::<String>::new(), "{object}");
    }
    assert_eq!(illegal_conditions(&json!({"metadata": {"generation": 1}})), Vec::<String>::new());
}

#[test]
fn every_rule_can_be_broken() {
    for (rule, observed, suspend, conditions) in [
        ("FAIL0001", 2, false, vec![("Ready", "True", 2), APP, ("Reconciling", "True", 2)]),
        ("FAIL0001", 2, false, vec![("Ready", "True", 2), APP, ("Stalled", "True", 2)]),
        ("FAIL0002", 2, false, vec![APP]),
        ("FAIL0002", -1, false, vec![APP]),
        ("AppHealthy is absent", 2, false, vec![("Ready", "True", 2)]),
        ("FAIL0003", 2, false, vec![APP, ("Reconciling", "True", 2)]),
        ("FAIL0004", 2, false, vec![("Ready", "Unknown", 2), APP, ("Stalled", "True", 2)]),
        (
            "FAIL0005",
            2,
            false,
            vec![("Ready", "False", 2), APP, ("Stalled", "True", 2), ("Reconciling", "True", 2)],
        ),
        ("FAIL0006", 3, false, vec![("Ready", "True", 2), APP]),
        ("FAIL0008", 2, false, vec![("Ready", "True", 2), ("AppHealthy", "True", 1)]),
        ("FAIL0011", 1, false, vec![("Ready", "Unknown", 2), APP]),
        ("WARN0003", 2, false, vec![("Ready", "True", 2), APP, ("Reconciling", "False", 2)]),
        ("WARN0004", 2, false, vec![("Ready", "True", 2), APP, ("Stalled", "False", 2)]),
        ("WARN0005", 2, false, vec![("Ready", "True", 0), APP]),
        ("not there yet", 1, false, vec![("Ready", "True", 3), APP]),
        ("suspended", 2, true, vec![("Ready", "False", 2), APP, ("Stalled", "True", 2)]),
    ] {
        let faults = illegal_conditions(&object(observed, suspend, &conditions));
        assert!(faults.iter().any(|fault| fault.contains(rule)), "{rule}: {faults:?}");
    }
}
