//! The health of the application: contract §4, row by row.

use Health::{Degraded, Healthy, Progressing, ScaledToZero, Unhealthy, Unknown};

use crate::api::{Health, SaeAppWatchSpec};
use crate::domain::fixtures::{Watch, answer, drawn, group, instance, of_groups};
use crate::domain::{Observation, ObservedGroup};

/// The health and AppHealthy's reason at the first reconcile.
fn seen(spec: impl FnOnce(&mut SaeAppWatchSpec), observation: Observation) -> (Health, String) {
    let mut watch = Watch::with(spec);
    watch.observe(observation);
    (watch.health(), watch.condition("AppHealthy").reason.clone())
}

fn by_default(replicas: i64, drawing: &str) -> (Health, String) {
    seen(|_| {}, answer(replicas, drawing))
}

fn at_percent(percent: i32, replicas: i64, drawing: &str) -> (Health, String) {
    seen(|spec| spec.health.min_healthy_percent = percent, answer(replicas, drawing))
}

#[test]
fn every_row_of_the_table_has_its_health_and_its_reason() {
    for (replicas, drawing, health, reason) in [
        (0, "", ScaledToZero, "ScaledToZero"),
        (0, "RT", ScaledToZero, "ScaledToZero"),
        (2, "RR", Healthy, "AllInstancesHealthy"),
        (2, "RW", Healthy, "AllInstancesHealthy"),
        (2, "RRT", Healthy, "AllInstancesHealthy"),
        (2, "WW", Healthy, "RunningWithoutHealthCheck"),
        (2, "RRS", Healthy, "EnoughInstancesHealthy"),
        (2, "RR?", Healthy, "EnoughInstancesHealthy"),
        (2, "SS", Progressing, "InstancesStarting"),
        (2, "RN", Progressing, "InstancesStarting"),
        (2, "RRC", Degraded, "InstancesFailing"),
        (2, "RC", Degraded, "InstancesFailing"),
        (2, "RU", Degraded, "InstancesUnhealthy"),
        (2, "R?", Degraded, "InsufficientInstances"),
        (2, "R", Degraded, "InsufficientInstances"),
        (3, "RUC", Unhealthy, "InstancesFailing"),
        (2, "UU", Unhealthy, "InstancesUnhealthy"),
        (2, "", Unhealthy, "NoInstances"),
        (2, "??", Unhealthy, "InsufficientInstances"),
    ] {
        assert_eq!(by_default(replicas, drawing), (health, reason.into()), "{drawing:?} of {replicas}");
    }
}

#[test]
fn enough_is_the_percentage_rounded_up() {
    for (percent, replicas, drawing, health) in [
        (50, 3, "RR", Healthy),
        (50, 3, "R", Unhealthy),
        (34, 3, "RR", Healthy),
        (33, 3, "R", Healthy),
        (1, 100, "R", Healthy),
        (99, 3, "RR", Degraded),
    ] {
        assert_eq!(
            at_percent(percent, replicas, drawing).0,
            health,
            "{drawing} of {replicas} at {percent} %"
        );
    }
}

#[test]
fn as_many_may_be_unwell_as_are_not_needed() {
    assert_eq!(at_percent(50, 4, "RRUC"), (Healthy, "EnoughInstancesHealthy".into()));
    assert_eq!(at_percent(50, 4, "RRUCU"), (Degraded, "InstancesFailing".into()), "a surge that fails");
}

#[test]
fn nobody_hopes_where_one_is_unwell_or_unknown() {
    assert_eq!(at_percent(50, 2, "S").0, Progressing);
    assert_eq!(at_percent(50, 2, "S?"), (Unhealthy, "InsufficientInstances".into()));
    assert_eq!(at_percent(50, 2, "SU"), (Unhealthy, "InstancesUnhealthy".into()));
}

#[test]
fn unhealthy_begins_at_half_or_at_min_healthy_percent_where_that_is_less() {
    assert_eq!(by_default(4, "RRCC").0, Degraded, "half is not below half");
    assert_eq!(by_default(4, "RCCC").0, Unhealthy);
    assert_eq!(at_percent(30, 4, "RCCC").0, Unhealthy, "1 of 4 is below 30 %");
    assert_eq!(at_percent(25, 4, "RCCCC").0, Degraded, "1 of 4 is not below 25 %");
    let written = |below| seen(|spec| spec.health.unhealthy_below_percent = Some(below), answer(4, "RRRC")).0;
    assert_eq!((written(75), written(76), written(0)), (Degraded, Unhealthy, Degraded));
}

