//! A resource as it streams in: of its metadata what is used, its spec and status as text, its list as facts and
//! checksums, its diagnosis as a mark.
//!
//! The list can be 256 KiB a watch. It is read one instance at a time, and only its checksums and some 24 bytes an
//! instance stay. Managed fields and foreign annotations are half of an object, and are passed over.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use super::packed::Packed;
use super::targets::{ForTargets, Rest};
use super::watched::{Watched, read_field};
use crate::api::{InstanceStatus, REQUESTED_AT, SET_LABEL, TEMPLATE_ANNOTATION};
use crate::domain::diagnosis::Mark;
use crate::domain::set::Membership;
use crate::domain::{InstanceMemo, InstanceMemos, ListFingerprint};

impl<'de> Deserialize<'de> for Watched {
    /// Takes any spec and status, however damaged: one watch that cannot be read must not hide the others.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (watch, ()) = read(deserializer)?;
        Ok(watch)
    }
}

/// Reads a watch, and what is kept of it for the table of targets.
pub(super) fn read<'de, D: Deserializer<'de>, T: ForTargets>(
    deserializer: D,
) -> Result<(Watched, T), D::Error> {
    let Resource { mut metadata, spec, status } = Resource::deserialize(deserializer)?;
    let (mut status, list) = status.map(|status| (Some(status.rest), status.instances)).unwrap_or_default();
    let diagnosis = status.as_mut().and_then(|status| status.remove("diagnosis")).as_ref().and_then(mark);
    let List { facts, digest, mut targets } = list.unwrap_or_default();
    let Metadata { labels, annotations, .. } = &metadata;
    let no_status = Map::new();
    let rest = Rest { labels, annotations, spec: &spec, status: status.as_ref().unwrap_or(&no_status) };
    T::complete(&mut targets, rest);
    let membership = metadata.membership(&spec);
    let text = Packed::new(json!({ "spec": spec, "status": status }).to_string().as_bytes());
    Ok((Watched { metadata: metadata.into(), text, facts, list: digest, membership, diagnosis }, targets))
}

/// What is kept of a stored diagnosis; `None` if there is none.
fn mark(diagnosis: &Value) -> Option<Box<Mark>> {
    let time = |field: &str| diagnosis[field].as_str()?.parse().ok();
    let is_silent = diagnosis["change"].is_null() && diagnosis["events"].as_array().is_none_or(Vec::is_empty);
    let read = time("at").zip(time("since")).map(|(at, since)| Mark { at, since, is_silent });
    (!diagnosis.is_null()).then(|| Box::new(read.unwrap_or(Mark::DAMAGED)))
}

#[derive(serde::Deserialize)]
#[serde(bound = "T: ForTargets")]
struct Resource<T> {
    metadata: Metadata,
    #[serde(default)]
    spec: Value,
    status: Option<Status<T>>,
}

/// What is read of the metadata.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<Time>,
    deletion_timestamp: Option<Time>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    owner_references: Vec<Owner>,
}

/// What is read of an owner reference.
#[derive(serde::Deserialize)]
struct Owner {
    uid: Box<str>,
    #[serde(default)]
    controller: bool,
}

impl Metadata {
    /// What a watch with the label of a set says of that; it takes the labels and annotations along. `None` for any other.
    fn membership(&mut self, spec: &Value) -> Option<Box<Membership>> {
        let set = self.labels.remove(SET_LABEL)?;
        let template = self.annotations.remove(TEMPLATE_ANNOTATION);
        let requested_at = self.annotations.remove_entry(REQUESTED_AT);
        let annotations = boxed(std::mem::take(&mut self.annotations));
        self.annotations.extend(requested_at);
        let controller =
            std::mem::take(&mut self.owner_references).into_iter().find(|owner| owner.controller);
        Some(Box::new(Membership {
            set: set.into(),
            uid: self.uid.as_deref().unwrap_or_default().into(),
            controller: controller.map(|owner| owner.uid),
            template: template.map(Into::into),
            labels: boxed(std::mem::take(&mut self.labels)),
            annotations,
            app: read_field(spec, "appId"),
            region: read_field(spec, "regionId"),
            account: spec.get("accountRef").and_then(|account| read_field(account, "name")),
            // Settings that cannot be read are as good as none: the set applies those that it names.
            settings: serde_json::from_value(spec.clone()).unwrap_or_default(),
            is_deleting: self.deletion_timestamp.is_some(),
        }))
    }
}

