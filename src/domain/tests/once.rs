//! That each event is emitted once: its name is the same before and after a kill, and no other event's (contract §7).

use super::events::{fine, restarted, versioned};
use crate::domain::Reason::{self, *};
use crate::domain::fixtures::Watch;
use crate::domain::{Event, EventType, Meta};

#[test]
fn a_kill_after_the_event_and_before_the_status_does_not_double_it() {
    let mut watch = fine();
    watch.after(60).see(2, "RU");
    let mut killed = watch.clone();
    let first = watch.after(5).see(2, "RU").take_events();
    // The other one emitted, was killed, and stored nothing.
    let second = killed.restart().after(70).see(2, "RU").take_events();
    assert_eq!(first[0].name, second[0].name);
    assert_eq!((first[0].reason, first.len(), second.len()), (HealthDegraded, 1, 1));
}

#[test]
fn a_kill_before_the_status_and_an_absence_until_it_is_stale_double_nothing() {
    type Deed = fn(&mut Watch) -> &mut Watch;
    let nothing: Deed = |watch| watch;
    let stories: [(Deed, Deed, &[Reason]); 8] = [
        (|watch| watch.see(2, "RU"), |watch| watch.see(2, "RU"), &[HealthDegraded]),
        (|watch| watch.see(2, "RU").see(2, "RU"), |watch| watch.see(2, "RR"), &[HealthRecovered]),
        (nothing, |watch| watch.observe(restarted("RR", &[3, 0])), &[InstancesRestarted]),
        (nothing, |watch| watch.see(1, "R"), &[InstancesScaled]),
        (nothing, |watch| watch.observe(versioned("RR", &["v2", "v2"])), &[VersionChanged]),
        (|watch| watch.see(2, "C"), |watch| watch.see(2, ""), &[NoInstances, HealthDegraded]),
        (nothing, |watch| watch.deny(AccessDenied), &[AccessDenied]),
        (|watch| watch.deny(AccessDenied), |watch| watch.see(2, "RR"), &[PollRecovered]),
    ];
    for (before, happen, expected) in stories {
        let mut watch = fine();
        before(watch.after(60)).emitted();
        let stored = watch.stored.clone();
        assert_eq!(happen(watch.after(60)).emitted(), expected);
        // The status was never stored, and the next process comes an hour later.
        watch.stored = stored;
        assert_eq!(
            happen(watch.restart().after(3_600).reconcile().after(5)).emitted(),
            [],
            "{expected:?} again"
        );
    }
}

#[test]
fn a_recovery_is_told_though_a_restart_found_the_data_stale() {
    let mut watch = fine();
    for _ in 0..3 {
        watch.after(15).fail();
    }
    assert_eq!(watch.emitted(), [PollFailed]);
    watch.restart().after(3_600).reconcile();
    assert_eq!(watch.condition("Ready").reason, "DataStale");
    assert_eq!(watch.after(5).see(2, "RR").emitted(), [PollRecovered], "Ready was False before this process");
}

#[test]
fn stale_data_is_told_though_the_process_that_found_it_was_gone_before_its_first_attempt() {
    let mut watch = fine();
    watch.restart().after(3_600).reconcile();
    assert_eq!(watch.restart().after(5).reconcile().after(5).fail().emitted(), [DataStale]);
    assert_eq!(watch.restart().after(60).reconcile().after(5).fail().emitted(), [], "once");
}

#[test]
fn stale_data_that_a_slower_pace_excuses_is_not_told_where_nothing_is_written() {
    let mut watch = fine();
    watch.restart().after(481).reconcile();
    watch.pace.effective_interval = Some(jiff::SignedDuration::from_mins(16));
    assert_eq!(watch.reconcile().fail().emitted(), []);
    assert_eq!(
        watch.after(3_600).fail().emitted(),
        [DataStale],
        "but it is once the data is too old for that pace too"
    );
}

