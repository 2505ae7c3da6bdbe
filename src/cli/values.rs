//! Values of flags that need more than one word to check.

use std::time::Duration;

use kube::core::Selector;

use crate::api::{self, GoDuration, InvalidDuration};

/// What the name of an object must be, in the API server's words.
pub(super) const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character";

/// Reads the name of an object of Kubernetes.
pub(super) fn parse_object_name(text: &str) -> Result<String, &'static str> {
    if api::is_subdomain(text) { Ok(text.to_owned()) } else { Err(SUBDOMAIN) }
}

/// Reads `--heartbeat`.
pub(super) fn parse_heartbeat(text: &str) -> Result<GoDuration, String> {
    let heartbeat: GoDuration = text.parse().map_err(|error: InvalidDuration| error.to_string())?;
    if (Duration::from_secs(30)..=Duration::from_secs(3600)).contains(&heartbeat.value()) {
        Ok(heartbeat)
    } else {
        Err("expected a duration from 30s to 1h".into())
    }
}

/// Reads `--watch-label-selector`.
pub(super) fn parse_selector(text: &str) -> Result<Selector, String> {
    api::parse_selector(text).ok_or_else(|| "expected one such as team=shop,tier!=dev or env in (a,b)".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_between_30_seconds_and_an_hour() {
        for (text, is_good) in [("30s", true), ("1h", true), ("29s", false), ("61m", false), ("5", false)] {
            assert_eq!(parse_heartbeat(text).is_ok(), is_good, "{text}");
        }
    }
}
