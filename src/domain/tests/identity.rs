//! Which application a status says that it shows (contract §12).

use crate::domain::fixtures::Watch;
use crate::domain::fixtures::accounts::{named as account, refused};
use crate::domain::fixtures::identities::name_in_spec;
use crate::domain::{Admission, Reason};

/// `app`, `appId`, `appName` and `namespaceId` of the stored status.
fn shown(watch: &Watch) -> [Option<&str>; 4] {
    let status = watch.status();
    [
        status.app.as_deref(),
        status.app_id.as_ref().map(crate::api::AppId::as_str),
        status.app_name.as_ref().map(crate::api::AppName::as_str),
        status.namespace_id.as_ref().map(crate::api::NamespaceId::as_str),
    ]
}

/// A watch by name whose application is well.
fn fine() -> Watch {
    let mut watch = Watch::by_name("shop");
    watch.resolve("app-1").see(2, "RR").emitted();
    watch
}

#[test]
fn a_watch_by_name_shows_its_name_from_the_first_status_on() {
    let mut watch = Watch::by_name("shop");
    watch.reconcile();
    assert!(watch.stored.is_none(), "as any new watch it waits for its first answer");
    watch.after(5).reconcile();
    assert_eq!(shown(&watch), [Some("shop"), None, Some("shop"), Some("cn-hangzhou")]);
    assert_eq!(watch.condition("Ready").reason, "AwaitingFirstAnswer");
    watch.after(5).resolve("app-1").see(2, "RR");
    assert_eq!(shown(&watch), [Some("shop"), Some("app-1"), Some("shop"), Some("cn-hangzhou")]);
    assert_eq!(watch.writes.0, 2);
}

#[test]
fn a_watch_by_id_shows_its_id_until_a_name_is_known_and_each_is_one_write() {
    let mut watch = Watch::new();
    watch.see(2, "RR");
    assert_eq!(shown(&watch), [Some("cart"), Some("cart"), None, None]);
    watch.learn("Cart", "cn-hangzhou:prod").after(1).reconcile();
    assert_eq!(shown(&watch), [Some("Cart"), Some("cart"), Some("Cart"), Some("cn-hangzhou:prod")]);
    assert_eq!(watch.writes.0, 2);
    watch.restart().after(1).reconcile().after(59).see(2, "RR");
    assert_eq!((shown(&watch)[0], watch.writes.0), (Some("Cart"), 2), "kept, though no list says it again");
    watch.learn("Basket", "cn-hangzhou:prod");
    assert_eq!((shown(&watch)[0], watch.writes.0), (Some("Basket"), 3), "renamed");
}

#[test]
fn every_state_of_a_watch_names_the_application() {
    let in_hangzhou = [Some("shop"), None, Some("shop"), Some("cn-hangzhou")];
    let mut suspended = Watch::by_name("shop");
    suspended.edit(|spec| spec.suspend = true);
    assert_eq!(shown(&suspended), in_hangzhou);

    let mut refused_by_account = Watch::by_name("shop");
    refused_by_account.change(|spec| spec.account_ref = Some(account("prod")));
    refused_by_account
        .set_account("prod", "1234567890123456", refused(Reason::AccountNotAllowed))
        .reconcile();
    assert_eq!(shown(&refused_by_account), in_hangzhou);

    let mut without_region = Watch::with(|spec| {
        name_in_spec(spec, "shop");
        spec.region_id = None;
    });
    without_region.reconcile();
    assert_eq!(without_region.condition("Ready").reason, "RegionMissing");
    assert_eq!(shown(&without_region), [Some("shop"), None, Some("shop"), None]);

    let mut unknown = Watch::by_name("shop");
    unknown.after(60).deny(Reason::AppNotFound);
    assert_eq!((unknown.condition("Stalled").reason.as_str(), shown(&unknown)), ("AppNotFound", in_hangzhou));

    let mut unreadable = Watch::by_name("shop");
    unreadable.unreadable = Some("interval: soon");
    unreadable.reconcile();
    assert_eq!(shown(&unreadable), [Some("shop"), None, Some("shop"), None]);
}

