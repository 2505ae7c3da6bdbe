//! Failures, age, absence and resumption (contract §5).

use jiff::SignedDuration;

use crate::api::Health;
use crate::domain::Reason;
use crate::domain::fixtures::{Watch, answer, start};

/// The default heartbeat and three default intervals.
const ALLOWANCE: i64 = 300 + 3 * 60;

fn fine() -> Watch {
    let mut watch = Watch::new();
    watch.see(2, "RR");
    watch
}

fn ready(watch: &Watch) -> String {
    watch.condition("Ready").reason.clone()
}

#[test]
fn the_failure_threshold_counts_attempts_in_a_row() {
    for threshold in [1, 3, 10] {
        let mut watch = Watch::with(|spec| spec.failure_threshold = threshold);
        watch.see(2, "RR");
        for _ in 1..threshold {
            assert_eq!(ready(watch.after(15).fail()), "Observed");
        }
        assert_eq!(ready(watch.after(15).fail()), "PollFailed", "at {threshold}");
    }
}

#[test]
fn an_answer_ends_the_row_of_failures() {
    let mut watch = fine();
    watch.after(15).fail().after(15).fail().after(15).see(2, "RR").after(60).fail().after(15).fail();
    assert_eq!(ready(&watch), "Observed");
}

#[test]
fn throttled_attempts_never_count() {
    let mut watch = fine();
    let before = watch.stored.clone();
    for _ in 0..20 {
        watch.after(20).throttle();
    }
    assert_eq!((watch.after(15).fail().after(15).fail().stored.clone(), watch.emitted()), (before, vec![]));
    assert_eq!(ready(watch.after(15).fail()), "PollFailed");
    assert_eq!(ready(watch.after(5).throttle()), "PollFailed", "a throttle mends nothing");
}

#[test]
fn data_is_stale_after_the_heartbeat_and_three_intervals() {
    let mut watch = fine();
    let stale = start() + SignedDuration::from_secs(ALLOWANCE);
    assert_eq!(watch.status().stale_after.as_ref().unwrap().0, stale);
    assert_eq!(watch.wake, Some(SignedDuration::from_secs(ALLOWANCE + 1)), "it wakes by itself");
    assert_eq!(watch.after(ALLOWANCE).reconcile().health(), Health::Healthy);
    assert_eq!(watch.after(1).reconcile().health(), Health::Unknown);
    assert_eq!((ready(&watch).as_str(), watch.wake), ("DataStale", None));
}

#[test]
fn a_slower_pace_keeps_data_fresh_for_longer() {
    let mut watch = fine();
    watch.pace.effective_interval = Some(SignedDuration::from_mins(10));
    watch.reconcile();
    let stale = start() + SignedDuration::from_mins(5 + 30);
    assert_eq!(watch.status().stale_after.as_ref().unwrap().0, stale);
    assert!(watch.status().effective_interval.is_some());
    watch.restart().after(1_000).reconcile();
    assert_eq!(ready(&watch), "Observed", "a new process does not know the pace yet");
    assert!(watch.status().effective_interval.is_some(), "and does not deny it");
    watch.after(60).see(2, "RR");
    assert_eq!(watch.status().effective_interval, None, "until it has polled");
}

#[test]
fn a_changed_interval_shows_at_once() {
    let mut watch = fine();
    watch.edit(|spec| spec.interval = "10m".parse().unwrap());
    let stale = start() + SignedDuration::from_mins(5 + 30);
    assert_eq!(watch.status().stale_after.as_ref().unwrap().0, stale);
}

#[test]
fn a_watch_polled_once_a_day_is_not_stale_in_between() {
    let mut watch = Watch::with(|spec| spec.interval = "24h".parse().unwrap());
    watch.see(2, "RR").after(86_400).see(2, "RR").after(2 * 86_400).reconcile();
    assert_eq!(ready(&watch), "Observed");
}

#[test]
fn answers_that_were_not_worth_a_write_keep_the_data_fresh() {
    let mut watch = fine();
    watch.after(60).see(2, "RR").after(60).see(2, "RR");
    assert_eq!(watch.writes.0, 1);
    watch.after(ALLOWANCE - 60).reconcile();
    assert_eq!(
        (ready(&watch).as_str(), watch.writes.0),
        ("Observed", 2),
        "the stored time would have called it stale"
    );
    assert_eq!(watch.status().observed_at.as_ref().unwrap().0, start() + SignedDuration::from_secs(120));
    assert_eq!(ready(watch.after(61).reconcile()), "DataStale");
}

#[test]
fn stale_data_is_fresh_again_with_the_next_answer() {
    let mut watch = fine();
    watch.after(ALLOWANCE + 1).reconcile().emitted();
    watch.after(10).see(2, "RR");
    assert_eq!((watch.health(), ready(&watch).as_str()), (Health::Healthy, "Observed"));
    assert_eq!(watch.emitted(), [Reason::PollRecovered]);
}

