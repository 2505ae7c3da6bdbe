//! Which rule gave an instance its state, in words.

use crate::api::{HealthRules, InstanceStatus};
use crate::domain::instance::{DEADLINE_EXCEEDED, apply_rules};
use crate::domain::{ObservedInstance, Rule};

/// The words that SAE said of an instance, and the rule that they fit.
pub(super) fn explain(listed: &InstanceStatus, observed: &ObservedInstance, rules: &HealthRules) -> String {
    let rule = if listed.reason == DEADLINE_EXCEEDED {
        Rule::DeadlineExceeded
    } else {
        apply_rules(observed, rules).0
    };
    // As the status has them: cleaned, so that no word of SAE's can steer a terminal.
    let said = [
        ("container", &listed.container_status),
        ("main", &listed.main_container_status),
        ("health", &listed.health_status),
    ];
    let said: Vec<String> =
        said.into_iter().filter_map(|(what, word)| Some(format!("{what} {}", word.as_ref()?))).collect();
    format!("{}: {rule}", said.join(", "))
}
