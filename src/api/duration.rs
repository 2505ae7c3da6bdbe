//! Durations as Go and Kubernetes write them (`90s`, `1m30s`), kept as they were written.
//!
//! An operator that rewrites `60m` to `1h` makes every GitOps tool see a difference that nobody made, so the
//! text is the value and the number is derived from it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Units that the resource takes; Go's `ns` and `us` are refused, since nothing here is that short.
const UNITS: [&str; 4] = ["h", "m", "s", "ms"];

/// A positive Go duration: `^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GoDuration {
    text: String,
    value: Duration,
}

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no duration: expected one such as 90s, 1m30s, 1.5h or 500ms")]
pub struct InvalidDuration(String);

impl GoDuration {
    /// The length of time meant.
    pub fn value(&self) -> Duration {
        self.value
    }

    /// The same as a signed duration, for arithmetic with timestamps.
    pub fn signed(&self) -> jiff::SignedDuration {
        jiff::SignedDuration::try_from(self.value).unwrap_or(jiff::SignedDuration::MAX)
    }

    /// A duration of whole seconds, for defaults.
    pub fn from_secs(secs: u64) -> Self {
        Self { text: format!("{secs}s"), value: Duration::from_secs(secs) }
    }
}

impl std::str::FromStr for GoDuration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        let invalid = || InvalidDuration(text.to_owned());
        if !is_plain(text) {
            return Err(invalid());
        }
        let parsed: kube::core::Duration = text.parse().map_err(|_| invalid())?;
        Ok(Self { text: text.to_owned(), value: parsed.into() })
    }
}

/// Whether the text is one or more of number and unit: kube's own parser also takes signs and other units,
/// and adds up what would overflow only in a panic, so long numbers end here.
fn is_plain(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let unit =
            rest[number..].len() - rest[number..].trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (digits, name) = (&rest[..number], &rest[number..number + unit]);
        if number > 12 || !is_decimal(digits) || !UNITS.contains(&name) {
            return false;
        }
        rest = &rest[number + unit..];
    }
    !text.is_empty() && text.len() <= 64
}

fn is_decimal(digits: &str) -> bool {
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match digits.split_once('.') {
        Some((whole, fraction)) => all_digits(whole) && all_digits(fraction),
        None => all_digits(digits),
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
        duration.text
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
        json_schema!({ "type": "string", "maxLength": 64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_as_go_reads_it_and_kept_as_it_was_written() {
        for (text, millis) in
            [("90s", 90_000), ("1m30s", 90_000), ("1.5h", 5_400_000), ("1500ms", 1_500), ("0s", 0)]
        {
            let duration: GoDuration = text.parse().unwrap();
            assert_eq!((duration.value().as_millis(), duration.to_string().as_str()), (millis, text));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_an_example() {
        for bad in
            ["", "60", "-5s", "+5s", "5 s", "s", "1.s", ".5s", "5us", "5d", "99999999999999h", "1e3s", "5s "]
        {
            let error = bad.parse::<GoDuration>().unwrap_err().to_string();
            assert!(error.contains("expected one such as 90s"), "{bad:?}: {error}");
        }
    }
}
