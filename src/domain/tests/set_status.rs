//! What the status of a set says, when it is written, and what is an event (contract §15.1).

use crate::api::{AccountRef, SaeAppWatchSetStatus};
use crate::domain::fixtures::accounts::refused;
use crate::domain::fixtures::set_operator::Operator;
use crate::domain::fixtures::sets::{SetWorld, app, failure};
use crate::domain::set::{Plan, RegionLists};
use crate::domain::{Admission, EventType, Failure, Reason};

const LISTED: &str = "Ready=True/Listed";

/// What holds for a set, worst first: each row with all that comes after it.
#[test]
fn the_first_row_that_fits_is_said() {
    type Step = fn(&mut Operator);
    let rows: [(Step, &str, bool); 11] = [
        (
            |it| it.problem = Some("the labels of the template do not fit"),
            "Ready=False/InvalidSpec Stalled=True/InvalidSpec",
            true,
        ),
        (|it| it.world.spec.suspend = true, "", true),
        (
            |it| it.access.admission = refused(Reason::AccountNotAllowed),
            "Ready=False/AccountNotAllowed Stalled=True/AccountNotAllowed",
            true,
        ),
        (|it| it.world.spec.region_ids = None, "Ready=False/RegionMissing Stalled=True/RegionMissing", true),
        (
            |it| {
                it.world.break_list("cn-a1", Err(failure(Some(Reason::AccessDenied))));
                it.world.break_list("cn-b1", Err(failure(Some(Reason::AccessDenied))));
            },
            "Ready=False/AccessDenied Stalled=True/AccessDenied",
            true,
        ),
        (
            |it| it.apply_failure = Some("webhook says no"),
            "Ready=False/ApplyFailed Reconciling=True/RetryingAfterFailure",
            true,
        ),
        (
            |it| {
                for _ in 0..3 {
                    it.world.break_list("cn-b1", Err(failure(None)));
                }
            },
            "Ready=False/ListFailed Reconciling=True/RetryingAfterFailure",
            true,
        ),
        (
            |it| it.access.admission = Admission::Unverified,
            "Ready=Unknown/Progressing Reconciling=True/Progressing",
            false,
        ),
        (|_| {}, "Ready=Unknown/Progressing Reconciling=True/Progressing", false),
        (
            |it| {
                it.world.list("cn-a1", &["a", "b"]).list("cn-b1", &["c"]).spec.limit = 2;
            },
            "Ready=True/LimitReached",
            true,
        ),
        (
            |it| {
                it.world.list("cn-a1", &["a", "b"]).list("cn-b1", &["c"]);
            },
            LISTED,
            true,
        ),
    ];
    for first in 0..rows.len() {
        let mut operator = Operator::new(SetWorld::of(&["cn-a1", "cn-b1"]));
        // From the last to the first, so that each finds what comes after it. Lists end the awaiting.
        let awaits = (7..9).contains(&first);
        for (step, ..) in rows.iter().skip(first).rev().filter(|_| !awaits) {
            step(&mut operator);
        }
        if awaits {
            rows[first].0(&mut operator);
            operator.after(5);
        }
        operator.reconcile();
        let (_, expected, is_outcome) = rows[first];
        assert_eq!(operator.conditions(), expected, "row {first}");
        assert_eq!(operator.stored.observed_generation, if is_outcome { 1 } else { -1 }, "row {first}");
    }
}

