//! The table of contract §6: which conditions are there, and what they say.

use crate::api::Health;
use crate::domain::Reason;
use crate::domain::fixtures::{Watch, start};

const AWAITING: &str =
    "Ready=Unknown/AwaitingFirstAnswer AppHealthy=Unknown/HealthUnknown Reconciling=True/AwaitingFirstAnswer";
const FINE: &str = "Ready=True/Observed AppHealthy=True/AllInstancesHealthy";

/// A watch that shows a healthy application.
fn fine() -> Watch {
    let mut watch = Watch::new();
    watch.see(2, "RR");
    watch
}

fn fail_until_shown(watch: &mut Watch) {
    for _ in 0..3 {
        watch.after(15).fail();
    }
}

#[test]
fn no_outcome_yet() {
    let mut watch = Watch::new();
    assert_eq!(watch.reconcile().stored, None, "the first outcome may come any moment");
    assert_eq!(watch.after(4).fail().stored, None, "and is not there yet");
    assert_eq!(watch.after(1).reconcile().conditions(), AWAITING);
    let status = watch.status();
    assert_eq!(
        (status.health, status.reason.as_deref()),
        (Some(Health::Unknown), Some("AwaitingFirstAnswer"))
    );
    assert_eq!(status.observed_generation, -1);
}

#[test]
fn observed_and_fresh() {
    let watch = fine();
    assert_eq!(watch.conditions(), FINE);
    assert_eq!(watch.status().observed_generation, 1);
    assert_eq!(watch.status().reason.as_deref(), Some("AllInstancesHealthy"));
}

#[test]
fn created_suspended() {
    let mut watch = Watch::with(|spec| spec.suspend = true);
    assert_eq!(watch.reconcile().conditions(), "AppHealthy=Unknown/Suspended");
    let status = watch.status();
    assert_eq!((status.observed_generation, status.health), (1, Some(Health::Unknown)));
    assert_eq!(status.reason.as_deref(), Some("Suspended"));
    assert_eq!(watch.wake, None);
    assert_eq!(watch.edit(|spec| spec.suspend = false).conditions(), AWAITING, "resumed");
}

#[test]
fn target_changed_while_suspended() {
    let mut watch = fine();
    watch.edit(|spec| spec.suspend = true);
    watch.edit(|spec| spec.region_id = Some("cn-beijing".parse().unwrap()));
    assert_eq!(watch.conditions(), "AppHealthy=Unknown/Suspended");
    let status = watch.status();
    assert_eq!((status.health, status.observed_generation), (Some(Health::Unknown), 3));
    assert!(status.counts.is_none() && status.instances.is_empty() && status.groups.is_empty());
    assert!(status.region.is_none() && status.observed_at.is_none() && status.memory.verdict.is_none());
}

#[test]
fn suspended_later_while_ready() {
    let mut watch = fine();
    assert_eq!(watch.edit(|spec| spec.suspend = true).conditions(), FINE);
    assert_eq!((watch.status().observed_generation, watch.wake), (2, None));
    assert_eq!(watch.after(86_400).reconcile().conditions(), FINE, "a day later it shows what it showed");
    assert_eq!(watch.restart().reconcile().conditions(), FINE);
}

#[test]
fn a_suspended_watch_says_so_and_keeps_its_health() {
    let mut watch = Watch::new();
    watch.see(3, "RRC");
    let before = watch.status().clone();
    watch.edit(|spec| spec.suspend = true);
    let status = watch.status();
    assert_eq!(status.reason.as_deref(), Some("Suspended"));
    assert_eq!(status.message.as_deref(), Some("SAE is not polled while spec.suspend is true"));
    assert_eq!(
        (status.health, &status.counts, &status.instances),
        (before.health, &before.counts, &before.instances)
    );
    assert_eq!(watch.condition("AppHealthy").reason, "InstancesFailing", "conditions stay");

    watch.restart().after(86_400).reconcile();
    assert_eq!(watch.status().reason.as_deref(), Some("Suspended"), "also after a restart");
    watch.edit(|spec| spec.suspend = false);
    assert_eq!(watch.status().message, before.message, "resumed");
}

