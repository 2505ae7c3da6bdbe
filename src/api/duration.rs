//! Durations as Go and Kubernetes write them (`90s`, `1m30s`), kept as they were written.
//!
//! An operator that rewrites `60m` to `1h` makes every GitOps tool see a difference that no user made, so the
//! text is the value and the number is derived from it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::parse_duration;

/// The longest text that is taken; the schema says it too.
const MAX_LENGTH: usize = 64;

/// A positive Go duration: `^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GoDuration {
    text: Box<str>,
    nanos: u64,
}

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no duration: expected one such as 90s, 1m30s, 1.5h or 500ms")]
pub struct InvalidDuration(String);

impl GoDuration {
    /// The length of time meant.
    pub fn value(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    /// The same as a signed duration, for arithmetic with timestamps.
    pub fn signed(&self) -> jiff::SignedDuration {
        jiff::SignedDuration::try_from(self.value()).unwrap_or(jiff::SignedDuration::MAX)
    }

    /// A duration of whole seconds, for defaults.
    pub fn from_secs(secs: u64) -> Self {
        Self { text: format!("{secs}s").into(), nanos: secs.saturating_mul(1_000_000_000) }
    }
}

impl std::str::FromStr for GoDuration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        let nanos = Some(text).filter(|text| text.len() <= MAX_LENGTH).and_then(parse_duration::parse);
        let nanos = nanos.ok_or_else(|| InvalidDuration(text.to_owned()))?;
        Ok(Self { text: text.into(), nanos })
    }
}

impl TryFrom<String> for GoDuration {
    type Error = InvalidDuration;
    fn try_from(text: String) -> Result<Self, InvalidDuration> {
        text.parse()
    }
}

impl From<GoDuration> for String {
    fn from(duration: GoDuration) -> Self {
        duration.text.into()
    }
}

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for GoDuration {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "GoDuration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": MAX_LENGTH })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_kept_as_it_was_written() {
        for text in ["90s", "1m30s", "1.5h", "0000000000060s", "20.00000000000s"] {
            assert_eq!(text.parse::<GoDuration>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_an_example() {
        let too_long = format!("{}1s", "0".repeat(63));
        for bad in ["", "60", "soon", "99999999999999h", &too_long] {
            let error = bad.parse::<GoDuration>().unwrap_err().to_string();
            assert!(error.contains("expected one such as 90s"), "{bad:?}: {error}");
        }
    }
}
