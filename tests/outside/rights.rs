//! The chart's rights are the least that work: with the token of its ServiceAccount the operator does everything that
//! it can do, and the API server's audit log shows that what was used is what was granted, neither more nor less.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use devcluster::{ControlPlane, Options};
use serde_json::{Value, json};

use crate::audit::{Right, granted, used};
use crate::diagnosis::until_diagnosed;
use crate::release::{NAMESPACE, Release};
use crate::sets;
use crate::support::{Operator, World, condition, declare_account, eventually, get, install_crd};
use sae_simulator::Application;

/// The account that the operator assumes a role of.
const PROD: &str = "222222222222";

/// Everything that the operator does with Kubernetes in a namespace: it follows a watch, writes its status, tells its
/// events, serves a request, takes away what somebody wrote into the status, stores why the application is unwell, and
/// lets a suspended watch alone.
async fn use_everything(world: &World, team: &World) {
    world.sae.put_application(Application::new(&team.namespace).group("g-1", 2).running(2));
    team.declare("shop", &json!({"appName": team.namespace, "interval": "15s"})).await;
    team.until_health("shop", "Healthy").await;
    let damage = json!({"status": {"effectiveInterval": "1h", "counts": {"unknown": 7}}}).to_string();
    team.kubectl(&["patch", "saw", "shop", "--subresource=status", "--type=merge", "-p", &damage]).await;
    world.sae.update(&team.namespace, |app| app.instance(0).crash());
    team.request_poll("shop").await;
    let watch = team.until_health("shop", "Degraded").await;
    assert!(watch["status"]["effectiveInterval"].is_null(), "{watch:#}");
    team.until_event("Warning", "HealthDegraded").await;
    until_diagnosed(team, "shop").await;
    team.until_event("Normal", "DiagnosisReady").await;
    team.kubectl(&["patch", "saw", "shop", "--type=merge", "-p", r#"{"spec":{"suspend":true}}"#]).await;
    team.request("shop", "suspended").await;
    team.until("shop", "its token back", |watch| watch["status"]["lastHandledRequest"] == "suspended").await;
    team.kubectl(&["delete", "saw", "shop"]).await;
}

/// The watch of a team that names an account.
async fn declare_named(team: &World) {
    let spec = json!({"appId": "shop", "interval": "15s", "accountRef": {"name": "prod"}});
    team.declare("named", &spec).await;
}

/// Everything that the operator does with accounts: it follows them, writes their status and emits their events.
async fn use_accounts(cluster: &ControlPlane, world: &World, team: &World) {
    let prod = world.sae.account(PROD);
    prod.add_role("saewatch", None);
    prod.put_application(Application::new("shop").group("g-1", 2).running(2));
    let role = format!("acs:ram::{PROD}:role/saewatch");
    let spec = json!({"accountId": PROD, "roleArn": role, "namespaces": [team.namespace]});
    declare_account(cluster, "prod", &spec).await;
    // The operator's own keys are those of another account.
    declare_account(cluster, "wrong", &json!({"accountId": "999999999999", "namespaces": ["*"]})).await;
    declare_named(team).await;
    team.until_ready("named", "True", "Observed").await;
    let client = cluster.client();
    eventually("an event about an account", async || {
        let events = get(&client, "/apis/events.k8s.io/v1/namespaces/default/events").await;
        let mut events = events["items"].as_array().unwrap().iter();
        events.any(|event| event["reason"] == "AccountMismatch").then_some(())
    })
    .await;
    cluster.kubectl(&["delete", "saeaccount", "prod", "wrong"]).await.unwrap().checked().unwrap();
    team.until_ready("named", "False", "AccountNotFound").await;
}

/// The set of a team: all applications whose names begin as that of its namespace.
fn set(team: &World, label: &str) -> Value {
    let template = json!({"metadata": {"labels": {"team": label}}, "spec": {"interval": "15s"}});
    json!({"selector": {"names": [format!("{}-fleet-*", team.namespace)]}, "template": template})
}

/// Everything that the operator does with sets: it follows them, makes and changes their watches, and writes their status.
async fn use_sets(world: &World, teams: [&World; 2]) {
    for team in teams {
        for name in ["a", "b"] {
            let app = format!("{}-fleet-{name}", team.namespace);
            world.sae.put_application(Application::new(&app).named(&app).group("g-1", 1).running(1));
        }
    }
    for team in teams {
        sets::declare(team, &set(team, "shop")).await;
        sets::until_all(team, 2, "healthy watches", |watch| watch["status"]["health"] == "Healthy").await;
        sets::until_ready(team, "Listed", "").await;
        sets::declare(team, &set(team, "till")).await;
        sets::until_all(team, 2, "the changed label", |watch| watch["metadata"]["labels"]["team"] == "till")
            .await;
    }
}

/// The right to create is in no audit log: an apply is a patch there. So it is taken away, from the roles of these
/// places: then no watch is made, and those that are there are still changed.
async fn show_that_create_is_used(cluster: &ControlPlane, mode: Mode, team: &World) {
    let verbs = "/rules/3/verbs";
    let without_create = json!([
        {"op": "test", "path": verbs, "value": ["create", "patch"]},
        {"op": "replace", "path": verbs, "value": ["patch"]},
    ]);
    let without_create = without_create.to_string();
    let role: &[&str] = if mode.is_namespaced {
        &["role", "saewatch", "--namespace", &team.namespace]
    } else {
        &["clusterrole", "saewatch"]
    };
    let patch = [&["patch"], role, &["--type=json", "-p", &without_create]].concat();
    cluster.kubectl(&patch).await.unwrap().checked().unwrap();

    let watches = sets::watches(team).await;
    let (gone, left) = (sets::name(&watches[0]), sets::name(&watches[1]));
    team.kubectl(&["delete", "saeappwatch", gone]).await;
    let set_of_failed = sets::until_ready(team, "ApplyFailed", "cannot create resource").await;
    let message = condition(&set_of_failed, "Ready")["message"].as_str().unwrap();
    assert!(message.contains(gone) && message.contains("forbidden"), "{message}");
    team.until_event("Warning", "ApplyFailed").await;
    sets::declare(team, &set(team, "pay")).await;
    team.until(left, "the changed label", |watch| watch["metadata"]["labels"]["team"] == "pay").await;
    assert_eq!(sets::watches(team).await.len(), 1);
}

/// Which release is installed.
#[derive(Clone, Copy)]
struct Mode {
    /// Only for the two namespaces of the walk.
    is_namespaced: bool,
    /// Whether it uses accounts; `None`: as the chart decides.
    accounts: Option<bool>,
    /// Whether it makes the watches of sets.
    sets: bool,
}

impl Mode {
    fn uses_accounts(self) -> bool {
        self.accounts.unwrap_or(!self.is_namespaced)
    }

    fn values(self, world: &World, other: &World) -> Vec<String> {
        let mut values = vec!["crds.enabled=false".to_owned(), "diagnosis.enabled=true".to_owned()];
        values.push(format!("stsEndpoint={}", world.sae.endpoint()));
        if self.is_namespaced {
            values.push(format!("watch.namespaces={{{},{}}}", world.namespace, other.namespace));
        }
        values.extend(self.accounts.map(|are_used| format!("accounts.enabled={are_used}")));
        values.extend(self.sets.then(|| "watchSets.enabled=true".to_owned()));
        values
    }
}

/// Installs the chart, does everything there is to do, and gives back what was granted and what was used.
async fn walk(mode: Mode, options: Options) -> (BTreeSet<Right>, BTreeSet<Right>) {
    let cluster = Arc::new(ControlPlane::start_with(options).await.unwrap());
    let world = World::on(cluster.clone()).await;
    let other = World::on(cluster.clone()).await;
    let release = Release::install(&cluster, &world, &mode.values(&world, &other)).await;
    let first = Operator::start(release.command());
    first.until_logged("install the CustomResourceDefinition").await;
    for crd in [
        include_str!("../../crds/saeappwatches.yaml"),
        include_str!("../../crds/saeaccounts.yaml"),
        include_str!("../../crds/saeappwatchsets.yaml"),
    ] {
        install_crd(&cluster, crd).await;
    }
    for team in [&world, &other] {
        use_everything(&world, team).await;
    }
    if mode.uses_accounts() {
        use_accounts(&cluster, &world, &other).await;
    } else {
        declare_named(&other).await;
        let watch = other.until_ready("named", "False", "AccountNotFound").await;
        let message = condition(&watch, "Ready")["message"].as_str().unwrap();
        assert!(message.contains("--accounts=false"), "{message}");
    }
    let granted = granted(&cluster).await;
    if mode.sets {
        use_sets(&world, [&world, &other]).await;
        show_that_create_is_used(&cluster, mode, &other).await;
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
        |rights: BTreeSet<Right>| rights.into_iter().map(|right| renamed(right, &world, &other)).collect();
    (alike(granted), alike(used(cluster.audit_log().unwrap())))
}

/// With names for the two namespaces of a walk that are those of every walk.
fn renamed(mut right: Right, world: &World, other: &World) -> Right {
    for (team, name) in [(world, "first"), (other, "second")] {
        if right.namespace.as_deref() == Some(&team.namespace) {
            right.namespace = Some(name.to_owned());
        }
    }
    right
}

/// The walk on a server that streams lists and on one that does not: it is for the latter that lists are read.
async fn the_rights_are_those_that_are_used(mode: Mode) -> BTreeSet<Right> {
    let audit = Options { audit: true, ..Options::default() };
    let (granted, mut all_used) = walk(mode, audit).await;
    let (_, used_on_pages) = walk(mode, Options { paged_lists: true, ..audit }).await;
    all_used.extend(used_on_pages);
    let beyond: Vec<&Right> =
        all_used.iter().filter(|used| !granted.iter().any(|right| right.covers(used))).collect();
    assert!(beyond.is_empty(), "used and not granted: {beyond:#?}");
    let is_idle =
        |right: &&Right| !right.is_create_of_watches() && !all_used.iter().any(|used| right.covers(used));
    let idle: Vec<&Right> = granted.iter().filter(is_idle).collect();
    assert!(idle.is_empty(), "granted and never used: {idle:#?}");
    assert_eq!(granted.iter().any(Right::is_create_of_watches), mode.sets);
    let writes_specs =
        |right: &Right| right.resource == "saeappwatches" && !["list", "watch"].contains(&&*right.verb);
    assert_eq!(granted.iter().any(writes_specs), mode.sets);
    granted
}

const OF_WATCHES: [&str; 4] = ["events", "leases", "saeappwatches", "saeappwatches/status"];
const OF_ACCOUNTS: [&str; 2] = ["saeaccounts", "saeaccounts/status"];
const OF_SETS: [&str; 2] = ["saeappwatchsets", "saeappwatchsets/status"];

fn all(resources: &[&[&'static str]]) -> BTreeSet<&'static str> {
    resources.concat().into_iter().collect()
}

/// The resources of the rights that hold in these places; `None` is the whole cluster.
fn resources(granted: &BTreeSet<Right>, is_there: impl Fn(Option<&str>) -> bool) -> BTreeSet<&str> {
    let there = granted.iter().filter(|right| is_there(right.namespace.as_deref()));
    there.map(|right| right.resource.as_str()).collect()
}

#[tokio::test]
async fn for_all_namespaces_what_is_granted_is_what_is_used() {
    let mode = Mode { is_namespaced: false, accounts: None, sets: false };
    let granted = the_rights_are_those_that_are_used(mode).await;
    assert_eq!(resources(&granted, |_| true), all(&[&OF_WATCHES, &OF_ACCOUNTS]));
    assert_eq!(resources(&granted, |place| place.is_some()), BTreeSet::from(["leases"]));
    assert_eq!(resources(&granted, |place| place == Some(NAMESPACE)), BTreeSet::from(["leases"]));
}

#[tokio::test]
async fn with_sets_and_without_accounts_the_rights_are_those_on_watches_and_sets() {
    let mode = Mode { is_namespaced: false, accounts: Some(false), sets: true };
    let granted = the_rights_are_those_that_are_used(mode).await;
    assert_eq!(resources(&granted, |_| true), all(&[&OF_WATCHES, &OF_SETS]));
    assert_eq!(resources(&granted, |place| place.is_some()), BTreeSet::from(["leases"]));
}

#[tokio::test]
async fn for_two_namespaces_with_sets_what_is_granted_is_what_is_used_and_nothing_on_the_cluster() {
    let mode = Mode { is_namespaced: true, accounts: None, sets: true };
    let granted = the_rights_are_those_that_are_used(mode).await;
    assert_eq!(resources(&granted, |_| true), all(&[&OF_WATCHES, &OF_SETS]));
    assert_eq!(resources(&granted, |place| place.is_none()), BTreeSet::new());
}

#[tokio::test]
async fn for_two_namespaces_with_accounts_the_rights_on_the_cluster_are_those_on_accounts() {
    let mode = Mode { is_namespaced: true, accounts: Some(true), sets: false };
    let granted = the_rights_are_those_that_are_used(mode).await;
    assert_eq!(resources(&granted, |place| place.is_none()), BTreeSet::from(OF_ACCOUNTS));
    assert_eq!(resources(&granted, |place| place == Some("default")), BTreeSet::from(["events"]));
    assert_eq!(resources(&granted, |place| place.is_some()), BTreeSet::from(OF_WATCHES));
}