#[test]
fn suspended_later_while_not_ready() {
    let mut watch = fine();
    fail_until_shown(&mut watch);
    watch.edit(|spec| spec.suspend = true);
    assert_eq!(watch.conditions(), "AppHealthy=True/AllInstancesHealthy", "as it was, and no failure blocks");

    let mut watch = Watch::new();
    watch.deny(Reason::AccessDenied).edit(|spec| spec.suspend = true);
    assert_eq!(watch.conditions(), "AppHealthy=Unknown/Suspended", "HealthUnknown becomes Suspended");

    let mut watch = fine();
    watch.deny(Reason::AppNotFound).edit(|spec| spec.suspend = true);
    assert_eq!(watch.conditions(), "AppHealthy=Unknown/Suspended", "also above old data");
}

#[test]
fn failures_below_the_threshold_change_nothing() {
    let mut watch = fine();
    let before = watch.stored.clone();
    watch.after(15).fail().after(30).fail();
    assert_eq!((&watch.stored, watch.writes.0), (&before, 1));
}

#[test]
fn failures_at_the_threshold() {
    let mut watch = fine();
    fail_until_shown(&mut watch);
    assert_eq!(
        watch.conditions(),
        "Ready=False/PollFailed AppHealthy=True/AllInstancesHealthy Reconciling=True/RetryingAfterFailure"
    );
    let status = watch.status();
    assert_eq!(
        (status.reason.as_deref(), status.ready_instances.as_deref()),
        (Some("PollFailed"), Some("2/2"))
    );
    assert!(watch.condition("Ready").message.contains("ServiceUnavailable"));
}

#[test]
fn failures_at_the_threshold_after_a_permanent_error() {
    let mut watch = fine();
    watch.after(60).deny(Reason::AccessDenied).after(60).fail().after(60).fail();
    assert!(watch.conditions().ends_with("Stalled=True/AccessDenied"), "{}", watch.conditions());
    assert_eq!(
        watch.after(60).fail().conditions(),
        "Ready=False/PollFailed AppHealthy=True/AllInstancesHealthy Reconciling=True/RetryingAfterFailure"
    );
}

#[test]
fn failures_before_any_answer() {
    let mut watch = Watch::new();
    watch.reconcile();
    assert_eq!(watch.after(15).fail().after(15).fail().conditions(), AWAITING);
    assert_eq!(watch.status().observed_generation, -1);
    assert_eq!(
        watch.after(15).fail().conditions(),
        "Ready=False/PollFailed AppHealthy=Unknown/HealthUnknown Reconciling=True/RetryingAfterFailure"
    );
    assert_eq!(watch.status().observed_generation, 1, "that is an outcome");
}

#[test]
fn stale() {
    let mut watch = fine();
    watch.after(481).fail();
    let stale = "AppHealthy=Unknown/DataStale Reconciling=True/RetryingAfterFailure";
    assert_eq!(watch.conditions(), format!("Ready=False/DataStale {stale}"));
    assert_eq!((watch.health(), watch.status().reason.as_deref()), (Health::Unknown, Some("DataStale")));
    assert_eq!(watch.status().ready_instances.as_deref(), Some("2/2"), "the data stays");
    assert_eq!(watch.after(60).throttle().conditions(), format!("Ready=False/Throttled {stale}"));
}

#[test]
fn permanent_error_with_data() {
    let mut watch = fine();
    assert_eq!(
        watch.after(60).deny(Reason::AccessDenied).conditions(),
        "Ready=False/AccessDenied AppHealthy=True/AllInstancesHealthy Stalled=True/AccessDenied"
    );
    assert_eq!(
        watch.after(481).deny(Reason::AccessDenied).conditions(),
        "Ready=False/AccessDenied AppHealthy=Unknown/DataStale Stalled=True/AccessDenied",
        "stale: it keeps its reason"
    );
}

