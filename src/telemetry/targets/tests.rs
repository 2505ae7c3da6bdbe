//! What the table answers, whatever came before.

use std::num::NonZeroU16;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::server::pieces;
use super::*;
use crate::api::{Health, InstanceStatus};

fn now() -> Timestamp {
    "2026-01-02T00:00:00Z".parse().unwrap()
}

fn instance(group: Option<&str>, id: &str, ip: Option<&str>, state: &str) -> InstanceStatus {
    let instance = json!({
        "id": id, "groupId": group, "ip": ip, "state": state, "reason": "Healthy", "since": "2026-01-01T00:00:00Z",
    });
    serde_json::from_value(instance).unwrap()
}

fn listing(instances: &[InstanceStatus]) -> Listing {
    let mut listing = Listing { observed_at: Some(now()), ..Listing::default() };
    for instance in instances {
        listing.add(instance);
    }
    listing
}

fn ready() -> Listing {
    listing(&[instance(None, "shop-1", Some("10.0.0.1"), "Ready")])
}

fn name(name: &str) -> (Arc<str>, Arc<str>) {
    ("team-a".into(), name.into())
}

pub(super) fn put(targets: &Targets, watch: &str, listing: &Listing) {
    let (namespace, name) = name(watch);
    targets.put(&namespace, &name, listing);
}

fn text(targets: &Arc<Targets>, query: &str, now: Timestamp) -> String {
    pieces(targets.clone(), Query::parse(query).unwrap(), now).collect()
}

fn groups(targets: &Arc<Targets>, query: &str) -> Vec<Value> {
    serde_json::from_str(&text(targets, query, now())).unwrap()
}

/// The watches that a query finds.
fn found(targets: &Arc<Targets>, query: &str) -> Vec<String> {
    let watch = |group: &Value| group["labels"]["__meta_saewatch_watch"].as_str().unwrap().to_owned();
    groups(targets, query).iter().map(watch).collect()
}

#[test]
fn a_target_has_its_address_and_every_label_that_is_known() {
    let targets = Arc::new(Targets::default());
    let labels = [("app.kubernetes.io/name", "shop"), ("team", "a"), ("a.b", "1"), ("a_b", "2")];
    let shop = Listing {
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        account: Some("prod".into()),
        region: Some("cn-hangzhou".into()),
        app: Some("shop \"\n空".into()),
        app_id: Some("app-1".into()),
        health: Some(Health::Degraded),
        ..listing(&[
            instance(Some("g-2"), "shop-g-2-a", Some("fd00::1"), "Starting"),
            instance(Some("g-1"), "shop-g-1-b", Some("10.0.0.2"), "Failing"),
            instance(Some("g-1"), "shop-g-1-a", Some("10.0.0.1"), "Ready"),
        ])
    };
    put(&targets, "shop", &shop);
    let group = |address: &str, group: &str, instance: &str, state: &str| {
        json!({"targets": [address], "labels": {
            "__meta_saewatch_namespace": "team-a", "__meta_saewatch_watch": "shop",
            "__meta_saewatch_account": "prod", "__meta_saewatch_region": "cn-hangzhou",
            "__meta_saewatch_app": "shop \"\n空", "__meta_saewatch_app_id": "app-1",
            "__meta_saewatch_health": "Degraded", "__meta_saewatch_group": group,
            "__meta_saewatch_instance": instance, "__meta_saewatch_state": state,
            "__meta_saewatch_label_app_kubernetes_io_name": "shop", "__meta_saewatch_label_team": "a",
            "__meta_saewatch_label_a_b": "2",
        }})
    };
    let expected = [
        group("10.0.0.1:8080", "g-1", "shop-g-1-a", "Ready"),
        group("10.0.0.2:8080", "g-1", "shop-g-1-b", "Failing"),
        group("[fd00::1]:8080", "g-2", "shop-g-2-a", "Starting"),
    ];
    assert_eq!(groups(&targets, "port=8080"), expected);
    assert_eq!(
        text(&targets, "port=8080", now()).matches("__meta_saewatch_label_a_b").count(),
        3,
        "each once"
    );
}

#[test]
fn what_is_not_known_is_no_label() {
    let targets = Arc::new(Targets::default());
    put(&targets, "shop", &ready());
    let expected = json!([{"targets": ["10.0.0.1:80"], "labels": {
        "__meta_saewatch_namespace": "team-a", "__meta_saewatch_watch": "shop",
        "__meta_saewatch_instance": "shop-1", "__meta_saewatch_state": "Ready",
    }}]);
    assert_eq!(groups(&targets, "port=80"), *expected.as_array().unwrap());
}