#[test]
fn accounts_mean_to_a_set_what_they_mean_to_a_watch() {
    for (admission, expected) in [
        (
            refused(Reason::AccountNotFound),
            "Ready=False/AccountNotFound Reconciling=True/RetryingAfterFailure",
        ),
        (
            refused(Reason::AuthenticationFailed),
            "Ready=False/AuthenticationFailed Stalled=True/AuthenticationFailed",
        ),
        (refused(Reason::AccountRequired), "Ready=False/AccountRequired Stalled=True/AccountRequired"),
        (Admission::Suspended, ""),
        (Admission::Unverified, LISTED),
    ] {
        let mut operator = Operator::listed(&["a"]);
        operator.access.admission = admission;
        operator.restart().reconcile();
        assert_eq!(operator.conditions(), expected);
        assert_eq!(operator.stored.applications, Some(1), "what was counted stays");
    }
    let mut operator = Operator::new(SetWorld::of(&[]));
    operator.access.admission = refused(Reason::AccountRequired);
    operator.reconcile();
    assert_eq!(operator.message(), "the set names no account: set spec.accountRef");
    let account = AccountRef { name: "prod".parse().unwrap() };
    operator.world.spec.account_ref = Some(account);
    operator.access.admission = Admission::Unverified;
    operator.reconcile();
    operator.after(5).reconcile();
    assert_eq!(operator.conditions(), "Ready=Unknown/Progressing Reconciling=True/Progressing");
    assert_eq!(operator.message(), "waiting until the SaeAccount prod is verified");
    operator.world.spec.region_ids = None;
    operator.reconcile();
    let expected = "the set has no region: set spec.regionIds, or regionId of the SaeAccount prod, or start the \
                    operator with --region";
    assert_eq!(operator.message(), expected);
}

#[test]
fn a_set_is_not_ready_before_each_region_was_listed_once() {
    let mut operator = Operator::new(SetWorld::of(&["cn-a1", "cn-b1", "cn-c1"]));
    operator.world.list("cn-a1", &["a"]).break_list("cn-b1", Ok(2));
    operator.after(4);
    assert!(!operator.reconcile(), "a first outcome may come any moment");
    assert_eq!(operator.wake.as_secs(), 1);
    operator.after(1).reconcile();
    let expected = "waiting for the first list of the applications of cn-b1, cn-c1; a list of cn-b1 has 2 fewer than \
                    SAE counts, and is read again";
    assert_eq!(operator.message(), expected);
    assert_eq!((operator.stored.observed_generation, operator.stored.applications), (-1, None));
    operator.world.list("cn-b1", &[]).break_list("cn-c1", Err(failure(None)));
    operator.reconcile();
    assert_eq!(operator.message(), "waiting for the first list of the applications of cn-c1");
    operator.world.break_list("cn-c1", Err(failure(Some(Reason::AccessDenied))));
    operator.reconcile();
    assert_eq!(operator.conditions(), "Ready=False/ListFailed Reconciling=True/RetryingAfterFailure");
    let expected = "the applications of cn-c1 cannot be listed, and their watches stay as they are: ListApplications: \
                    HTTP 500";
    assert_eq!(operator.message(), expected);
    operator.after(60).world.list("cn-c1", &["c"]);
    operator.reconcile();
    assert_eq!((operator.conditions().as_str(), operator.stored.applications), (LISTED, Some(2)));
}

#[test]
fn three_failed_lists_of_a_region_in_a_row_are_a_failure_and_fewer_are_none() {
    let mut operator = Operator::listed(&["a"]);
    for expected in [LISTED, LISTED, "Ready=False/ListFailed Reconciling=True/RetryingAfterFailure"] {
        operator.after(600).world.break_list("cn-a1", Err(failure(None)));
        operator.reconcile();
        assert_eq!(operator.conditions(), expected);
        assert_eq!(operator.stored.applications, Some(1));
    }
    operator.after(600).world.list("cn-a1", &["a"]);
    operator.reconcile();
    assert_eq!(operator.conditions(), LISTED);
}

#[test]
fn ready_says_what_is_not_as_it_should_be() {
    let mut operator = Operator::listed(&["a", "b", "c"]);
    assert_eq!(operator.message(), "3 applications selected");
    operator.world.watch("a").controller = Some("another".into());
    operator.world.watch("b").controller = Some("another".into());
    operator.world.spec.limit = 2;
    operator.world.list_of("cn-a1", ["a", "b", "c"].map(app).into(), Some(4));
    operator.after(60).reconcile();
    let name = operator.world.watches.keys().next().unwrap();
    let expected = format!(
        "3 applications selected, 1 beyond the limit of 2: raise spec.limit or narrow spec.selector; 1 without a watch of \
         the set: another watch has the name {name}; the list of cn-a1 has 4 fewer than SAE counts, so that nothing \
         becomes an orphan there"
    );
    assert_eq!(operator.message(), expected);
    let SaeAppWatchSetStatus { applications, omitted, conflicts, .. } = operator.stored;
    assert_eq!((applications, omitted, conflicts), (Some(3), Some(1), Some(1)));
}