#[test]
fn permanent_error_at_the_first_attempt() {
    for reason in [
        Reason::AppNotFound,
        Reason::GroupNotFound,
        Reason::InvalidSpec,
        Reason::AuthenticationFailed,
        Reason::AccessDenied,
        Reason::AccountBlocked,
        Reason::CredentialsMissing,
    ] {
        let mut watch = Watch::new();
        watch.reconcile().after(1).deny(reason);
        let expected = format!("Ready=False/{reason} AppHealthy=Unknown/HealthUnknown Stalled=True/{reason}");
        assert_eq!((watch.conditions(), watch.status().observed_generation), (expected, 1));
        assert_eq!(watch.status().reason.as_deref(), Some(reason.as_str()));
    }
}

#[test]
fn an_application_or_group_that_is_gone_has_no_health() {
    for gone in [Reason::AppNotFound, Reason::GroupNotFound] {
        let mut watch = fine();
        let expected = format!("Ready=False/{gone} AppHealthy=Unknown/HealthUnknown Stalled=True/{gone}");
        assert_eq!(watch.after(60).see(2, "RC").after(5).deny(gone).conditions(), expected);
        assert_eq!(watch.status().memory.streak, None, "there is nothing left to confirm");
        assert_eq!(watch.health(), Health::Unknown);
        assert_eq!(watch.after(3_600).deny(gone).conditions(), expected, "gone is not stale");
    }
}

#[test]
fn a_watch_without_region() {
    let mut watch = Watch::with(|spec| spec.region_id = None);
    let expected = "Ready=False/RegionMissing AppHealthy=Unknown/HealthUnknown Stalled=True/RegionMissing";
    assert_eq!(watch.reconcile().conditions(), expected);
    assert!(watch.condition("Ready").message.contains("spec.regionId"));
    assert_eq!((watch.status().observed_generation, watch.emitted()), (1, vec![Reason::RegionMissing]));
    watch.edit(|spec| spec.region_id = Some("cn-hangzhou".parse().unwrap()));
    assert_eq!(watch.conditions(), AWAITING, "nothing has been asked for the new spec");
}

#[test]
fn a_region_given_at_a_restart_ends_the_complaint_about_it() {
    for answers in 0..2 {
        let mut watch = Watch::with(|spec| spec.region_id = None);
        watch.default_region = Some("cn-hangzhou".parse().unwrap());
        for _ in 0..answers {
            watch.see(2, "RR");
        }
        watch.default_region = None;
        assert!(watch.restart().reconcile().conditions().starts_with("Ready=False/RegionMissing"));
        watch.default_region = Some("cn-hangzhou".parse().unwrap());
        watch.restart().reconcile();
        assert!(
            watch.conditions().starts_with("Ready=Unknown/AwaitingFirstAnswer"),
            "{}",
            watch.conditions()
        );
    }
}

#[test]
fn throttled_before_any_answer() {
    let mut watch = Watch::new();
    watch.reconcile().after(10).throttle();
    assert_eq!(watch.conditions(), AWAITING);
    assert!(watch.condition("Ready").message.contains("Throttling.User"), "it says so before");
    assert_eq!(watch.after(480).throttle().conditions(), AWAITING);
    assert_eq!(
        watch.after(1).throttle().conditions(),
        "Ready=False/Throttled AppHealthy=Unknown/HealthUnknown Reconciling=True/RetryingAfterFailure"
    );
    assert_eq!(
        (watch.status().observed_generation, watch.emitted()),
        (-1, vec![]),
        "no outcome and no event"
    );
    assert_eq!(watch.after(60).see(2, "RR").conditions(), FINE);
}

#[test]
fn a_throttle_does_not_take_the_place_of_a_permanent_error() {
    let mut watch = Watch::new();
    watch.deny(Reason::AppNotFound);
    let before = watch.stored.clone();
    watch.after(600).throttle();
    assert_eq!(watch.stored, before);
}

