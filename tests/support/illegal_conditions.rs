//! Which combinations of conditions no object may show: Flux's condition rules (`fluxcd/pkg`,
//! `runtime/conditions/check`: the numbers below are those of its FAIL and WARN rules) as far as they bind a
//! watch, and the exceptions of contract §6.
//!
//! It reads a whole object as JSON and needs nothing of this project, so that the unit tests (by
//! `src/domain/fixtures`) and the tests from outside (by `#[path]`) share one copy, whatever client fetched
//! the object.

use serde_json::Value;

const TRUE: Option<&str> = Some("True");
const FALSE: Option<&str> = Some("False");
const UNKNOWN: Option<&str> = Some("Unknown");

/// Every rule that the object breaks, as sentences; empty for a legal one.
///
/// Without any condition nothing is wrong yet: nobody has looked.
pub fn illegal_conditions(object: &Value) -> Vec<String> {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let Some(conditions) = conditions.filter(|conditions| !conditions.is_empty()) else { return Vec::new() };
    let number = |pointer| object.pointer(pointer).and_then(Value::as_i64);
    let word = |name| conditions.iter().find(|one| text(one, "type") == name).map(|one| text(one, "status"));
    let look = Look {
        ready: word("Ready"),
        app_healthy: word("AppHealthy"),
        reconciling: word("Reconciling"),
        stalled: word("Stalled"),
        generation: number("/metadata/generation").unwrap_or(0),
        observed: number("/status/observedGeneration").unwrap_or(-1),
        suspended: is_suspended(object),
    };
    let single = conditions.iter().filter_map(|condition| look.fault_of(condition));
    look.faults().into_iter().map(str::to_owned).chain(single).collect()
}

/// Whether the watch is suspended, or as its status says its account.
fn is_suspended(object: &Value) -> bool {
    let asks = object.pointer("/spec/suspend").and_then(Value::as_bool).unwrap_or(false);
    asks || object.pointer("/status/reason").and_then(Value::as_str) == Some("Suspended")
}

/// One look at an object: the status of each condition that is there, and whose spec it answers.
struct Look<'a> {
    ready: Option<&'a str>,
    app_healthy: Option<&'a str>,
    reconciling: Option<&'a str>,
    stalled: Option<&'a str>,
    generation: i64,
    observed: i64,
    suspended: bool,
}

impl Look<'_> {
    /// What is wrong with the conditions together.
    fn faults(&self) -> Vec<&'static str> {
        let Self { ready, app_healthy, reconciling, stalled, generation, observed, suspended } = *self;
        let is_answered = observed == generation;
        let is_under_way = reconciling.is_some() || stalled.is_some();
        let rules = [
            (ready.is_none() && !self.may_lack_ready(), "FAIL0002: Ready is absent"),
            (app_healthy.is_none(), "AppHealthy is absent"),
            (ready == TRUE && reconciling == TRUE, "FAIL0001: Ready, and Reconciling"),
            (ready == TRUE && stalled == TRUE, "FAIL0001: Ready, and Stalled"),
            (reconciling == TRUE && !self.may_reconcile(), "FAIL0003: Reconciling, and Ready is not False"),
            (stalled == TRUE && ready != FALSE, "FAIL0004: Stalled, and Ready is not False"),
            (reconciling.is_some() && stalled.is_some(), "FAIL0005: both Reconciling and Stalled"),
            (observed > generation, "FAIL0006: observedGeneration is ahead of the generation"),
            (ready == UNKNOWN && reconciling != TRUE, "FAIL0011: Ready is Unknown, and nothing is under way"),
            (reconciling.is_some() && reconciling != TRUE, "WARN0003: Reconciling is there and not True"),
            (stalled.is_some() && stalled != TRUE, "WARN0004: Stalled is there and not True"),
            (suspended && is_answered && is_under_way, "suspended, and Reconciling or Stalled"),
        ];
        rules.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, rule)| rule).collect()
    }

    /// A suspended watch without data has no Ready, and gets none before somebody has looked at the spec that
    /// resumed it.
    fn may_lack_ready(&self) -> bool {
        self.suspended || (1..self.generation).contains(&self.observed)
    }

    /// While the answer to the spec is awaited, Ready is Unknown. A changed `--region` is such a wait without a
    /// new generation (contract §5).
    fn may_reconcile(&self) -> bool {
        self.ready != TRUE && (self.ready.is_some() || self.observed < self.generation)
    }

    /// What is wrong with one condition by itself.
    fn fault_of(&self, condition: &Value) -> Option<String> {
        let (name, reason) = (text(condition, "type"), text(condition, "reason"));
        let generation = condition.get("observedGeneration").and_then(Value::as_i64).unwrap_or(0);
        let is_answered = self.ready == TRUE && self.observed == self.generation;
        let is_word = reason.starts_with(|c: char| c.is_ascii_uppercase())
            && reason.chars().all(|c| c.is_ascii_alphanumeric());
        if generation < 1 {
            Some(format!("WARN0005: {name} has no observedGeneration"))
        } else if is_answered && generation != self.observed {
            Some(format!("FAIL0008, FAIL0009: Ready, and {name} is of generation {generation}"))
        } else if generation > self.generation {
            Some(format!("{name} is of generation {generation}, which is not there yet"))
        } else if is_word {
            None
        } else {
            Some(format!("the reason of {name} is no CamelCase word: {reason:?}"))
        }
    }
}

fn text<'a>(condition: &'a Value, field: &str) -> &'a str {
    condition.get(field).and_then(Value::as_str).unwrap_or_default()
}