#[test]
fn orphans_are_counted_and_fifty_of_them_named() {
    let names: Vec<String> = (0..60).map(|n| format!("app{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut operator = Operator::listed(&names);
    let none = (operator.stored.orphan_count, operator.stored.orphans.len(), operator.stored.orphans_omitted);
    assert_eq!(none, (Some(0), 0, None));
    for _ in 0..3 {
        operator.after(600).world.list("cn-a1", &[]);
        operator.reconcile();
    }
    let SaeAppWatchSetStatus { orphan_count, orphans, orphans_omitted, .. } = &operator.stored;
    assert_eq!((*orphan_count, orphans.len(), *orphans_omitted), (Some(60), 50, Some(10)));
    assert!(orphans.is_sorted() && orphans[0].starts_with("shop-app00-"), "{orphans:?}");
}

#[test]
fn conditions_are_written_at_once_and_the_rest_once_a_minute() {
    let mut operator = Operator::listed(&["a", "b"]);
    operator.watches = (2, 1);
    operator.after(20);
    assert!(!operator.reconcile());
    assert_eq!(operator.wake.as_secs(), 40);
    operator.apply_failure = Some("no");
    assert!(operator.reconcile());
    assert_eq!((operator.stored.unwell, operator.conditions().contains("ApplyFailed")), (Some(0), true));
    operator.after(40);
    assert!(operator.reconcile());
    assert_eq!(operator.stored.unwell, Some(1));
}

#[test]
fn the_counts_are_written_at_once_when_the_last_missing_watch_is_made_and_not_for_each() {
    let mut operator = Operator::new(SetWorld::of(&["cn-a1"]));
    let plan = operator.world.list("cn-a1", &["a", "b"]).plan();
    assert_eq!(plan.apply.len(), 2);
    assert!(operator.reconcile_with(&plan));
    assert_eq!(operator.stored.watches, Some(0));
    operator.after(1).watches = (1, 0);
    let half = Plan { apply: plan.apply[1..].to_vec(), ..plan.clone() };
    assert!(!operator.reconcile_with(&half), "one of two");
    operator.after(1).watches = (2, 0);
    let all = Plan { apply: Vec::new(), ..plan };
    assert!(operator.reconcile_with(&all));
    assert_eq!(operator.stored.watches, Some(2));
    operator.after(1).watches = (1, 0);
    assert!(!operator.reconcile_with(&all), "one less waits");
}

#[test]
fn the_time_of_the_lists_is_written_with_a_change_or_the_heartbeat() {
    let mut operator = Operator::listed(&["a", "b"]);
    let listed =
        |operator: &Operator| operator.stored.listed_at.unwrap().0.duration_since(operator.known_since);
    operator.after(299).world.list("cn-a1", &["a", "b"]);
    assert!(!operator.reconcile());
    operator.after(1).world.list("cn-a1", &["a", "b"]);
    assert!(operator.reconcile());
    assert_eq!(listed(&operator).as_secs(), 300);
    operator.after(60).world.list("cn-a1", &["a"]);
    assert!(operator.reconcile());
    assert_eq!(listed(&operator).as_secs(), 360);
    operator.after(600);
    assert!(!operator.reconcile(), "no newer list");
    operator.world.list("cn-a1", &["a"]).regions.insert("cn-b1".parse().unwrap(), RegionLists::default());
    operator.world.spec.region_ids = Some(["cn-a1", "cn-b1"].map(|region| region.parse().unwrap()).into());
    operator.world.list("cn-b1", &["z"]);
    operator.after(60).world.list("cn-a1", &["a"]);
    operator.reconcile();
    assert_eq!(listed(&operator).as_secs(), 960, "that of the oldest list");
}

#[test]
fn a_restart_changes_nothing_until_each_region_is_listed_again() {
    let mut denied = Operator::listed(&["a", "b"]);
    denied.world.break_list("cn-a1", Err(failure(Some(Reason::AccessDenied))));
    denied.reconcile();
    let mut refused_by_api = Operator::listed(&["a", "b"]);
    refused_by_api.apply_failure = Some("no");
    refused_by_api.reconcile();
    for mut operator in [Operator::listed(&["a", "b"]), denied, refused_by_api] {
        let before = operator.stored.clone();
        operator.restart();
        for _ in 0..9 {
            operator.after(60).reconcile();
            assert_eq!(operator.stored, before);
        }
        operator.generation = 2;
        operator.reconcile();
        operator.after(5).reconcile();
        assert_eq!(operator.conditions(), "Ready=Unknown/Progressing Reconciling=True/Progressing");
        assert_eq!((operator.stored.observed_generation, operator.stored.applications), (1, Some(2)));
        operator.world.list("cn-a1", &["a"]);
        operator.reconcile();
        assert_eq!((operator.conditions().as_str(), operator.stored.applications), (LISTED, Some(1)));
        assert_eq!(operator.stored.observed_generation, 2);
    }
}

#[test]
fn a_suspended_set_keeps_what_was_listed_and_counts_its_watches() {
    let mut operator = Operator::listed(&["a", "b"]);
    operator.world.spec.suspend = true;
    operator.watches = (2, 2);
    operator.after(60).world.list("cn-a1", &[]);
    operator.reconcile();
    let SaeAppWatchSetStatus { applications, unwell, listed_at, ref conditions, .. } = operator.stored;
    assert_eq!((applications, unwell, conditions.len()), (Some(2), Some(2), 0));
    assert_eq!(listed_at.unwrap().0, operator.known_since, "nothing of that list is used");
    operator.world.spec.suspend = false;
    operator.after(60).reconcile();
    assert_eq!((operator.conditions().as_str(), operator.stored.applications), (LISTED, Some(0)));
    assert_eq!(operator.emitted(), []);
}

#[test]
fn a_fall_and_a_return_are_events_with_names_of_their_own() {
    use EventType::{Normal, Warning};
    let mut operator = Operator::listed(&["a", "b"]);
    assert_eq!(operator.emitted(), [], "the first list is no return");
    operator.after(10).apply_failure = Some("the webhook says no");
    operator.reconcile();
    assert_eq!(operator.events[0].note, "a watch cannot be applied: the webhook says no");
    assert_eq!(operator.emitted(), [(Warning, Reason::ApplyFailed)]);
    operator.after(10).apply_failure = Some("the webhook says no again");
    operator.reconcile();
    assert_eq!(operator.emitted(), []);
    operator.world.break_list("cn-a1", Err(failure(Some(Reason::AccessDenied))));
    operator.after(10).reconcile();
    assert_eq!(operator.emitted(), [(Warning, Reason::AccessDenied)]);
    operator.apply_failure = None;
    operator.after(10).world.list("cn-a1", &["a", "b"]);
    operator.reconcile();
    assert_eq!(operator.emitted(), [(Normal, Reason::Listed)]);
    operator.world.spec.limit = 1;
    operator.after(60).reconcile();
    assert_eq!(operator.emitted(), [], "from True to True");
    operator.after(10).access.admission = refused(Reason::AccountNotAllowed);
    operator.reconcile();
    operator.after(10).access.admission = Admission::Granted;
    operator.reconcile();
    assert_eq!(operator.emitted(), [(Warning, Reason::AccountNotAllowed), (Normal, Reason::LimitReached)]);
}

#[test]
fn texts_from_outside_are_cleaned_and_cut() {
    let mut operator = Operator::listed(&["a"]);
    operator.apply_failure = Some("https://bob:MARKED@proxy/ said\n\u{1b}[31mno");
    operator.reconcile();
    assert_eq!(operator.message(), "a watch cannot be applied: https://proxy/ said  [31mno");
    operator.apply_failure = None;
    let long = Failure { message: "空".repeat(999), ..failure(Some(Reason::AccessDenied)) };
    operator.world.break_list("cn-a1", Err(long));
    operator.reconcile();
    assert!(operator.message().len() <= 512 && operator.message().ends_with('空'));
}
