//! Which rule gave an instance its state, in words.

use crate::api::{HealthRules, InstanceStatus};
use crate::domain::instance::{DEADLINE_EXCEEDED, apply_rules};
use crate::domain::{ObservedInstance, Rule};

/// The words that SAE said of an instance, and the rule that they fit.
pub(super) fn rule_text(listed: &InstanceStatus, observed: &ObservedInstance, rules: &HealthRules) -> String {
    let rule = if listed.reason == DEADLINE_EXCEEDED {
        Rule::DeadlineExceeded
    } else {
        apply_rules(observed, rules).0
    };
    // As the status has them: cleaned, so that no word of SAE's can steer a terminal.
    let main =
        listed.main_container_status.as_ref().filter(|main| Some(*main) != listed.container_status.as_ref());
    let words = [
        ("container", listed.container_status.as_ref()),
        ("main", main),
        ("health", listed.health_status.as_ref()),
    ];
    let words = words.into_iter().filter_map(|(what, word)| Some(format!("{what} {}", word?)));
    format!("{}: {rule}", words.collect::<Vec<_>>().join(", "))
}