fn boxed(texts: BTreeMap<String, String>) -> Box<[(Box<str>, Box<str>)]> {
    texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect()
}

impl From<Metadata> for ObjectMeta {
    fn from(read: Metadata) -> Self {
        let Metadata {
            name,
            namespace,
            uid,
            resource_version,
            generation,
            creation_timestamp,
            deletion_timestamp,
            mut annotations,
            labels: _,
            owner_references: _,
        } = read;
        Self {
            name,
            namespace,
            uid,
            resource_version,
            generation,
            creation_timestamp,
            deletion_timestamp,
            annotations: annotations
                .remove_entry(REQUESTED_AT)
                .map(|requested_at| BTreeMap::from([requested_at])),
            ..Self::default()
        }
    }
}

/// A status, its list reduced.
#[derive(Default, serde::Deserialize)]
#[serde(bound = "T: ForTargets")]
struct Status<T> {
    instances: Option<List<T>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A list, read one instance at a time: of each the facts, of all the checksums.
#[derive(Default)]
struct List<T> {
    facts: InstanceMemos,
    digest: ListFingerprint,
    targets: T,
}

impl<'de, T: ForTargets> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: ForTargets> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of instances")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
        let mut facts: Vec<InstanceMemo> = Vec::new();
        let (mut digest, mut targets) = (ListFingerprint::default(), T::default());
        while let Some(value) = seq.next_element::<Value>()? {
            match serde_json::from_value::<InstanceStatus>(value) {
                Ok(instance) => {
                    facts.push(InstanceMemo::from(&instance));
                    targets.add(&instance);
                    digest.add(instance);
                }
                // Not a list that this version wrote: no checksum of ours may fit it.
                Err(_) => digest.invalidate(),
            }
        }
        Ok(List { facts: facts.into_iter().collect(), digest, targets })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        let mut list = List::default();
        list.digest.invalidate();
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(status: &Value) -> Watched {
        let watch = json!({"metadata": {"name": "shop"}, "spec": {"appId": "app-1"}, "status": status});
        serde_json::from_value(watch).unwrap()
    }

    fn instance(id: &str) -> Value {
        json!({"id": id, "state": "Ready", "reason": "Healthy", "since": "2026-01-01T00:00:00Z", "restarts": 3})
    }