#[test]
fn an_operator_that_was_away_says_nothing_if_its_first_attempt_is_answered() {
    let mut watch = fine();
    watch.emitted();
    watch.restart().after(3_600).reconcile();
    assert_eq!((watch.health(), ready(&watch).as_str()), (Health::Unknown, "DataStale"), "no stale Healthy");
    watch.after(2).see(2, "RR");
    assert_eq!((watch.health(), watch.emitted()), (Health::Healthy, vec![]));
}

#[test]
fn an_operator_that_was_away_tells_if_its_first_attempt_fails_too() {
    let mut watch = fine();
    watch.emitted();
    watch.restart().after(3_600).reconcile().after(2).throttle();
    assert_eq!((ready(&watch), watch.emitted()), ("Throttled".into(), vec![]), "a throttle is no failure");
    assert_eq!(ready(watch.after(5).fail()), "DataStale");
    assert_eq!(watch.emitted(), [Reason::DataStale]);
    assert_eq!(watch.after(15).fail().emitted(), []);
    assert_eq!(watch.after(15).see(2, "RR").emitted(), [Reason::PollRecovered]);
}

#[test]
fn an_operator_that_was_away_tells_a_permanent_error() {
    let mut watch = fine();
    watch.emitted();
    watch.restart().after(3_600).reconcile().after(2).deny(Reason::AccessDenied);
    assert_eq!((ready(&watch), watch.emitted()), ("AccessDenied".into(), vec![Reason::AccessDenied]));
}

#[test]
fn a_resumed_watch_is_as_old_as_its_resumption() {
    let mut watch = fine();
    watch.edit(|spec| spec.suspend = true).after(86_400).edit(|spec| spec.suspend = false);
    assert_eq!((watch.health(), ready(&watch).as_str()), (Health::Healthy, "Observed"));
    watch.restart().after(ALLOWANCE).reconcile();
    assert_eq!(ready(&watch), "Observed", "also after a restart");
    assert_eq!(ready(watch.after(1).reconcile()), "DataStale");
}

#[test]
fn a_watch_resumed_while_the_operator_was_away_is_stale_and_untold() {
    let mut watch = fine();
    watch.edit(|spec| spec.suspend = true).emitted();
    watch.restart().after(86_400).edit(|spec| spec.suspend = false);
    assert_eq!(
        (watch.health(), ready(&watch), watch.emitted()),
        (Health::Unknown, "DataStale".into(), vec![])
    );
    assert_eq!(watch.after(2).see(2, "RR").emitted(), []);
    assert_eq!(watch.health(), Health::Healthy);
}

#[test]
fn a_watch_suspended_before_its_first_answer_has_no_age() {
    let mut watch = Watch::with(|spec| spec.suspend = true);
    watch.reconcile().after(86_400).edit(|spec| spec.suspend = false);
    assert_eq!((ready(&watch).as_str(), watch.status().stale_after.as_ref()), ("AwaitingFirstAnswer", None));
}

#[test]
fn a_clock_that_steps_back_does_no_harm() {
    let mut watch = fine();
    watch.after(-3_600).see(2, "RR").after(60).see(2, "RC").after(5).see(2, "RC");
    assert_eq!(watch.health(), Health::Degraded);
    assert_eq!(watch.after(3_600).see(2, "RR").health(), Health::Healthy);
}

#[test]
fn a_throttle_after_a_resumption_counts_from_the_data_and_not_from_old_failures() {
    let mut watch = fine();
    for _ in 0..3 {
        watch.after(15).fail();
    }
    watch.edit(|spec| spec.suspend = true).after(86_400).edit(|spec| spec.suspend = false);
    assert_eq!(ready(watch.after(10).throttle()), "AwaitingFirstAnswer");
}

#[test]
fn an_answer_older_than_the_one_shown_is_not_shown() {
    let mut watch = fine();
    let before = watch.after(60).see(2, "RU").after(5).see(2, "RU").status().clone();
    watch.emitted();
    // Another replica has written that while the answer of this one was under way.
    let mut late = answer(2, "RR");
    late.at = before.observed_at.as_ref().unwrap().0 - SignedDuration::from_secs(1);
    let decision = watch.after(20).decide(Some(&late));
    assert_eq!((decision.write, decision.events), (None, vec![]));
}

#[test]
fn an_answer_counts_though_the_one_shown_is_from_the_future() {
    let mut watch = fine();
    watch.restart();
    watch.now -= SignedDuration::from_hours(1);
    watch.see(2, "UU");
    assert_eq!(watch.status().observed_at.as_ref().unwrap().0, watch.now);
}
