//! The CEL rules of the spec, each with its own sentence.
//!
//! A rule on a range first asks whether the text is a duration at all, so that one mistake gets one sentence
//! and not also the type error of every other rule.

use kube::core::Rule;

/// A CEL expression that is true when `field` holds a duration as [`super::GoDuration`] takes it.
pub(super) fn is_duration(field: &str) -> String {
    format!("{field}.matches('^([0-9]+([.][0-9]+)?(h|m|s|ms))+$')")
}

pub(super) fn duration_shape(name: &str) -> Rule {
    Rule::new(is_duration("self"))
        .message(format!("{name} must be a duration such as 90s, 1m30s or 1.5h").as_str())
}

pub(super) fn duration_range(name: &str, least: &str, most: &str) -> Rule {
    Rule::new(format!(
        "!({}) || (duration(self) >= duration('{least}') && duration(self) <= duration('{most}'))",
        is_duration("self")
    ))
    .message(format!("{name} must be between {least} and {most}").as_str())
}

pub(super) fn int_range(name: &str, least: i32, most: i32) -> Rule {
    Rule::new(format!("self >= {least} && self <= {most}"))
        .message(format!("{name} must be between {least} and {most}").as_str())
}

pub(super) fn timeout_below_interval() -> Rule {
    Rule::new(format!(
        "!({}) || !({}) || duration(self.timeout) < duration(self.interval)",
        is_duration("self.timeout"),
        is_duration("self.interval")
    ))
    .message("timeout must be shorter than interval")
}
