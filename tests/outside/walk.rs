//! One application through its life. Each step is one file in `golden/`, to be read as documentation: the table, the
//! conditions, the status and the events after it. `UPDATE_GOLDEN=1 cargo test --test outside walk` writes them anew.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::picture::Painter;
use crate::support::World;
use sae_simulator::{Application, Fault, Operation};

const APP: &str = "demo-shop";

/// The walk: the world, and what has been told so far.
pub struct Walk {
    pub world: World,
    painter: Painter,
    told: usize,
    seen: usize,
    /// The application while SAE does not know it.
    away: Option<Application>,
}

/// One step: what it is called, and what happens in SAE.
pub struct Step {
    pub title: &'static str,
    pub happen: fn(&mut Walk),
}

impl Walk {
    /// A watch that nobody has looked at. Its interval is long, so that the polls of the walk are those that it
    /// asks for.
    pub async fn begin() -> Self {
        let world = World::new().await;
        world.sae.put_application(Application::new(APP).named("shop").group("g-1", 4).running(4));
        let spec = json!({"appId": APP, "interval": "6h", "failureThreshold": 1});
        world.declare("shop", &spec).await;
        Self::of(world, 0)
    }

    /// A walk of the watch `shop` of a world, whose golden files are numbered behind so many others.
    pub fn of(world: World, seen: usize) -> Self {
        Self { world, painter: Painter::default(), told: 0, seen, away: None }
    }

    /// Waits until the application is observed and its name is known, which no answer about its instances says.
    pub async fn until_observed(&self) {
        let is_so =
            |watch: &Value| watch["status"]["health"] == "Healthy" && watch["status"]["app"] == "shop";
        self.world.until("shop", "its health and its name", is_so).await;
    }

    fn change(&self, change: impl FnOnce(&mut Application)) {
        self.world.sae.update(APP, change);
    }

    /// Asks for a poll.
    pub async fn ask(&self) {
        self.world.request("shop", &self.token()).await;
    }

    /// The token of this step's poll.
    fn token(&self) -> String {
        format!("after-step-{}", self.seen)
    }

    /// Whether nothing is open any more: the poll is acknowledged and every streak is confirmed.
    pub fn is_settled(&self, watch: &Value) -> bool {
        let status = &watch["status"];
        status["lastHandledRequest"] == self.token().as_str() && status["memory"]["streak"].is_null()
    }

    /// Waits until nothing is open any more.
    pub async fn settle(&self) {
        self.world.until("shop", "a settled poll", |watch| self.is_settled(watch)).await;
    }

    /// What there is to see after a step, and the golden file that shows it.
    pub async fn see(&mut self, title: &str) -> (String, PathBuf) {
        self.seen += 1;
        let table = self.world.kubectl(&["get", "saw", "shop", "-o", "wide"]).await;
        let events = self.world.events().await;
        let fresh = &events[self.told..];
        let picture = self.painter.paint(title, &table, &self.world.watch("shop").await, fresh);
        self.told = events.len();
        let name = format!("{:02}-{}.yaml", self.seen, title.to_lowercase().replace(' ', "-"));
        (picture, PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/outside/golden").join(name))
    }
}

/// What is there before the first step, and what the first answer shows.
pub const BEFORE: [&str; 2] = ["Declared and not yet looked at", "First answer"];

pub const STEPS: [Step; 17] = [
    Step {
        title: "Rolling deploy begins",
        happen: |walk| {
            walk.change(|app| {
                app.deploy("registry.example.com/shop:2.0");
                app.step();
            });
        },
    },
    Step {
        title: "Rolling deploy half way",
        happen: |walk| {
            walk.change(|app| {
                app.step();
            });
        },
    },
    Step { title: "Rolling deploy over", happen: |walk| walk.change(Application::finish_deploy) },
    Step { title: "Crash loop", happen: |walk| walk.change(|app| app.instance(1).crash()) },
    Step { title: "Crash loop over", happen: |walk| walk.change(|app| app.instance(1).recover()) },
    Step {
        title: "Image cannot be pulled",
        happen: |walk| walk.change(|app| (0..3).for_each(|number| app.instance(number).fail_image_pull())),
    },
    Step { title: "Image can be pulled again", happen: |walk| walk.change(Application::settle) },
    Step { title: "Readiness fails", happen: |walk| walk.change(|app| app.instance(0).fail_readiness()) },
    Step { title: "Readiness recovers", happen: |walk| walk.change(Application::settle) },
    Step {
        title: "Scaled to zero",
        happen: |walk| {
            walk.change(|app| {
                app.scale("g-1", 0);
                app.settle();
            });
        },
    },
    Step { title: "Scaled up and starting", happen: |walk| walk.change(|app| app.scale("g-1", 4)) },
    Step { title: "Scaled up", happen: |walk| walk.change(Application::settle) },
    // Throttled requests stay queued, so this one is acknowledged when the account may ask again.
    Step { title: "Throttled meanwhile", happen: |walk| walk.world.sae.inject(Fault::throttle().times(2)) },
    Step {
        title: "Access denied",
        happen: |walk| walk.world.sae.deny(Operation::DescribeApplicationInstances, "Forbidden.RAM"),
    },
    Step {
        title: "Access granted",
        happen: |walk| walk.world.sae.allow(Operation::DescribeApplicationInstances),
    },
    Step {
        title: "Deleted in SAE",
        happen: |walk| {
            walk.away = walk.world.sae.application(APP);
            walk.world.sae.remove_application(APP);
        },
    },
    Step { title: "Back in SAE", happen: |walk| walk.world.sae.put_application(walk.away.take().unwrap()) },
];

#[tokio::test]
async fn a_life_of_an_application_looks_as_the_golden_files_say() {
    let mut walk = Walk::begin().await;
    compare(walk.see(BEFORE[0]).await);
    let _operator = walk.world.operator();
    walk.until_observed().await;
    compare(walk.see(BEFORE[1]).await);
    for Step { title, happen } in STEPS {
        happen(&mut walk);
        walk.ask().await;
        walk.settle().await;
        compare(walk.see(title).await);
    }
}

/// Compares a picture with its golden file, or writes that.
pub fn compare((picture, file): (String, PathBuf)) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, picture).unwrap();
    } else {
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(golden, picture, "{} says otherwise", file.display());
    }
}
