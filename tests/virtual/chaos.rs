//! What users, SAE, the API server and fate may do to a watch, at random.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use saewatch::sae::Class;
use serde_json::{Value, json};

use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::{drawn, error};
use crate::world::World;

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Deed {
    /// A user changes the spec.
    Edit(&'static str),
    /// A user asks for a poll.
    Request(u8),
    /// A user deletes the watch and creates it anew.
    Recreate,
    /// Somebody writes into the status.
    Damage(&'static str),
    /// SAE runs this from now on, and wants so many instances more than there are.
    Run(String, i8),
    /// SAE calls the application stopped.
    Stop,
    /// SAE knows the application no more.
    Forget,
    /// Every call to SAE fails like this.
    Fail(Class, &'static str),
    /// SAE answers again.
    Mend,
    /// Some calls to the API server meet trouble.
    Trouble(Verb, Trouble, u8),
    /// All watch streams end; perhaps what they missed is gone.
    CutWatches(bool),
    /// Watch streams are late.
    Lag(u8),
    /// The operator is killed, and started after so many seconds.
    Kill(u16),
    /// The operator ends in peace, and is started anew.
    Restart,
}

const SPECS: [&str; 16] = [
    r#"{"suspend": true}"#,
    r#"{"suspend": false}"#,
    r#"{"interval": "15s"}"#,
    r#"{"interval": "2m"}"#,
    r#"{"groupIds": ["g-1"]}"#,
    r#"{"groupIds": ["g-1", "g-2"]}"#,
    r#"{"groupIds": null}"#,
    r#"{"instanceId": "i-0"}"#,
    r#"{"instanceId": null}"#,
    r#"{"regionId": "cn-beijing"}"#,
    r#"{"regionId": null}"#,
    r#"{"health": {"minHealthyPercent": 50, "requireHealthCheck": true}}"#,
    r#"{"health": {"minHealthyPercent": 100, "unhealthyThreshold": 3, "healthyThreshold": 2}}"#,
    r#"{"failureThreshold": 1, "health": {"progressDeadline": "1m"}}"#,
    r#"{"instances": {"limit": 2}}"#,
    r#"{"instances": {"limit": 0}}"#,
];

const DAMAGES: [&str; 10] = [
    r#"{"health": "Healthy"}"#,
    r#"{"health": "Unknown", "readyInstances": "7/7"}"#,
    r#"{"memory": {"streak": {"health": "Unhealthy", "polls": 3}}}"#,
    r#"{"instances": []}"#,
    r#"{"instances": [{"id": "i-0", "state": "Failing", "reason": "Evil", "ip": "10.9.9.9", "since": "2026-01-01T00:00:00Z"}]}"#,
    r#"{"conditions": []}"#,
    r#"{"counts": null, "groups": null, "revision": null}"#,
    r#"{"observedGeneration": 1, "effectiveInterval": "1h", "instancesOmitted": 9}"#,
    r#"{"groups": [{"id": "g-9", "total": 9, "ready": 9}], "region": "cn-nowhere"}"#,
    "null",
];

/// Something that happens, and how many seconds pass until the next.
pub fn deed() -> impl Strategy<Value = (Deed, u16)> {
    let pause = prop_oneof![Just(0), 1..10u16, 10..120u16, Just(600)];
    let trouble = prop_oneof![
        select(&[409, 429, 500, 503][..]).prop_map(Trouble::Answer),
        Just(Trouble::Lost),
        Just(Trouble::Unheard),
        Just(Trouble::Hang),
        Just(Trouble::Slow(Duration::from_secs(3))),
    ];
    let verb =
        select(&[Verb::Patch, Verb::Patch, Verb::Patch, Verb::Emit, Verb::Watch, Verb::StreamList][..]);
    let failure = select(
        &[
            (Class::Transient(None), "ServiceUnavailable"),
            (Class::Throttled(None), "Throttling.User"),
            (Class::Denied, "NoPermission"),
            (Class::CredentialsRejected, "InvalidAccessKeyId.NotFound"),
            (Class::Malformed, "Success"),
        ][..],
    );
    let deed = prop_oneof![
        6 => select(&SPECS[..]).prop_map(Deed::Edit),
        2 => any::<u8>().prop_map(Deed::Request),
        1 => Just(Deed::Recreate),
        3 => select(&DAMAGES[..]).prop_map(Deed::Damage),
        8 => ("[RRRUCSTIXW]{0,4}(/[RRUS]{0,2})?", -1..=1i8).prop_map(|(app, more)| Deed::Run(app, more)),
        1 => Just(Deed::Stop),
        1 => Just(Deed::Forget),
        3 => failure.prop_map(|(class, code)| Deed::Fail(class, code)),
        4 => Just(Deed::Mend),
        5 => (verb, trouble, 1..6u8).prop_map(|(verb, trouble, times)| Deed::Trouble(verb, trouble, times)),
        1 => any::<bool>().prop_map(Deed::CutWatches),
        2 => select(&[0, 0, 1, 10, 100][..]).prop_map(Deed::Lag),
        3 => prop_oneof![Just(0), 1..60u16, Just(3600)].prop_map(Deed::Kill),
        1 => Just(Deed::Restart),
    ];
    (deed, pause)
}

/// Does something to the watch `shop` on the application `app-1`.
pub async fn perform(deed: &Deed, world: &mut World) {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    match deed {
        Deed::Edit(fields) => world.cluster.edit_spec("shop", &read(fields)),
        Deed::Request(token) => world.cluster.request_poll("shop", &format!("token-{token}")),
        Deed::Recreate => {
            let spec = world.cluster.get("shop")["spec"].take();
            world.cluster.delete("shop");
            world.cluster.create("shop", &spec);
        }
        Deed::Damage(status) => world.cluster.damage("shop", &read(status)),
        Deed::Run(instances, more) => world.sae.run("app-1", drawn(instances, i64::from(*more)).addressed()),
        Deed::Stop => {
            let mut application = drawn("", 2);
            application.stopped = true;
            world.sae.run("app-1", application);
        }
        Deed::Forget => world.sae.delete("app-1"),
        Deed::Fail(class, code) => world.sae.fail(error(*class, code)),
        Deed::Mend => world.sae.mend(),
        Deed::Trouble(verb, trouble, times) => {
            world.cluster.plan(Plan::next(*verb, *trouble).times(u32::from(*times)));
        }
        Deed::CutWatches(is_compacted) => {
            world.cluster.cut_watches();
            if *is_compacted {
                world.cluster.compact();
            }
        }
        Deed::Lag(seconds) => world.cluster.lag(Duration::from_secs(u64::from(*seconds))),
        Deed::Kill(seconds) => {
            world.kill();
            world.seconds(u64::from(*seconds)).await;
            world.start();
        }
        Deed::Restart => {
            world.stop().await;
            world.start();
        }
    }
}

/// Ends all trouble: what is then so remains so.
pub fn calm_down(world: &World) {
    world.cluster.mend();
    world.sae.mend();
}

/// What a status says of spec and SAE, without what only its history can know: since when, what was emitted, how it
/// came about, and texts that are kept until something else is written.
pub fn gist(watch: &Value) -> Value {
    let status = &watch["status"];
    let mut gist = json!({
        "conditions": conditions(status),
        "isOfThisSpec": status["observedGeneration"] == watch["metadata"]["generation"],
    });
    for field in ["health", "reason", "effectiveInterval"] {
        gist[field] = status[field].clone();
    }
    gist["streak"] = status["memory"]["streak"].clone();
    if status["health"] == "Unknown" {
        // Nobody knows how it is, so what is shown is what was seen last, if anything ever was.
        return gist;
    }
    for field in
        ["readyInstances", "region", "groupCount", "counts", "groups", "instancesOmitted", "revision"]
    {
        gist[field] = status[field].clone();
    }
    let mut instances = status["instances"].clone();
    for instance in instances.as_array_mut().into_iter().flatten() {
        instance["since"].take();
        instance["message"].take();
    }
    gist["instances"] = instances.as_array().cloned().unwrap_or_default().into();
    gist
}

/// Type, status and reason of each condition.
fn conditions(status: &Value) -> Value {
    let all = status["conditions"].as_array().into_iter().flatten();
    all.map(|one| json!([one["type"], one["status"], one["reason"]])).collect()
}