#[test]
fn a_transition_time_moves_only_with_the_status() {
    let mut watch = fine();
    let since = |watch: &Watch, name: &str| watch.condition(name).last_transition_time.0 - start();
    watch.after(60).see(2, "WW");
    assert_eq!(watch.condition("AppHealthy").reason, "RunningWithoutHealthCheck");
    assert_eq!(since(&watch, "AppHealthy").get_seconds(), 0, "another reason of the same status");
    watch.after(60).deny(Reason::AccessDenied).after(60).deny(Reason::AuthenticationFailed);
    assert_eq!(since(&watch, "Ready").get_seconds(), 120);
    assert_eq!(since(&watch, "Stalled").get_seconds(), 120);
}

#[test]
fn an_answer_and_a_refusal_seen_in_one_look_leave_the_transition_time() {
    let mut watch = fine();
    watch.after(60).deny(Reason::AccessDenied).after(60);
    let seen = crate::domain::Observation { at: watch.now, ..crate::domain::fixtures::answer(2, "RR") };
    let decision = watch.decide(Some(&seen));
    let status = decision.status(watch.stored.as_ref()).unwrap();
    let ready = status.conditions.iter().find(|c| c.type_ == "Ready").unwrap();
    assert_eq!(ready.status, "False");
    assert_eq!((ready.last_transition_time.0 - start()).get_seconds(), 60);
}

#[test]
fn messages_from_outside_are_cleaned_and_cut() {
    let mut watch = Watch::new();
    watch.pace.last = Some(crate::domain::Attempt::Failed(crate::domain::Failure {
        class: crate::domain::FailureClass::Permanent(Reason::AccessDenied),
        message: format!("no\u{1b}[31m\n{}", "x".repeat(5_000)),
    }));
    watch.pace.generation = Some(1);
    watch.reconcile();
    let message = &watch.condition("Stalled").message;
    assert!(message.len() <= 512 && !message.contains(|c: char| c.is_control()), "{message}");
}

#[test]
fn a_spec_that_cannot_be_read_is_a_permanent_error_until_it_can() {
    let mut watch = fine();
    watch.unreadable = Some("interval: \"soon\" is no duration");
    watch.after(60).edit(|_| {});
    let emitted = watch.take_events();
    assert_eq!((emitted.len(), emitted[0].reason), (1, Reason::InvalidSpec));
    assert_eq!(
        watch.conditions(),
        "Ready=False/InvalidSpec AppHealthy=True/AllInstancesHealthy Stalled=True/InvalidSpec"
    );
    assert!(watch.condition("Stalled").message.contains("interval: "));
    assert_eq!(watch.status().observed_generation, watch.generation);
    watch.writes = (0, 0);
    watch.restart().after(60).reconcile();
    assert_eq!((watch.writes, watch.emitted()), ((0, 0), vec![]), "once");

    watch.unreadable = None;
    watch.after(60).edit(|_| {});
    assert_eq!(watch.condition("Ready").reason, "AwaitingFirstAnswer");
    assert_eq!(watch.status().conditions.len(), 3, "no longer Stalled");
    watch.after(5).see(2, "RR");
    assert_eq!(watch.conditions(), FINE);
}

#[test]
fn nobody_asks_for_what_a_watch_shows_that_cannot_be_read() {
    let mut watch = fine();
    watch.unreadable = Some("interval: \"soon\" is no duration");
    watch.after(60).edit(|_| {});
    let wake = watch.wake.unwrap().as_secs();
    watch.after(wake).reconcile();
    assert_eq!((watch.health(), watch.status().reason.as_deref()), (Health::Unknown, Some("InvalidSpec")));
    assert_eq!(watch.condition("AppHealthy").reason, "DataStale");
    watch.unreadable = None;
    watch.after(60).edit(|_| {});
    assert_eq!(watch.condition("Ready").reason, "DataStale", "until the first answer");
    assert_eq!(watch.condition("Reconciling").status, "True");
}
