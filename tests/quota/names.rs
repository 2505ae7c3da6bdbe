//! Watches that know their application by its name.

use std::sync::Arc;
use std::time::Duration;

use saewatch::domain::{Attempt, FailureClass, Reason};
use saewatch::sae::{Class, Operation};

use crate::plan::Plan;
use crate::set_lists::Set;
use crate::world::app::{App, Apps, name};
use crate::world::directory::{Directory, Entry, NAMESPACE};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::{Fault, PageLimit, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

pub const EVER: Duration = mins(10_000);

/// An operator at 30 calls a minute without watches, where application n has n + 1 instances.
pub fn started(apps: u32, entries: Vec<Entry>, faults: Vec<Fault>) -> Operator {
    let apps = Apps::new((1..=apps).map(App::well).collect(), Vec::new());
    let sae = Sae::new(apps).with_directory(Directory::of(entries)).with_faults(faults);
    Operator::start(Arc::new(sae), 30, Plan::steady())
}

pub fn shop(app: usize) -> Entry {
    Entry::new(secs(0)..EVER, &name(app), "shop", NAMESPACE)
}

pub fn lists(class: Class) -> Fault {
    Fault { during: secs(0)..EVER, operation: Some(Operation::Applications), app: None, class }
}

/// How the newest attempt for a watch failed, and its message.
pub fn failure(operator: &Operator, watch: &str) -> Option<(FailureClass, String)> {
    match operator.polls.latest(&watch_id(watch))?.pace.last? {
        Attempt::Observed => None,
        Attempt::Failed(failure) => Some((failure.class, failure.message)),
    }
}

pub fn reason(operator: &Operator, watch: &str) -> Option<Reason> {
    match failure(operator, watch)?.0 {
        FailureClass::Permanent(reason) => Some(reason),
        FailureClass::Throttled | FailureClass::Transient => None,
    }
}

/// The id that is known for a watch.
pub fn id_of(operator: &Operator, watch: &str) -> Option<String> {
    operator.polls.latest(&watch_id(watch))?.identity.id.map(|id| id.as_str().to_owned())
}

fn name_of(operator: &Operator, watch: &str) -> Option<String> {
    let identity = operator.polls.latest(&watch_id(watch))?.identity;
    identity.named.map(|named| format!("{}/{}", named.namespace, named.name))
}

pub fn ask_for_a_poll(operator: &mut Operator, watch: &str, token: &str) {
    let id = watch_id(watch);
    let request = Some(token.to_owned());
    let watch = Watch { request, ..operator.watches[&id].clone() };
    operator.watch(&id, watch);
}

#[test]
fn a_watch_by_name_shares_its_polls_with_one_by_id() {
    on_a_paused_clock(async {
        let mut operator = started(1, vec![shop(0)], Vec::new());
        operator.watch(&watch_id("by-name"), Watch::by_name("shop", NAMESPACE));
        operator.work_until(secs(20)).await;
        operator.watch(&watch_id("by-id"), Watch::new(0));
        operator.work_until(mins(30)).await;
        let polls = operator.sae.count(Operation::Instances, mins(10));
        assert!((19..=21).contains(&polls), "{polls} polls in twenty minutes");
        assert_eq!(operator.polls.stats().targets, 1);
        for watch in ["by-name", "by-id"] {
            assert_eq!(id_of(&operator, watch), Some(name(0)));
            assert_eq!(name_of(&operator, watch).as_deref(), Some("cn-hangzhou/shop"));
        }
        let lists = operator.sae.count(Operation::Applications, secs(0));
        assert_eq!(lists, 1, "the list that found the id said the name too");
    });
}

#[test]
fn a_name_alone_is_looked_for_and_names_that_wait_together_are_one_list_of_their_region() {
    on_a_paused_clock(async {
        let entries =
            (0..10).map(|app| Entry::new(secs(0)..EVER, &name(app), &format!("shop-{app}"), NAMESPACE));
        let mut operator = started(10, entries.collect(), Vec::new());
        operator.watch(&watch_id("first"), Watch::by_name("shop-0", NAMESPACE));
        operator.work_until(secs(20)).await;
        for app in 1..10 {
            let watch = watch_id(&format!("watch-{app}"));
            operator.watch(&watch, Watch::by_name(&format!("shop-{app}"), NAMESPACE));
        }
        operator.work_until(mins(2)).await;
        let calls = operator.sae.calls();
        let lists = calls.iter().filter(|call| call.operation == Operation::Applications);
        let asked: Vec<Option<&str>> =
            lists.map(|call| call.named.as_ref().map(|named| named.name.as_str())).collect();
        assert_eq!(asked, [Some("shop-0"), None]);
        for app in 1..10 {
            assert_eq!(id_of(&operator, &format!("watch-{app}")), Some(name(app)));
        }
    });
}

#[test]
fn a_name_that_no_application_has_is_not_found_and_is_asked_for_once_a_minute_at_most() {
    on_a_paused_clock(async {
        let near = Entry::new(secs(0)..mins(30), &name(0), "shop-2", NAMESPACE);
        let later = Entry::new(mins(30)..EVER, &name(0), "shop", NAMESPACE);
        let mut operator = started(1, vec![near, later], Vec::new());
        operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
        operator.work_until(mins(9)).await;
        assert_eq!(operator.sae.calls().len(), 1, "again after ten minutes, as every error that stays");
        let (class, message) = failure(&operator, "shop").unwrap();
        assert_eq!(class, FailureClass::Permanent(Reason::AppNotFound));
        assert!(message.contains("namespace cn-hangzhou has no application named shop"), "{message}");
        let pace = &operator.paces[&watch_id("shop")];
        assert_eq!((pace.generation, pace.failures), (Some(1), 0));

        for seconds in 0..120 {
            ask_for_a_poll(&mut operator, "shop", &format!("token-{seconds}"));
            operator.work_until(mins(20) + secs(seconds)).await;
        }
        let asked = operator.sae.count(Operation::Applications, mins(19) + secs(30));
        assert!((2..=3).contains(&asked), "{asked} lists for 120 requests in two minutes");
        operator.work_until(mins(45)).await;
        assert_eq!((id_of(&operator, "shop"), reason(&operator, "shop")), (Some(name(0)), None));
    });
}

#[test]
fn after_a_restart_the_id_of_the_status_serves_until_it_is_not_found() {
    on_a_paused_clock(async {
        let new = Entry { during: mins(20)..EVER, ..shop(1) };
        let old = Entry { during: secs(0)..mins(20), ..shop(0) };
        let gone =
            Fault { during: mins(20)..EVER, operation: None, app: Some(name(0)), class: Class::NotFound };
        let mut operator = started(2, vec![old, new], vec![gone]);
        operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
        operator.work_until(mins(10)).await;
        let mut operator = operator.restart(secs(5)).await;
        operator.work_until(mins(19)).await;
        assert_eq!(operator.sae.count(Operation::Applications, secs(0)), 1, "before the restart");
        assert_eq!(id_of(&operator, "shop"), Some(name(0)));
        operator.work_until(mins(22)).await;
        assert_eq!(id_of(&operator, "shop"), Some(name(1)));
    });
}

#[test]
fn denied_lists_are_access_denied_before_an_id_is_known_and_stall_nobody_after() {
    on_a_paused_clock(async {
        let mut operator = started(2, vec![shop(0)], vec![lists(Class::Denied)]);
        operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
        let app_id = Some(name(1).parse().unwrap());
        operator.watch(&watch_id("known"), Watch { app_id, ..Watch::by_name("known", NAMESPACE) });
        operator.work_until(mins(9)).await;
        assert_eq!(reason(&operator, "shop"), Some(Reason::AccessDenied));
        assert_eq!(operator.sae.count(Operation::Applications, secs(0)), 1);
        assert_eq!((id_of(&operator, "known"), reason(&operator, "known")), (Some(name(1)), None));
        assert!(operator.looks.len() >= 8, "{:?}", operator.looks);
        operator.work_until(mins(19)).await;
        assert_eq!(operator.sae.count(Operation::Applications, secs(0)), 2);
    });
}

#[test]
fn a_question_for_a_name_that_fails_is_tried_again_as_a_failed_poll() {
    on_a_paused_clock(async {
        let failing = Fault { during: secs(0)..secs(30), ..lists(Class::Transient(None)) };
        let mut operator = started(1, vec![shop(0)], vec![failing]);
        operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
        operator.work_until(secs(10)).await;
        assert_eq!(failure(&operator, "shop").map(|failure| failure.0), Some(FailureClass::Transient));
        let pace = operator.polls.latest(&watch_id("shop")).unwrap().pace;
        assert!(pace.failures == 1 && pace.waiting_since.is_some(), "{pace:?}");
        operator.work_until(mins(2)).await;
        let tries = operator.sae.calls().into_iter().filter(|call| call.operation == Operation::Applications);
        let tries: Vec<u64> = tries.map(|call| call.at.as_secs()).collect();
        let waits: Vec<u64> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(
            waits.len() == 2 && (12..=18).contains(&waits[0]) && (24..=36).contains(&waits[1]),
            "{waits:?}"
        );
        assert_eq!(operator.paces[&watch_id("shop")].failures, 0);
    });
}

#[test]
fn while_the_account_is_throttled_no_name_is_asked_for_but_by_one_probe() {
    on_a_paused_clock(async {
        let throttled = Fault { operation: None, ..lists(Class::Throttled(None)) };
        let mut operator = started(1, vec![shop(0)], vec![throttled]);
        for watch in 0..20 {
            operator
                .watch(&watch_id(&format!("{watch}")), Watch::by_name(&format!("shop-{watch}"), NAMESPACE));
        }
        operator.work_until(mins(10)).await;
        assert!(operator.sae.calls().len() < 15, "{} probes", operator.sae.calls().len());
        for watch in 0..20 {
            let class = failure(&operator, &format!("{watch}")).map(|failure| failure.0);
            assert_eq!(class, Some(FailureClass::Throttled));
        }
    });
}

#[test]
fn rejected_keys_are_tried_once_for_all_names() {
    on_a_paused_clock(async {
        let rejected =
            Fault { operation: None, during: secs(0)..mins(9), ..lists(Class::CredentialsRejected) };
        let mut operator = started(1, vec![shop(0)], vec![rejected]);
        operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
        operator.watch(&watch_id("other"), Watch::by_name("other", NAMESPACE));
        operator.work_until(mins(8)).await;
        assert_eq!(operator.sae.calls().len(), 1);
        assert_eq!(reason(&operator, "other"), Some(Reason::AuthenticationFailed));
        operator.work_until(mins(12)).await;
        assert_eq!((reason(&operator, "shop"), id_of(&operator, "shop")), (None, Some(name(0))));
        assert_eq!(reason(&operator, "other"), Some(Reason::AppNotFound));
    });
}

#[test]
fn a_watch_that_leaves_while_its_name_is_asked_for_leaves_nothing_behind() {
    on_a_paused_clock(async {
        let entries =
            (0..50).map(|app| Entry::new(secs(0)..EVER, &name(app), &format!("shop{app}"), NAMESPACE));
        let directory = Directory { most_a_page: Some(1), ..Directory::of(entries.collect()) };
        let sae = Sae::new(Apps::new(vec![App::well(1)], Vec::new())).with_directory(directory);
        let mut operator = Operator::start(Arc::new(sae), 30, Plan::steady());
        operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
        operator.work_until(secs(9)).await;
        let begun = operator.sae.calls().len();
        assert!(begun >= 2, "pages are being read");
        operator.forget(&watch_id("shop"));
        operator.work_until(mins(30)).await;
        assert_eq!(operator.sae.calls().len(), begun);
        assert!(operator.polls.latest(&watch_id("shop")).is_none());
        operator.watch(&watch_id("shop"), Watch::by_name("shop7", NAMESPACE));
        operator.work_until(mins(40)).await;
        assert_eq!(id_of(&operator, "shop"), Some(name(7)));
    });
}

#[test]
fn names_are_learnt_from_one_list_of_a_region_that_is_not_listed_otherwise() {
    on_a_paused_clock(async {
        let mut entries: Vec<Entry> = (0..3)
            .map(|app| Entry::new(secs(0)..EVER, &name(app), &format!("shop-{app}"), NAMESPACE))
            .collect();
        entries.push(Entry { name: Some("name that is none".to_owned()), ..shop(3) });
        let mut operator = started(5, entries, Vec::new());
        operator.watch_all((0..4).map(Watch::new));
        operator.work_until(mins(5)).await;
        assert_eq!(name_of(&operator, "app-00002").as_deref(), Some("cn-hangzhou/shop-2"));
        assert_eq!(name_of(&operator, "app-00003"), None);
        operator.work_until(mins(60)).await;
        let lists = |operator: &Operator| operator.sae.count(Operation::Applications, secs(0));
        assert_eq!(lists(&operator), 1, "not again for one that the list had no name for");
        operator.watch(&watch_id("fifth"), Watch::new(4));
        operator.work_until(mins(61)).await;
        assert_eq!(lists(&operator), 2, "again for another one");
        operator.forget(&watch_id("fifth"));
        operator.watch(&watch_id("fifth again"), Watch::new(4));
        operator.work_until(mins(69)).await;
        assert_eq!(lists(&operator), 2, "at most every ten minutes");
        operator.work_until(mins(72)).await;
        assert_eq!(lists(&operator), 3);
    });
}

#[test]
fn the_news_of_a_name_goes_to_a_watch_once() {
    on_a_paused_clock(async {
        let mut operator = started(1, vec![shop(0)], Vec::new());
        operator.watch(&watch_id("shop"), Watch { interval: mins(60), ..Watch::new(0) });
        operator.work_until(mins(2)).await;
        assert_eq!(name_of(&operator, "shop").as_deref(), Some("cn-hangzhou/shop"));
        assert_eq!(operator.reconciled[&watch_id("shop")], 2, "the answer and the name");
        operator.watch(&watch_id("other"), Watch::by_name("other", NAMESPACE));
        operator.work_until(mins(30)).await;
        assert_eq!(operator.reconciled[&watch_id("shop")], 2, "no list says anything new");
    });
}

#[test]
fn where_names_may_not_be_listed_ids_serve_and_it_is_tried_again_in_an_hour() {
    on_a_paused_clock(async {
        let mut operator = started(3, vec![shop(0)], vec![lists(Class::Denied)]);
        operator.watch_all((0..3).map(Watch::new));
        operator.work_until(mins(60)).await;
        assert_eq!(operator.sae.count(Operation::Applications, secs(0)), 1);
        assert!((0..3).all(|app| reason(&operator, &name(app)).is_none()));
        operator.work_until(mins(70)).await;
        assert_eq!(operator.sae.count(Operation::Applications, secs(0)), 2);
    });
}

#[test]
fn a_region_that_all_watches_left_for_a_while_is_not_listed_sooner() {
    on_a_paused_clock(async {
        let mut operator = started(1, Vec::new(), Vec::new());
        let lists = |operator: &Operator| operator.sae.count(Operation::Applications, secs(0));
        for minute in 1..10 {
            operator.watch(&watch_id("shop"), Watch::new(0));
            operator.work_until(mins(minute)).await;
            operator.forget(&watch_id("shop"));
        }
        assert_eq!(lists(&operator), 1, "at most every ten minutes");
        operator.watch(&watch_id("shop"), Watch::new(0));
        operator.work_until(mins(12)).await;
        assert_eq!(lists(&operator), 2);
    });
}

#[test]
fn a_list_for_names_comes_in_the_pages_that_lists_of_its_region_have() {
    on_a_paused_clock(async {
        let sae =
            Sae::new(Apps::new(vec![App::well(1); 500], Vec::new())).with_page_limit(PageLimit::Shorten);
        let mut operator = Operator::start(Arc::new(sae), 60, Plan::steady());
        let set = Set::new("all");
        set.read(&operator.polls, 1);
        operator.work_until(mins(2)).await;
        for name in ["one", "two"] {
            operator.watch(&watch_id(name), Watch::by_name(name, NAMESPACE));
        }
        operator.work_until(mins(2) + secs(30)).await;
        assert_eq!(operator.sae.count(Operation::Applications, mins(2)), 3);
    });
}
