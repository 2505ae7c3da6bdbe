//! The chart's rights are the least that work: with the token of its ServiceAccount the operator does everything that
//! it can do, and the API server's audit log shows that what was used is what was granted, neither more nor less.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use devcluster::{ControlPlane, Options};
use serde_json::{Value, json};

use crate::release::{ACCOUNT, NAMESPACE, Release};
use crate::support::{Operator, World, install_crd};
use sae_simulator::Application;

/// One verb on one resource; `None` is any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    namespace: Option<String>,
    group: String,
    resource: String,
    verb: String,
    name: Option<String>,
}

impl Right {
    fn covers(&self, used: &Self) -> bool {
        let Self { namespace, group, resource, verb, name } = self;
        (namespace.is_none() || *namespace == used.namespace)
            && (group, resource, verb) == (&used.group, &used.resource, &used.verb)
            && (name.is_none() || *name == used.name)
    }

    /// With names for the two namespaces of a walk that are those of every walk.
    fn renamed(mut self, world: &World, other: &World) -> Self {
        for (team, name) in [(world, "first"), (other, "second")] {
            if self.namespace.as_deref() == Some(&team.namespace) {
                self.namespace = Some(name.to_owned());
            }
        }
        self
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
async fn granted(cluster: &ControlPlane) -> BTreeSet<Right> {
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
fn used(audit_log: &Path) -> BTreeSet<Right> {
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

/// Everything that the operator does with Kubernetes in a namespace: it follows a watch, writes its status, tells its
/// events, serves a request, takes away what somebody wrote into the status, and lets a suspended watch alone.
async fn use_everything(world: &World, team: &World) {
    world.sae.put_application(Application::new(&team.namespace).group("g-1", 2).running(2));
    team.declare("shop", &json!({"appId": team.namespace, "interval": "15s"})).await;
    team.until_health("shop", "Healthy").await;
    let damage = json!({"status": {"effectiveInterval": "1h", "counts": {"unknown": 7}}}).to_string();
    team.kubectl(&["patch", "saw", "shop", "--subresource=status", "--type=merge", "-p", &damage]).await;
    world.sae.update(&team.namespace, |app| app.instance(0).crash());
    team.request_poll("shop").await;
    let watch = team.until_health("shop", "Degraded").await;
    assert!(watch["status"]["effectiveInterval"].is_null(), "{watch:#}");
    team.until_event("Warning", "HealthDegraded").await;
    team.kubectl(&["patch", "saw", "shop", "--type=merge", "-p", r#"{"spec":{"suspend":true}}"#]).await;
    team.request("shop", "suspended").await;
    team.until("shop", "its token back", |watch| watch["status"]["lastHandledRequest"] == "suspended").await;
    team.kubectl(&["delete", "saw", "shop"]).await;
}

/// Installs the chart, does everything there is to do, and gives back what was granted and what was used.
async fn walk(namespaced: bool, options: Options) -> (BTreeSet<Right>, BTreeSet<Right>) {
    let cluster = Arc::new(ControlPlane::start_with(options).await.unwrap());
    let world = World::on(cluster.clone()).await;
    let other = World::on(cluster.clone()).await;
    let mut values = vec!["crds.enabled=false".to_owned()];
    if namespaced {
        values.push(format!("watch.namespaces={{{},{}}}", world.namespace, other.namespace));
    }
    let release = Release::install(&cluster, &world, &values).await;
    let first = Operator::start(release.command());
    first.until_logged("install the CustomResourceDefinition").await;
    install_crd(&cluster, include_str!("../../crds/saeappwatches.yaml")).await;
    for team in [&world, &other] {
        use_everything(&world, team).await;
    }

    let second = Operator::start(release.command());
    second.until_logged("standing by").await;
    first.terminate();
    second.until_logged("leading").await;
    use_everything(&world, &world).await;
    // A lease is renewed once a second here.
    tokio::time::sleep(Duration::from_secs(2)).await;
    second.terminate();
    let alike =
        |rights: BTreeSet<Right>| rights.into_iter().map(|right| right.renamed(&world, &other)).collect();
    (alike(granted(&cluster).await), alike(used(cluster.audit_log().unwrap())))
}

/// The walk on a server that streams lists and on one that does not: it is for the latter that lists are read.
async fn the_rights_are_those_that_are_used(namespaced: bool) -> BTreeSet<Right> {
    let audit = Options { audit: true, ..Options::default() };
    let (granted, mut all_used) = walk(namespaced, audit).await;
    let (_, used_on_pages) = walk(namespaced, Options { paged_lists: true, ..audit }).await;
    all_used.extend(used_on_pages);
    let beyond: Vec<&Right> =
        all_used.iter().filter(|used| !granted.iter().any(|right| right.covers(used))).collect();
    assert!(beyond.is_empty(), "used and not granted: {beyond:#?}");
    let idle: Vec<&Right> =
        granted.iter().filter(|right| !all_used.iter().any(|used| right.covers(used))).collect();
    assert!(idle.is_empty(), "granted and never used: {idle:#?}");
    granted
}

fn resources(granted: &BTreeSet<Right>) -> BTreeSet<&str> {
    granted.iter().map(|right| right.resource.as_str()).collect()
}

const RESOURCES: [&str; 4] = ["events", "leases", "saeappwatches", "saeappwatches/status"];

#[tokio::test]
async fn for_all_namespaces_what_is_granted_is_what_is_used() {
    let granted = the_rights_are_those_that_are_used(false).await;
    assert_eq!(resources(&granted), BTreeSet::from(RESOURCES));
    let of_leases = granted.iter().filter(|right| right.resource == "leases");
    assert!(of_leases.clone().all(|right| right.namespace.as_deref() == Some(NAMESPACE)), "{granted:#?}");
}

#[tokio::test]
async fn for_two_namespaces_what_is_granted_is_what_is_used_and_nothing_on_the_cluster() {
    let granted = the_rights_are_those_that_are_used(true).await;
    assert_eq!(resources(&granted), BTreeSet::from(RESOURCES));
    assert!(granted.iter().all(|right| right.namespace.is_some()), "{granted:#?}");
}
