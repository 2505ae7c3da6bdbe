//! Which combinations of conditions no object may show: Flux's condition rules (`fluxcd/pkg`,
//! `runtime/conditions/check`: the numbers below are those of its FAIL and WARN rules) as far as they bind a
//! watch, and the two exceptions of contract §6.
//!
//! It reads a whole object as JSON and needs nothing of this project, so that the unit tests (by
//! `src/domain/fixtures`) and the tests from outside (by `#[path]`) share one copy, whatever client fetched
//! the object.

use serde_json::Value;

/// Every rule that the object breaks, as sentences; empty for a legal one.
///
/// Without any status nothing is wrong yet: nobody has looked.
pub fn illegal_conditions(object: &Value) -> Vec<String> {
    let Some(status) = object.get("status").filter(|status| has_conditions(status)) else {
        return Vec::new();
    };
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default();
    let observed = status.get("observedGeneration").and_then(Value::as_i64).unwrap_or(-1);
    let suspended = object.pointer("/spec/suspend").and_then(Value::as_bool).unwrap_or_default();
    let look = Look {
        ready: find(status, "Ready"),
        reconciling: find(status, "Reconciling"),
        stalled: find(status, "Stalled"),
        app_healthy: find(status, "AppHealthy"),
        all: all(status).collect(),
        generation,
        observed,
        suspended,
    };
    look.faults()
}

/// One look at an object.
struct Look<'a> {
    ready: Option<&'a Value>,
    app_healthy: Option<&'a Value>,
    reconciling: Option<&'a Value>,
    stalled: Option<&'a Value>,
    all: Vec<&'a Value>,
    generation: i64,
    observed: i64,
    suspended: bool,
}

impl Look<'_> {
    fn faults(&self) -> Vec<String> {
        let rules = [
            (
                self.ready.is_none() && !self.suspended,
                "FAIL0002: Ready is absent and the watch not suspended",
            ),
            (self.app_healthy.is_none(), "AppHealthy is absent"),
            (is("True", self.ready) && is("True", self.reconciling), "FAIL0001: Ready and Reconciling"),
            (is("True", self.ready) && is("True", self.stalled), "FAIL0001: Ready and Stalled"),
            // The first exception: while the answer to the spec is awaited, Ready is Unknown and Reconciling
            // True. Afterwards who reconciles is not Ready.
            (
                is("True", self.reconciling)
                    && self.ready.is_some()
                    && !is("False", self.ready)
                    && !self.is_midway(),
                "FAIL0003: Reconciling, and Ready is not False",
            ),
            (
                is("True", self.stalled) && !is("False", self.ready),
                "FAIL0004: Stalled, and Ready is not False",
            ),
            (self.reconciling.is_some() && self.stalled.is_some(), "FAIL0005: both Reconciling and Stalled"),
            (self.observed > self.generation, "FAIL0006: observedGeneration is ahead of the generation"),
            (
                is("Unknown", self.ready) && !is("True", self.reconciling),
                "FAIL0011: Ready is Unknown, and Reconciling is not True",
            ),
            (self.reconciling.is_some() && !is("True", self.reconciling), "WARN0003: Reconciling not True"),
            (self.stalled.is_some() && !is("True", self.stalled), "WARN0004: Stalled is there and not True"),
            // The second exception: a suspended watch without data has no Ready, and nothing that is under way.
            (
                self.suspended
                    && self.observed == self.generation
                    && (self.reconciling.is_some() || self.stalled.is_some()),
                "suspended, and Reconciling or Stalled",
            ),
        ];
        let broken = rules.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, rule)| rule.to_owned());
        broken.chain(self.all.iter().filter_map(|one| self.fault_of(one))).collect()
    }

    /// What is wrong with one condition by itself.
    fn fault_of(&self, condition: &Value) -> Option<String> {
        let name = text(condition, "type");
        let generation = condition.get("observedGeneration").and_then(Value::as_i64).unwrap_or(0);
        let is_settled = is("True", self.ready) && self.observed == self.generation;
        if generation < 1 {
            return Some(format!("WARN0005: {name} has no observedGeneration"));
        }
        if is_settled && generation != self.observed {
            return Some(format!("FAIL0008, FAIL0009: Ready, and {name} is of generation {generation}"));
        }
        if generation > self.generation {
            return Some(format!("{name} is of generation {generation}, which is not there yet"));
        }
        let reason = text(condition, "reason");
        let is_word = reason.starts_with(|c: char| c.is_ascii_uppercase())
            && reason.chars().all(|c| c.is_ascii_alphanumeric());
        (!is_word).then(|| format!("the reason of {name} is no CamelCase word: {reason:?}"))
    }

    /// Whether the spec still waits for its outcome. A changed `--region` is such a wait without a new
    /// generation (contract §5), and Unknown says so.
    fn is_midway(&self) -> bool {
        self.observed < self.generation || is("Unknown", self.ready)
    }
}

fn is(status: &str, condition: Option<&Value>) -> bool {
    condition.is_some_and(|condition| text(condition, "status") == status)
}

fn has_conditions(status: &Value) -> bool {
    status.get("conditions").and_then(Value::as_array).is_some_and(|conditions| !conditions.is_empty())
}

fn all(status: &Value) -> impl Iterator<Item = &Value> {
    status.get("conditions").and_then(Value::as_array).into_iter().flatten()
}

fn find<'a>(status: &'a Value, name: &str) -> Option<&'a Value> {
    all(status).find(|condition| text(condition, "type") == name)
}

fn text<'a>(condition: &'a Value, field: &str) -> &'a str {
    condition.get(field).and_then(Value::as_str).unwrap_or_default()
}
