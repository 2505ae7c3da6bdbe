//! Throttles, refusals and errors that pass.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use saewatch::domain::{Attempt, FailureClass, Reason};
use saewatch::sae::{Class, Operation};

use crate::operator;
use crate::plan::Plan;
use crate::world::app::{App, Apps, name};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::{Fault, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

fn fault(during: Range<Duration>, class: Class) -> Fault {
    Fault { during, operation: None, app: None, class }
}

/// How the newest attempt for the watch of this application failed.
fn failure(operator: &Operator, app: usize) -> Option<FailureClass> {
    let seen = operator.polls.latest(&watch_id(&name(app)))?;
    match seen.pace.last? {
        Attempt::Observed => None,
        Attempt::Failed(failure) => Some(failure.class),
    }
}

/// When calls came, in seconds since the first one of them.
fn distances(operator: &Operator) -> Vec<u64> {
    let calls = operator.sae.calls();
    calls.windows(2).map(|pair| (pair[1].at.saturating_sub(pair[0].at)).as_secs()).collect()
}

#[test]
fn an_error_that_passes_is_retried_after_15_30_60_seconds_give_or_take_a_fifth() {
    on_a_paused_clock(async {
        let faults = vec![fault(secs(0)..mins(6), Class::Transient(None))];
        let mut operator = operator(vec![App::well(1)], Vec::new(), faults);
        operator.work_until(mins(5)).await;
        let distances = distances(&operator);
        for (distance, middle) in distances.iter().zip([15, 30, 60, 60]) {
            assert!((middle * 4 / 5..=middle * 6 / 5).contains(distance), "{distances:?}");
        }
        assert_eq!(failure(&operator, 0), Some(FailureClass::Transient));
        operator.work_until(mins(8)).await;
        assert_eq!(failure(&operator, 0), None);
        assert_eq!(operator.paces[&watch_id(&name(0))].failures, 0);
    });
}

#[test]
fn a_hint_on_an_error_delays_that_retry_alone() {
    on_a_paused_clock(async {
        let hinted = Fault { app: Some(name(0)), ..fault(secs(0)..mins(1), Class::Transient(Some(mins(3)))) };
        let mut operator = operator(vec![App::well(1); 2], Vec::new(), vec![hinted]);
        operator.work_until(mins(4)).await;
        let first = operator.looks.iter().find(|look| look.app == 0).map(|look| look.at);
        assert!(first.is_some_and(|at| at >= mins(3)), "{first:?}");
        let other = operator.looks.iter().find(|look| look.app == 1).map(|look| look.at);
        assert!(other.is_some_and(|at| at < mins(1)), "{other:?}");
    });
}

#[test]
fn rejected_credentials_are_tried_once_for_all_watches() {
    on_a_paused_clock(async {
        let faults = vec![fault(secs(0)..mins(25), Class::CredentialsRejected)];
        let mut operator = operator(vec![App::well(1); 50], Vec::new(), faults);
        operator.work_until(mins(9)).await;
        assert_eq!(operator.sae.calls().len(), 1);
        for app in 0..50 {
            let rejected = Some(FailureClass::Permanent(Reason::AuthenticationFailed));
            assert_eq!(failure(&operator, app), rejected, "{}", name(app));
            assert_eq!(operator.paces[&watch_id(&name(app))].generation, Some(1));
        }
        operator.work_until(mins(24)).await;
        assert_eq!(operator.sae.calls().len(), 3, "then one probe every ten minutes");
        operator.work_until(mins(26)).await;
        operator.polls.credentials_changed();
        operator.work_until(mins(31)).await;
        assert!((0..50).all(|app| failure(&operator, app).is_none()), "one good answer lets everybody in");
    });
}

#[test]
fn a_changed_credential_is_tried_at_once_and_a_changed_spec_tries_too() {
    on_a_paused_clock(async {
        let faults = vec![fault(secs(0)..mins(60), Class::CredentialsMissing)];
        let mut operator = operator(vec![App::well(1); 30], Vec::new(), faults);
        operator.work_until(mins(1)).await;
        operator.polls.credentials_changed();
        operator.work_until(mins(2)).await;
        assert_eq!(operator.sae.calls().len(), 2);
        for app in 0..30 {
            let id = watch_id(&name(app));
            let changed = Watch { generation: 2, ..operator.watches[&id].clone() };
            operator.watch(&id, changed);
        }
        operator.work_until(mins(3)).await;
        assert_eq!(operator.sae.calls().len(), 3, "one probe for all of them");
        assert!(operator.paces.values().all(|pace| pace.generation == Some(2)));
    });
}

#[test]
fn a_denied_watch_is_looked_at_again_after_ten_minutes_and_stops_nobody() {
    on_a_paused_clock(async {
        let denied = Fault { app: Some(name(0)), ..fault(secs(0)..mins(60), Class::Denied) };
        let mut operator = operator(vec![App::well(1); 2], Vec::new(), vec![denied]);
        operator.work_until(mins(31)).await;
        assert_eq!(failure(&operator, 0), Some(FailureClass::Permanent(Reason::AccessDenied)));
        let calls = operator.sae.calls();
        assert_eq!(calls.iter().filter(|call| call.app == Some(name(0))).count(), 4);
        assert!(operator.looks.iter().filter(|look| look.app == 1).count() >= 29);
    });
}

#[test]
fn a_refusal_is_no_failed_poll_and_ends_a_row_of_them() {
    on_a_paused_clock(async {
        let faults = vec![
            fault(secs(0)..secs(10), Class::Transient(None)),
            fault(secs(10)..secs(50), Class::Denied),
            fault(secs(50)..mins(20), Class::Transient(None)),
        ];
        let mut operator = operator(vec![App::well(1)], Vec::new(), faults);
        let id = watch_id(&name(0));
        operator.work_until(secs(10)).await;
        assert_eq!(operator.paces[&id].failures, 1);
        for at in [20, 30, 40] {
            operator.work_until(secs(at)).await;
            operator.polls.credentials_changed();
        }
        operator.work_until(secs(50)).await;
        assert_eq!(failure(&operator, 0), Some(FailureClass::Permanent(Reason::AccessDenied)));
        assert_eq!(operator.paces[&id].failures, 0, "SAE answered, though not as hoped");
        operator.polls.credentials_changed();
        operator.work_until(secs(60)).await;
        assert_eq!(operator.paces[&id].failures, 1, "the first of a new row");
    });
}

#[test]
fn who_was_throttled_before_its_first_attempt_knows_why_it_waits_and_since_when() {
    on_a_paused_clock(async {
        let faults = vec![fault(secs(0)..mins(60), Class::Throttled(None))];
        let mut operator = operator(vec![App::well(1); 9], Vec::new(), faults);
        let began = operator.clock.now();
        operator.work_until(mins(1)).await;
        operator.watch(&watch_id("late"), Watch::new(5));
        for minutes in [2, 10, 20] {
            operator.work_until(mins(minutes)).await;
            for app in 0..9 {
                assert_eq!(failure(&operator, app), Some(FailureClass::Throttled), "{}", name(app));
                let pace = operator.polls.latest(&watch_id(&name(app))).unwrap().pace;
                let waits = pace.waiting_since.unwrap().duration_since(began);
                assert!(waits <= SignedDuration::from_secs(3), "{}: {waits}", name(app));
            }
            let late = operator.polls.latest(&watch_id("late")).unwrap().pace;
            assert_eq!(late.waiting_since, Some(began + SignedDuration::from_mins(1)));
        }
    });
}

#[test]
fn a_probe_whose_watch_leaves_meanwhile_leaves_the_next_one_to_another() {
    on_a_paused_clock(async {
        let rejected = fault(secs(0)..mins(11), Class::CredentialsRejected);
        let apps = Apps::new(vec![App::well(1); 2], Vec::new());
        let sae = Arc::new(Sae::new(apps).with_latency(secs(5)).with_faults(vec![rejected]));
        let mut operator = Operator::start(sae, 30, Plan::steady());
        operator.watch_all((0..2).map(Watch::new));
        operator.work_until(mins(10) + secs(10)).await;
        let probe = operator.sae.calls().pop().unwrap();
        assert!(probe.at > mins(10), "it is under way: {probe:?}");
        operator.forget(&watch_id(&probe.app.unwrap()));
        operator.work_until(mins(25)).await;
        let seen = operator.polls.latest(operator.watches.keys().next().unwrap()).unwrap();
        assert_eq!(seen.pace.last, Some(Attempt::Observed));
    });
}

#[test]
fn while_the_account_is_throttled_nobody_calls_but_one_probe() {
    on_a_paused_clock(async {
        let faults = vec![fault(mins(10)..mins(20), Class::Throttled(None))];
        let mut operator = operator(vec![App::well(1); 20], Vec::new(), faults);
        operator.watch(&watch_id("late"), Watch { observed_generation: 1, ..Watch::new(19) });
        operator.work_until(mins(19)).await;
        let probes = operator.sae.calls().iter().filter(|call| call.at >= mins(10)).count();
        assert!((7..=15).contains(&probes), "{probes} probes");
        assert!(operator.polls.stats().throttled);
        for app in 0..20 {
            assert_eq!(failure(&operator, app), Some(FailureClass::Throttled), "{} waits", name(app));
            assert_eq!(operator.paces[&watch_id(&name(app))].failures, 0, "and nobody is blamed");
        }
    });
}

#[test]
fn a_pause_is_as_long_as_sae_asks() {
    on_a_paused_clock(async {
        let faults = vec![fault(secs(0)..secs(10), Class::Throttled(Some(secs(90))))];
        let mut operator = operator(vec![App::well(1); 5], Vec::new(), faults);
        operator.work_until(mins(3)).await;
        assert!(distances(&operator)[0] >= 90);
        assert!((0..5).all(|app| failure(&operator, app).is_none()));
    });
}

#[test]
fn a_request_stays_queued_while_throttled_and_is_acknowledged_after_any_other_end() {
    on_a_paused_clock(async {
        let id = watch_id(&name(0));
        let request = |operator: &mut Operator, token: &str| {
            let watch =
                Watch { request: Some(token.into()), ..operator.watches[&watch_id(&name(0))].clone() };
            operator.watch(&watch_id(&name(0)), watch);
        };
        let throttled = fault(mins(2)..mins(4), Class::Throttled(None));
        let failing = fault(mins(10)..mins(12), Class::Transient(None));
        let mut operator = operator(vec![App::well(1)], Vec::new(), vec![throttled, failing]);
        operator.work_until(mins(2)).await;
        request(&mut operator, "one");
        operator.work_until(mins(3)).await;
        assert_eq!(operator.paces[&id].token_served, None);
        operator.work_until(mins(9)).await;
        assert_eq!(operator.paces[&id].token_served.as_deref(), Some("one"));
        operator.work_until(mins(10)).await;
        request(&mut operator, "two");
        operator.work_until(mins(11)).await;
        assert_eq!(operator.paces[&id].token_served.as_deref(), Some("two"), "though the attempt failed");
    });
}

#[test]
fn what_is_signed_anew_is_asked_once_more_and_then_is_an_error_that_passes() {
    on_a_paused_clock(async {
        let faults = vec![fault(secs(0)..secs(8), Class::SignAnew)];
        let mut operator = operator(vec![App::well(1)], Vec::new(), faults);
        operator.work_until(secs(10)).await;
        assert_eq!(operator.sae.count(Operation::Groups, secs(0)), 2);
        assert_eq!(failure(&operator, 0), Some(FailureClass::Transient));
    });
}
