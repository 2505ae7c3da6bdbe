//! What the tests of diagnoses share: applications with a name and a namespace, of which SAE has something to say.

use std::time::Duration;

use jiff::Timestamp;
use saewatch::sae::Operation;
use serde_json::{Value, json};

use crate::cluster::{Call, Verb};
use crate::sae::history::History;
use crate::sae::{Application, healthy, instance};
use crate::world::{BEGINNING, World};

/// How often SAE is asked about a target at the most.
pub const ASKED_ONCE_IN: Duration = Duration::from_secs(600);

impl World {
    /// Gives an application the name and the namespace that SAE lists, without which there are no events of it.
    pub fn name(&self, app: &str) {
        self.sae.change(app, |application| {
            application.name = Some(app.into());
            application.namespace = Some("cn-hangzhou:prod".into());
        });
    }

    /// Runs an application of three healthy instances, with a deploy that failed just now.
    pub fn run_deployed(&self, app: &str) {
        self.sae.run(app, Application::healthy(3));
        self.name(app);
        self.sae.set_history(app, History::failed_deploy(BEGINNING.parse().unwrap()));
    }

    /// A world with the watch `shop` on such an application, which has been well for two minutes.
    pub async fn diagnosing(diagnoses: bool) -> Self {
        let mut world = Self::new();
        world.diagnoses = diagnoses;
        world.run_deployed("app-1");
        world.declare("shop", "app-1");
        world.start();
        world.minutes(2).await;
        world
    }

    /// Lets so many of the three instances of `app-1` fail, and the others run.
    pub fn break_down(&self, count: usize) {
        self.sae.change("app-1", |app| {
            for (number, one) in app.instances.iter_mut().enumerate() {
                let id = format!("i-{number}");
                *one = if number < count { instance(&id, "Error") } else { healthy(&id) };
            }
        });
    }

    /// Lets time pass until the health of a watch has this name.
    pub async fn until_health(&mut self, name: &str, health: &str) {
        while self.cluster.get(name)["status"]["health"] != health {
            self.pass(Duration::from_millis(100)).await;
        }
    }

    /// The stored diagnosis of a watch; null without.
    pub fn diagnosis(&self, name: &str) -> Value {
        self.cluster.get(name)["status"]["diagnosis"].take()
    }

    /// When SAE was asked why an application is unwell.
    pub fn asked(&self, app: &str) -> Vec<Timestamp> {
        let calls = self.sae.calls().into_iter();
        calls
            .filter(|call| call.app == app && call.operation == Operation::ChangeOrders)
            .map(|call| call.at)
            .collect()
    }

    /// Asserts that SAE was never asked sooner than ten minutes after it was asked before.
    pub fn assert_asked_rarely(&self, app: &str) {
        let asked = self.asked(app);
        for pair in asked.windows(2) {
            // A way of the call is not as long as another.
            let distance = pair[1].duration_since(pair[0]).unsigned_abs() + Duration::from_millis(100);
            assert!(distance >= ASKED_ONCE_IN, "{asked:?}");
        }
    }

    /// The calls of the API server that bring a diagnosis of a watch.
    pub fn diagnosis_writes(&self, name: &str) -> Vec<Call> {
        let is_one = |call: &Call| call.verb == Verb::Diagnose && call.name.1 == name;
        self.cluster.calls().into_iter().filter(is_one).collect()
    }

    /// How often an event with this reason was emitted for a watch.
    pub fn count_emitted(&self, name: &str, reason: &str) -> usize {
        self.emitted(name).iter().filter(|emitted| *emitted == reason).count()
    }

    /// The reasons of the events of a watch but those of diagnoses, oldest first.
    pub fn other_reasons(&self, name: &str) -> Vec<String> {
        self.emitted(name).into_iter().filter(|reason| reason != "DiagnosisReady").collect()
    }

    /// The events of a watch but those of diagnoses, as people read them.
    pub fn other_events(&self, name: &str) -> Vec<Value> {
        let events = self.cluster.events().into_iter();
        let events =
            events.filter(|event| event["regarding"]["name"] == name && event["reason"] != "DiagnosisReady");
        events
            .map(|event| json!([event["metadata"]["name"], event["type"], event["reason"], event["note"]]))
            .collect()
    }
}

/// What a diagnosis says of the deploy that failed.
pub fn assert_is_whole(diagnosis: &Value) {
    assert_eq!(diagnosis["change"]["id"], "order-2", "{diagnosis}");
    assert!(diagnosis["change"]["message"].as_str().unwrap().contains("did not become ready"), "{diagnosis}");
    assert_eq!(diagnosis["events"][0]["reason"], "Unhealthy", "{diagnosis}");
    assert!(diagnosis["incomplete"].is_null(), "{diagnosis}");
}

/// A status without its diagnosis.
pub fn without_diagnosis(mut status: Value) -> Value {
    status.as_object_mut().map(|status| status.remove("diagnosis"));
    status
}
