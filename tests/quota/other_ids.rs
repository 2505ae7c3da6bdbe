//! Watches by name whose application is another one now.

use saewatch::api::AppId;
use saewatch::domain::{Attempt, Failure, FailureClass, Reason};
use saewatch::sae::Class;

use crate::names::{EVER, ask_for_a_poll, failure, id_of, lists, reason, shop, started};
use crate::world::app::name;
use crate::world::directory::{Entry, NAMESPACE};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::Fault;
use crate::world::{mins, on_a_paused_clock, secs};

#[test]
fn an_application_that_is_made_again_under_its_name_is_followed() {
    on_a_paused_clock(async {
        let old = Entry { during: secs(0)..mins(10), ..shop(0) };
        let new = Entry { during: mins(14)..EVER, ..shop(1) };
        let gone =
            Fault { during: mins(10)..EVER, operation: None, app: Some(name(0)), class: Class::NotFound };
        let mut operator = started(2, vec![old, new], vec![gone]);
        operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
        operator.work_until(mins(13)).await;
        assert_eq!(reason(&operator, "shop"), Some(Reason::AppNotFound));
        assert!(failure(&operator, "shop").unwrap().1.contains("named shop"));
        assert_eq!(operator.watches[&watch_id("shop")].app_id.as_ref().map(AppId::as_str), Some("app-00000"));
        let looks = operator.looks.len();
        operator.work_until(mins(25)).await;
        assert_eq!((id_of(&operator, "shop"), reason(&operator, "shop")), (Some(name(1)), None));
        assert!(operator.looks[looks..].iter().all(|look| look.running == 2), "{:?}", operator.looks);
        let late =
            operator.sae.calls().into_iter().filter(|call| call.app == Some(name(0)) && call.at > mins(12));
        assert_eq!(late.count(), 0, "the old one is asked for no more");
        assert_eq!(operator.polls.stats().targets, 1);
    });
}

#[test]
fn an_application_that_is_replaced_at_once_is_polled_within_its_interval() {
    on_a_paused_clock(async {
        let entries = vec![
            Entry { during: secs(0)..mins(10), ..shop(0) },
            Entry { during: mins(10)..mins(20), is_deleting: true, ..shop(0) },
            Entry { during: mins(10)..EVER, ..shop(1) },
        ];
        let gone =
            Fault { during: mins(10)..EVER, operation: None, app: Some(name(0)), class: Class::NotFound };
        let mut operator = started(2, entries, vec![gone]);
        operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
        operator.work_until(mins(11) + secs(15)).await;
        assert_eq!(id_of(&operator, "shop"), Some(name(1)));
        assert_eq!(operator.looks.last().map(|look| look.running), Some(2));
    });
}

/// An operator whose watch `shop` has an application that another one replaces after ten minutes, and whose watch
/// `by-id` has the same one.
async fn replaced(faults: Vec<Fault>) -> Operator {
    let old = Entry { during: secs(0)..mins(10), ..shop(0) };
    let new = Entry { during: mins(10)..EVER, ..shop(1) };
    let gone = Fault { during: mins(10)..EVER, operation: None, app: Some(name(0)), class: Class::NotFound };
    let mut operator = started(2, vec![old, new], faults.into_iter().chain([gone]).collect());
    operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
    operator.watch(&watch_id("by-id"), Watch::new(0));
    operator.work_until(mins(10)).await;
    operator
}

/// What a watch was last notified of.
fn notified(operator: &Operator, watch: &str) -> Option<Reason> {
    match operator.paces.get(&watch_id(watch))?.last.as_ref()? {
        Attempt::Failed(Failure { class: FailureClass::Permanent(reason), .. }) => Some(*reason),
        Attempt::Failed(_) | Attempt::Observed => None,
    }
}

#[test]
fn a_watch_whose_application_is_replaced_at_once_is_never_notified_that_there_is_none() {
    on_a_paused_clock(async {
        let mut operator = replaced(Vec::new()).await;
        while operator.identities[&watch_id("shop")].id != Some(name(1).parse().unwrap()) {
            assert!(operator.work_until_news(&watch_id("shop")).await);
            assert_eq!(notified(&operator, "shop"), None, "at {:?}", operator.sae.passed());
        }
        assert_eq!(notified(&operator, "by-id"), Some(Reason::AppNotFound), "an id is not followed");
    });
}

#[test]
fn a_request_is_served_by_a_poll_of_the_application_that_has_the_name_now() {
    on_a_paused_clock(async {
        let mut operator = replaced(Vec::new()).await;
        ask_for_a_poll(&mut operator, "shop", "again");
        while operator.paces[&watch_id("shop")].token_served.as_deref() != Some("again") {
            assert!(operator.work_until_news(&watch_id("shop")).await);
        }
        assert_eq!(operator.identities[&watch_id("shop")].id, Some(name(1).parse().unwrap()));
        assert_eq!(operator.paces[&watch_id("shop")].last, Some(Attempt::Observed));
    });
}

#[test]
fn a_watch_whose_application_is_gone_is_notified_although_its_name_cannot_be_asked_for() {
    on_a_paused_clock(async {
        for class in [Class::Denied, Class::Transient(None)] {
            let mut operator = replaced(vec![Fault { during: mins(10)..EVER, ..lists(class) }]).await;
            operator.work_until(mins(11) + secs(15)).await;
            assert_eq!(notified(&operator, "shop"), Some(Reason::AppNotFound));
        }
    });
}

#[test]
fn a_list_that_is_read_anyway_and_shows_another_id_calls_for_another_question() {
    on_a_paused_clock(async {
        let mut entries: Vec<Entry> = (1..30)
            .map(|app| Entry::new(secs(0)..EVER, &name(app), &format!("other-{app}"), NAMESPACE))
            .collect();
        // The old one still answers, under another name.
        entries.push(Entry { during: secs(0)..mins(10), ..shop(0) });
        entries.push(Entry::new(mins(10)..EVER, &name(0), "old-shop", NAMESPACE));
        entries.push(Entry { during: mins(10)..EVER, ..shop(30) });
        let mut operator = started(31, entries, Vec::new());
        operator.watch(&watch_id("shop"), Watch::by_name("shop", NAMESPACE));
        operator.watch_all((1..30).map(Watch::new));
        operator.work_until(mins(11)).await;
        assert_eq!(id_of(&operator, "shop"), Some(name(30)));
        let seen = operator.looks.iter().filter(|look| look.running == 31 && look.at < mins(11));
        assert_eq!(seen.count(), 1, "and polled at once");
    });
}