#[test]
fn a_surge_that_starts_is_healthy_all_along() {
    let mut watch = Watch::new();
    for drawing in ["RRR", "RRRS", "RRRN", "RRRR", "TRRR", "-RRR"] {
        assert_eq!(watch.after(60).see(3, drawing).health(), Healthy, "{drawing}");
    }
}

#[test]
fn a_deploy_without_surge_hopes_for_as_many_as_go_and_not_for_ever() {
    let mut watch = Watch::new();
    assert_eq!(watch.see(3, "RRR").health(), Healthy);
    assert_eq!(watch.after(60).see(3, "TRR").after(5).see(3, "TRR").health(), Progressing);
    assert_eq!(watch.condition("AppHealthy").reason, "InstancesStarting");
    assert_eq!(
        watch.restart().after(600 - 6).see(3, "TRR").health(),
        Progressing,
        "terminating for just under the deadline"
    );
    assert_eq!(watch.after(1).see(3, "TRR").after(5).see(3, "TRR").health(), Degraded);

    assert_eq!(by_default(4, "TRR").0, Degraded, "two are missing and one goes");
}

#[test]
fn scaling_up_is_progress_until_the_deadline() {
    let mut watch = Watch::new();
    assert_eq!(watch.see(2, "RR").health(), Healthy);
    assert_eq!(watch.after(60).see(4, "RR").after(5).see(4, "RR").health(), Progressing);
    assert_eq!(watch.restart().after(594).see(4, "RR").health(), Progressing, "also after a restart");
    assert_eq!(watch.after(1).see(4, "RR").after(5).see(4, "RR").health(), Degraded);
}

#[test]
fn what_is_missing_at_the_first_look_is_no_scaling_up() {
    assert_eq!(by_default(4, "RR").0, Degraded);
}

#[test]
fn scaling_down_and_to_zero_and_back_is_never_bad() {
    let mut watch = Watch::new();
    for (replicas, drawing, health) in [
        (4, "RRRR", Healthy),
        (2, "RRTT", Healthy),
        (2, "RR", Healthy),
        (0, "TT", ScaledToZero),
        (0, "", ScaledToZero),
        (3, "", Progressing),
        (3, "SSS", Progressing),
        (3, "RRR", Healthy),
    ] {
        assert_eq!(watch.after(60).see(replicas, drawing).health(), health, "{drawing:?} of {replicas}");
    }
}

#[test]
fn a_stopped_application_is_scaled_to_zero() {
    let stopped = Observation { stopped: true, ..answer(3, "") };
    assert_eq!(seen(|_| {}, stopped), (ScaledToZero, "ScaledToZero".into()));
}

#[test]
fn an_application_without_groups_is_unknown() {
    assert_eq!(seen(|_| {}, of_groups(vec![], vec![])), (Unknown, "HealthUnknown".into()));
}

#[test]
fn desired_is_the_sum_over_the_groups() {
    let two = |other: ObservedGroup| of_groups(vec![group("g", Some(2)), other], drawn("RR"));
    assert_eq!(seen(|_| {}, two(group("h", Some(0)))).0, Healthy);
    assert_eq!(seen(|_| {}, two(group("h", Some(1)))).0, Degraded);
    assert_eq!(seen(|_| {}, two(group("h", Some(-1)))).0, Unknown, "a count below 0 is none");
}

#[test]
fn a_group_without_replicas_wants_the_instances_that_stay() {
    let silent = |drawing| of_groups(vec![group("g", None)], drawn(drawing));
    assert_eq!(seen(|_| {}, silent("RRT")).0, Healthy);
    assert_eq!(seen(|_| {}, silent("RC")).0, Degraded);
    assert_eq!(seen(|_| {}, silent("")), (Unknown, "HealthUnknown".into()));
    assert_eq!(seen(|_| {}, silent("T")), (Unknown, "HealthUnknown".into()));

    let mut other = instance("i-9", 'R');
    other.group_id = Some("h".into());
    let beside = of_groups(vec![group("g", None), group("h", Some(1))], vec![other]);
    assert_eq!(seen(|_| {}, beside).0, Unknown, "g has none of its own");
}