#[test]
fn an_instance_that_terminates_or_has_no_address_is_no_target() {
    let targets = Arc::new(Targets::default());
    let list = [
        instance(None, "a", None, "Ready"),
        instance(None, "b", Some("10.0.0.1"), "Terminating"),
        instance(None, "c", Some("example.com"), "Ready"),
        instance(None, "d", Some("10.0.0.2:22"), "Ready"),
        instance(None, "e", Some(""), "Ready"),
    ];
    put(&targets, "shop", &listing(&list));
    assert_eq!(text(&targets, "port=80", now()), "[]\n");
}

#[test]
fn the_port_of_the_annotation_wins_and_one_that_is_none_leaves_its_watch_out_and_counts() {
    let targets = Arc::new(Targets::default());
    let with = |port: Option<&str>| Listing { scrape_port: port.map(str::to_owned), ..ready() };
    put(&targets, "own", &with(Some("9090")));
    put(&targets, "none", &with(None));
    put(&targets, "wrong", &with(Some("http")));
    let addresses = |query: &str| -> Vec<Value> {
        groups(&targets, query).iter().map(|group| group["targets"][0].clone()).collect()
    };
    assert_eq!(addresses("port=80"), ["10.0.0.1:80", "10.0.0.1:9090"]);
    assert_eq!(addresses(""), ["10.0.0.1:9090"]);
    assert_eq!(targets.invalid_ports(), 1);
    put(&targets, "wrong", &with(Some("443")));
    assert_eq!((targets.invalid_ports(), addresses("").len()), (0, 2));
}

#[test]
fn a_query_asks_for_a_namespace_and_for_labels() {
    let targets = Arc::new(Targets::default());
    for (watch, team) in [("a", "shop"), ("b", "pay"), ("c", "shop")] {
        let labels = BTreeMap::from([("example.com/team".to_owned(), team.to_owned())]);
        put(&targets, watch, &Listing { labels, ..ready() });
    }
    targets.put(&"team-b".into(), &"d".into(), &ready());
    assert_eq!(found(&targets, "port=1"), ["a", "b", "c", "d"]);
    assert_eq!(found(&targets, "port=1&namespace=team-b"), ["d"]);
    assert_eq!(found(&targets, "port=1&selector=example.com/team%3Dshop"), ["a", "c"]);
    assert_eq!(found(&targets, "port=1&selector=!example.com/team"), ["d"]);
    assert_eq!(found(&targets, "port=1&selector=example.com/team+notin+(shop)&namespace=team-a"), ["b"]);
}

#[test]
fn only_what_was_observed_within_24_hours_is_listed() {
    let targets = Arc::new(Targets::default());
    put(&targets, "shop", &ready());
    put(&targets, "new", &Listing { observed_at: None, ..ready() });
    let at = |hours: i64, seconds: i64| {
        let later = now() + SignedDuration::from_hours(hours) + SignedDuration::from_secs(seconds);
        text(&targets, "port=80", later).matches("\"targets\"").count()
    };
    assert_eq!((at(24, 0), at(24, 1)), (1, 0));
    assert_eq!(at(-1, 0), 1, "a clock that was put back takes no targets");
}

#[test]
fn a_watch_is_withheld_as_soon_as_it_is_decided_and_until_it_is_stored_otherwise() {
    let targets = Arc::new(Targets::default());
    let (namespace, name) = name("shop");
    let withheld = Listing { is_withheld: true, ..ready() };
    put(&targets, "shop", &ready());
    targets.withhold(&namespace, &name, true);
    assert_eq!(found(&targets, "port=1"), [""; 0]);
    put(&targets, "shop", &ready());
    assert_eq!(found(&targets, "port=1"), [""; 0], "an older version that comes in late");
    put(&targets, "shop", &withheld);
    targets.withhold(&namespace, &name, false);
    assert_eq!(found(&targets, "port=1"), [""; 0]);
    put(&targets, "shop", &ready());
    assert_eq!(found(&targets, "port=1"), ["shop"]);
    targets.forget(&namespace, &name);
    targets.withhold(&namespace, &name, false);
    assert_eq!(found(&targets, "port=1"), [""; 0], "a reconcile under way brings nothing back");
}

#[test]
fn targets_vanish_with_the_work() {
    let current = CurrentTargets::default();
    let targets = current.begin();
    put(&targets, "shop", &ready());
    assert!(current.get().is_some());
    drop(targets);
    assert!(current.get().is_none());
}

/// A watch as SAE's usual names make it, with these labels.
pub(super) fn usual(instances: usize) -> Listing {
    const GROUP: &str = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0";
    let list: Vec<InstanceStatus> = (0..instances)
        .map(|number| {
            let suffix = number.wrapping_mul(0x9e37_79b9) % 0xf_ffff;
            let (id, ip) = (
                format!("demo-shop-{GROUP}-{suffix:05x}"),
                format!("10.0.{}.{}", number / 200, number % 200),
            );
            instance(Some(GROUP), &id, Some(&ip), "Ready")
        })
        .collect();
    let labels =
        [("app.kubernetes.io/name", "shop"), ("app.kubernetes.io/part-of", "store"), ("team", "payments")];
    Listing {
        labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        account: Some("production".into()),
        region: Some("cn-hangzhou".into()),
        app: Some("demo-shop".into()),
        app_id: Some("1badcafe-be5f-5b45-12a7-fc5604902345".into()),
        health: Some(Health::Healthy),
        ..listing(&list)
    }
}

