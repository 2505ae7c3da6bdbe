//! Who is asked first.

use std::sync::Arc;

use saewatch::domain::Attempt;
use saewatch::sae::Operation;

use crate::operator;
use crate::plan::Plan;
use crate::world::app::{App, Apps, Change, name};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::Sae;
use crate::world::{mins, on_a_paused_clock, secs};

#[test]
fn with_5000_polls_waiting_a_new_watch_is_answered_within_its_own_calls_plus_two() {
    for groups in [1, 2, 5, 9] {
        on_a_paused_clock(async {
            let mut apps = vec![App::well(1); 5000];
            apps.push(App { groups, ..App::well(1) });
            let sae = Arc::new(Sae::new(Apps::new(apps, Vec::new())));
            let mut operator = Operator::start(sae.clone(), 60, Plan::steady());
            // Known, and so stale that each of them is due at once.
            operator.watch_all((0..5000).map(|app| Watch { observed_generation: 1, ..Watch::new(app) }));
            operator.work_until(mins(2)).await;
            assert!(sae.count(Operation::Groups, secs(0)) > 30, "they are being polled");

            let (new, before) = (watch_id("new"), sae.calls().len());
            operator.watch(&new, Watch::new(5000));
            while operator.looks.iter().all(|look| look.app != 5000) {
                assert!(operator.work_until_news(&new).await);
            }
            let since = sae.calls().into_iter().skip(before);
            let (own, others): (Vec<_>, Vec<_>) = since.partition(|call| call.app == Some(name(5000)));
            assert_eq!(own.len(), 1 + groups as usize);
            assert!(others.len() <= 2, "{} calls of others", others.len());
        });
    }
}

#[test]
fn a_request_is_served_once_and_before_what_is_due_by_the_clock() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1); 100], Vec::new(), Vec::new());
        operator.work_until(mins(60)).await;
        let watch = operator.watches[&watch_id(&name(7))].clone();
        operator.watch(&watch_id(&name(7)), Watch { request: Some("now".into()), ..watch });
        operator.work_until(mins(60) + secs(10)).await;
        let pace = &operator.paces[&watch_id(&name(7))];
        assert_eq!(pace.token_served.as_deref(), Some("now"));
        let calls = operator.sae.calls();
        let asked = calls.iter().filter(|call| call.at >= mins(60) && call.app == Some(name(7)));
        let asked: Vec<_> = asked.map(|call| call.operation).collect();
        assert_eq!(asked, [Operation::Groups, Operation::Instances], "with a fresh look at the groups");
    });
}

#[test]
fn the_most_overdue_go_first_and_nobody_is_left_out() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1); 100], Vec::new(), Vec::new());
        operator.work_until(mins(120)).await;
        for app in 0..100 {
            let looks = operator.looks.iter().filter(|look| look.app == app && look.at > mins(60)).count();
            assert!((11..=17).contains(&looks), "{} was looked at {looks} times in an hour", name(app));
        }
    });
}

#[test]
fn a_changed_spec_polls_at_once_also_while_its_application_is_backed_off() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1)], Vec::new(), Vec::new());
        let watch = watch_id(&name(1));
        operator.watch(&watch, Watch::new(1));
        operator.work_until(mins(1)).await;
        let Some(Attempt::Failed(_)) = operator.paces[&watch].last else {
            panic!("there is no such application")
        };
        let asked = operator.sae.calls().len();
        operator.work_until(mins(5)).await;
        let changed = Watch { generation: 2, ..operator.watches[&watch].clone() };
        operator.watch(&watch, changed);
        operator.work_until(mins(5) + secs(10)).await;
        assert_eq!(operator.paces[&watch].generation, Some(2));
        assert!(operator.sae.calls().len() > asked);
    });
}

#[test]
fn an_open_streak_is_followed_up_in_time_also_when_the_answer_took_longer_than_the_pace() {
    on_a_paused_clock(async {
        // The next call would be allowed 2 s after the start of the one before, long before its answer.
        let sick = Change { at: mins(5), app: 0, to: App { unready: 1, ..App::well(2) } };
        let apps = Apps::new(vec![App::well(2)], vec![sick]);
        let sae = Arc::new(Sae::new(apps).with_latency(secs(3)));
        let mut operator = Operator::start(sae, 30, Plan::steady());
        operator.watch_all([Watch::new(0)]);
        operator.work_until(mins(8)).await;
        let sick: Vec<_> = operator.looks.iter().filter(|look| look.unready == 1).collect();
        let follow_up = sick[1].at.abs_diff(sick[0].at);
        assert_eq!(follow_up, secs(5 + 3), "5 s after the poll that opened it, and its own 3 s");
    });
}