#[test]
fn a_filter_on_one_instance_wants_one() {
    let one = |spec: &mut SaeAppWatchSpec| spec.instance_id = Some("i-0".parse().unwrap());
    assert_eq!(seen(one, answer(9, "R")).0, Healthy);
    assert_eq!(seen(one, answer(9, "")), (Unhealthy, "NoInstances".into()));
    let both = |spec: &mut SaeAppWatchSpec| {
        one(spec);
        spec.pipeline_id = Some("p".parse().unwrap());
    };
    assert_eq!(seen(both, answer(9, "")), (Unhealthy, "NoInstances".into()));
}

#[test]
fn a_filter_on_a_batch_wants_the_instances_that_stay() {
    let batch = |spec: &mut SaeAppWatchSpec| spec.pipeline_id = Some("p".parse().unwrap());
    assert_eq!(seen(batch, answer(9, "RRT")).0, Healthy);
    assert_eq!(seen(batch, answer(9, "RC")).0, Degraded);
    assert_eq!(seen(batch, answer(9, "")), (Unknown, "HealthUnknown".into()));
}

#[test]
fn starting_for_too_long_is_failing() {
    let mut watch = Watch::new();
    assert_eq!(watch.see(2, "RS").health(), Progressing);
    assert_eq!(watch.after(600).see(2, "RS").health(), Progressing);
    watch.after(1).see(2, "RS").after(5).see(2, "RS");
    assert_eq!((watch.health(), watch.status().reason.as_deref()), (Degraded, Some("InstancesFailing")));
    let instance = &watch.status().instances[0];
    assert_eq!(
        (instance.reason.as_str(), instance.since.0),
        ("ProgressDeadlineExceeded", crate::domain::fixtures::start())
    );
}

#[test]
fn a_missing_health_check_is_bad_only_where_one_is_required() {
    let required = |spec: &mut SaeAppWatchSpec| spec.health.require_health_check = true;
    assert_eq!(seen(required, answer(2, "RW")), (Degraded, "InstancesUnhealthy".into()));
}

#[test]
fn more_replicas_than_anybody_can_count_do_no_harm() {
    let absurd = of_groups(vec![group("g", Some(i64::MAX)), group("h", Some(i64::MAX))], drawn("R"));
    assert_eq!(seen(|_| {}, absurd).0, Unhealthy);
}

#[test]
fn the_message_counts_and_names_up_to_three_of_the_worst() {
    let mut watch = Watch::new();
    watch.see(6, "RUUCI");
    assert_eq!(
        watch.condition("AppHealthy").message,
        "1 of 6 instances ready, 2 failing, 2 unhealthy, 1 missing: i-3 CrashLoopBackOff; i-4 ImagePullBackOff; \
         i-1 ReadinessUnhealthy (probe failed: HTTP 503)"
    );
}

#[test]
fn the_message_of_what_is_well_is_short() {
    for (replicas, drawing, message) in [
        (2, "RR", "2 of 2 instances ready"),
        (1, "W", "1 of 1 instance ready, none with a health check"),
        (0, "", "no instance is wanted"),
        (2, "RS", "1 of 2 instances ready, 1 starting"),
    ] {
        let mut watch = Watch::new();
        assert_eq!(watch.see(replicas, drawing).condition("AppHealthy").message, message);
    }
}

#[test]
fn the_message_of_what_nobody_knows_says_why() {
    for (groups, message) in [
        (vec![], "SAE lists no instance group for this application"),
        (
            vec![group("g", None)],
            "SAE does not say how many instances are wanted, and none is there to count",
        ),
    ] {
        let mut watch = Watch::new();
        watch.observe(of_groups(groups, vec![]));
        assert_eq!(watch.condition("AppHealthy").message, message);
    }
}

#[test]
fn a_target_of_0_wants_nothing_though_instances_are_still_there() {
    for drawing in ["R", "C", "?", "T"] {
        assert_eq!(by_default(0, drawing), (ScaledToZero, "ScaledToZero".into()), "{drawing}");
    }
}