    #[test]
    fn the_store_keeps_what_is_used_but_no_managed_fields_and_no_foreign_annotations() {
        let watch: Watched = serde_json::from_value(json!({
            "metadata": {
                "name": "shop", "namespace": "team-a", "labels": {"app": "shop"},
                "uid": "1", "resourceVersion": "7", "generation": 2,
                "creationTimestamp": "2026-11-22T08:00:00Z", "deletionTimestamp": "2026-11-22T09:00:00Z",
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", REQUESTED_AT: "now"},
                "managedFields": [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {}}}],
            },
            "spec": {"appId": "app-1"},
        }))
        .unwrap();
        let used = ObjectMeta {
            name: Some("shop".into()),
            namespace: Some("team-a".into()),
            uid: Some("1".into()),
            resource_version: Some("7".into()),
            generation: Some(2),
            // Without it, the names of events before the first answer would begin with the year 1970.
            creation_timestamp: Some(Time("2026-11-22T08:00:00Z".parse().unwrap())),
            deletion_timestamp: Some(Time("2026-11-22T09:00:00Z".parse().unwrap())),
            annotations: Some(BTreeMap::from([(REQUESTED_AT.into(), "now".into())])),
            ..ObjectMeta::default()
        };
        assert_eq!(watch.metadata, used);
    }

    #[test]
    fn of_a_watch_with_the_label_of_a_set_all_is_kept_that_the_set_compares() {
        let watch: Watched = serde_json::from_value(json!({
            "metadata": {
                "name": "all-shop-1", "namespace": "team-a", "uid": "w-1",
                "labels": {"team": "shop", SET_LABEL: "all"},
                "annotations": {TEMPLATE_ANNOTATION: "cafe", REQUESTED_AT: "now", "note": "x"},
                "ownerReferences": [
                    {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "o-1"},
                    {"apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatchSet", "name": "all", "uid": "s-1", "controller": true},
                ],
            },
            "spec": {
                "appId": "app-1", "regionId": "cn-hangzhou", "accountRef": {"name": "prod"}, "interval": "2m",
                "suspend": false, "health": {"minHealthyPercent": 80}, "instances": {"limit": 3},
            },
        }))
        .unwrap();
        assert_eq!(watch.request(), Some("now"));
        let membership = watch.membership.unwrap();
        let text = |of: &[(Box<str>, Box<str>)]| json!(of).to_string();
        assert_eq!(text(&membership.labels), r#"[["team","shop"]]"#);
        assert_eq!(text(&membership.annotations), r#"[["note","x"]]"#);
        let Membership {
            set, uid, controller, template, app, region, account, settings, is_deleting, ..
        } = *membership;
        assert_eq!(
            (&*set, &*uid, controller.as_deref(), template.as_deref()),
            ("all", "w-1", Some("s-1"), Some("cafe"))
        );
        let (app, region, account) = (app.unwrap(), region.unwrap(), account.unwrap());
        assert_eq!((app.as_str(), region.as_str(), account.as_str()), ("app-1", "cn-hangzhou", "prod"));
        let settings_of_spec = json!({"interval": "2m", "suspend": false, "health": {"minHealthyPercent": 80}, "instances": {"limit": 3}});
        assert_eq!(json!(settings), settings_of_spec);
        assert!(!is_deleting);
    }

    #[test]
    fn a_watch_of_a_set_may_be_as_damaged_as_any_other() {
        let watch = |spec: Value| -> Watched {
            let metadata = json!({"name": "shop", "labels": {SET_LABEL: "all"}});
            serde_json::from_value(json!({"metadata": metadata, "spec": spec})).unwrap()
        };
        for spec in [json!(null), json!("x"), json!({"appId": "app 1", "interval": "soon", "accountRef": 3})]
        {
            let membership = watch(spec).membership.unwrap();
            assert_eq!((&*membership.set, membership.app, membership.account), ("all", None, None));
            assert_eq!(json!(membership.settings), json!({}));
        }
    }

    #[test]
    fn a_watch_of_no_set_keeps_no_place_for_one() {
        assert!(watched(&json!(null)).membership.is_none());
        assert_eq!(size_of::<Option<Box<Membership>>>(), size_of::<usize>());
    }

    #[test]
    fn the_list_is_reduced_to_facts_and_checksums() {
        let watch = watched(&json!({"observedGeneration": 2, "instances": [instance("a"), instance("b")]}));
        assert_eq!(watch.facts.get("a").unwrap().restarts(), 3);
        let status = watch.read().status.unwrap();
        assert_eq!((status.observed_generation, status.instances.len()), (2, 0));
        let list: Vec<InstanceStatus> = vec![
            serde_json::from_value(instance("a")).unwrap(),
            serde_json::from_value(instance("b")).unwrap(),
        ];
        assert_eq!(watch.list, ListFingerprint::new(list));
    }

    #[test]
    fn a_list_that_cannot_be_read_fits_no_checksum() {
        for list in [json!([{"id": 3}]), json!({"a": 1})] {
            assert_ne!(watched(&json!({"instances": list})).list, ListFingerprint::default());
        }
    }

    #[test]
    fn of_a_diagnosis_only_a_mark_stays_and_a_damaged_one_explains_nothing() {
        let time = "2026-01-01T00:00:00Z";
        let (plain, good) = (json!({"health": "Healthy"}), json!({"at": time, "since": time, "events": []}));
        let mark = |is_silent| Mark { at: time.parse().unwrap(), since: time.parse().unwrap(), is_silent };
        let with = |field: &str, value: Value| {
            let mut diagnosis = good.clone();
            diagnosis[field] = value;
            diagnosis
        };
        for (diagnosis, expected) in [
            (good.clone(), Some(mark(true))),
            (with("events", json!([{"reason": "BackOff"}])), Some(mark(false))),
            (with("change", json!({"id": "7f2a"})), Some(mark(false))),
            (json!(null), None),
            (json!({"at": time}), Some(Mark::DAMAGED)),
            (json!({"at": time, "since": 3}), Some(Mark::DAMAGED)),
            (json!([1]), Some(Mark::DAMAGED)),
            (json!("x"), Some(Mark::DAMAGED)),
        ] {
            let mut status = plain.clone();
            status["diagnosis"] = diagnosis;
            let watch = watched(&status);
            assert_eq!(watch.diagnosis.as_deref(), expected.as_ref(), "{status}");
            // What is decided on is the same with and without.
            assert_eq!(watch.text.text(), watched(&plain).text.text(), "{status}");
        }
        assert_eq!(size_of::<Option<Box<Mark>>>(), size_of::<usize>());
    }
}
