//! `kubectl saewatch why`: what a watch in the cluster says of its application, and why that is unwell.

use std::fmt::Write as _;

use clap::Args as ClapArgs;
use jiff::Timestamp;

use super::cluster_watch::{ClusterWatch, WatchArgs};
use super::{diagnosis, runtime, stdout};
use crate::api::{Diagnosis, Health, SaeAppWatch, SaeAppWatchStatus};
use crate::domain::Reason;
use crate::domain::diagnosis::{ASKED_WITHIN, Mark, bad_since, is_explained};
use crate::domain::text::{NOTE_BYTES, TEXT_BYTES, clean, span};

/// Say why the application of a watch is unwell, as its status has it; SAE is not asked
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    watch: WatchArgs,
}

/// Prints what the watch says.
///
/// # Errors
/// When the watch cannot be read, or nothing can be printed.
pub(super) fn why(args: &Args) -> anyhow::Result<()> {
    let watch = runtime::run_alone(async { ClusterWatch::connect(&args.watch).await?.read().await })??;
    stdout::print(&describe(&watch, Timestamp::now()))?;
    Ok(())
}

/// What the watch says, in the order in which a person asks: how is it, since when, why.
fn describe(watch: &SaeAppWatch, now: Timestamp) -> String {
    let SaeAppWatch { metadata, spec: _, status } = watch;
    let [namespace, name] = [&metadata.namespace, &metadata.name].map(|it| it.as_deref().unwrap_or_default());
    let unknown = SaeAppWatchStatus::default();
    let status = status.as_ref().unwrap_or(&unknown);
    let mut text = format!("{namespace}/{name}");
    if let Some(app) = &status.app {
        let _ = write!(text, ", application {}", clean(app, TEXT_BYTES));
    }
    let _ = write!(text, ": {}", status.health.map_or("not observed yet", Health::as_str));
    if let Some(ready) = &status.ready_instances {
        let _ = write!(text, ", {} instances ready", clean(ready, TEXT_BYTES));
    }
    if let Some(since) = &status.last_transition_at {
        let _ = write!(text, ", since {} ({} ago)", since.0, span(now.duration_since(since.0)));
    }
    text.push('\n');
    let reason = [&status.reason, &status.message].into_iter().flatten();
    let reason = reason.map(|part| clean(part, NOTE_BYTES)).collect::<Vec<_>>().join(": ");
    if !reason.is_empty() {
        let _ = writeln!(text, "{reason}");
    }
    let _ = write!(text, "\n{}", of_diagnosis(status, now));
    text
}

/// What the diagnosis says and what it is of, or why there is none.
fn of_diagnosis(status: &SaeAppWatchStatus, now: Timestamp) -> String {
    let said = status.diagnosis.as_deref();
    let mut text = said.map(|said| whole(said, now)).unwrap_or_default();
    let stored = said.map(Mark::from);
    let since = bad_since(status);
    let word = if stored.is_some() { "It is of an earlier time" } else { "There is no diagnosis" };
    let missing = match since {
        Some(_) if stored.is_some_and(|stored| is_explained(status, &stored, now)) => return text,
        Some(_) if status.reason.as_deref() == Some(Reason::Suspended.as_str()) => {
            format!("{word}: SAE is not asked while the watch or its account is suspended")
        }
        Some(since) if now.duration_since(since) <= ASKED_WITHIN => format!(
            "{word}: an operator with --diagnose asks SAE within 30 minutes after {since}, when the quota allows"
        ),
        Some(since) => format!(
            "{word}: SAE is asked within 30 minutes after {since}, and has not answered. The operator runs without --diagnose (in the \
             chart diagnosis.enabled), or the quota did not allow it. kubectl saewatch check --explain asks now"
        ),
        None if stored.is_some() => {
            "The application is well again: the diagnosis stays for an hour".to_owned()
        }
        None if status.health.is_none() => format!("{word}: the operator has observed nothing yet"),
        None => format!("{word}: SAE is asked when an application becomes Degraded or Unhealthy"),
    };
    let _ = writeln!(text, "{missing}");
    text
}

fn whole(said: &Diagnosis, now: Timestamp) -> String {
    let (at, since) = (said.at.0, said.since.0);
    let ago = span(now.duration_since(at));
    format!("What SAE said at {at} ({ago} ago) of what began at {since}:\n{}", diagnosis::lines(said))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SINCE: &str = "2026-11-30T10:00:00Z";

    /// What is said of a watch with this status, at this time.
    fn said(status: &Value, now: &str) -> String {
        let object = json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
            "metadata": {"namespace": "team-a", "name": "shop"},
            "spec": {"appId": "a", "regionId": "cn-hangzhou"},
            "status": status,
        });
        describe(&serde_json::from_value(object).unwrap(), now.parse().unwrap())
    }

    fn with_verdict(outcome: &str, diagnosis: &Value) -> Value {
        json!({"health": if outcome == "bad" { "Degraded" } else { "Healthy" }, "diagnosis": diagnosis,
            "memory": {"verdict": {"outcome": outcome, "since": SINCE}}})
    }

    #[test]
    fn a_watch_without_a_diagnosis_says_why_there_is_none() {
        let mut suspended = with_verdict("bad", &json!(null));
        suspended["reason"] = json!("Suspended");
        for (status, now, expected) in [
            (json!(null), SINCE, "the operator has observed nothing yet"),
            (with_verdict("good", &json!(null)), SINCE, "SAE is asked when an application becomes Degraded"),
            (with_verdict("bad", &json!(null)), "2026-11-30T10:20:00Z", "asks SAE within 30 minutes after"),
            (with_verdict("bad", &json!(null)), "2026-11-30T11:00:00Z", "runs without --diagnose"),
            (
                suspended.clone(),
                "2026-11-30T10:20:00Z",
                "SAE is not asked while the watch or its account is suspended",
            ),
            (
                suspended,
                "2026-11-30T11:00:00Z",
                "SAE is not asked while the watch or its account is suspended",
            ),
        ] {
            let text = said(&status, now);
            assert!(text.contains("There is no diagnosis") && text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_diagnosis_says_what_it_is_of() {
        let of = |since: &str| json!({"at": "2026-11-30T10:01:00Z", "since": since});
        let now = "2026-11-30T10:20:00Z";
        let text = said(&with_verdict("bad", &of(SINCE)), now);
        assert!(text.contains("(19m ago) of what began at 2026-11-30T10:00:00Z:\n  "), "{text}");
        assert!(!text.contains("earlier time") && !text.contains("well again"), "{text}");
        let mut worse_again = with_verdict("bad", &of("2026-11-30T10:05:00Z"));
        worse_again["recentTransitions"] =
            json!([{"at": "2026-11-30T10:15:00Z", "from": "Degraded", "to": "Unhealthy", "reason": "R"}]);
        let text = said(&worse_again, now);
        assert!(!text.contains("earlier time") && !text.contains("has not answered"), "{text}");
        let text = said(&with_verdict("bad", &of("2026-11-30T09:00:00Z")), now);
        assert!(text.contains("It is of an earlier time: an operator with --diagnose asks"), "{text}");
        let text = said(&with_verdict("good", &of("2026-11-30T09:00:00Z")), now);
        assert!(text.contains("The application is well again"), "{text}");
    }
}
