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

/// The message for a spec that names no application, or two.
pub(super) const ONE_APPLICATION: &str = "exactly one of appId and appName must be given";

/// An id says by itself which application is meant.
pub(super) const NAMESPACE_OF_NAME: &str = "namespaceId must only be given with appName";

/// A namespace belongs to one region.
pub(super) const REGION_OF_NAMESPACE: &str =
    "regionId must be the region of namespaceId, which is its part before the colon";

pub(super) fn one_application() -> Rule {
    Rule::new("has(self.appId) != has(self.appName)").message(ONE_APPLICATION)
}

pub(super) fn namespace_of_name() -> Rule {
    Rule::new("!has(self.namespaceId) || has(self.appName)").message(NAMESPACE_OF_NAME)
}

pub(super) fn region_of_namespace() -> Rule {
    Rule::new(
        "!has(self.namespaceId) || !has(self.regionId) || self.namespaceId == self.regionId \
         || self.namespaceId.startsWith(self.regionId + ':')",
    )
    .message(REGION_OF_NAMESPACE)
}

/// On the whole spec: a rule on an optional field is not asked when the field comes or goes. `instead` is what to do.
pub(super) fn immutable(name: &str, instead: &str) -> Rule {
    Rule::new(format!(
        "has(self.{name}) == has(oldSelf.{name}) && (!has(self.{name}) || self.{name} == oldSelf.{name})"
    ))
    .message(format!("{name} is immutable: {instead}").as_str())
}

/// A template that leaves one of the two out means the default of a watch.
pub(super) fn template_timeout() -> Rule {
    Rule::new(format!(
        "!has(self.timeout) || !({}) || (has(self.interval) && !({})) \
         || duration(self.timeout) < duration(has(self.interval) ? self.interval : '60s')",
        is_duration("self.timeout"),
        is_duration("self.interval")
    ))
    .message("timeout must be shorter than interval, which is 60s by default")
}

/// minHealthyPercent is 100 by default, which is above all others.
pub(super) fn template_percentages() -> Rule {
    Rule::new(
        "!has(self.unhealthyBelowPercent) || !has(self.minHealthyPercent) \
         || self.unhealthyBelowPercent <= self.minHealthyPercent",
    )
    .message("unhealthyBelowPercent must not be above minHealthyPercent")
}

/// On the whole object: the names of the watches of a set begin with its name.
pub(super) fn name_length(longest: usize) -> (String, String) {
    (
        format!("self.metadata.name.size() <= {longest}"),
        format!("metadata.name must be at most {longest} characters: the names of the watches begin with it"),
    )
}
