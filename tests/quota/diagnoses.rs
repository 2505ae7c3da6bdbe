//! Why applications are unwell: what the question takes of the budget, and what it leaves to the polls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use saewatch::api::{Health, Incomplete};
use saewatch::domain::Attempt;
use saewatch::sae::Operation;

use crate::plan::Plan;
use crate::slow;
use crate::world::app::{App, Apps, Change, name};
use crate::world::history::{CallTrouble, History};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::{Call, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

/// How many applications are well, and how many turn bad at once.
const WELL: usize = 100;
const BAD: usize = 600;
/// When they do.
const COMES: Duration = mins(60);

/// The calls of diagnoses.
pub fn questions(calls: &[Call]) -> impl Iterator<Item = &Call> {
    calls.iter().filter(|call| {
        matches!(call.operation, Operation::ChangeOrders | Operation::ChangeOrder | Operation::Events)
    })
}

/// A watch whose status says that its application has turned bad now.
fn turned_bad(operator: &Operator, watch: Watch) -> Watch {
    let now = Some(operator.clock.now());
    Watch { health: Health::Degraded, changed_at: now, streak: false, diagnose: true, ..watch }
}

/// An hour and a half of 700 applications, of which 600 turn bad after an hour, and SAE is asked why or not.
async fn many_turn_bad(diagnose: bool) -> Operator {
    let dies =
        |n: u32| Change { at: COMES + mins(2) * n, app: n as usize, to: App { down: 1, ..App::well(2) } };
    let sick = App { unready: 1, ..App::well(2) };
    let apps = [vec![App::well(2); WELL], vec![sick; BAD]].concat();
    let sae = Arc::new(Sae::new(Apps::new(apps, (1..16).map(dies).collect())));
    let mut operator = Operator::start(sae.clone(), 30, Plan::steady());
    operator.watch_all((0..WELL + BAD).map(slow));
    operator.work_until(COMES).await;
    operator.slowest.clear();
    for app in WELL..WELL + BAD {
        sae.set_history(&name(app), History::failed_deploy(operator.clock.now()));
        let id = watch_id(&name(app));
        let watch = turned_bad(&operator, operator.watches[&id].clone());
        operator.watch(&id, Watch { diagnose, ..watch });
    }
    for n in 0..15 {
        let asked = watch_id(&name(50 + n));
        let watch = Watch { request: Some("now".into()), ..operator.watches[&asked].clone() };
        let at = operator.sae.passed();
        operator.watch(&asked, watch);
        operator.work_until(at + secs(15)).await;
        assert_eq!(
            operator.paces[&asked].token_served.as_deref(),
            Some("now"),
            "a refresh waits for no diagnosis"
        );
        operator.work_until(COMES + mins(2 * (n as u64 + 1))).await;
    }
    for n in 1..14 {
        let Change { at, app, .. } = dies(n);
        let seen = operator.looks.iter().filter(|look| look.app == app && look.running == 1);
        let seen: Vec<_> = seen.map(|look| look.at).collect();
        let (first, second) = (seen[0].abs_diff(at), seen[1].abs_diff(seen[0]));
        assert!(first <= mins(2), "moved counts wait for no diagnosis: {first:?}");
        assert!(second <= secs(15), "a confirmation waits for no diagnosis: {second:?}");
    }
    operator.work_until(COMES + mins(40)).await;
    operator
}

/// The sum of the longest paces of the applications that are well, and the polls of all in the half hour.
fn pace(operator: &Operator) -> (Duration, usize) {
    let half_hour = COMES..COMES + mins(30);
    let polls = operator.looks.iter().filter(|look| half_hour.contains(&look.at)).count();
    ((0..WELL).map(|app| operator.slowest.get(&app).copied().unwrap_or_default()).sum(), polls)
}

#[test]
fn six_hundred_that_turn_bad_at_once_have_a_tenth_of_the_calls_and_hold_up_no_poll() {
    let (slowest_without, polls_without) = on_a_paused_clock(async {
        let operator = many_turn_bad(false).await;
        assert_eq!(questions(&operator.sae.calls()).count(), 0);
        pace(&operator)
    });
    on_a_paused_clock(async {
        let mut operator = many_turn_bad(true).await;
        let (slowest, polls) = pace(&operator);
        assert!(slowest * 4 <= slowest_without * 5, "paces of {slowest:?}, of {slowest_without:?} without");
        assert!(polls * 100 >= polls_without * 88, "{polls} polls, {polls_without} without");

        let calls = operator.sae.calls();
        let asked: Vec<_> = questions(&calls).collect();
        for (first, fourth) in asked.iter().zip(asked.iter().skip(3)) {
            assert!(fourth.at.saturating_sub(first.at) >= secs(60), "four in the minute from {first:?}");
        }
        assert!(asked.len() >= 80, "{} of the 90 that the tenth has", asked.len());
        let last = asked.last().unwrap().at;
        assert!(last <= COMES + mins(32), "the last one was at {last:?}");
        let mut per_app = BTreeMap::<_, u32>::new();
        for call in asked.iter().filter(|call| call.operation == Operation::ChangeOrders) {
            assert!(call.at <= COMES + mins(30) + secs(1), "{call:?} began after half an hour");
            *per_app.entry(call.app.clone()).or_default() += 1;
        }
        assert!(per_app.values().all(|times| *times == 1), "each is asked for once");
        assert!(operator.explained.len() >= per_app.len() - 1, "and its watch learns the answer");

        // One that comes after them does not wait for half an hour.
        let id = watch_id(&name(WELL + 1));
        assert!(operator.watches[&id].diagnosis.is_some());
        let id = watch_id(&name(WELL + BAD - 1));
        let late = turned_bad(&operator, operator.watches[&id].clone());
        operator.watch(&id, late);
        operator.work_until(COMES + mins(43)).await;
        assert!(operator.watches[&id].diagnosis.is_some());
    });
}

/// Four watched applications, of which the first turns bad at five minutes, and what SAE says of it.
fn one_turns_bad(prepare: impl Fn(&Sae)) -> Operator {
    let to = App { unready: 1, ..App::well(2) };
    let sae = Arc::new(Sae::new(Apps::new(vec![App::well(2); 4], vec![Change { at: mins(5), app: 0, to }])));
    let mut operator = Operator::start(sae.clone(), 30, Plan::steady());
    sae.set_history(&name(0), History::failed_deploy(operator.clock.now()));
    prepare(&sae);
    operator.watch_all((0..4).map(|app| Watch { diagnose: true, ..Watch::new(app) }));
    operator
}

#[test]
fn a_bad_verdict_is_explained_a_minute_after_it_and_asked_for_once() {
    on_a_paused_clock(async {
        let mut operator = one_turns_bad(|_| {});
        operator.watch(&watch_id("second"), Watch { diagnose: true, ..Watch::new(0) });
        operator.work_until(mins(40)).await;
        let asked: Vec<_> = questions(&operator.sae.calls()).map(|call| call.operation).collect();
        assert_eq!(asked, [Operation::ChangeOrders, Operation::ChangeOrder, Operation::Events]);
        for id in [watch_id(&name(0)), watch_id("second")] {
            let watch = &operator.watches[&id];
            let diagnosis = watch.diagnosis.as_ref().unwrap();
            assert_eq!(Some(diagnosis.since.0), watch.changed_at);
            assert_eq!((diagnosis.incomplete, diagnosis.events.len()), (None, 1));
            assert!(diagnosis.change.as_ref().is_some_and(|change| change.message.is_some()));
        }
        let explained: Vec<_> = operator.explained.iter().map(|(at, _)| *at).collect();
        assert!(explained.len() == 2 && explained[1] <= mins(8), "{explained:?}");
    });
}

#[test]
fn whatever_goes_wrong_with_one_of_the_three_the_polls_go_on_and_the_diagnosis_says_what_is_missing() {
    for operation in [Operation::ChangeOrders, Operation::ChangeOrder, Operation::Events] {
        for trouble in CallTrouble::ALL {
            on_a_paused_clock(async {
                let mut operator = one_turns_bad(|sae| sae.trouble(operation, Some(trouble)));
                operator.work_until(mins(20)).await;
                let at = format!("{operation:?} {trouble:?}");
                let diagnosis = operator.watches[&watch_id(&name(0))].diagnosis.clone().unwrap();
                assert_eq!(diagnosis.incomplete, Some(trouble.leaves()), "{at}");
                assert!(operator.paces.values().all(|pace| pace.last == Some(Attempt::Observed)), "{at}");
                for app in 0..4 {
                    let looks = operator.looks.iter().filter(|look| look.app == app).count();
                    assert!(looks >= 18, "{looks} polls of {app}: {at}");
                }
                let asked = operator.sae.count(operation, secs(0));
                assert_eq!(asked, 1, "{at}");
                assert!(!operator.polls.stats().throttled, "{at}");
            });
        }
    }
}

#[test]
fn where_the_rights_are_missing_sae_is_asked_once_an_hour() {
    on_a_paused_clock(async {
        let sae = Arc::new(Sae::new(Apps::new(vec![App { unready: 1, ..App::well(2) }; 30], Vec::new())));
        for operation in [Operation::ChangeOrders, Operation::Events] {
            sae.trouble(operation, Some(CallTrouble::Denied));
        }
        let mut operator = Operator::start(sae, 60, Plan::steady());
        operator.watch_all((0..30).map(|app| Watch { diagnose: true, ..Watch::new(app) }));
        operator.work_until(mins(59)).await;
        assert_eq!(questions(&operator.sae.calls()).count(), 2);
        for watch in operator.watches.values() {
            let incomplete = watch.diagnosis.as_ref().and_then(|diagnosis| diagnosis.incomplete);
            assert_eq!(incomplete, Some(Incomplete::AccessDenied));
        }
        operator.polls.credentials_changed();
        let id = watch_id(&name(3));
        let bad = turned_bad(&operator, operator.watches[&id].clone());
        operator.watch(&id, bad);
        operator.work_until(mins(61)).await;
        assert_eq!(questions(&operator.sae.calls()).count(), 4);
    });
}

#[test]
fn what_is_well_again_or_not_watched_any_more_is_not_asked_for_and_a_run_under_way_ends() {
    on_a_paused_clock(async {
        let mut operator =
            one_turns_bad(|sae| sae.trouble(Operation::ChangeOrders, Some(CallTrouble::Hangs)));
        while questions(&operator.sae.calls()).count() == 0 {
            assert!(operator.work_until_news(&watch_id(&name(0))).await);
            operator.work_until(operator.sae.passed() + secs(5)).await;
        }
        let id = watch_id(&name(0));
        let well = Watch { health: Health::Healthy, ..operator.watches[&id].clone() };
        operator.watches.remove(&id);
        operator.polls.unsubscribe(&id);
        operator.work_until(mins(12)).await;
        assert_eq!(questions(&operator.sae.calls()).count(), 1, "the call that hangs");
        operator.watch(&id, well);
        let bad = turned_bad(&operator, operator.watches[&id].clone());
        operator.watch(&id, bad.clone());
        operator.watch(&id, Watch { health: Health::Healthy, ..bad });
        operator.work_until(mins(14)).await;
        assert_eq!(questions(&operator.sae.calls()).count(), 1);
    });
}
