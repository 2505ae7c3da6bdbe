//! Calm over several polls, and over a restart (contract §5).

use Health::{Degraded, Healthy, Progressing, ScaledToZero, Unhealthy};

use crate::api::{Health, Streak};
use crate::domain::Reason;
use crate::domain::fixtures::Watch;

/// A watch that shows two ready instances and asks for three bad polls before it believes them.
fn calm() -> Watch {
    let mut watch = Watch::with(|spec| spec.health.unhealthy_threshold = 3);
    watch.see(2, "RR");
    watch
}

#[test]
fn while_the_old_health_is_shown_its_reason_and_message_stay_and_the_data_is_the_newest() {
    let mut watch = Watch::new();
    watch.see(2, "RR").after(60).see(2, "RC");
    let status = watch.status();
    assert_eq!((watch.health(), status.ready_instances.as_deref()), (Healthy, Some("1/2")));
    assert_eq!(status.counts.unwrap().failing, 1);
    assert_eq!(status.instances[0].reason, "CrashLoopBackOff");
    assert_eq!(watch.condition("AppHealthy").message, "2 of 2 instances ready");
    assert_eq!(status.memory.streak, Some(Streak { health: Degraded, polls: 1 }));
    watch.after(5).see(2, "RC");
    assert_eq!((watch.health(), watch.status().memory.streak), (Degraded, None));
}

#[test]
fn a_streak_goes_on_across_restarts_and_failed_polls() {
    let mut watch = calm();
    watch.after(60).see(2, "RC").restart().after(5).reconcile();
    assert_eq!(watch.after(5).see(2, "CC").health(), Healthy);
    watch.after(5).fail().after(15).throttle();
    assert_eq!(watch.restart().after(5).see(2, "RC").health(), Degraded, "the newest of three");
}

#[test]
fn a_failed_poll_does_not_count_as_a_bad_one() {
    let mut watch = calm();
    watch.after(60).see(2, "RC").after(5).fail().after(15).fail();
    assert_eq!(watch.after(5).see(2, "RC").health(), Healthy);
}

#[test]
fn better_needs_its_own_threshold() {
    let mut watch = Watch::with(|spec| spec.health.healthy_threshold = 2);
    watch.see(2, "CC").after(60).see(2, "RC");
    assert_eq!(watch.health(), Unhealthy);
    assert_eq!(watch.after(5).see(2, "RR").health(), Healthy);
}

#[test]
fn the_way_to_and_from_zero_and_unknown_is_at_once() {
    let mut watch = calm();
    assert_eq!(watch.after(60).see(0, "").health(), ScaledToZero);
    assert_eq!(watch.after(60).see(2, "CC").health(), Unhealthy);
    watch.after(500).reconcile();
    assert_eq!(watch.health(), Health::Unknown, "stale");
    assert_eq!(watch.see(2, "CC").health(), Unhealthy);
}

#[test]
fn progressing_lies_between_good_and_bad() {
    let mut watch = calm();
    watch.after(60).see(2, "RS");
    assert_eq!(watch.health(), Healthy, "progressing is worse than healthy");
    assert_eq!(watch.after(5).see(2, "RS").after(5).see(2, "RS").health(), Progressing);
    assert_eq!(watch.after(60).see(2, "RR").health(), Healthy, "and better at once");
}

#[test]
fn going_stale_ends_a_streak() {
    let mut watch = calm();
    watch.after(60).see(2, "RC").after(481).reconcile();
    assert_eq!(watch.status().memory.streak, None);
}

#[test]
fn lower_thresholds_and_percentages_count_at_once() {
    let mut watch = calm();
    watch.after(60).see(2, "RC").after(5).see(2, "RC");
    assert_eq!(watch.edit(|spec| spec.health.unhealthy_threshold = 2).health(), Degraded);
    assert_eq!(watch.status().observed_generation, 1, "no answer to this spec yet");
    assert_eq!(watch.edit(|spec| spec.health.min_healthy_percent = 50).health(), Healthy);
    assert_eq!(watch.condition("AppHealthy").reason, "EnoughInstancesHealthy");
    assert_eq!(watch.edit(|spec| spec.health.min_healthy_percent = 51).health(), Degraded);
    assert_eq!(watch.restart().reconcile().health(), Degraded, "and stays so");
}

