//! A changed spec: the same question, or another one (contract §5).

use crate::api::{Health, SaeAppWatchSpec};
use crate::domain::Reason;
use crate::domain::fixtures::{Watch, answer, drawn, group, of_groups};

const WAITING: &str = "Ready=Unknown/AwaitingFirstAnswer AppHealthy=True/AllInstancesHealthy Reconciling=True/AwaitingFirstAnswer";

fn fine() -> Watch {
    let mut watch = Watch::new();
    watch.see(2, "RR").emitted();
    watch
}

fn to_beijing(spec: &mut SaeAppWatchSpec) {
    spec.region_id = Some("cn-beijing".parse().unwrap());
}

#[test]
fn another_region_keeps_the_old_data_until_the_first_answer() {
    let mut watch = fine();
    watch.after(60).edit(to_beijing);
    assert_eq!(watch.conditions(), WAITING);
    let status = watch.status();
    assert_eq!((status.observed_generation, status.ready_instances.as_deref()), (1, Some("2/2")));
    assert_eq!(status.region.as_ref().unwrap().as_str(), "cn-hangzhou", "of the data");
    assert_eq!(watch.condition("AppHealthy").observed_generation, Some(1));
    assert_eq!(watch.condition("Ready").observed_generation, Some(2));

    watch.after(5).see(4, "CCCC");
    assert_eq!((watch.health(), watch.status().observed_generation), (Health::Unhealthy, 2), "undamped");
    assert_eq!(watch.status().region.as_ref().unwrap().as_str(), "cn-beijing");
    assert_eq!(watch.emitted(), [Reason::InstancesCrashLooping, Reason::HealthDegraded], "nothing across");
}

#[test]
fn the_first_answer_to_another_question_starts_anew() {
    let mut watch = fine();
    watch.after(60).see(3, "RR-").edit(to_beijing);
    watch.after(5).see(5, "RRRRR");
    let status = watch.status();
    assert!(status.memory.streak.is_none() && status.memory.desired_since.is_none());
    assert_eq!(status.memory.verdict.as_ref().unwrap().since.0, watch.now);
    assert_eq!(watch.emitted(), [Reason::InstancesScaled], "only that of the old target");
}

#[test]
fn every_part_of_the_question_makes_another_target() {
    let parts: [fn(&mut SaeAppWatchSpec); 4] = [
        |spec| spec.group_ids = Some(["h".parse().unwrap()].into()),
        |spec| spec.instance_id = Some("i-9".parse().unwrap()),
        |spec| spec.pipeline_id = Some("p".parse().unwrap()),
        to_beijing,
    ];
    for part in parts {
        let mut watch = fine();
        assert_eq!(watch.edit(part).conditions(), WAITING);
        assert_eq!(fine().restart().edit(part).conditions(), WAITING, "also seen by a new process");
    }
}

#[test]
fn a_new_process_knows_that_the_data_is_another_targets() {
    let mut watch = fine();
    watch.edit(|spec| spec.group_ids = Some(["g".parse().unwrap()].into()));
    assert_eq!(watch.conditions(), WAITING, "all groups is another target than all of them named");
    assert_eq!(watch.restart().reconcile().conditions(), WAITING);
    for _ in 0..3 {
        watch.after(15).fail();
    }
    let failed =
        "Ready=False/PollFailed AppHealthy=True/AllInstancesHealthy Reconciling=True/RetryingAfterFailure";
    assert_eq!((watch.conditions().as_str(), watch.status().observed_generation), (failed, 2), "an outcome");
    watch.emitted();
    watch.restart().after(60).see(4, "CC");
    assert_eq!(watch.health(), Health::Unhealthy, "a first observation");
    let emitted = [Reason::PollRecovered, Reason::InstancesCrashLooping, Reason::HealthDegraded];
    assert_eq!(watch.emitted(), emitted, "nothing of scaling");
}

#[test]
fn a_filter_that_is_dropped_is_seen_by_a_new_process() {
    let mut watch = Watch::with(|spec| spec.pipeline_id = Some("p".parse().unwrap()));
    watch.see(9, "RR").restart().edit(|spec| spec.pipeline_id = None);
    assert_eq!(watch.conditions(), WAITING);
}

#[test]
fn another_default_region_is_another_target_without_a_new_generation() {
    let mut watch = Watch::with(|spec| spec.region_id = None);
    watch.default_region = Some("cn-hangzhou".parse().unwrap());
    watch.see(2, "RR").restart();
    watch.default_region = Some("cn-beijing".parse().unwrap());
    assert_eq!((watch.reconcile().conditions().as_str(), watch.status().observed_generation), (WAITING, 1));
    assert_eq!(watch.after(5).see(1, "C").health(), Health::Unhealthy);
}

#[test]
fn what_failed_in_the_old_default_region_is_nothing_in_the_new_one() {
    let mut watch = Watch::with(|spec| spec.region_id = None);
    watch.default_region = Some("cn-hangzhou".parse().unwrap());
    watch.see(2, "RR").after(60).deny(Reason::AccessDenied).restart();
    watch.default_region = Some("cn-beijing".parse().unwrap());
    assert_eq!(watch.reconcile().conditions(), WAITING);
}

#[test]
fn the_same_question_in_other_words_keeps_everything() {
    let mut watch = fine();
    let before = watch.conditions();
    watch.edit(|spec| spec.timeout = "5s".parse().unwrap());
    assert_eq!((watch.conditions(), watch.status().observed_generation), (before.clone(), 1));
    watch.after(5).see(2, "RR");
    assert_eq!((watch.conditions(), watch.status().observed_generation), (before, 2));
    assert_eq!(watch.condition("Ready").observed_generation, Some(2));
}

