//! Numbers that stand for something longer which is only compared, within one process: whether there is anything to
//! write is one comparison, and the store need not keep what was written last.

use std::hash::{BuildHasher, Hash};

use foldhash::quality::FixedState;

use super::ObservedInstance;
use crate::api::{Condition, InstanceStatus, SaeAppWatchStatus};

/// The fingerprint of something. That two things share one has a chance of 1 in 2^64.
pub fn fingerprint(of: &impl Hash) -> u64 {
    FixedState::default().hash_one(of)
}

/// The same for things in whatever order.
pub fn fingerprint_unordered(of: &[impl Hash]) -> u64 {
    sum(of.iter().map(fingerprint))
}

fn sum(fingerprints: impl Iterator<Item = u64>) -> u64 {
    fingerprints.fold(0, u64::wrapping_add)
}

/// The fingerprint of what a revision says of observed instances: neither their order, nor messages and times.
pub fn instances_fingerprint(instances: &[ObservedInstance]) -> u64 {
    let one = |instance: &ObservedInstance| {
        let ObservedInstance {
            id,
            group_id,
            container,
            main,
            health,
            restarts,
            ip,
            eip,
            v_switch_id,
            image,
            package_version,
            created_at: _,
            finished_at: _,
            debug,
            traffic_status,
            sidecars,
            tags,
            message: _,
        } = instance;
        fingerprint(&(
            (id, group_id, container, main, health, restarts, ip, eip, v_switch_id),
            (image, package_version, debug, traffic_status),
            (fingerprint_unordered(sidecars), fingerprint_unordered(tags)),
        ))
    };
    sum(instances.iter().map(one))
}

/// The fingerprints of a list of instances: with the messages, and without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ListFingerprint {
    /// Of every field but the message. A moved message alone is no reason to write (contract §2).
    pub without_messages: u64,
    /// Of every field: whether another writer changed the list.
    pub whole: u64,
}

/// Adds the fingerprint of the next instance to that of a list, message or not.
fn extend(list: u64, instance: u64) -> u64 {
    fingerprint(&(list, instance))
}

/// The fingerprint of a list whose instances have these ones.
pub fn list_fingerprint(instances: impl IntoIterator<Item = u64>) -> u64 {
    instances.into_iter().fold(0, extend)
}

impl ListFingerprint {
    /// The fingerprints of a list.
    pub fn new(list: impl IntoIterator<Item = InstanceStatus>) -> Self {
        let mut fingerprint = Self::default();
        list.into_iter().for_each(|instance| fingerprint.add(instance));
        fingerprint
    }

    /// Adds the next instance of a list that streams in.
    pub fn add(&mut self, mut instance: InstanceStatus) {
        self.whole = extend(self.whole, fingerprint(&instance));
        instance.message = None;
        self.without_messages = extend(self.without_messages, fingerprint(&instance));
    }

    /// Makes it that of no list: what was read is none that this version would write.
    pub fn invalidate(&mut self) {
        self.without_messages = !self.without_messages;
        self.whole = !self.whole;
    }
}

/// The fingerprint of a status: all but the list and the two times that a heartbeat moves. How long the data stays
/// fresh is part of it, so that a changed interval shows at once.
pub fn status_fingerprint(status: &SaeAppWatchStatus) -> u64 {
    let SaeAppWatchStatus {
        health,
        ready_instances,
        reason,
        message,
        app,
        app_id,
        app_name,
        namespace_id,
        account,
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
        effective_interval,
        memory,
        recent_transitions,
        last_handled_request,
        // It is written apart from the rest, and not compared with.
        diagnosis: _,
    } = status;
    let fresh_for = observed_at.zip(*stale_after).map(|(observed, stale)| stale.0.duration_since(observed.0));
    let conditions: Vec<_> = conditions
        .iter()
        .map(|condition| {
            let Condition { last_transition_time, message, observed_generation, reason, status, type_ } =
                condition;
            (last_transition_time.0, message, observed_generation, reason, status, type_)
        })
        .collect();
    fingerprint(&(
        (health, ready_instances, reason, message, account, region, group_count, conditions),
        (app, app_id, app_name, namespace_id),
        (counts, groups, instances_omitted, revision),
        (observed_generation, observed_at.is_some(), fresh_for, last_transition_at, memory),
        (effective_interval, recent_transitions, last_handled_request),
    ))
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
    fn every_field_of_a_status_counts_but_the_times_of_a_heartbeat() {
        let status = status();
        let read = |status: &Value| status_fingerprint(&serde_json::from_value(status.clone()).unwrap());
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
