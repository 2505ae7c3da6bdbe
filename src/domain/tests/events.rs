//! What is emitted, when, and in which words: the table of contract §7.

use crate::api::Health;
use crate::domain::Reason::{self, *};
use crate::domain::fixtures::{Watch, answer, drawn, of_groups};
use crate::domain::{EventType, Observation};

/// A watch that shows two ready instances and has nothing to emit.
pub fn fine() -> Watch {
    let mut watch = Watch::new();
    watch.see(2, "RR").emitted();
    watch
}

/// The one event of that reason emitted since the last time, as its note.
fn note(watch: &mut Watch, reason: Reason) -> String {
    let events = watch.take_events();
    let notes: Vec<_> = events.into_iter().filter(|event| event.reason == reason).map(|e| e.note).collect();
    assert_eq!(notes.len(), 1, "{reason}: {notes:?}");
    notes[0].clone()
}

pub fn versioned(drawing: &str, versions: &[&str]) -> Observation {
    let mut instances = drawn(drawing);
    for (instance, version) in instances.iter_mut().zip(versions) {
        instance.package_version = Some((*version).into());
    }
    of_groups(answer(2, "").groups, instances)
}

pub fn restarted(drawing: &str, restarts: &[i64]) -> Observation {
    let mut seen = answer(2, drawing);
    for (instance, restarts) in seen.instances.iter_mut().zip(restarts) {
        instance.restarts = Some(*restarts);
    }
    seen
}

#[test]
fn reasons_with_an_event_and_its_type_are_those_of_the_table() {
    let warnings = [
        HealthDegraded,
        InstancesCrashLooping,
        ImagePullFailed,
        InstancesRestarted,
        NoInstances,
        PollFailed,
        DataStale,
        AppNotFound,
        GroupNotFound,
        InvalidSpec,
        RegionMissing,
        AuthenticationFailed,
        AccessDenied,
        AccountBlocked,
        CredentialsMissing,
        AccountRequired,
        AccountNotFound,
        AccountNotAllowed,
        AccountMismatch,
        AccountConflict,
        VerificationFailed,
        ListFailed,
        ApplyFailed,
    ];
    let normals = [
        Verified,
        Listed,
        LimitReached,
        HealthRecovered,
        InstancesScaled,
        VersionChanged,
        PollRecovered,
        RefreshHandled,
        DiagnosisReady,
    ];
    for reason in Reason::ALL {
        let expected = (warnings.contains(&reason).then_some(EventType::Warning))
            .or(normals.contains(&reason).then_some(EventType::Normal));
        assert_eq!(reason.event(), expected, "{reason}");
    }
}

#[test]
fn a_healthy_first_look_is_silent() {
    let mut watch = Watch::new();
    assert_eq!(watch.reconcile().see(2, "RR").emitted(), []);
}

#[test]
fn degradation_is_told_once_and_again_when_it_gets_worse() {
    let mut watch = fine();
    assert_eq!(watch.after(60).see(2, "RU").emitted(), [], "not while it is damped");
    watch.after(5).see(2, "RU");
    assert_eq!(
        note(&mut watch, HealthDegraded),
        "app cart (cn-hangzhou): 1 of 2 instances ready, 1 unhealthy: i-1 ReadinessUnhealthy (probe failed: HTTP \
         503)"
    );
    assert_eq!(watch.after(60).see(2, "RU").emitted(), []);
    assert_eq!(watch.after(60).see(2, "UU").after(5).see(2, "UU").emitted(), [HealthDegraded]);
    assert_eq!(watch.health(), Health::Unhealthy);
    assert_eq!(watch.after(60).see(2, "RU").emitted(), [], "a little better is no recovery");
}

#[test]
fn recovery_says_how_long_it_took() {
    let mut watch = fine();
    watch.after(60).see(2, "RU").after(5).see(2, "RU").emitted();
    watch.after(60).see(2, "RN").after(60).see(2, "RS");
    assert_eq!((watch.health(), watch.emitted()), (Health::Progressing, vec![]), "the verdict is left alone");
    watch.after(240).see(2, "RR");
    assert_eq!(
        note(&mut watch, HealthRecovered),
        "app cart (cn-hangzhou): 2 of 2 instances ready; it took 6m"
    );
}

#[test]
fn an_unwell_application_is_told_at_the_first_look() {
    let mut watch = Watch::new();
    assert_eq!(watch.see(2, "UU").emitted(), [HealthDegraded]);
}

#[test]
fn a_gap_in_the_data_is_no_recovery_and_no_new_degradation() {
    let mut watch = fine();
    watch.after(60).see(2, "RU").after(5).see(2, "RU").emitted();
    assert_eq!(watch.after(500).fail().emitted(), [DataStale]);
    assert_eq!(watch.after(60).see(2, "RU").emitted(), [PollRecovered]);
    assert_eq!(watch.after(60).see(2, "RR").emitted(), [HealthRecovered]);
}