#[test]
fn another_watch_and_another_reason_have_another_name() {
    let status = fine().stored.unwrap();
    let meta = |uid| Meta { generation: 1, uid, created_at: None, request: None };
    let name = |uid, reason| Event::new(&meta(uid), Some(&status), reason, "").unwrap().name;
    let names = [name("a", PollFailed), name("b", PollFailed), name("a", DataStale)];
    assert_eq!(std::collections::BTreeSet::from(names).len(), 3);
    assert_eq!(Event::new(&meta("a"), None, Throttled, ""), None, "there is no such event");
}

#[test]
fn another_transition_has_another_name() {
    let mut watch = fine();
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..4 {
        watch.after(60).see(2, "RU").after(5).see(2, "RU").after(60).see(2, "RR");
        names.extend(watch.take_events().into_iter().map(|event| event.name));
    }
    assert_eq!(names.len(), 8, "four times worse and better: {names:?}");
}

#[test]
fn a_name_is_a_dns_label_and_types_are_as_in_the_table() {
    let mut watch = fine();
    watch.after(60).see(2, "CC").after(5).see(2, "CC").after(60).see(2, "RR");
    for event in watch.take_events() {
        assert!(
            event.name.len() < 64
                && event.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        );
        let is_good = event.reason == HealthRecovered;
        assert_eq!(event.kind, if is_good { EventType::Normal } else { EventType::Warning });
        assert_eq!(event.action, "Assess");
    }
}

#[test]
fn events_are_named_in_the_order_of_time() {
    let mut watch = Watch::new();
    watch.reconcile().after(5).deny(CredentialsMissing).after(600).deny(AuthenticationFailed);
    watch.after(600).deny(AccessDenied).after(600).see(2, "RU");
    watch.after(60).see(2, "RC").after(60).see(2, "RR").after(60).see(3, "RRR");
    for _ in 0..3 {
        watch.after(15).fail();
    }
    watch.after(3_600).fail().restart().after(60).reconcile().after(5).see(3, "RRU");
    watch.after(60).see(3, "RRR").after(60).deny(AppNotFound).after(600).see(3, "RRR");
    watch.edit(|spec| spec.suspend = true).edit(|spec| spec.region_id = Some("cn-beijing".parse().unwrap()));
    watch.edit(|spec| spec.suspend = false).after(5).see(3, "UUU").after(60).see(3, "RRR");

    let emitted = watch.take_events();
    let mut by_name = emitted.clone();
    by_name.sort_by(|one, other| one.name.cmp(&other.name));
    let reasons = |events: &[Event]| events.iter().map(|event| event.reason).collect::<Vec<_>>();
    assert_eq!(reasons(&by_name), reasons(&emitted));
    assert!(emitted.len() > 15, "{:?}", reasons(&emitted));
}

#[test]
fn the_same_thing_again_is_told_again() {
    let mut watch = fine();
    for (replicas, drawing) in [(3, "RRR"), (2, "RR"), (3, "RRR"), (2, "RR")] {
        assert_eq!(watch.after(60).see(replicas, drawing).emitted(), [InstancesScaled], "{drawing}");
    }
    for reason in [AccessDenied, AuthenticationFailed, AccessDenied] {
        assert_eq!(watch.after(600).deny(reason).emitted(), [reason], "no answer lies between them");
    }
}

#[test]
fn the_same_thing_after_a_suspension_is_told_again() {
    let mut watch = Watch::new();
    watch.reconcile();
    for _ in 0..2 {
        assert_eq!(watch.after(5).deny(AccessDenied).emitted(), [AccessDenied]);
        watch.after(60).edit(|spec| spec.suspend = true).edit(|spec| spec.suspend = false);
    }
    for region in ["cn-beijing", "cn-shanghai"] {
        assert_eq!(watch.after(5).see(2, "UU").emitted(), [HealthDegraded]);
        watch.after(60).edit(|spec| spec.suspend = true);
        watch.edit(|spec| spec.region_id = Some(region.parse().unwrap())).edit(|spec| spec.suspend = false);
    }
}

#[test]
fn what_a_successor_sees_in_the_second_of_its_predecessors_last_answer_is_told() {
    let mut watch = fine();
    watch.after(60).see(0, "").emitted();
    assert_eq!(watch.restart().see(4, "SSSS").emitted(), [InstancesScaled]);
}
