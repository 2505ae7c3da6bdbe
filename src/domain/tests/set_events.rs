//! What was before decides what the status of a set says next, and what of it is an event (contract §15.1).

use crate::domain::fixtures::accounts::refused;
use crate::domain::fixtures::set_operator::Operator;
use crate::domain::fixtures::sets::{SetWorld, app, failure};
use crate::domain::set::RegionLists;
use crate::domain::{Admission, EventType, Reason};

const LISTED: &str = "Ready=True/Listed";
const PROGRESSING: &str = "Ready=Unknown/Progressing Reconciling=True/Progressing";
const LIST_FAILED: &str = "Ready=False/ListFailed Reconciling=True/RetryingAfterFailure";
const NOT_FOUND: &str = "Ready=False/AccountNotFound Reconciling=True/RetryingAfterFailure";

/// Another spec, for whose regions there is no list yet.
fn declare_another_region(operator: &mut Operator) {
    operator.generation += 1;
    operator.world.regions.clear();
    operator.world.regions.insert("cn-b1".parse().unwrap(), RegionLists::default());
    operator.world.spec.region_ids = Some(["cn-b1".parse().unwrap()].into());
}

#[test]
fn a_changed_spec_is_given_5_s_too_before_the_set_is_progressing() {
    let mut operator = Operator::listed(&["a"]);
    declare_another_region(operator.after(600));
    assert!(!operator.reconcile(), "a first outcome may come any moment");
    assert_eq!((operator.conditions().as_str(), operator.wake.as_secs()), (LISTED, 5));
    operator.after(4);
    assert!(!operator.reconcile());
    operator.after(1).reconcile();
    assert_eq!(operator.conditions(), PROGRESSING);
    declare_another_region(operator.after(60));
    operator.world.list("cn-b1", &["b"]);
    operator.reconcile();
    assert_eq!(operator.conditions(), LISTED);
}

#[test]
fn a_return_after_a_time_of_not_knowing_is_an_event_too() {
    let mut operator = Operator::listed(&["a"]);
    operator.world.break_list("cn-a1", Err(failure(Some(Reason::AccessDenied))));
    operator.after(60).reconcile();
    assert_eq!(operator.emitted(), [(EventType::Warning, Reason::AccessDenied)]);
    declare_another_region(&mut operator);
    operator.reconcile();
    operator.after(5).reconcile();
    assert_eq!(operator.conditions(), PROGRESSING);
    operator.after(5).world.list("cn-b1", &["b"]);
    operator.reconcile();
    assert_eq!(operator.emitted(), [(EventType::Normal, Reason::Listed)]);
}

#[test]
fn a_missing_account_is_an_event_after_a_minute_and_once() {
    let mut operator = Operator::listed(&["a"]);
    operator.access.admission = refused(Reason::AccountNotFound);
    operator.after(10).reconcile();
    assert_eq!((operator.conditions().as_str(), operator.emitted()), (NOT_FOUND, vec![]));
    assert_eq!(operator.wake.as_secs(), 60);
    operator.after(59).reconcile();
    assert_eq!(operator.emitted(), []);
    operator.after(1).reconcile();
    let name = operator.events[0].name.clone();
    assert_eq!(operator.emitted(), [(EventType::Warning, Reason::AccountNotFound)]);
    operator.after(60).reconcile();
    assert_eq!(operator.emitted(), []);
    // A process that comes after it does not know whether it was emitted.
    operator.restart().reconcile();
    assert_eq!(operator.events[0].name, name, "the API server has it already");
    operator.emitted();
    operator.after(3600).restart().reconcile();
    assert_eq!(operator.emitted(), [], "the API server may have forgotten it");
    operator.access.admission = Admission::Granted;
    operator.world.list("cn-a1", &["a"]);
    operator.after(10).reconcile();
    assert_eq!(operator.emitted(), [(EventType::Normal, Reason::Listed)]);
}

#[test]
fn an_account_that_is_applied_within_a_minute_is_no_event() {
    let mut operator = Operator::listed(&["a"]);
    operator.access.admission = refused(Reason::AccountNotFound);
    operator.after(10).reconcile();
    operator.access.admission = Admission::Granted;
    operator.after(10).reconcile();
    assert_eq!((operator.conditions().as_str(), operator.emitted()), (LISTED, vec![]));
}

#[test]
fn what_an_account_was_refused_for_stands_until_it_is_verified_again() {
    let mut operator = Operator::listed(&["a"]);
    operator.access.admission = refused(Reason::AuthenticationFailed);
    operator.after(10).reconcile();
    let before = operator.stored.conditions.clone();
    operator.access.admission = Admission::Unverified;
    operator.restart().reconcile();
    operator.after(30).reconcile();
    assert_eq!(operator.stored.conditions, before);
}

#[test]
fn a_watch_that_could_not_be_applied_is_tried_before_the_set_is_ready_again() {
    let mut operator = Operator::listed(&["a", "b"]);
    operator.apply_failure = Some("no");
    operator.after(60).reconcile();
    assert_eq!(operator.emitted(), [(EventType::Warning, Reason::ApplyFailed)]);
    let before = operator.stored.clone();
    // Another process, and then another spec.
    for _ in 0..2 {
        operator.after(10).restart().has_untried_applies = true;
        operator.world.list("cn-a1", &["a", "b"]);
        operator.generation += 1;
        assert!(!operator.reconcile());
    }
    operator.generation = 1;
    (operator.has_untried_applies, operator.apply_failure) = (false, Some("no"));
    operator.reconcile();
    assert_eq!((&operator.stored.conditions, operator.events.len()), (&before.conditions, 0));
    operator.restart();
    operator.world.list("cn-a1", &["a", "b"]);
    operator.reconcile();
    assert_eq!(operator.emitted(), [(EventType::Normal, Reason::Listed)]);
}

#[test]
fn rejected_keys_are_a_failure_at_once_since_nothing_is_listed_with_them() {
    let mut operator = Operator::listed(&["a"]);
    operator.world.break_list("cn-a1", Err(failure(Some(Reason::AuthenticationFailed))));
    operator.after(10).reconcile();
    assert_eq!(operator.conditions(), LIST_FAILED);
}

#[test]
fn a_list_that_has_more_than_sae_counts_is_said_to_have_more() {
    let mut operator = Operator::new(SetWorld::of(&["cn-a1"]));
    operator.world.break_list("cn-a1", Ok(-1));
    operator.after(5).reconcile();
    operator.after(5).reconcile();
    let expected = "; a list of cn-a1 has 1 more than SAE counts, and is read again";
    assert!(operator.message().ends_with(expected), "{}", operator.message());
    operator.world.list_of("cn-a1", vec![app("a")], Some(-2));
    operator.reconcile();
    let expected = "; the list of cn-a1 has 2 more than SAE counts, so that nothing becomes an orphan there";
    assert!(operator.message().ends_with(expected), "{}", operator.message());
}
