//! What an unchanged watch writes.

use kube::Api;
use kube::api::{Patch, PatchParams};
use saewatch::api::SaeAppWatch;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::Result;
use crate::sae::Application;
use crate::servers::etcd_bytes;
use crate::stage::{INSTANCES, Stage};
use crate::table::Row;
use crate::world::{World, on_a_paused_clock};

const POLLS: usize = 60;
const MOST_WRITES: usize = 13;
const MOST_BYTES: f64 = 0.25;
/// Writes by which one is measured.
const WRITES: u32 = 100;

/// Writes in a virtual hour, and what they make etcd store beside a write at each poll. Both are heartbeats: one that
/// wrote the list again at each poll would cost the API server more and etcd the same.
pub fn of_an_hour(stage: &Stage, runtime: &Runtime) -> Result<Vec<Row>> {
    let writes = on_a_paused_clock(in_a_virtual_hour());
    let bytes = runtime.block_on(bytes_of_a_write(stage))?;
    let (ours, naive) = (writes as f64 * bytes, POLLS as f64 * bytes);
    Ok(vec![
        Row {
            measure: "status writes of an unchanged watch".into(),
            method: format!("a virtual hour of the operator, {POLLS} polls"),
            result: format!("{writes} of {POLLS}"),
            bar: "≤ 13 of 60",
            holds: Some(writes <= MOST_WRITES),
        },
        Row {
            measure: "… in bytes of etcd".into(),
            method: format!(
                "{:.0} kB an hour, {:.0} kB with a write at each poll; one write {bytes:.0} bytes, as etcd counts {WRITES} of them",
                ours / 1e3,
                naive / 1e3
            ),
            result: format!("{:.2} ×", ours / naive),
            bar: "≤ 0.25 ×",
            holds: Some(ours <= MOST_BYTES * naive),
        },
    ])
}

async fn in_a_virtual_hour() -> usize {
    let mut world = World::new();
    world.sae.run("app-1", Application::healthy(INSTANCES));
    world.declare("shop", "app-1");
    world.start();
    world.minutes(10).await;
    let before = world.writes("shop").len();
    world.minutes(60).await;
    world.writes("shop").len() - before
}

/// What etcd stores for one heartbeat: the whole object, list included.
async fn bytes_of_a_write(stage: &Stage) -> Result<f64> {
    let (namespace, name) = Stage::name_of(0);
    let api: Api<SaeAppWatch> = Api::namespaced(stage.cluster.client(), &namespace);
    let before = etcd_bytes(stage).await?;
    for second in 0..WRITES {
        let observed = format!("2026-01-01T00:{:02}:{:02}Z", second / 60, second % 60);
        let heartbeat = Patch::Merge(json!({"status": {"observedAt": observed}}));
        api.patch_status(&name, &PatchParams::apply("saewatch"), &heartbeat).await?;
    }
    Ok((etcd_bytes(stage).await? - before) / f64::from(WRITES))
}