/// Beside what is packed: the names and the row of the table, whose nodes are two thirds full, and the allocator's own.
const OF_A_WATCH: usize = (size_of::<Name>() + size_of::<Row>()) * 3 / 2 + 16;

#[test]
fn a_listed_instance_takes_at_most_128_bytes_in_watches_of_four_and_of_fifty() {
    for (instances, most) in [(4, 128), (50, 32)] {
        let bytes = Packed::new(&usual(instances)).size() + OF_A_WATCH;
        assert!(bytes / instances <= most, "{bytes} bytes for {instances} instances");
    }
}

#[test]
fn no_piece_is_larger_than_a_watch_more_than_its_size() {
    let targets = Arc::new(Targets::default());
    for number in 0..1_500 {
        put(&targets, &format!("watch-{number}"), &usual(4));
    }
    let pieces: Vec<String> = pieces(targets, Query::parse("port=80").unwrap(), now()).collect();
    let (whole, largest) =
        (pieces.iter().map(String::len).sum::<usize>(), pieces.iter().map(String::len).max());
    assert!(whole > 2_000_000 && largest.unwrap() < PIECE + 4 * 1_000, "{largest:?} of {whole}");
    let groups: Vec<Value> = serde_json::from_str(&pieces.concat()).unwrap();
    assert_eq!(groups.len(), 6_000);
}

/// What may happen to a watch.
#[derive(Debug, Clone)]
enum Event {
    Put(Listing),
    Withhold(bool),
    Forget,
}

fn any_listing() -> impl Strategy<Value = Listing> {
    let ids = vec(("[ab空]{0,3}", prop::option::of("[gh]"), 0..4_u8, any::<bool>()), 0..5);
    (ids, any::<bool>(), prop::option::of("[1-9]|x")).prop_map(|(ids, is_withheld, scrape_port)| {
        let list = ids.iter().map(|(id, group, ip, is_ready)| {
            let (ip, state) = (format!("10.0.0.{ip}"), if *is_ready { "Ready" } else { "Failing" });
            instance(group.as_deref(), id, Some(&ip), state)
        });
        Listing { scrape_port, is_withheld, ..listing(&list.collect::<Vec<_>>()) }
    })
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => any_listing().prop_map(Event::Put),
        2 => any::<bool>().prop_map(Event::Withhold),
        1 => Just(Event::Forget),
    ]
}

proptest! {
    #[test]
    fn the_table_is_what_the_last_events_say_in_whatever_order_they_came(events in vec(("[a-d]", any_event()), 0..40)) {
        let targets = Arc::new(Targets::default());
        let mut last = BTreeMap::<String, (Listing, bool)>::new();
        for (watch, event) in events {
            let (namespace, name) = name(&watch);
            match event {
                Event::Put(listing) => {
                    targets.put(&namespace, &name, &listing);
                    last.entry(watch).or_default().0 = listing;
                }
                Event::Withhold(is_withheld) => {
                    targets.withhold(&namespace, &name, is_withheld);
                    if let Some(known) = last.get_mut(&watch) {
                        known.1 = is_withheld;
                    }
                }
                Event::Forget => {
                    targets.forget(&namespace, &name);
                    last.remove(&watch);
                }
            }
        }
        let from_scratch = Arc::new(Targets::default());
        for (watch, (listing, is_withheld)) in last.into_iter().rev() {
            // The order of a list says nothing.
            let reversed = listing.instances.iter().rev().cloned().collect();
            put(&from_scratch, &watch, &Listing { instances: reversed, ..listing });
            let (namespace, name) = name(&watch);
            from_scratch.withhold(&namespace, &name, is_withheld);
        }
        prop_assert_eq!(text(&targets, "port=80", now()), text(&from_scratch, "port=80", now()));
    }

    #[test]
    fn what_is_packed_is_read_as_it_was(listing in any_listing()) {
        let packed = Packed::new(&listing);
        let entry = packed.entry().unwrap();
        let mut ids = Vec::new();
        for group in &entry.groups {
            let mut id = String::new();
            for instance in &group.instances {
                id.truncate(instance.shared.into());
                id.push_str(instance.rest);
                ids.push((group.id.map(str::to_owned), id.clone(), instance.ip));
            }
        }
        let mut listed: Vec<_> =
            listing.instances.iter().map(|one| (one.group.clone(), one.id.clone(), one.ip)).collect();
        listed.sort_unstable();
        prop_assert_eq!(ids, listed);
        prop_assert_eq!(entry.port == Port::Named(NonZeroU16::MIN), listing.scrape_port.as_deref() == Some("1"));
    }
}