#[test]
fn a_crash_loop_is_told_once_for_a_bad_time() {
    let mut watch = fine();
    watch.after(60).see(2, "RC");
    assert_eq!(
        note(&mut watch, InstancesCrashLooping),
        "app cart (cn-hangzhou): 1 instance in a crash loop: i-1 CrashLoopBackOff (restarts 0)",
        "at once: this is not damped"
    );
    watch.after(5).see(2, "RC").emitted();
    for drawing in ["RN", "RC", "RN", "RC"] {
        assert_eq!(watch.after(700).see(2, drawing).emitted(), [], "{drawing}");
    }
}

#[test]
fn a_crash_loop_after_a_recovery_is_told_again() {
    let mut watch = fine();
    watch.after(60).see(2, "RC").after(5).see(2, "RC").after(60).see(2, "RR").emitted();
    assert_eq!(watch.after(60).see(2, "RC").emitted(), [InstancesCrashLooping]);
}

#[test]
fn a_crash_loop_before_the_first_verdict_is_none_of_the_good_time_after_it() {
    let mut watch = Watch::new();
    assert_eq!(watch.observe(of_groups(vec![], drawn("C"))).emitted(), [InstancesCrashLooping]);
    assert_eq!(watch.after(60).see(1, "R").emitted(), []);
    assert_eq!(watch.after(60).see(1, "C").emitted(), [InstancesCrashLooping]);
}

#[test]
fn a_crash_loop_that_leaves_the_application_well_is_told_once_in_a_deadline() {
    let mut watch = Watch::with(|spec| spec.health.min_healthy_percent = 50);
    watch.see(2, "RR").emitted();
    assert_eq!(watch.after(60).see(2, "RC").emitted(), [InstancesCrashLooping]);
    assert_eq!(watch.after(60).see(2, "RR").after(60).see(2, "RC").emitted(), [], "it flaps");
    assert_eq!(watch.after(60).see(2, "RR").restart().after(419).see(2, "RR").emitted(), []);
    assert_eq!(watch.clone().after(1).see(2, "RC").emitted(), [], "emitted 600 s ago");
    assert_eq!(watch.after(2).see(2, "RC").emitted(), [InstancesCrashLooping], "emitted 601 s ago");
    assert_eq!(watch.after(700).see(2, "RC").emitted(), [], "it was there at the last reconcile");
}

#[test]
fn an_image_that_cannot_be_pulled_is_told_by_name() {
    let mut watch = fine();
    watch.after(60).see(2, "RI");
    assert_eq!(
        note(&mut watch, ImagePullFailed),
        "app cart (cn-hangzhou): 1 instance whose image cannot be pulled: i-1 ImagePullBackOff (cart:1)"
    );
}

#[test]
fn restarts_are_told_of_instances_that_run() {
    let mut watch = fine();
    watch.after(60).observe(restarted("RRR", &[3, 0, 5]));
    assert_eq!(
        note(&mut watch, InstancesRestarted),
        "app cart (cn-hangzhou): 3 restarts since the last poll on 1 running instance: i-0 (0 → 3)",
        "i-2 is new"
    );
    assert_eq!(watch.after(60).observe(restarted("CRR", &[4, 0, 5])).emitted(), [InstancesCrashLooping]);
    assert_eq!(
        watch.restart().after(60).observe(restarted("RRR", &[4, 1, 5])).emitted(),
        [InstancesRestarted]
    );
}

#[test]
fn a_count_that_sae_left_out_is_no_restart() {
    let mut watch = fine();
    let mut silent = answer(2, "RR");
    silent.instances[0].restarts = None;
    watch.after(60).observe(silent.clone()).after(60).observe(restarted("RR", &[7, 0]));
    assert_eq!(watch.emitted(), []);
    watch.after(60).observe(silent).restart().after(60).observe(restarted("RR", &[7, 0]));
    assert_eq!(watch.emitted(), []);
}

#[test]
fn scaling_is_told_without_a_filter_only() {
    let mut watch = fine();
    watch.after(60).see(3, "RRR");
    assert_eq!(note(&mut watch, InstancesScaled), "app cart (cn-hangzhou): wanted instances 2 → 3");
    let mut batch = Watch::with(|spec| spec.pipeline_id = Some("p".parse().unwrap()));
    assert_eq!(batch.see(9, "RR").after(60).see(9, "RRR").emitted(), []);
}

#[test]
fn two_answers_of_one_second_are_two_answers() {
    let mut watch = fine();
    assert_eq!(watch.see(3, "RRR").see(2, "RR").emitted(), [InstancesScaled, InstancesScaled]);
}

#[test]
fn versions_are_told_when_the_rollout_is_over() {
    let mut watch = Watch::new();
    watch.observe(versioned("RR", &["v1", "v1"]));
    for (drawing, versions) in
        [("RRS", ["v1", "v1", "v2"]), ("TRR", ["v1", "v1", "v2"]), ("TRR", ["v1", "v2", "v2"])]
    {
        assert_eq!(watch.after(60).observe(versioned(drawing, &versions)).emitted(), [], "{drawing}");
    }
    watch.restart().after(60).observe(versioned("RR", &["v2", "v2"]));
    assert_eq!(note(&mut watch, VersionChanged), "app cart (cn-hangzhou): v1 → v2");
    assert_eq!(watch.after(60).see(0, "").emitted(), [InstancesScaled], "no instance, no version");
    assert_eq!(watch.status().memory.versions, ["v2"]);
}

