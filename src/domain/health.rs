//! How the application is: the table of contract §4, first rule that fits.

use jiff::Timestamp;

use super::listing::{Judged, describe};
use super::tally::Tally;
use super::text::plural;
use super::{Reason, Truth};
use crate::api::{Counts, Health, HealthRules, InstanceState, Outcome};

/// What one answer says of the application, before any damping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// How it is.
    pub health: Health,
    /// AppHealthy's reason for it.
    pub reason: Reason,
}

/// Assesses the application. `desired_since` is when the desired count was seen to rise.
pub fn assess(
    tally: &Tally,
    rules: &HealthRules,
    desired_since: Option<Timestamp>,
    now: Timestamp,
) -> Assessment {
    let Tally { counts, young_terminating, any_probed } = tally;
    let assessed = |health, reason| Assessment { health, reason };
    let Some(desired) = counts.desired else { return assessed(Health::Unknown, Reason::HealthUnknown) };
    if desired == 0 {
        return assessed(Health::ScaledToZero, Reason::ScaledToZero);
    }

    let needed = needed(desired, rules);
    let bad = counts.failing + counts.unhealthy;
    if counts.ready >= needed && bad <= desired.saturating_sub(needed) {
        return assessed(Health::Healthy, healthy_reason(counts, desired, *any_probed));
    }

    let deadline = rules.progress_deadline.signed();
    let is_rising = desired_since.is_some_and(|since| now.duration_since(since) < deadline);
    let awaited = if is_rising { counts.missing } else { counts.missing.min(*young_terminating) };
    let hoped = counts.ready + counts.starting + awaited;
    if bad + counts.unknown == 0 && hoped >= needed {
        return assessed(Health::Progressing, Reason::InstancesStarting);
    }

    if counts.ready * 100 < desired.saturating_mul(i64::from(unhealthy_below(rules))) {
        return assessed(Health::Unhealthy, unwell_reason(counts));
    }
    assessed(Health::Degraded, unwell_reason(counts))
}

/// How many ready instances it takes: the percentage of the desired ones, rounded up.
pub fn needed(desired: i64, rules: &HealthRules) -> i64 {
    desired.saturating_mul(i64::from(rules.min_healthy_percent)).saturating_add(99) / 100
}

/// Below how many percent of ready instances it is Unhealthy.
pub fn unhealthy_below(rules: &HealthRules) -> i32 {
    rules.unhealthy_below_percent.unwrap_or(rules.min_healthy_percent.min(50))
}

fn healthy_reason(counts: &Counts, desired: i64, any_probed: bool) -> Reason {
    if counts.ready < desired || counts.ready + counts.terminating < counts.total {
        Reason::EnoughInstancesHealthy
    } else if any_probed {
        Reason::AllInstancesHealthy
    } else {
        Reason::RunningWithoutHealthCheck
    }
}

fn unwell_reason(counts: &Counts) -> Reason {
    if counts.failing > 0 {
        Reason::InstancesFailing
    } else if counts.unhealthy > 0 {
        Reason::InstancesUnhealthy
    } else if counts.total == 0 {
        Reason::NoInstances
    } else {
        Reason::InsufficientInstances
    }
}

/// The sentence behind AppHealthy: how many of how many, and up to three of the worst by name.
pub fn explain(assessment: &Assessment, counts: &Counts, groups: i64, worst: &[Judged]) -> String {
    let Some(desired) = counts.desired else {
        return if groups == 0 {
            "SAE lists no instance group for this application".into()
        } else {
            "SAE does not say how many instances are wanted, and none is there to count".into()
        };
    };
    match assessment.health {
        Health::ScaledToZero => return "no instance is wanted".into(),
        Health::Unknown => return "the health of the application is unknown".into(),
        Health::Healthy | Health::Progressing | Health::Degraded | Health::Unhealthy => {}
    }
    let mut sentence = format!("{} of {} ready", counts.ready, plural(desired, "instance"));
    for (amount, word) in [
        (counts.failing, "failing"),
        (counts.unhealthy, "unhealthy"),
        (counts.unknown, "unknown"),
        (counts.starting, "starting"),
        (counts.missing, "missing"),
    ] {
        if amount > 0 {
            sentence.extend([", ", &amount.to_string(), " ", word]);
        }
    }
    if assessment.reason == Reason::RunningWithoutHealthCheck {
        sentence += ", none with a health check";
    }
    let unwell = worst.iter().filter(|one| one.shown.state < InstanceState::Starting);
    let named = unwell.take(3).map(describe).collect::<Vec<_>>().join("; ");
    if named.is_empty() { sentence } else { format!("{sentence}: {named}") }
}

/// Whether a health is well or not, for those that are either.
pub fn verdict_of(health: Health) -> Option<Outcome> {
    match health {
        Health::Healthy | Health::ScaledToZero => Some(Outcome::Good),
        Health::Degraded | Health::Unhealthy => Some(Outcome::Bad),
        Health::Progressing | Health::Unknown => None,
    }
}

/// AppHealthy's status for a health (contract §4).
pub fn truth_of(health: Health) -> Truth {
    match verdict_of(health) {
        Some(Outcome::Good) => Truth::True,
        Some(Outcome::Bad) => Truth::False,
        None => Truth::Unknown,
    }
}
