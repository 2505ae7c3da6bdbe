//! What a status says, as numbers: whether there is anything to write is one comparison, and the store need not keep
//! what was written last.
//!
//! They are compared within one process alone, and made at every poll: so they are plain hashes of the fields, where a
//! checksum of their JSON would cost more than all the rest of a decision.

use super::fingerprint::fingerprint;
use crate::api::{Condition, InstanceStatus, SaeAppWatchStatus, TellTime, Time, Transition};

/// What a list of the status says: with the messages, and without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ListDigest {
    /// Of every field but the message. A moved message alone is no reason to write (contract §2).
    pub meaning: u64,
    /// Of every field: whether somebody else wrote into the list.
    pub bytes: u64,
}

impl ListDigest {
    /// The digest of a list.
    pub fn of(list: &[InstanceStatus]) -> Self {
        let mut digest = Self::default();
        for instance in list {
            digest.add(instance);
        }
        digest
    }

    /// Makes the digest that of no list: what was read is none that this version would write.
    pub fn spoil(&mut self) {
        self.meaning = !self.meaning;
        self.bytes = !self.bytes;
    }

    /// Adds the next instance of a list that streams in.
    pub fn add(&mut self, instance: &InstanceStatus) {
        self.chain(meaning_of_instance(instance), instance.message.as_deref());
    }

    /// Adds the next instance by what it means and its message.
    pub(super) fn chain(&mut self, meaning: u64, message: Option<&str>) {
        self.meaning = fingerprint(&(self.meaning, meaning));
        self.bytes = fingerprint(&(self.bytes, meaning, message));
    }
}

fn meaning_of_instance(instance: &InstanceStatus) -> u64 {
    let InstanceStatus {
        id,
        group_id,
        state,
        reason,
        since,
        container_status,
        health_status,
        main_container_status,
        restarts,
        ip,
        eip,
        v_switch_id,
        image,
        package_version,
        created_at,
        finished_at,
        debug,
        traffic_status,
        sidecars,
        tags,
        message: _,
    } = instance;
    fingerprint(&(
        (id, group_id, state, reason, second(since)),
        (container_status, health_status, main_container_status, restarts),
        (ip, eip, v_switch_id, image, package_version),
        (created_at.as_ref().map(second), finished_at.as_ref().map(second)),
        (debug, traffic_status, sidecars, tags),
    ))
}

/// What a status says: all but the list and the two times that a heartbeat moves. How long the data stays fresh is
/// part of it, so that a changed interval shows at once.
pub fn meaning_of(status: &SaeAppWatchStatus) -> u64 {
    let SaeAppWatchStatus {
        health,
        ready,
        reason,
        region,
        group_count,
        conditions,
        counts,
        groups,
        instances: _,
        instances_omitted,
        revision,
        observed_generation,
        observed_at,
        stale_after,
        last_transition_at,
        desired_since,
        streak,
        verdict,
        versions,
        effective_interval,
        told,
        recent_transitions,
        last_handled_request,
    } = status;
    let fresh_for = observed_at.as_ref().zip(stale_after.as_ref());
    let fresh_for = fresh_for.map(|(observed, stale)| second(stale) - second(observed));
    let conditions: Vec<_> = conditions
        .iter()
        .map(|condition| {
            let Condition { last_transition_time, message, observed_generation, reason, status, type_ } =
                condition;
            (second(last_transition_time), message, observed_generation, reason, status, type_)
        })
        .collect();
    let transitions: Vec<_> = recent_transitions
        .iter()
        .map(|transition| {
            let Transition { at, from, to, reason } = transition;
            (second(at), from, to, reason)
        })
        .collect();
    let tell = |told: &Option<TellTime>| {
        told.as_ref().map(|TellTime { present, at }| (*present, at.as_ref().map(second)))
    };
    fingerprint(&(
        (health, ready, reason, region, group_count, conditions, counts, groups),
        (instances_omitted, revision, observed_generation, observed_at.is_some(), fresh_for),
        (last_transition_at.as_ref().map(second), desired_since.as_ref().map(second)),
        (streak, verdict.as_ref().map(|verdict| (verdict.outcome, second(&verdict.since))), versions),
        (effective_interval, told.as_ref().map(|told| (tell(&told.crash_looping), tell(&told.image_pull)))),
        (transitions, last_handled_request),
    ))
}

/// A time as it is stored: in whole seconds.
fn second(time: &Time) -> i64 {
    time.0.as_second()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn status() -> Value {
        serde_json::from_str::<Value>(include_str!("../api/usual_watch.json")).unwrap()["status"].take()
    }

    /// Every value within, as the path to it.
    fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| leaves(value, &format!("{path}/{name}"), found));
            }
            Value::Array(entries) => {
                entries
                    .iter()
                    .enumerate()
                    .for_each(|(n, value)| leaves(value, &format!("{path}/{n}"), found));
            }
            _ => found.push(path.to_owned()),
        }
    }

    fn changed(value: &Value) -> Value {
        match value {
            Value::Bool(is) => json!(!is),
            Value::Number(number) => json!(number.as_i64().unwrap() + 7),
            Value::String(text) if text.ends_with('Z') => json!("2031-01-01T00:00:00Z"),
            Value::String(text) if text == "good" => json!("bad"),
            Value::String(text) if ["Healthy", "Unknown"].contains(&text.as_str()) => json!("Degraded"),
            Value::String(text) => json!(format!("{text}1")),
            other => other.clone(),
        }
    }

    #[test]
    fn every_field_of_a_status_has_a_meaning_but_the_times_of_a_heartbeat() {
        let status = status();
        let read = |status: &Value| meaning_of(&serde_json::from_value(status.clone()).unwrap());
        let mut paths = Vec::new();
        leaves(&status, "", &mut paths);
        assert!(paths.len() > 50);
        for path in paths {
            let mut other = status.clone();
            let field = other.pointer_mut(&path).unwrap();
            *field = changed(field);
            assert_ne!(read(&other), read(&status), "{path}");
        }
        let mut later = status.clone();
        later["observedAt"] = json!("2026-11-22T08:05:00Z");
        later["staleAfter"] = json!("2026-11-22T08:13:00Z");
        assert_eq!(read(&later), read(&status), "a heartbeat");
    }
}
