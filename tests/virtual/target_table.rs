//! Whatever happens, `/sd` lists what the stored statuses list (contract §16).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::NonZeroU16;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::drawn;
use crate::world::World;

/// Reasons of a Ready that is False with which a watch has no targets.
const WITHHOLDING: [&str; 7] = [
    "AppNotFound",
    "GroupNotFound",
    "AccountRequired",
    "AccountNotFound",
    "AccountNotAllowed",
    "AccountMismatch",
    "AccountConflict",
];
const PORT: NonZeroU16 = NonZeroU16::new(9090).unwrap();

/// Panics if the table of targets is not what is stored. Whether the operator can know at present what that is.
pub fn check(world: &World) -> bool {
    if !world.is_ready() || !world.cluster.is_followed() || world.cluster.patches_under_way() > 0 {
        return false;
    }
    let now = world.clock.now();
    let mut listed: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for group in groups(world) {
        listed.entry(watch_of(&group)).or_default().push(group);
    }
    for watch in world.cluster.watches() {
        let name =
            format!("{}/{}", text_of(&watch["metadata"], "namespace"), text_of(&watch["metadata"], "name"));
        let (mut listed, mut stored) = (listed.remove(&name).unwrap_or_default(), targets(&watch, now));
        // The table is in the order of the groups and ids.
        listed.sort_by_key(Value::to_string);
        stored.sort_by_key(Value::to_string);
        // What is decided counts though it cannot be stored.
        if !(listed.is_empty() && has_unstored(world, text_of(&watch["metadata"], "name"))) {
            assert_eq!(listed, stored, "{name}: {watch:#}");
        }
    }
    assert!(listed.is_empty(), "of watches that are not there: {listed:#?}");
    true
}

/// What `/sd` lists now.
fn groups(world: &World) -> Vec<Value> {
    serde_json::from_str(&world.metrics.targets(PORT, world.clock.now()).unwrap()).unwrap()
}

/// Whether the newest write of a watch's status failed.
fn has_unstored(world: &World, name: &str) -> bool {
    world.writes(name).last().is_some_and(|write| write.answer != Some(200))
}

fn watch_of(group: &Value) -> String {
    let label = |name: &str| text_of(&group["labels"], &format!("__meta_saewatch_{name}")).to_owned();
    format!("{}/{}", label("namespace"), label("watch"))
}

fn text_of<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// What the stored status of a watch without an account lists.
fn targets(watch: &Value, now: Timestamp) -> Vec<Value> {
    let (metadata, status) = (&watch["metadata"], &watch["status"]);
    let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_withheld = conditions.iter().any(|condition| {
        condition["type"] == "Ready"
            && condition["status"] == "False"
            && WITHHOLDING.contains(&text_of(condition, "reason"))
    });
    let observed_at: Option<Timestamp> = text_of(status, "observedAt").parse().ok();
    let is_fresh = observed_at.is_some_and(|at| at.duration_until(now) <= SignedDuration::from_hours(24));
    if is_withheld || !is_fresh {
        return Vec::new();
    }
    let instances = status["instances"].as_array().into_iter().flatten();
    let running = instances.filter(|instance| instance["state"] != "Terminating");
    let target = |instance: &Value| {
        let ip: IpAddr = text_of(instance, "ip").parse().ok()?;
        let of_watch = metadata["labels"].as_object().into_iter().flatten();
        let of_watch =
            of_watch.map(|(key, value)| (format!("label_{}", key.replace(['.', '/', '-'], "_")), value));
        let labels: Map<String, Value> = [
            ("namespace", &metadata["namespace"]),
            ("watch", &metadata["name"]),
            ("account", &status["account"]),
            ("region", &status["region"]),
            ("app", &status["app"]),
            ("app_id", &status["appId"]),
            ("health", &status["health"]),
            ("group", &instance["groupId"]),
            ("instance", &instance["id"]),
            ("state", &instance["state"]),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .chain(of_watch)
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (format!("__meta_saewatch_{name}"), value.clone()))
        .collect();
        Some(json!({"targets": [format!("{ip}:{PORT}")], "labels": labels}))
    };
    running.filter_map(target).collect()
}

#[tokio::test(start_paused = true)]
async fn an_application_that_is_gone_has_no_targets_though_that_cannot_be_stored() {
    let mut world = World::new();
    world.sae.run("app-1", drawn("RRT", 0).addressed());
    world.declare("shop", "app-1");
    world.start();
    world.minutes(3).await;
    assert_eq!(groups(&world).len(), 2, "the one that terminates is none");
    world.cluster.plan(Plan::every(Verb::Patch, Trouble::Answer(500)));
    world.sae.delete("app-1");
    world.minutes(3).await;
    assert_eq!(world.says("shop", "Ready"), "True Observed");
    assert!(check(&world) && groups(&world).is_empty());
    world.cluster.mend();
    world.minutes(3).await;
    assert_eq!(world.says("shop", "Ready"), "False AppNotFound");
    assert!(check(&world) && groups(&world).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_spec_that_cannot_be_read_and_names_an_account_has_no_targets_though_that_cannot_be_stored() {
    let account = json!({"name": "prod"});
    for (spec, targets) in [
        (json!({"interval": "soon"}), 2),
        (json!({"interval": "soon", "accountRef": account}), 0),
        (json!({"accountRef": "prod"}), 0),
    ] {
        let mut world = World::new();
        world.sae.run("app-1", drawn("RR", 0).addressed());
        world.declare("shop", "app-1");
        world.start();
        world.minutes(3).await;
        assert_eq!(groups(&world).len(), 2);
        // A server that checks the whole object takes no status of this one.
        world.cluster.plan(Plan::every(Verb::Patch, Trouble::Answer(422)));
        world.cluster.edit_spec("shop", &spec);
        world.seconds(5).await;
        assert_eq!(
            (world.says("shop", "Ready").as_str(), groups(&world).len()),
            ("True Observed", targets),
            "{spec}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_watch_has_no_targets() {
    let mut world = World::new();
    world.sae.run("app-1", drawn("RR", 0).addressed());
    world.declare("shop", "app-1");
    world.start();
    world.minutes(1).await;
    assert_eq!(groups(&world).len(), 2);
    world.cluster.delete("shop");
    world.seconds(1).await;
    assert!(check(&world) && groups(&world).is_empty());
}
