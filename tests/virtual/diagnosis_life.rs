//! The life of a diagnosis: when it is asked for, what it costs, when it goes, and what does not disturb it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use saewatch::sae::Operation;
use serde_json::{Value, json};

use crate::chaos::gist;
use crate::cluster::{Plan, Trouble, Verb};
use crate::diagnosis::{assert_is_whole, without_diagnosis};
use crate::sae::OF_DIAGNOSES;
use crate::sae::history::CallTrouble;
use crate::world::{World, on_a_paused_clock};

/// What is seen of a world with diagnoses and of one without, in which the same happens.
fn with_and_without<T>(act: &impl AsyncFn(&mut World), see: impl Fn(&World) -> T) -> [T; 2] {
    [true, false].map(|diagnoses| {
        on_a_paused_clock(async {
            let mut world = World::diagnosing(diagnoses).await;
            act(&mut world).await;
            see(&world)
        })
    })
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_turns_bad_is_diagnosed_after_it_is_told_and_what_turns_worse_again_after_ten_minutes() {
    let mut world = World::diagnosing(true).await;
    assert_eq!(world.asked("app-1"), []);
    world.break_down(1);
    world.minutes(3).await;
    let first = world.diagnosis("shop");
    assert_is_whole(&first);
    assert_eq!(world.emitted("shop"), ["HealthDegraded", "DiagnosisReady"]);
    let told_first = world
        .cluster
        .stored()
        .into_iter()
        .any(|(_, _, status)| status["health"] == "Degraded" && status["diagnosis"].is_null());
    assert!(told_first, "the status of the verdict does not wait for the diagnosis");

    world.break_down(3);
    world.minutes(4).await;
    assert_eq!(world.emitted("shop")[2..], ["HealthDegraded"]);
    assert_eq!(world.diagnosis("shop"), first, "it is too early to ask");
    world.minutes(9).await;
    let second = world.diagnosis("shop");
    assert_is_whole(&second);
    assert!(time(&second["since"]) > time(&first["since"]));
    assert_eq!(world.asked("app-1").len(), 2);
    world.assert_asked_rarely("app-1");

    // It goes to and fro: of the steps of one verdict no other is asked about.
    for minutes in 0..40 {
        world.break_down(1 + 2 * (minutes % 2));
        world.minutes(3).await;
    }
    assert_eq!(world.asked("app-1").len(), 2);
    assert_eq!(world.diagnosis_writes("shop").len(), 2);
    assert_eq!(world.count_emitted("shop", "DiagnosisReady"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_turns_worse_while_sae_is_asked_is_asked_about_by_itself() {
    let mut world = World::diagnosing(true).await;
    world.break_down(1);
    while world.asked("app-1").is_empty() {
        world.pass(Duration::from_millis(100)).await;
    }
    world.break_down(3);
    world.cluster.request_poll("shop", "now");
    world.until_health("shop", "Unhealthy").await;
    assert!(world.diagnosis("shop").is_null(), "it became worse before the answer came");
    world.minutes(2).await;
    let (first, verdict) = (world.diagnosis("shop"), world.cluster.get("shop")["status"]["memory"].take());
    assert_is_whole(&first);
    assert_eq!(first["since"], verdict["verdict"]["since"]);
    world.minutes(12).await;
    let second = world.diagnosis("shop");
    assert_is_whole(&second);
    let step = world.cluster.get("shop")["status"]["recentTransitions"][0].take();
    assert_eq!((&second["since"], &step["to"]), (&step["at"], &json!("Unhealthy")));
    assert_eq!((world.asked("app-1").len(), world.diagnosis_writes("shop").len()), (2, 2));
    assert_eq!(world.count_emitted("shop", "DiagnosisReady"), 1);
    world.assert_asked_rarely("app-1");
}

#[test]
fn a_diagnosis_stays_for_an_hour_and_then_goes_with_the_next_heartbeat() {
    let act = async |world: &mut World| {
        world.break_down(1);
        world.minutes(4).await;
        world.break_down(0);
        world.minutes(80).await;
    };
    let [(stored, writes), (_, writes_without)] = with_and_without(&act, |world| {
        let stored = world.cluster.stored().into_iter().map(|(_, _, status)| status);
        (stored.collect::<Vec<_>>(), world.writes("shop").len())
    });
    assert_eq!(writes, writes_without, "no write of its own");
    let last = stored.iter().rposition(|status| !status["diagnosis"].is_null()).unwrap();
    assert!(stored.len() > last + 2, "it does not come again");
    let (before, after) = (&stored[last], &stored[last + 1]);
    let good_since = time(&after["memory"]["verdict"]["since"]);
    let stayed = time(&after["observedAt"]).duration_since(good_since);
    let longest = SignedDuration::from_mins(60 + 7);
    assert!((SignedDuration::from_mins(60)..longest).contains(&stayed), "{stayed:?}");
    let mut heartbeat = without_diagnosis(before.clone());
    for moved in ["observedAt", "staleAfter"] {
        assert_ne!(before[moved], after[moved]);
        heartbeat[moved] = after[moved].clone();
    }
    assert_eq!(heartbeat, *after);
}

#[test]
fn an_application_that_comes_and_goes_is_asked_about_once_in_ten_minutes() {
    let act = async |world: &mut World| {
        for round in 0..30 {
            world.break_down(1 + round % 3);
            world.minutes(2).await;
            world.break_down(0);
            world.minutes(2).await;
        }
        world.assert_asked_rarely("app-1");
    };
    let [with, without] = with_and_without(&act, |world| {
        let emitted = ["HealthDegraded", "DiagnosisReady"].map(|reason| world.count_emitted("shop", reason));
        (
            world.asked("app-1").len(),
            emitted,
            world.diagnosis_writes("shop").len(),
            world.writes("shop").len(),
        )
    });
    let (asked, [verdicts, diagnoses], diagnosis_writes, writes) = with;
    assert!((8..=13).contains(&asked), "asked {asked} times in two hours");
    assert!(verdicts >= 25, "{verdicts} verdicts");
    assert!(
        diagnoses <= diagnosis_writes && diagnosis_writes <= asked,
        "{diagnosis_writes} for {asked} questions"
    );
    assert!(writes <= without.3 + 2, "{writes} writes of the status, {} without diagnoses", without.3);
}

#[tokio::test(start_paused = true)]
async fn two_watches_of_one_target_with_other_damping_share_one_question() {
    let mut world = World::diagnosing(true).await;
    let slow = json!({"appId": "app-1", "health": {"unhealthyThreshold": 5}});
    world.cluster.create("slow", &slow);
    world.minutes(2).await;
    world.break_down(1);
    world.minutes(9).await;
    let [quick, slow] = ["shop", "slow"].map(|name| world.diagnosis(name));
    assert_is_whole(&quick);
    assert_is_whole(&slow);
    assert_eq!(quick["at"], slow["at"]);
    assert!(time(&quick["since"]) < time(&slow["since"]), "{quick} {slow}");
    assert_eq!(world.sae.diagnosis_calls("app-1"), [1, 1, 1]);
    world.minutes(30).await;
    assert_eq!(world.sae.diagnosis_calls("app-1"), [1, 1, 1]);
    for name in ["shop", "slow"] {
        assert_eq!(world.diagnosis_writes(name).len(), 1, "{name}");
        assert_eq!(world.count_emitted(name, "DiagnosisReady"), 1, "{name}");
    }
}

/// A world in which the first call of a question is under way, and not answered yet.
async fn asking() -> World {
    let mut world = World::diagnosing(true).await;
    world.sae.trouble(Operation::ChangeOrders, CallTrouble::Hangs);
    world.break_down(1);
    while world.asked("app-1").is_empty() {
        world.pass(Duration::from_millis(100)).await;
    }
    world.sae.mend();
    world
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_suspended_is_not_diagnosed_until_it_is_resumed() {
    let mut world = asking().await;
    world.cluster.edit_spec("shop", &json!({"suspend": true}));
    world.minutes(12).await;
    assert_eq!(world.sae.diagnosis_calls("app-1"), [1, 0, 0], "the call that was under way");
    assert!(world.diagnosis("shop").is_null());
    world.cluster.edit_spec("shop", &json!({"suspend": false}));
    world.minutes(3).await;
    assert_is_whole(&world.diagnosis("shop"));
    world.assert_asked_rarely("app-1");
    world.cluster.edit_spec("shop", &json!({"suspend": true}));
    world.minutes(90).await;
    assert_is_whole(&world.diagnosis("shop"));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_is_deleted_while_sae_is_asked_leaves_nothing_behind() {
    let mut world = asking().await;
    world.cluster.delete("shop");
    world.minutes(40).await;
    assert_eq!(world.sae.diagnosis_calls("app-1"), [1, 0, 0], "the call that was under way");
    assert_eq!(world.diagnosis_writes("shop").len(), 0);
    assert_eq!(world.emitted("shop"), ["HealthDegraded"]);
}

#[tokio::test(start_paused = true)]
async fn an_api_server_that_refuses_every_third_write_gets_the_same_diagnosis() {
    for answer in [500, 503, 409, 429] {
        let mut world = World::diagnosing(true).await;
        world.cluster.plan(Plan::next(Verb::Diagnose, Trouble::Answer(answer)));
        world.cluster.plan(Plan::next(Verb::EmitDiagnosis, Trouble::Answer(answer)));
        // Those that an earlier plan refuses do not count for a later one.
        for number in 1..=40 {
            world.cluster.plan(Plan::next(Verb::Patch, Trouble::Answer(answer)).after(2 * number));
        }
        world.break_down(1);
        world.minutes(8).await;
        assert_is_whole(&world.diagnosis("shop"));
        assert_eq!(world.sae.diagnosis_calls("app-1"), [1, 1, 1], "{answer}");
        assert!(world.count_emitted("shop", "DiagnosisReady") <= 1, "{answer}");
        assert_eq!(world.count_emitted("shop", "HealthDegraded"), 1, "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_api_server_that_stands_still_for_a_minute_gets_the_diagnosis_afterwards() {
    for waits_for_verdict in [true, false] {
        let mut world = World::diagnosing(true).await;
        world.break_down(1);
        if waits_for_verdict {
            world.until_health("shop", "Degraded").await;
        }
        for verb in [Verb::Patch, Verb::Emit, Verb::Diagnose, Verb::EmitDiagnosis] {
            world.cluster.plan(Plan::every(verb, Trouble::Hang));
        }
        world.minutes(1).await;
        world.cluster.mend();
        world.minutes(5).await;
        assert_is_whole(&world.diagnosis("shop"));
        assert_eq!(world.emitted("shop"), ["HealthDegraded", "DiagnosisReady"]);
        assert_eq!(world.sae.diagnosis_calls("app-1"), [1, 1, 1]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_diagnosis_goes_on_without_an_event_that_never_has_a_response() {
    for trouble in [Trouble::Lost, Trouble::Hang] {
        let mut world = World::diagnosing(true).await;
        world.cluster.plan(Plan::every(Verb::EmitDiagnosis, trouble));
        world.break_down(1);
        world.minutes(9).await;
        assert_is_whole(&world.diagnosis("shop"));
        assert_eq!(world.emitted("shop"), ["HealthDegraded"], "{trouble:?}");
        assert_eq!(world.sae.diagnosis_calls("app-1"), [1, 1, 1], "{trouble:?}");
        world.minutes(30).await;
        assert_eq!(world.diagnosis_writes("shop").len(), 1, "{trouble:?}");
    }
}

#[test]
fn an_older_crd_costs_one_question_and_one_write_a_verdict_and_nothing_else() {
    let act = async |world: &mut World| {
        world.cluster.forget_field("/properties", "diagnosis");
        world.break_down(1);
        world.minutes(40).await;
        let is_outdated = world.metric("saewatch_crd_outdated");
        assert_eq!(is_outdated, Some(f64::from(u8::from(world.diagnoses))));
        if !world.diagnoses {
            return;
        }
        assert_eq!(world.asked("app-1").len(), 1);
        assert_eq!(world.diagnosis_writes("shop").len(), 1, "it is not tried again");
        let said = world.metrics.crd.trouble().unwrap();
        assert!(said.contains("does not take status.diagnosis;"), "{said}");
    };
    let [with, without] =
        with_and_without(&act, |world| (world.writes("shop").len(), world.other_events("shop")));
    assert_eq!(with, without);
}

#[tokio::test(start_paused = true)]
async fn a_crd_that_has_become_newer_takes_the_diagnosis_of_the_next_verdict() {
    let mut world = World::diagnosing(true).await;
    world.cluster.forget_field("/properties", "diagnosis");
    world.break_down(1);
    world.minutes(12).await;
    world.cluster.know_all_fields();
    world.break_down(0);
    world.minutes(4).await;
    world.break_down(1);
    world.minutes(4).await;
    assert_is_whole(&world.diagnosis("shop"));
    assert_eq!(world.metric("saewatch_crd_outdated"), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_sae_does_not_answer_is_named_and_costs_nothing_else() {
    let mut other = World::diagnosing(false).await;
    other.break_down(1);
    other.minutes(20).await;
    let expected = (gist(&other.cluster.get("shop")), other.emitted("shop"));
    drop(other);
    let troubles = OF_DIAGNOSES.map(|operation| CallTrouble::ALL.map(|trouble| (operation, trouble)));
    for (operation, trouble) in troubles.into_iter().flatten() {
        let mut world = World::diagnosing(true).await;
        world.sae.trouble(operation, trouble);
        world.break_down(1);
        world.minutes(20).await;
        let diagnosis = world.diagnosis("shop");
        assert_eq!(diagnosis["incomplete"], json!(trouble.leaves()), "{operation:?} {trouble:?}");
        assert_eq!(
            (gist(&world.cluster.get("shop")), world.other_reasons("shop")),
            expected,
            "{operation:?} {trouble:?}"
        );
        assert_eq!(world.asked("app-1").len(), 1, "{operation:?} {trouble:?}");
    }
}
