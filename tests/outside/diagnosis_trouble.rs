//! One of the three operations is denied, throttled, silent or broken: the diagnosis says what is missing, the rest of the
//! status is what it always is, and the polls go on.

use serde_json::{Value, json};

use crate::diagnosis::{
    curious, emitted, fail_deploy, rest, spec, until_diagnosed, until_known, without_times,
};
use crate::support::{Operator, World};
use sae_simulator::{Application, Fault, Operation};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trouble {
    Denied,
    Throttled,
    Hanging,
    Unreadable,
}

impl Trouble {
    fn begin(self, world: &World, operation: Operation) {
        let unreadable = r#"{"Success": true, "Code": "200", "RequestId": "R-1", "Data": "none"}"#;
        let fault = match self {
            Self::Denied => return world.sae.deny(operation, "NoPermission"),
            Self::Throttled => Fault::throttle().times(1),
            Self::Hanging => Fault::hang().until_cleared(),
            Self::Unreadable => Fault::answer(200, "application/json", unreadable).until_cleared(),
        };
        world.sae.inject(fault.on(operation));
    }

    /// Ends it. A denial is remembered for an hour, but not by another process.
    fn end(self, world: &World, operation: Operation, operator: Operator) -> Operator {
        world.sae.clear_faults();
        world.sae.allow(operation);
        if self != Self::Denied {
            return operator;
        }
        operator.terminate();
        curious(world)
    }

    /// What is left of a whole diagnosis.
    fn leaves(self, whole: &Value, operation: Operation) -> Value {
        let mut left = whole.clone();
        let missing = match self {
            Self::Denied => "AccessDenied",
            Self::Throttled => "Throttled",
            Self::Hanging => "Failed",
            Self::Unreadable => "Unreadable",
        };
        let fields = left.as_object_mut().unwrap();
        fields.insert("incomplete".into(), json!(missing));
        if operation == Operation::ListChangeOrders {
            fields.remove("change");
        } else if operation == Operation::DescribeChangeOrder {
            fields["change"].as_object_mut().unwrap().remove("message");
        }
        // Nothing is asked after a throttle.
        if operation == Operation::ListAppEvents || self == Self::Throttled {
            fields.insert("events".into(), json!([]));
        }
        left
    }
}

/// Waits until the application is unwell and that is explained; what is then to be seen, whatever its name.
async fn turn_bad(world: &World, app: &str) -> (Value, Value) {
    world.sae.update(app, fail_deploy);
    world.request(app, "after-the-deploy").await;
    world.until_health(app, "Degraded").await;
    until_diagnosed(world, app).await;
    let watch = world.watch(app).await;
    let nameless = watch.to_string().replace(app, "app");
    let watch: Value = serde_json::from_str(&nameless).unwrap();
    let mut status = rest(&watch);
    // Instances of another name are another list.
    status.as_object_mut().unwrap().remove("revision");
    (status, without_times(&watch["status"]["diagnosis"]))
}

async fn each_operation_leaves_out_its_own_part(trouble: Trouble) {
    let world = World::new().await;
    let troubled = [
        ("no-orders", Operation::ListChangeOrders),
        ("no-order", Operation::DescribeChangeOrder),
        ("no-events", Operation::ListAppEvents),
    ];
    let names = [["whole"].as_slice(), &troubled.map(|(name, _)| name)].concat();
    for name in &names {
        world.sae.put_application(Application::new(name).group("g-1", 4).running(4));
        world.declare(name, &spec(name)).await;
    }
    let mut operator = curious(&world);
    for name in &names {
        until_known(&world, name).await;
    }
    let (usual, whole) = turn_bad(&world, "whole").await;
    assert!(whole["incomplete"].is_null() && whole["events"].is_array(), "{whole:#}");
    for (name, operation) in troubled {
        trouble.begin(&world, operation);
        let (status, diagnosis) = turn_bad(&world, name).await;
        assert_eq!(diagnosis, trouble.leaves(&whole, operation), "{trouble:?} {operation:?}");
        assert_eq!(status, usual, "{trouble:?} {operation:?}");
        world.sae.update(name, |app| app.instance(0).recover());
        world.request_poll(name).await;
        world.until_health(name, "Healthy").await;
        operator = trouble.end(&world, operation, operator);
    }
    drop(operator);
    // After a throttle of the first call there is nothing to say.
    let silent = usize::from(trouble == Trouble::Throttled);
    assert_eq!(emitted(&world).await.len(), names.len() - silent);
    let warnings = world.events().await.into_iter().filter(|(kind, _, _)| kind == "Warning");
    let warnings: Vec<String> = warnings.map(|(_, reason, _)| reason).collect();
    let of_crashes = ["HealthDegraded", "InstancesCrashLooping"];
    assert!(warnings.iter().all(|reason| of_crashes.contains(&reason.as_str())), "{warnings:?}");
}

#[tokio::test]
async fn what_is_denied_is_missing_and_nothing_else_is_different() {
    each_operation_leaves_out_its_own_part(Trouble::Denied).await;
}

#[tokio::test]
async fn what_is_throttled_is_missing_and_nothing_else_is_different() {
    each_operation_leaves_out_its_own_part(Trouble::Throttled).await;
}

#[tokio::test]
async fn what_does_not_come_is_missing_and_nothing_else_is_different() {
    each_operation_leaves_out_its_own_part(Trouble::Hanging).await;
}

#[tokio::test]
async fn what_cannot_be_read_is_missing_and_nothing_else_is_different() {
    each_operation_leaves_out_its_own_part(Trouble::Unreadable).await;
}
