//! What the API server's audit log says that the operator used, and what the roles of its ServiceAccount grant.

use std::collections::BTreeSet;
use std::path::Path;

use devcluster::ControlPlane;
use serde_json::Value;

use crate::release::ACCOUNT;

/// One verb on one resource; `None` is any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    pub namespace: Option<String>,
    group: String,
    pub resource: String,
    pub verb: String,
    name: Option<String>,
}

impl Right {
    pub fn covers(&self, used: &Self) -> bool {
        let Self { namespace, group, resource, verb, name } = self;
        (namespace.is_none() || *namespace == used.namespace)
            && (group, resource, verb) == (&used.group, &used.resource, &used.verb)
            && (name.is_none() || *name == used.name)
    }

    /// The only right that the audit log does not show: an apply that makes a watch is a patch there.
    pub fn is_create_of_watches(&self) -> bool {
        self.resource == "saeappwatches" && self.verb == "create"
    }
}

fn texts(list: &Value) -> Vec<String> {
    serde_json::from_value(list.clone()).unwrap_or_default()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

/// The rights of a rule, one by one.
fn rights_of(rule: &Value, namespace: Option<&str>) -> Vec<Right> {
    assert!(rule["nonResourceURLs"].is_null(), "{rule}");
    let mut names: Vec<Option<String>> = texts(&rule["resourceNames"]).into_iter().map(Some).collect();
    if names.is_empty() {
        names.push(None);
    }
    let mut rights = Vec::new();
    for group in texts(&rule["apiGroups"]) {
        for resource in texts(&rule["resources"]) {
            for verb in texts(&rule["verbs"]) {
                rights.extend(names.iter().map(|name| Right {
                    namespace: namespace.map(ToOwned::to_owned),
                    group: group.clone(),
                    resource: resource.clone(),
                    verb: verb.clone(),
                    name: name.clone(),
                }));
            }
        }
    }
    rights
}

async fn list(cluster: &ControlPlane, kinds: &str) -> Vec<Value> {
    let get = ["get", kinds, "--all-namespaces", "-o", "json"];
    let list: Value = serde_json::from_str(&cluster.kubectl(&get).await.unwrap().checked().unwrap()).unwrap();
    list["items"].as_array().unwrap().clone()
}

/// What the roles bound to the operator's account grant.
pub async fn granted(cluster: &ControlPlane) -> BTreeSet<Right> {
    let roles = list(cluster, "roles,clusterroles").await;
    let mut granted = BTreeSet::new();
    for binding in list(cluster, "rolebindings,clusterrolebindings").await {
        let is_ours = |subject: &Value| {
            let name = subject["name"].as_str().unwrap_or_default();
            let namespace = subject["namespace"].as_str().unwrap_or_default();
            subject["kind"] == "ServiceAccount"
                && ACCOUNT == format!("system:serviceaccount:{namespace}:{name}")
        };
        if !binding["subjects"].as_array().is_some_and(|subjects| subjects.iter().any(is_ours)) {
            continue;
        }
        let namespace = &binding["metadata"]["namespace"];
        let is_its = |role: &&Value| {
            let has_its_namespace =
                role["kind"] == "ClusterRole" || role["metadata"]["namespace"] == *namespace;
            role["kind"] == binding["roleRef"]["kind"]
                && role["metadata"]["name"] == binding["roleRef"]["name"]
                && has_its_namespace
        };
        let role = roles.iter().find(is_its).unwrap();
        let rules = role["rules"].as_array().unwrap().iter();
        granted.extend(rules.flat_map(|rule| rights_of(rule, namespace.as_str())));
    }
    granted
}

/// What the operator asked for, refused or not.
pub fn used(audit_log: &Path) -> BTreeSet<Right> {
    let log = std::fs::read_to_string(audit_log).unwrap();
    let events = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let ours = events.filter(|event| event["user"]["username"] == ACCOUNT);
    ours.map(|event| {
        let object = &event["objectRef"];
        // What is no resource is a right too, and one that the chart does not give.
        let resource = text(&object["resource"]).or_else(|| text(&event["requestURI"])).unwrap();
        Right {
            namespace: text(&object["namespace"]),
            group: text(&object["apiGroup"]).unwrap_or_default(),
            resource: [Some(resource), text(&object["subresource"])]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("/"),
            verb: text(&event["verb"]).unwrap(),
            name: text(&object["name"]),
        }
    })
    .collect()
}
