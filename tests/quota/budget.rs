//! A budget that changes while the polls run, and schedulers that are stopped and made again.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use saewatch::sae::Operation;

use crate::plan::{Plan, many};
use crate::world::app::{App, Apps};
use crate::world::operator::{Operator, Watch};
use crate::world::sae::Sae;
use crate::world::{mins, on_a_paused_clock, secs};
use crate::{operator, slow};

/// What happens to an account.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// It has another budget.
    Set(u32),
    /// Its scheduler is stopped and made again at once.
    Remake(u32),
}

fn any_budget() -> impl Strategy<Value = u32> {
    prop_oneof![4 => 1..60_u32, 1 => 60..600_u32]
}

fn any_steps() -> impl Strategy<Value = Vec<(Duration, Step)>> {
    let step = prop_oneof![any_budget().prop_map(Step::Set), any_budget().prop_map(Step::Remake)];
    // Some of them come in quick succession.
    let wait = prop_oneof![0..500_u64, 500..90_000_u64].prop_map(Duration::from_millis);
    prop::collection::vec((wait, step), 0..20)
}

proptest! {
    #![proptest_config(many())]

    /// Through pages, changed budgets, and schedulers that are made again.
    #[test]
    fn no_60_seconds_hold_more_calls_than_the_largest_budget_in_them(
        first in any_budget(), steps in any_steps(), apps in 1..30_usize, wanted in 1..250_u32, latency in 1..3000_u64,
    ) {
        let (calls, budgets) = on_a_paused_clock(async {
            let apps = Apps::new(vec![App::well(wanted); apps], Vec::new());
            let sae = Arc::new(Sae::new(apps).with_latency(Duration::from_millis(latency)));
            let mut operator = Operator::start(sae.clone(), first, Plan::steady());
            operator.watch_all((0..30).map(|app| Watch { interval: secs(15), ..Watch::new(app) }));
            let mut budgets = vec![(secs(0), first)];
            for (wait, step) in steps {
                operator.work_until(sae.passed() + wait).await;
                match step {
                    Step::Set(budget) => operator.polls.set_budget(budget),
                    Step::Remake(budget) => operator.remake(budget),
                }
                let (Step::Set(budget) | Step::Remake(budget)) = step;
                budgets.push((sae.passed(), budget));
            }
            operator.work_until(sae.passed() + mins(2)).await;
            (sae.calls(), budgets)
        });
        for (begin, call) in calls.iter().enumerate() {
            let end = call.at + secs(60);
            let count = calls[begin..].iter().take_while(|call| call.at < end).count();
            let most = largest(&budgets, call.at, end);
            prop_assert!(count <= most as usize, "{count} calls from {:?} on with {most}: {budgets:?}", call.at);
        }
    }
}

/// The largest budget in force at any time from `begin` to `end`.
fn largest(budgets: &[(Duration, u32)], begin: Duration, end: Duration) -> u32 {
    let before = budgets.iter().rev().find(|(at, _)| *at <= begin);
    let meanwhile = budgets.iter().filter(|(at, _)| (begin..end).contains(at));
    before.into_iter().chain(meanwhile).map(|(_, budget)| *budget).max().unwrap_or(0)
}

#[test]
fn a_larger_budget_serves_at_once_and_a_smaller_one_stretches_again() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1); 60], Vec::new(), Vec::new());
        operator.work_until(mins(10)).await;
        assert!(operator.polls.stats().slowed > 0, "30 calls a minute do not carry 60 applications");
        operator.polls.set_budget(120);
        operator.work_until(mins(11)).await;
        let began = operator.sae.calls().len();
        operator.work_until(mins(21)).await;
        assert_eq!(operator.polls.stats().slowed, 0);
        let calls = operator.sae.calls().len() - began;
        assert!(calls >= 600, "each application every minute, and the lists: {calls} calls");
        operator.polls.set_budget(30);
        operator.work_until(mins(23)).await;
        assert!(operator.polls.stats().slowed > 0);
    });
}

#[test]
fn lists_follow_a_larger_budget_though_a_smaller_one_has_put_them_far_off() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1); 20], Vec::new(), Vec::new());
        operator.watch_all((0..20).map(slow));
        operator.polls.set_budget(1);
        operator.work_until(mins(120)).await;
        operator.polls.set_budget(600);
        let began = operator.sae.passed();
        operator.work_until(began + mins(2)).await;
        let lists = operator.sae.count(Operation::Applications, began);
        // And one that the small budget had begun.
        assert!((3..=5).contains(&lists), "one every 34 seconds, not {lists}");
    });
}

#[test]
fn the_same_budget_again_changes_nothing() {
    let calls = |is_set: bool| {
        on_a_paused_clock(async move {
            let mut operator = operator(vec![App::well(1); 30], Vec::new(), Vec::new());
            for second in (0..600).step_by(7) {
                operator.work_until(secs(second)).await;
                if is_set {
                    operator.polls.set_budget(30);
                }
            }
            operator.sae.calls()
        })
    };
    assert_eq!(calls(true), calls(false));
}
