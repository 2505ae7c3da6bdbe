//! Values of flags that need more than one word to check.

use std::time::Duration;

use crate::api::{GoDuration, InvalidDuration};

/// Reads `--heartbeat`.
pub(super) fn parse_heartbeat(text: &str) -> Result<GoDuration, String> {
    let heartbeat: GoDuration = text.parse().map_err(|error: InvalidDuration| error.to_string())?;
    if (Duration::from_secs(30)..=Duration::from_secs(3600)).contains(&heartbeat.value()) {
        Ok(heartbeat)
    } else {
        Err("expected a duration from 30s to 1h".into())
    }
}

/// Reads `--watch-label-selector` as far as to see that the API server will take it.
pub(super) fn parse_selector(text: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/'))
    };
    let is_requirement = |requirement: &str| {
        let requirement = requirement.trim();
        let set = [" notin ", " in "].iter().find_map(|word| requirement.split_once(word));
        if let Some((key, values)) = set {
            let values = values.trim().strip_prefix('(').and_then(|values| values.strip_suffix(')'));
            return is_name(key.trim())
                && values.is_some_and(|values| values.split(',').all(|v| is_name(v.trim())));
        }
        let (key, value) = ["!=", "==", "="]
            .iter()
            .find_map(|sign| requirement.split_once(sign))
            .unwrap_or((requirement.strip_prefix('!').unwrap_or(requirement), ""));
        is_name(key.trim()) && (value.trim().is_empty() || is_name(value.trim()))
    };
    if split_outside_parentheses(text).all(is_requirement) {
        Ok(text.to_owned())
    } else {
        Err("expected one such as team=shop,tier!=dev or env in (a,b)".into())
    }
}

/// The requirements of a selector: commas inside parentheses separate values.
fn split_outside_parentheses(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth <= 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_what_kubectl_takes() {
        for good in [
            "team=shop",
            "team==shop,tier!=dev",
            "!legacy",
            "a.b/c",
            "env in (a, b),x",
            "env notin (a)",
            "x=",
        ] {
            assert!(parse_selector(good).is_ok(), "{good}");
        }
        for bad in ["", ",", "a in", "a in b", "a in (b", "a=b=c", "a b", "=x", "a=(b)"] {
            assert!(parse_selector(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_heartbeat_is_between_30_seconds_and_an_hour() {
        for (text, is_good) in [("30s", true), ("1h", true), ("29s", false), ("61m", false), ("5", false)] {
            assert_eq!(parse_heartbeat(text).is_ok(), is_good, "{text}");
        }
    }
}
