//! What the store keeps of a status: its list as facts and checksums, the rest packed.
//!
//! The list can be 256 KiB a watch. It is read once, while it streams in, and only its checksums and some 24
//! bytes an instance stay. The rest is looked at once a poll; spread over some thirty blocks it would take five times
//! the memory.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::packed::Packed;
use crate::api::{InstanceStatus, SaeAppWatchStatus};
use crate::domain::{Fact, Facts, ListDigest};

/// A stored status, its list reduced to what the next decision needs.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    /// All but the list.
    rest: Option<Packed>,
    /// What the list said of each instance.
    pub facts: Facts,
    /// The list's checksums.
    pub list: ListDigest,
}

impl Stored {
    /// All but the list; `None` when there is no status, or none that this version can read.
    pub fn read(&self) -> Option<SaeAppWatchStatus> {
        self.rest.as_ref()?.read()
    }
}

impl<'de> Deserialize<'de> for Stored {
    /// Reads a status as well as it can be read: one that another version wrote, or that was damaged by hand, is
    /// as good as none and is written anew after the next poll.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(StoredVisitor)
    }
}

struct StoredVisitor;

impl<'de> Visitor<'de> for StoredVisitor {
    type Value = Stored;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the status of a SaeAppWatch")
    }

    fn visit_none<E>(self) -> Result<Stored, E> {
        Ok(Stored::default())
    }

    fn visit_unit<E>(self) -> Result<Stored, E> {
        Ok(Stored::default())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Stored, D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stored, A::Error> {
        let mut rest = Map::new();
        let (mut facts, mut list) = (Facts::default(), ListDigest::default());
        while let Some(key) = map.next_key::<String>()? {
            if key == "instances" {
                (facts, list) = map.next_value_seed(ListReduction)?;
            } else {
                rest.insert(key, map.next_value()?);
            }
        }
        let status = serde_json::from_value::<SaeAppWatchStatus>(Value::Object(rest)).ok();
        Ok(Stored { rest: status.as_ref().and_then(Packed::of), facts, list })
    }
}

/// Reads a list one instance at a time and keeps the facts and the checksums.
struct ListReduction;

impl<'de> DeserializeSeed<'de> for ListReduction {
    type Value = (Facts, ListDigest);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ListReduction {
    type Value = (Facts, ListDigest);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of instances")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Self::Value::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut facts: Vec<Fact> = Vec::new();
        let mut digest = ListDigest::default();
        while let Some(value) = seq.next_element::<Value>()? {
            match serde_json::from_value::<InstanceStatus>(value) {
                Ok(instance) => {
                    digest.add(&instance);
                    facts.push(Fact::of(&instance));
                }
                // Not a list that this version wrote: no checksum of ours may fit it.
                Err(_) => digest.spoil(),
            }
        }
        Ok((facts.into_iter().collect(), digest))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        let mut digest = ListDigest::default();
        digest.spoil();
        Ok((Facts::default(), digest))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored(status: Value) -> Stored {
        serde_json::from_value(status).unwrap()
    }

    fn instance(id: &str) -> Value {
        json!({"id": id, "state": "Ready", "reason": "Healthy", "since": "2026-01-01T00:00:00Z", "restarts": 3})
    }

    #[test]
    fn the_list_is_reduced_to_facts_and_checksums() {
        let stored = stored(json!({"observedGeneration": 2, "instances": [instance("a"), instance("b")]}));
        assert_eq!(stored.facts.get("a").unwrap().restarts(), 3);
        let rest = stored.read().unwrap();
        assert_eq!((rest.observed_generation, rest.instances.len()), (2, 0));
        let list: Vec<InstanceStatus> = vec![
            serde_json::from_value(instance("a")).unwrap(),
            serde_json::from_value(instance("b")).unwrap(),
        ];
        assert_eq!(stored.list, ListDigest::of(&list));
    }

    #[test]
    fn a_status_that_cannot_be_read_is_as_good_as_none() {
        for damaged in [json!({"health": "Splendid"}), json!({"counts": 3}), json!(null)] {
            assert!(stored(damaged.clone()).read().is_none(), "{damaged}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_read_fits_no_checksum() {
        for list in [json!([{"id": 3}]), json!({"a": 1})] {
            assert_ne!(stored(json!({"instances": list})).list, ListDigest::default());
        }
    }
}