#[test]
fn a_spec_that_names_no_application_keeps_the_one_that_was_known() {
    let mut watch = fine();
    let known = shown(&watch).map(|text| text.map(str::to_owned));
    watch.unreadable = Some("exactly one of appId and appName must be given");
    watch.edit(|spec| spec.app_name = None);
    assert_eq!(shown(&watch).map(|text| text.map(str::to_owned)), known);

    let mut new = Watch::with(|spec| spec.app_id = None);
    new.unreadable = watch.unreadable;
    new.reconcile();
    assert_eq!(shown(&new), [None; 4]);
    let event = new.take_events().remove(0);
    assert!(event.note.starts_with("the application: the spec cannot be read: "), "{}", event.note);
}

#[test]
fn a_status_of_the_version_before_gets_the_id_at_once_and_the_name_when_it_is_learnt() {
    let mut watch = Watch::new();
    watch.see(2, "RR");
    watch.restart().damage(|status| {
        (status.app, status.app_id) = (None, None);
    });
    let before = watch.stored.clone().unwrap();
    watch.writes = (0, 0);
    watch.after(1).reconcile().after(1).reconcile();
    assert_eq!((watch.writes.0, shown(&watch)[0]), (1, Some("cart")));
    watch.emitted();
    watch.learn("Cart", "cn-hangzhou").after(58).see(2, "RR").after(60).see(2, "RR");
    assert_eq!((watch.emitted(), watch.writes.0, shown(&watch)[0]), (vec![], 2, Some("Cart")));
    assert_eq!(watch.status().conditions, before.conditions);
}

#[test]
fn an_application_made_again_under_its_name_is_another_target() {
    let mut watch = fine();
    watch.after(60).deny(Reason::AppNotFound).emitted();
    watch.after(5).resolve("app-2").reconcile();
    assert_eq!(watch.condition("Ready").reason, "AwaitingFirstAnswer");
    assert_eq!(watch.status().ready_instances.as_deref(), Some("2/2"), "until the first answer");
    assert_eq!(shown(&watch)[..2], [Some("shop"), Some("app-1")], "that of the data");
    watch.emitted();
    watch.after(5).see(4, "RRRR");
    assert_eq!(shown(&watch), [Some("shop"), Some("app-2"), Some("shop"), Some("cn-hangzhou")]);
    assert_eq!(watch.condition("Ready").reason, "Observed");
    let told = watch.emitted();
    assert!(!told.contains(&Reason::InstancesScaled), "nothing compares with the old application: {told:?}");
}

#[test]
fn a_process_that_starts_before_the_first_answer_of_the_new_application_knows_whose_data_it_is() {
    let mut watch = fine();
    watch.after(60).resolve("app-2").reconcile();
    watch.restart().after(1).reconcile();
    watch.resolve("app-2").after(5).see(4, "RRRR");
    assert_eq!((shown(&watch)[1], watch.status().ready_instances.as_deref()), (Some("app-2"), Some("4/4")));
    assert_eq!(watch.emitted(), vec![]);
}

#[test]
fn a_name_in_another_region_or_account_is_another_application() {
    let [mut moved, mut given] = [fine(), fine()];
    // The polls of another target know nothing of this one.
    (moved.identity, given.identity) = Default::default();
    moved.after(60).edit(|spec| spec.region_id = Some("cn-beijing".parse().unwrap()));
    given.set_account("prod", "1234567890123456", Admission::Granted);
    given.after(60).edit(|spec| spec.account_ref = Some(account("prod")));
    for (mut watch, namespace) in [(moved, "cn-beijing"), (given, "cn-hangzhou")] {
        assert_eq!(watch.condition("Ready").reason, "AwaitingFirstAnswer");
        assert_eq!(shown(&watch), [Some("shop"), None, Some("shop"), Some(namespace)]);
        assert!(!watch.is_resolved(), "the id of before is not polled there");
        watch.resolve("app-2").after(5).see(4, "CCCC");
        assert_eq!(
            (shown(&watch)[1], watch.status().ready_instances.as_deref()),
            (Some("app-2"), Some("0/4"))
        );
    }
}

#[test]
fn events_name_the_application_by_its_name() {
    let mut watch = fine();
    watch.after(60).see(2, "RC").after(60).see(2, "RC");
    let events = watch.take_events();
    assert!(!events.is_empty());
    for event in events {
        assert!(event.note.starts_with("app shop (cn-hangzhou): "), "{}", event.note);
    }
}
