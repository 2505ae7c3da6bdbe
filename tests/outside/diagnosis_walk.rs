//! What a person on call reads about applications that are unwell, with `--diagnose`. Each is one file in `golden/`: the
//! table, what `kubectl saewatch why` says, the events and the status. `UPDATE_GOLDEN=1 cargo test --test outside walk`
//! writes them anew.

use std::path::PathBuf;

use serde_json::Value;

use crate::diagnosis::{ASKED, curious, spec, until_known, why};
use crate::picture::Painter;
use crate::plugin::Plugin;
use crate::support::World;
use crate::walk::compare;
use sae_simulator::{AppEvent, Application};

const IMAGE: &str = "registry.example.com/shop:2.1";
const MANY: &str = "the first of four batches failed: 1 of 1 instance did not become ready within 10 minutes";

/// What happens to an application; its watch has its name.
struct Case {
    app: &'static str,
    title: &'static str,
    happen: fn(&mut Application),
}

const CASES: [Case; 9] = [
    Case { app: "crash", title: "Crash loop and no change", happen: |app| app.instance(1).crash() },
    Case {
        app: "image",
        title: "Deploy of an image that is not there",
        happen: |app| {
            app.deploy(IMAGE);
            app.step();
            app.instance(4).fail_image_pull();
            app.fail_deploy("image registry.example.com/shop:2.1 cannot be pulled: manifest unknown");
        },
    },
    Case {
        app: "probe",
        title: "Deploy that succeeded and whose probes fail",
        happen: |app| {
            app.deploy(IMAGE);
            app.finish_deploy();
            (0..3).for_each(|number| app.instance(number).fail_readiness());
        },
    },
    Case {
        app: "batch",
        title: "Deploy that runs while an old instance crashes",
        happen: |app| {
            app.deploy(IMAGE);
            app.step();
            app.instance(0).crash();
        },
    },
    Case { app: "memory", title: "Out of memory", happen: |app| app.instance(2).run_out_of_memory() },
    Case {
        app: "room",
        title: "Failed deploy and no room for its instance",
        happen: |app| {
            app.deploy(IMAGE);
            app.step();
            app.fail_deploy(MANY);
            app.instance(0).crash();
            let event = |seconds| no_room(&app.instances().nth(4).unwrap().instance_id, seconds);
            app.events = vec![event(90), event(60), event(30)];
        },
    },
    Case { app: "crash", title: "Well again", happen: |app| app.instance(1).recover() },
    // Another verdict, about which SAE is not asked yet.
    Case { app: "crash", title: "Unwell again within ten minutes", happen: |app| app.instance(2).crash() },
    // The last one: what SAE denies is not asked for an hour.
    Case {
        app: "denied",
        title: "Crash loop and no right to ask why",
        happen: |app| app.instance(1).crash(),
    },
];

/// An event so many seconds ago.
fn no_room(pod: &str, seconds: i64) -> AppEvent {
    let at = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(seconds);
    let at = at.strftime("%FT%TZ").to_string();
    AppEvent {
        object_kind: "Pod".to_owned(),
        object_name: pod.to_owned(),
        event_type: "Warning".to_owned(),
        reason: "FailedScheduling".to_owned(),
        message: "0/3 nodes are available: insufficient cpu".to_owned(),
        first_timestamp: at.clone(),
        last_timestamp: at,
        cause_analysis: "The zone has no capacity for 4 cores".to_owned(),
    }
}

#[tokio::test]
async fn why_applications_are_unwell_looks_as_the_golden_files_say() {
    let world = World::new().await;
    for Case { app, .. } in CASES {
        world.sae.put_application(Application::new(app).group("g-1", 4).running(4));
        world.declare(app, &spec(app)).await;
    }
    let _operator = curious(&world);
    for Case { app, .. } in CASES {
        until_known(&world, app).await;
    }
    let plugin = Plugin::new();
    for (number, Case { app, title, happen }) in CASES.into_iter().enumerate() {
        if app == "denied" {
            for operation in ASKED {
                world.sae.deny(operation, "NoPermission");
            }
        }
        let before = world.events().await.len();
        world.sae.update(app, happen);
        let token = format!("after-case-{number}");
        world.request(app, &token).await;
        let is_seen = |watch: &Value| {
            let status = &watch["status"];
            let is_settled =
                status["memory"]["streak"].is_null() && status["lastHandledRequest"] == token.as_str();
            is_settled && !status["diagnosis"].is_null()
        };
        world.until(app, "its token and a diagnosis", is_seen).await;
        let table = world.kubectl(&["get", "saw", app, "-o", "wide"]).await;
        let said = format!("{table}\n$ kubectl saewatch why {app}\n{}", why(&plugin, &world, app));
        let said = said.replace(&world.namespace, "team-a");
        let events = world.events().await.split_off(before);
        let picture = Painter::default().paint(title, &said, &world.watch(app).await, &events);
        let name = format!("diagnosis-{}-{}.yaml", number + 1, title.to_lowercase().replace(' ', "-"));
        let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/outside/golden");
        compare((picture, golden.join(name)));
    }
}