#[test]
fn an_answer_asked_for_before_the_change_is_no_outcome_of_it() {
    let mut watch = fine();
    watch.change(|spec| spec.health.min_healthy_percent = 50);
    let answer = crate::domain::Observation { at: watch.now, ..answer(2, "RC") };
    let status = watch.decide(Some(&answer)).write.unwrap();
    assert_eq!(status.observed_generation, 1);
}

#[test]
fn a_failure_of_the_old_question_is_none_of_the_new_one() {
    let mut watch = Watch::new();
    watch.deny(Reason::AppNotFound).emitted();
    watch.edit(to_beijing);
    assert_eq!(
        watch.conditions(),
        "Ready=Unknown/AwaitingFirstAnswer AppHealthy=Unknown/HealthUnknown Reconciling=True/AwaitingFirstAnswer"
    );
    watch.after(5).deny(Reason::AppNotFound);
    assert_eq!((watch.status().observed_generation, watch.emitted()), (2, vec![Reason::AppNotFound]));
}

#[test]
fn a_watch_resumed_after_a_restart_still_knows_its_data() {
    let mut watch = fine();
    for _ in 0..3 {
        watch.after(15).fail();
    }
    watch.edit(|spec| spec.suspend = true).restart().after(60).edit(|spec| spec.suspend = false);
    assert_eq!(watch.conditions(), WAITING, "Ready was absent");
    watch.restart().reconcile().emitted();
    assert_eq!(watch.after(5).see(2, "RC").health(), Health::Healthy, "damped: no first observation");
}

#[test]
fn a_moved_group_set_is_the_same_question() {
    let mut watch = fine();
    let two = of_groups(vec![group("g", Some(2)), group("h", Some(0))], drawn("RR"));
    watch.after(60).observe(two);
    assert_eq!((watch.status().group_count, watch.emitted()), (Some(2), vec![]));
}

#[test]
fn another_instance_is_seen_by_a_new_process() {
    let mut watch = Watch::with(|spec| spec.instance_id = Some("i-0".parse().unwrap()));
    watch.see(1, "R").restart().edit(|spec| spec.instance_id = Some("i-1".parse().unwrap()));
    assert_eq!(watch.conditions(), WAITING);
}

#[test]
fn nothing_of_the_old_instances_and_versions_is_carried_over() {
    let mut watch = fine();
    watch.after(60).edit(to_beijing).after(5);
    let mut seen = answer(2, "RS");
    for instance in &mut seen.instances {
        instance.image = Some("other:1".into());
        instance.restarts = Some(9);
    }
    watch.observe(seen.clone());
    let since: Vec<_> = watch.status().instances.iter().map(|instance| instance.since.0).collect();
    assert_eq!(since, [watch.now, watch.now]);
    (seen.instances[1].container, seen.instances[1].health) =
        (Some("Running".into()), Some("Healthy".into()));
    watch.after(60).observe(seen);
    assert_eq!(
        (watch.health(), watch.status().memory.versions.as_slice()),
        (Health::Healthy, &["other:1".into()][..])
    );
    assert_eq!(watch.emitted(), [], "no restarts, and no change of versions");
}

#[test]
fn failures_under_the_old_spec_are_no_outcome_of_the_new_one() {
    let mut watch = fine();
    for _ in 0..3 {
        watch.after(15).fail();
    }
    watch.edit(|spec| spec.timeout = "5s".parse().unwrap());
    assert_eq!((watch.status().observed_generation, watch.condition("Ready").status.as_str()), (1, "False"));
    assert_eq!(watch.after(15).fail().status().observed_generation, 2);
}

#[test]
fn neither_a_throttle_nor_a_restart_takes_back_what_another_target_was_refused_for() {
    let mut watch = fine();
    watch.after(60).edit(to_beijing).after(5).deny(Reason::AccessDenied);
    let denied = "Ready=False/AccessDenied AppHealthy=True/AllInstancesHealthy Stalled=True/AccessDenied";
    assert_eq!((watch.conditions().as_str(), watch.emitted()), (denied, vec![Reason::AccessDenied]));
    assert_eq!(watch.after(60).throttle().conditions(), denied);
    assert_eq!(watch.restart().after(5).reconcile().conditions(), denied);
    watch.after(5).deny(Reason::AccessDenied);
    assert_eq!(
        (watch.conditions().as_str(), watch.emitted()),
        (denied, vec![]),
        "emitted before the restart"
    );
}

#[test]
fn what_one_new_target_was_refused_for_is_nothing_of_the_next() {
    let mut watch = fine();
    watch.edit(to_beijing).after(5).deny(Reason::AccessDenied);
    watch.edit(|spec| spec.region_id = Some("cn-shanghai".parse().unwrap()));
    assert_eq!(watch.conditions(), WAITING);
}

#[test]
fn what_the_old_target_had_and_the_new_one_has_too_is_told_of_both() {
    let mut watch = fine();
    let emitted = [Reason::InstancesCrashLooping, Reason::HealthDegraded];
    assert_eq!(watch.after(60).see(2, "RC").after(5).see(2, "RC").emitted(), emitted);
    watch.edit(to_beijing);
    assert_eq!(watch.after(5).see(2, "RC").emitted(), emitted);
}