#[test]
fn the_answer_after_a_changed_percentage_names_the_worst_again() {
    let mut watch = Watch::with(|spec| spec.health.min_healthy_percent = 50);
    watch.see(2, "RC").edit(|spec| spec.health.min_healthy_percent = 100);
    assert_eq!(watch.condition("AppHealthy").message, "1 of 2 instances ready, 1 failing");
    watch.after(5).see(2, "RC");
    assert_eq!(
        watch.condition("AppHealthy").message,
        "1 of 2 instances ready, 1 failing: i-1 CrashLoopBackOff"
    );
}

#[test]
fn a_health_check_that_is_now_required_waits_for_the_answer() {
    let mut watch = Watch::new();
    watch.see(1, "W").edit(|spec| spec.health.require_health_check = true);
    assert_eq!(watch.health(), Healthy);
    assert_eq!(watch.after(5).see(1, "W").after(5).see(1, "W").health(), Unhealthy);
}

#[test]
fn another_progress_deadline_waits_for_the_answer() {
    let mut watch = Watch::new();
    watch.see(3, "RRR").after(60).see(3, "TRR").after(5).see(3, "TRR");
    assert_eq!(watch.health(), Progressing, "as many are missing as go");
    watch.after(60).edit(|spec| spec.health.progress_deadline = "30s".parse().unwrap());
    assert_eq!(watch.health(), Progressing);
    assert_eq!(watch.after(5).see(3, "TRR").after(5).see(3, "TRR").health(), Degraded);
    watch.edit(|spec| spec.health.progress_deadline = "10m".parse().unwrap());
    assert_eq!(watch.health(), Degraded);
    assert_eq!(watch.after(5).see(3, "TRR").health(), Progressing);
}

#[test]
fn a_streak_that_somebody_wrote_by_hand_does_no_harm() {
    let mut watch = calm();
    watch.after(60).see(2, "RC").restart();
    watch.damage(|status| status.memory.streak = Some(Streak { health: Degraded, polls: i64::MAX }));
    assert_eq!(watch.after(5).see(2, "RC").health(), Degraded);
}

#[test]
fn two_answers_within_one_second_are_two_answers() {
    let mut watch = Watch::new();
    watch.see(2, "RR").emitted();
    watch.see(0, "");
    assert_eq!(watch.emitted(), [Reason::InstancesScaled]);
    watch.after(60).see(2, "RR").after(60).see(2, "RC").see(2, "RC");
    assert_eq!(watch.health(), Degraded);
}

#[test]
fn an_answer_whose_write_was_not_heard_of_counts_once() {
    let mut watch = calm();
    let memory = watch.memory.clone();
    watch.after(60).see(2, "RC");
    watch.memory = crate::domain::Memory { written: None, ..memory };
    watch.see(2, "RC");
    assert_eq!(watch.status().memory.streak, Some(Streak { health: Degraded, polls: 1 }));
}

#[test]
fn the_answer_after_failures_under_a_changed_percentage_names_the_worst_again() {
    let mut watch = Watch::with(|spec| spec.health.min_healthy_percent = 50);
    watch.see(2, "RC").edit(|spec| spec.health.min_healthy_percent = 100);
    watch.after(15).fail().after(15).fail().after(15).fail().after(15).see(2, "RC");
    assert!(watch.condition("AppHealthy").message.ends_with(": i-1 CrashLoopBackOff"));
}

#[test]
fn the_message_follows_the_counts_where_the_answer_stays_the_same() {
    let mut watch = Watch::with(|spec| spec.health.min_healthy_percent = 50);
    watch.see(2, "RS");
    assert_eq!(watch.condition("AppHealthy").message, "1 of 2 instances ready, 1 starting");
    watch.after(601).see(2, "RS");
    assert_eq!(
        watch.condition("AppHealthy").message,
        "1 of 2 instances ready, 1 failing: i-1 ProgressDeadlineExceeded"
    );
}
