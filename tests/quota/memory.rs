//! What is kept for a watch, and for how long.

use saewatch::domain::Attempt;

use crate::operator;
use crate::world::app::{App, name};
use crate::world::operator::{Watch, watch_id};
use crate::world::{mins, on_a_paused_clock, secs};

#[test]
fn an_answer_is_kept_until_every_watch_on_the_target_has_acknowledged_it() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1)], Vec::new(), Vec::new());
        let (first, second) = (watch_id(&name(0)), watch_id("second"));
        operator.watch(&second, Watch::new(0));
        // Nobody reconciles meanwhile.
        tokio::time::sleep(secs(10)).await;
        let seen = operator.polls.latest(&first).unwrap();
        assert!(seen.observation.is_some());
        operator.polls.acknowledge(&first, &seen);
        assert!(operator.polls.latest(&first).unwrap().observation.is_none());
        let other = operator.polls.latest(&second).unwrap();
        assert!(other.observation.is_some(), "the second watch has yet to acknowledge it");
        let kept = std::sync::Arc::downgrade(&seen.observation.unwrap());
        operator.polls.acknowledge(&second, &other);
        drop(other);
        assert!(kept.upgrade().is_none(), "then it is gone");
    });
}

#[test]
fn an_answer_to_a_question_from_before_a_watch_came_is_not_its_answer() {
    on_a_paused_clock(async {
        let operator = operator(vec![App::well(1)], Vec::new(), Vec::new());
        tokio::time::sleep(secs(10)).await;
        let second = watch_id("second");
        let mut operator = operator;
        operator.watch(&second, Watch::new(0));
        let seen = operator.polls.latest(&second).unwrap();
        assert!(seen.observation.is_none() && seen.pace.waiting_since.is_some());
        assert_eq!(seen.pace.generation, None);
        operator.work_until(secs(20)).await;
        let pace = &operator.paces[&second];
        assert_eq!((pace.last.clone(), pace.generation), (Some(Attempt::Observed), Some(1)));
    });
}

#[test]
fn a_watch_that_comes_back_during_an_attempt_waits_for_the_next_one() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1)], Vec::new(), Vec::new());
        let (first, second) = (watch_id(&name(0)), watch_id("second"));
        operator.watch(&second, Watch::new(0));
        // The groups are read, the instances are not.
        tokio::time::sleep(secs(3)).await;
        operator.forget(&second);
        operator.watch(&second, Watch::new(0));
        tokio::time::sleep(secs(2)).await;
        assert!(operator.polls.latest(&first).unwrap().observation.is_some());
        let latest = operator.polls.latest(&second).unwrap();
        assert!(latest.observation.is_none() && latest.pace.generation.is_none());
    });
}

#[test]
fn a_watch_that_left_is_forgotten_and_comes_back_as_a_new_one() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1)], Vec::new(), Vec::new());
        let id = watch_id(&name(0));
        operator.work_until(mins(5)).await;
        let watch = operator.watches[&id].clone();
        operator.forget(&id);
        assert!(operator.polls.latest(&id).is_none());
        assert_eq!(operator.polls.stats().targets, 0);
        let calls = operator.sae.calls().len();
        operator.work_until(mins(30)).await;
        assert_eq!(operator.sae.calls().len(), calls, "while suspended");
        // Its data is too old to be believed by now, so it is due at once.
        operator.watch(&id, Watch { observed_at: None, ..watch });
        operator.work_until(mins(30) + secs(5)).await;
        assert!(operator.sae.calls().len() > calls);
    });
}

#[test]
fn a_watch_on_another_target_leaves_the_old_one_at_once() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1), App::well(2)], Vec::new(), Vec::new());
        operator.work_until(mins(5)).await;
        operator.forget(&watch_id(&name(1)));
        let id = watch_id(&name(0));
        let moved = Watch { app: 1, generation: 2, observed_at: None, ..operator.watches[&id].clone() };
        operator.watch(&id, moved);
        assert!(operator.polls.latest(&id).unwrap().observation.is_none());
        operator.work_until(mins(10)).await;
        let calls = operator.sae.calls();
        let late = calls.iter().filter(|call| call.app == Some(name(0)) && call.at > mins(5));
        assert_eq!(late.count(), 0);
        assert_eq!(operator.looks.last().map(|look| look.running), Some(2));
        assert_eq!(operator.paces[&id].generation, Some(2));
    });
}

#[test]
fn an_open_streak_hurries_nobody_until_its_last_answer_was_taken_in() {
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1)], Vec::new(), Vec::new());
        operator.work_until(mins(5)).await;
        let id = watch_id(&name(0));
        operator.watch(&id, Watch { streak: true, ..operator.watches[&id].clone() });
        let before = operator.sae.calls().len();
        // The API server is out of reach: nobody can write down what a confirmation brings.
        tokio::time::sleep(mins(5)).await;
        let asked = operator.sae.calls().len() - before;
        assert!((5..=7).contains(&asked), "one confirmation, then by the clock: {asked} calls");
    });
}
