//! One application through its life. Each step is one file in `golden/`, to be read as documentation: the table, the
//! conditions, the status and the events after it. `UPDATE_GOLDEN=1 cargo test --test outside walk` writes them anew.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::picture::Painter;
use crate::support::{World, condition};
use sae_simulator::{Application, Fault, Operation};

const APP: &str = "demo-shop";

/// The walk: the world, and what has been told so far.
struct Walk {
    world: World,
    painter: Painter,
    told: usize,
    step: u32,
}

impl Walk {
    async fn begin() -> Self {
        let world = World::new().await;
        world.sae.put_application(Application::new(APP).named("shop").group("g-1", 4).running(4));
        Self { world, painter: Painter::default(), told: 0, step: 0 }
    }

    fn change(&self, change: impl FnOnce(&mut Application)) {
        self.world.sae.update(APP, change);
    }

    /// Polls until nothing is open any more: the requested poll is acknowledged and every streak is confirmed.
    async fn poll(&self) {
        let token = format!("after-step-{}", self.step);
        self.world.request("shop", &token).await;
        let is_settled = |watch: &Value| {
            watch["status"]["lastHandledRequest"] == token.as_str() && watch["status"]["streak"].is_null()
        };
        self.world.until("shop", "a settled poll", is_settled).await;
    }

    /// Compares what there is to see with the golden file of this step.
    async fn see(&mut self, title: &str) {
        self.step += 1;
        let table = self.world.kubectl(&["get", "saw", "shop", "-o", "wide"]).await;
        let events = self.world.events().await;
        let fresh = &events[self.told..];
        let picture = self.painter.paint(title, &table, &self.world.watch("shop").await, fresh);
        self.told = events.len();
        let name = format!("{:02}-{}.yaml", self.step, title.to_lowercase().replace(' ', "-"));
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/outside/golden").join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, picture).unwrap();
        } else {
            let golden = std::fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(golden, picture, "{} says otherwise", file.display());
        }
    }
}

/// The interval is long, so that the polls of the walk are those that it asks for.
fn spec() -> Value {
    json!({"appId": APP, "interval": "6h", "health": {"failureThreshold": 1}})
}

#[tokio::test]
async fn a_life_of_an_application_looks_as_the_golden_files_say() {
    let mut walk = Walk::begin().await;
    walk.world.declare("shop", &spec()).await;
    walk.see("Declared and not yet looked at").await;
    let _operator = walk.world.operator();
    walk.world.until_health("shop", "Healthy").await;
    walk.see("First answer").await;

    roll_out(&mut walk).await;
    fall_ill(&mut walk).await;
    scale(&mut walk).await;
    lose_the_way(&mut walk).await;
    leave_and_return(&mut walk).await;
}

async fn roll_out(walk: &mut Walk) {
    walk.change(|app| {
        app.deploy("registry.example.com/shop:2.0");
        app.step();
    });
    walk.poll().await;
    walk.see("Rolling deploy begins").await;
    walk.change(|app| {
        app.step();
    });
    walk.poll().await;
    walk.see("Rolling deploy half way").await;
    walk.change(Application::finish_deploy);
    walk.poll().await;
    walk.see("Rolling deploy over").await;
}

async fn fall_ill(walk: &mut Walk) {
    walk.change(|app| app.instance(1).crash());
    walk.poll().await;
    walk.see("Crash loop").await;
    walk.change(|app| app.instance(1).recover());
    walk.poll().await;
    walk.see("Crash loop over").await;
    walk.change(|app| (0..3).for_each(|number| app.instance(number).fail_image_pull()));
    walk.poll().await;
    walk.see("Image cannot be pulled").await;
    walk.change(Application::settle);
    walk.poll().await;
    walk.see("Image can be pulled again").await;
    walk.change(|app| app.instance(0).fail_readiness());
    walk.poll().await;
    walk.see("Readiness fails").await;
    walk.change(Application::settle);
    walk.poll().await;
    walk.see("Readiness recovers").await;
}

async fn scale(walk: &mut Walk) {
    walk.change(|app| {
        app.scale("g-1", 0);
        app.settle();
    });
    walk.poll().await;
    walk.see("Scaled to zero").await;
    walk.change(|app| app.scale("g-1", 4));
    walk.poll().await;
    walk.see("Scaled up and starting").await;
    walk.change(Application::settle);
    walk.poll().await;
    walk.see("Scaled up").await;
}

async fn lose_the_way(walk: &mut Walk) {
    walk.world.sae.inject(Fault::throttle().times(2));
    // Throttled requests stay queued, so this one is acknowledged when the account may ask again.
    walk.poll().await;
    walk.see("Throttled meanwhile").await;
    walk.world.sae.deny(Operation::DescribeApplicationInstances, "Forbidden.RAM");
    walk.poll().await;
    walk.world.until_ready("shop", "False", "AccessDenied").await;
    walk.see("Access denied").await;
    walk.world.sae.allow(Operation::DescribeApplicationInstances);
    walk.poll().await;
    walk.see("Access granted").await;
}

async fn leave_and_return(walk: &mut Walk) {
    let application = walk.world.sae.application(APP).unwrap();
    walk.world.sae.remove_application(APP);
    walk.poll().await;
    let watch = walk.world.until_ready("shop", "False", "AppNotFound").await;
    assert_eq!(condition(&watch, "Stalled")["status"], "True");
    walk.see("Deleted in SAE").await;
    walk.world.sae.put_application(application);
    walk.poll().await;
    walk.see("Back in SAE").await;
}
