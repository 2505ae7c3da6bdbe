//! The stored objects and what happened to them, as etcd and the API server keep them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::merge::merge_patch;
use super::schema;

/// The namespace and the name of an object.
pub type Name = (String, String);

/// What a store keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    Watches,
    Sets,
}

impl Resource {
    pub fn kind(self) -> &'static str {
        match self {
            Self::Watches => "SaeAppWatch",
            Self::Sets => "SaeAppWatchSet",
        }
    }

    /// How uids begin.
    fn uid(self) -> &'static str {
        match self {
            Self::Watches => "uid",
            Self::Sets => "set",
        }
    }
}

/// Every object of one resource, and every change of it.
pub struct Store {
    resource: Resource,
    /// The resource version of the newest change.
    pub version: u64,
    watches: BTreeMap<Name, Value>,
    /// Events in the order in which they were created.
    pub events: Vec<Value>,
    /// Changes of watches, oldest first.
    pub history: Vec<Change>,
    /// Changes up to this version are forgotten.
    pub compacted: u64,
    born: u64,
    /// The schema of a status.
    pub schema: Value,
    /// What was applied last to each object.
    pub applied: BTreeMap<Name, Value>,
}

/// One change of a watch, as a watch stream tells it.
pub struct Change {
    pub at: Instant,
    pub version: u64,
    pub kind: &'static str,
    pub object: Value,
}

/// Why the API server says no.
#[derive(Debug)]
pub struct Refusal {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into() }
    }

    fn not_found(name: &Name) -> Self {
        Self::new(404, "NotFound", format!("saeappwatches.saewatch.dev {:?} not found", name.1))
    }
}

impl Store {
    pub fn new(resource: Resource) -> Self {
        Self {
            resource,
            version: 0,
            watches: BTreeMap::new(),
            events: Vec::new(),
            history: Vec::new(),
            compacted: 0,
            born: 0,
            schema: schema::of_status(resource),
            applied: BTreeMap::new(),
        }
    }

    /// The watches of a namespace, or all.
    pub fn list(&self, namespace: Option<&str>) -> impl Iterator<Item = &Value> {
        let is_meant = move |name: &Name| namespace.is_none_or(|namespace| namespace == name.0);
        self.watches.iter().filter(move |(name, _)| is_meant(name)).map(|(_, stored)| stored)
    }

    /// The watches of a namespace, or all, as they were at some moment, and the version of that moment.
    pub fn list_as_of(&self, moment: Instant, namespace: Option<&str>) -> (Vec<&Value>, u64) {
        let mut then: BTreeMap<String, &Value> = BTreeMap::new();
        let mut version = 0;
        for Change { version: changed, kind, object, .. } in
            self.history.iter().take_while(|c| c.at <= moment)
        {
            version = *changed;
            let metadata = &object["metadata"];
            if namespace.is_some_and(|namespace| metadata["namespace"] != namespace) {
                continue;
            }
            let name = format!("{}/{}", metadata["namespace"], metadata["name"]);
            match *kind {
                "DELETED" => then.remove(&name),
                _ => then.insert(name, object),
            };
        }
        (then.into_values().collect(), version)
    }

    pub fn get(&self, name: &Name) -> Result<&Value, Refusal> {
        self.watches.get(name).ok_or_else(|| Refusal::not_found(name))
    }

    /// Creates a watch. Its status is born with the schema's default.
    pub fn create(&mut self, name: &Name, spec: &Value, now: Timestamp) {
        self.born += 1;
        let object = json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": self.resource.kind(),
            "metadata": {
                "namespace": name.0, "name": name.1, "uid": format!("{}-{}", self.resource.uid(), self.born),
                "generation": 1,
                "creationTimestamp": whole_seconds(now).to_string(),
            },
            "spec": spec,
            "status": {"observedGeneration": -1},
        });
        assert!(!self.watches.contains_key(name), "{name:?} exists");
        self.watches.insert(name.clone(), object);
        self.changed(name, "ADDED");
    }

    /// Changes a watch as users do; another spec is another generation.
    pub fn edit(&mut self, name: &Name, edit: impl FnOnce(&mut Value)) {
        let stored = self.watches.get_mut(name).unwrap();
        let before = stored.clone();
        edit(stored);
        if stored["spec"] != before["spec"] {
            stored["metadata"]["generation"] = json!(before["metadata"]["generation"].as_i64().unwrap() + 1);
        }
        assert_eq!(stored["status"], before["status"], "the status has a door of its own");
        if *stored != before {
            self.changed(name, "MODIFIED");
        }
    }

    pub fn delete(&mut self, name: &Name) {
        self.version += 1;
        let mut object = self.watches.remove(name).unwrap();
        self.applied.remove(name);
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.history.push(Change { at: Instant::now(), version: self.version, kind: "DELETED", object });
    }

    /// A merge patch on `/status`. Of the metadata in the body only the resource version counts; the real server does
    /// not compare the uid either. What the schema does not declare is dropped.
    pub fn patch_status(&mut self, name: &Name, body: &Value) -> Result<Value, Refusal> {
        let stored = self.watches.get_mut(name).ok_or_else(|| Refusal::not_found(name))?;
        let demanded = &body["metadata"]["resourceVersion"];
        if !demanded.is_null() && *demanded != stored["metadata"]["resourceVersion"] {
            return Err(Refusal::new(409, "Conflict", "the object has been modified"));
        }
        let mut object = merge_patch(stored, &json!({"status": body["status"]}));
        if object["status"].is_null() {
            object["status"] = json!({});
        }
        let status = &mut object["status"];
        schema::prune(status, &self.schema);
        schema::default(status);
        if let Some(why) = schema::refuses(status, &self.schema, "status") {
            return Err(Refusal::new(422, "Invalid", why));
        }
        if *stored != object {
            *stored = object;
            self.changed(name, "MODIFIED");
        }
        Ok(self.watches[name].clone())
    }

    /// Creates an event, if the API server would take it.
    pub fn emit(&mut self, namespace: &str, event: &Value) -> Result<Value, Refusal> {
        let text = |field: &Value| field.as_str().unwrap_or_default().to_owned();
        let name = text(&event["metadata"]["name"]);
        let fits = |field: &str, most: usize| (1..=most).contains(&text(&event[field]).len());
        let is_valid = fits("reason", 128)
            && fits("action", 128)
            && fits("reportingInstance", 128)
            && fits("reportingController", 128)
            && fits("note", 1024)
            && fits("eventTime", 64)
            && ["Normal", "Warning"].contains(&text(&event["type"]).as_str())
            && text(&event["regarding"]["namespace"]) == namespace
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && (1..=253).contains(&name.len());
        if !is_valid {
            return Err(Refusal::new(422, "Invalid", format!("an invalid event: {event}")));
        }
        if self.events.iter().any(|emitted| emitted["metadata"] == event["metadata"]) {
            return Err(Refusal::new(409, "AlreadyExists", format!("events {name:?} already exists")));
        }
        self.version += 1;
        self.events.push(event.clone());
        Ok(event.clone())
    }

    fn changed(&mut self, name: &Name, kind: &'static str) {
        self.version += 1;
        let stored = self.watches.get_mut(name).unwrap();
        stored["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let object = stored.clone();
        self.history.push(Change { at: Instant::now(), version: self.version, kind, object });
    }
}

/// A stored time has whole seconds.
fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap()
}