#[test]
fn no_instances_is_told_when_the_last_one_goes() {
    let mut watch = fine();
    watch.after(60).see(2, "");
    assert_eq!(note(&mut watch, NoInstances), "app cart (cn-hangzhou): SAE reports 0 of 2 instances");
    assert_eq!(watch.after(5).see(2, "").emitted(), [HealthDegraded]);
    let mut zero = fine();
    assert_eq!(zero.after(60).see(0, "").emitted(), [InstancesScaled], "nobody wants any");
}

#[test]
fn failing_polls_are_told_at_the_threshold_and_their_end() {
    let mut watch = fine();
    assert_eq!(watch.after(15).fail().after(15).fail().emitted(), []);
    watch.after(15).fail();
    assert_eq!(
        note(&mut watch, PollFailed),
        "app cart (cn-hangzhou): polls keep failing: DescribeApplicationInstances: ServiceUnavailable (HTTP 503); \
         showing what was seen 45s ago"
    );
    assert_eq!(watch.after(15).fail().emitted(), []);
    watch.after(60).see(2, "RR");
    assert_eq!(note(&mut watch, PollRecovered), "app cart (cn-hangzhou): polls work again after 1m15s");
}

#[test]
fn an_outage_with_throttles_in_it_is_told_once() {
    let mut watch = fine();
    watch.after(481).throttle();
    assert_eq!(watch.emitted(), [], "a throttle has no event");
    for _ in 0..3 {
        watch.after(60).fail().after(60).throttle();
    }
    assert_eq!(watch.emitted(), []);
    assert_eq!(watch.after(60).see(2, "RR").emitted(), [PollRecovered], "Ready was False");

    let mut watch = fine();
    watch.after(481).fail();
    assert_eq!(watch.emitted(), [DataStale]);
    assert_eq!(watch.after(60).throttle().after(60).fail().emitted(), []);
}

#[test]
fn stale_data_is_told_after_failing_polls() {
    let mut watch = fine();
    for _ in 0..3 {
        watch.after(100).fail();
    }
    assert_eq!(watch.emitted(), [PollFailed]);
    assert_eq!(watch.after(181).fail().emitted(), [DataStale], "now nobody knows how the application is");
}

#[test]
fn a_permanent_error_is_told_under_its_own_name_and_so_is_the_next() {
    let mut watch = fine();
    watch.after(60).deny(AccessDenied);
    assert_eq!(
        note(&mut watch, AccessDenied),
        "app cart (cn-hangzhou): somebody has to act; showing what was seen 1m ago"
    );
    assert_eq!(watch.after(600).deny(AccessDenied).emitted(), []);
    assert_eq!(watch.restart().after(600).deny(AccessDenied).emitted(), [], "emitted before the restart");
    assert_eq!(watch.after(600).deny(AuthenticationFailed).emitted(), [AuthenticationFailed]);
    assert_eq!(watch.after(600).see(2, "RR").emitted(), [PollRecovered]);
}

#[test]
fn a_request_is_told_once_it_is_served() {
    let mut watch = fine();
    watch.request = Some("now".into());
    assert_eq!(watch.reconcile().emitted(), []);
    watch.see(2, "RR");
    assert_eq!(note(&mut watch, RefreshHandled), "app cart (cn-hangzhou): request now served");
    assert_eq!(watch.status().last_handled_request.as_deref(), Some("now"));
    watch.request = None;
    assert_eq!(watch.reconcile().emitted(), [], "a token that vanishes causes nothing");
    watch.request = Some("again".into());
    watch.after(15).fail();
    let failed = "app cart (cn-hangzhou): request again served, and the poll failed: ";
    assert!(note(&mut watch, RefreshHandled).starts_with(failed), "whatever the result");
}

#[test]
fn a_request_while_suspended_is_acknowledged_without_a_poll() {
    let mut watch = fine();
    watch.edit(|spec| spec.suspend = true).request = Some("now".into());
    watch.reconcile();
    assert!(note(&mut watch, RefreshHandled).contains("suspended"));
}

#[test]
fn suspending_and_resuming_are_silent() {
    let mut watch = fine();
    watch.after(60).deny(AccessDenied).emitted();
    watch.edit(|spec| spec.suspend = true).edit(|spec| spec.suspend = false).after(5).see(2, "RR");
    assert_eq!(watch.emitted(), []);
}

#[test]
fn a_note_names_a_few_and_counts_the_rest_within_a_kilobyte() {
    let mut watch = Watch::new();
    watch.see(40, &"C".repeat(40));
    let note = note(&mut watch, InstancesCrashLooping);
    assert!(
        note.starts_with("app cart (cn-hangzhou): 40 instances in a crash loop: i-0 ")
            && note.ends_with("and 35 more"),
        "{note}"
    );

    let mut long = answer(40, &"C".repeat(40));
    for (at, instance) in long.instances.iter_mut().enumerate() {
        instance.id = format!("{at}{}", "空".repeat(200)).into();
    }
    Watch::new().observe(long);
}
