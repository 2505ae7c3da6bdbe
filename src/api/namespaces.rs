//! Which namespaces may use an account.

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// The name of a namespace, the beginning of names followed by one `*`, or `*` for all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NamespacePattern(String);

/// A text that is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no pattern of namespaces: expected {EXPECTED}")]
pub struct InvalidPattern(String);

const EXPECTED: &str = "a namespace, the beginning of names and one *, or *";
const RULE: &str = r"self.matches('^([*]|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?|[a-z0-9][a-z0-9-]{0,61}[*])$')";
/// The longest name of a namespace, as Kubernetes has it.
const MAX_LENGTH: usize = 63;

impl NamespacePattern {
    /// Whether this is `*`.
    pub(crate) fn is_all(&self) -> bool {
        self.0 == "*"
    }

    /// Whether a namespace is among those that any of these stands for.
    pub(crate) fn any_allows(patterns: &BTreeSet<Self>, namespace: &str) -> bool {
        patterns.iter().any(|pattern| pattern.allows(namespace))
    }

    /// Whether a namespace is among those that it stands for.
    pub(crate) fn allows(&self, namespace: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => namespace.starts_with(beginning),
            None => self.0 == namespace,
        }
    }
}

impl std::str::FromStr for NamespacePattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let name = text.strip_suffix('*').unwrap_or(text);
        let is_prefix = name.len() < text.len();
        let begins_well = name.bytes().next().map_or(is_prefix, is_letter);
        let ends_well = is_prefix || name.bytes().next_back().is_some_and(is_letter);
        let fits = begins_well
            && ends_well
            && text.len() <= MAX_LENGTH
            && name.bytes().all(|b| is_letter(b) || b == b'-');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidPattern(text.to_owned())) }
    }
}

impl<'de> Deserialize<'de> for NamespacePattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for NamespacePattern {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "pattern of namespaces".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "maxLength": MAX_LENGTH,
            "x-kubernetes-validations": [{ "rule": RULE, "message": format!("must be {EXPECTED}") }]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_a_beginning_or_all() {
        let rule = RULE.strip_prefix("self.matches('").and_then(|rest| rest.strip_suffix("')")).unwrap();
        let rule = regex::Regex::new(rule).unwrap();
        let long = "a".repeat(63);
        let (longest_prefix, too_long) = (format!("{}*", "a".repeat(62)), "a".repeat(64));
        for good in ["*", "a", "team-a", "team-*", "team-a*", &long, &longest_prefix] {
            assert!(good.parse::<NamespacePattern>().is_ok() && rule.is_match(good), "{good:?}");
        }
        for bad in ["", "-a", "a-", "A", "*a", "a*b", "**", "-*", "a.b", "a_b", &too_long] {
            assert!(bad.parse::<NamespacePattern>().is_err() && !rule.is_match(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_pattern_allows_what_it_stands_for() {
        let allows =
            |pattern: &str, namespace| pattern.parse::<NamespacePattern>().unwrap().allows(namespace);
        assert!(allows("*", "team-a") && allows("team-a", "team-a") && allows("team-*", "team-a"));
        assert!(allows("team-*", "team-"), "the beginning itself");
        assert!(!allows("team-a", "team-ab") && !allows("team-*", "teams") && !allows("team-*", "my-team-a"));
    }
}
