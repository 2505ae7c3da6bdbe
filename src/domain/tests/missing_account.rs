//! The event of an account that is not there: only after a minute, and once (contract §11.3).

use crate::domain::Admission;
use crate::domain::Reason::*;
use crate::domain::fixtures::Watch;
use crate::domain::fixtures::accounts::{named, refused};

/// A watch that was applied before its account.
fn early() -> Watch {
    let mut watch = Watch::with(|spec| spec.account_ref = Some(named("prod")));
    watch.reconcile();
    watch
}

#[test]
fn it_is_emitted_once_when_the_account_has_been_missing_for_a_minute() {
    let mut watch = early();
    assert_eq!(watch.after(60).reconcile().emitted(), []);
    let mut watch = early();
    let wake = watch.wake.unwrap().as_secs();
    assert_eq!((wake, watch.emitted()), (61, vec![]));
    assert_eq!(watch.after(wake).reconcile().emitted(), [AccountNotFound]);
    assert_eq!(watch.wake, None);
    assert_eq!(watch.after(600).reconcile().emitted(), []);
    assert_eq!(watch.restart().after(7_200).reconcile().emitted(), [], "also by another process");
}

#[test]
fn an_account_that_comes_within_the_minute_is_worth_no_event() {
    let mut watch = early();
    watch.after(59).admit(Admission::Granted).after(30).see(2, "RR");
    assert_eq!(watch.emitted(), []);
    assert_eq!(watch.lose_account().after(60).reconcile().emitted(), [], "the minute begins anew");
    assert_eq!(watch.after(1).reconcile().emitted(), [AccountNotFound]);
}

#[test]
fn the_minute_counts_through_restarts() {
    let mut watch = early();
    for _ in 0..6 {
        assert_eq!(watch.restart().after(10).reconcile().emitted(), []);
    }
    assert_eq!(watch.restart().after(1).reconcile().emitted(), [AccountNotFound]);
}

#[test]
fn a_kill_after_the_event_and_before_the_status_does_not_double_it() {
    let mut watch = early();
    watch.after(61);
    let mut killed = watch.clone();
    let first = watch.reconcile().take_events();
    let second = killed.restart().after(3_600).reconcile().take_events();
    assert_eq!((first.len(), &first[0].name), (1, &second[0].name));
}

#[test]
fn it_is_emitted_again_when_the_account_goes_again_though_no_answer_lies_between() {
    let mut watch = early();
    for _ in 0..3 {
        assert_eq!(watch.after(61).reconcile().emitted(), [AccountNotFound]);
        watch.after(5).admit(Admission::Granted).after(5).lose_account();
    }
}

#[test]
fn the_minute_is_that_of_the_missing_account_and_not_of_what_failed_before() {
    let mut watch = Watch::of_account("prod");
    watch.deny(AccessDenied).emitted();
    watch.after(600).lose_account().after(30).restart().reconcile();
    assert_eq!(watch.emitted(), []);
    assert_eq!(watch.after(31).reconcile().emitted(), [AccountNotFound]);
}

#[test]
fn another_refusal_within_the_minute_is_emitted_at_once() {
    let mut watch = early();
    assert_eq!(watch.after(30).admit(refused(AccountNotAllowed)).emitted(), [AccountNotAllowed]);
    assert_eq!(watch.after(30).lose_account().after(30).reconcile().emitted(), []);
    assert_eq!(watch.after(31).reconcile().emitted(), [AccountNotFound]);
}

#[test]
fn what_had_no_event_has_no_recovery_either() {
    let mut watch = Watch::of_account("prod");
    watch.see(2, "RR").after(600).lose_account().after(30).admit(Admission::Granted);
    assert_eq!(watch.condition("Ready").reason, "DataStale", "it was old before");
    watch.after(5).see(2, "RR");
    assert_eq!((watch.condition("Ready").status.clone(), watch.emitted()), ("True".into(), vec![]));

    watch.after(600).lose_account().after(61).reconcile();
    watch.after(30).admit(Admission::Granted).after(5).see(2, "RR");
    assert_eq!(watch.emitted(), [AccountNotFound, PollRecovered]);
}

#[test]
fn a_clock_that_steps_back_does_no_harm() {
    let mut watch = early();
    watch.after(-86_400).reconcile();
    assert_eq!(watch.after(61).reconcile().emitted(), [AccountNotFound]);
}
