//! The checksum of the instances: every field but messages and times (contract §2).

use crate::api::HealthRules;
use crate::domain::fixtures::{Watch, full, sidecar, start};
use crate::domain::listing::judge;
use crate::domain::{InstanceMemos, ObservedInstance, revision};

/// The revision of an answer.
fn revision(instances: &[ObservedInstance]) -> String {
    let judged = judge(instances, &HealthRules::default(), &InstanceMemos::default(), start());
    revision::revision(judged.iter().map(|one| one.checksum))
}

/// A full instance with each of its fields changed, in turn: those that count, and those that do
/// not. A new field breaks this on purpose.
fn changed() -> (Vec<ObservedInstance>, Vec<ObservedInstance>) {
    let ObservedInstance {
        id: _,
        group_id: _,
        container: _,
        main: _,
        health: _,
        restarts: _,
        ip: _,
        eip: _,
        v_switch_id: _,
        image: _,
        package_version: _,
        created_at: _,
        finished_at: _,
        debug: _,
        traffic_status: _,
        sidecars: _,
        tags: _,
        message: _,
    } = full();
    let other = || Some("other".into());
    let of = |changes: &[&dyn Fn(&mut ObservedInstance)]| -> Vec<ObservedInstance> {
        let changed = changes.iter().map(|change| {
            let mut instance = full();
            change(&mut instance);
            instance
        });
        changed.collect()
    };
    let counts = of(&[
        &|i| i.id = "other".into(),
        &|i| i.group_id = other(),
        &|i| i.container = other(),
        &|i| i.main = other(),
        &|i| i.health = other(),
        &|i| i.restarts = Some(3),
        &|i| i.restarts = None,
        &|i| i.ip = other(),
        &|i| i.eip = other(),
        &|i| i.v_switch_id = other(),
        &|i| i.image = other(),
        &|i| i.package_version = other(),
        &|i| i.debug = Some(false),
        &|i| i.debug = None,
        &|i| i.traffic_status = other(),
        &|i| i.traffic_status = None,
        &|i| i.sidecars[0].id = other(),
        &|i| i.sidecars[0].status = other(),
        &|i| i.sidecars[0].image = other(),
        &|i| i.sidecars.push(sidecar("more", "Running")),
        &|i| i.tags[0].0 = "other".into(),
        &|i| i.tags[0].1 = "other".into(),
        &|i| i.tags.clear(),
    ]);
    let does_not = of(&[
        &|i| i.message = other(),
        &|i| i.message = None,
        &|i| i.created_at = None,
        &|i| i.finished_at = None,
        &|i| i.tags.reverse(),
        &|i| i.sidecars.reverse(),
    ]);
    (counts, does_not)
}

#[test]
fn every_field_counts_but_messages_and_times() {
    let (counts, does_not) = changed();
    let before = revision(&[full()]);
    let mut seen = std::collections::BTreeSet::from([before.clone()]);
    for instance in counts {
        assert!(seen.insert(revision(std::slice::from_ref(&instance))), "{instance:?}");
    }
    for instance in does_not {
        assert_eq!(revision(&[instance]), before);
    }
}

#[test]
fn the_order_of_instances_does_not_count_and_their_number_does() {
    let other = || ObservedInstance { id: "other".into(), ..full() };
    assert_eq!(revision(&[full(), other()]), revision(&[other(), full()]));
    assert_ne!(revision(&[full(), full()]), revision(&[full()]));
    assert_ne!(revision(&[]), revision(&[full()]));
}

#[test]
fn two_sidecars_are_not_three_tags() {
    let bare = || ObservedInstance { sidecars: vec![], tags: vec![], ..full() };
    let tag = |key: &str, value: &str| (key.into(), value.into());
    let sidecars = vec![sidecar("a", "b"), sidecar("d", "e")];
    let tags = vec![tag("a", "b"), tag("a:1", "d"), tag("e", "d:1")];
    let (with_sidecars, with_tags) =
        (ObservedInstance { sidecars, ..bare() }, ObservedInstance { tags, ..bare() });
    assert_ne!(revision(&[with_sidecars]), revision(&[with_tags]));
}

#[test]
fn it_is_short_lower_case_hex() {
    let text = revision(&[full()]);
    assert!(
        text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()),
        "{text}"
    );
}

#[test]
fn a_letter_that_moves_to_the_next_field_counts() {
    let of = |ip: &str, eip: &str| ObservedInstance { ip: Some(ip.into()), eip: Some(eip.into()), ..full() };
    assert_ne!(revision(&[of("ab", "c")]), revision(&[of("a", "bc")]));
}

#[test]
fn a_revision_that_another_version_wrote_costs_one_write_and_no_event() {
    let mut watch = Watch::new();
    watch.see(2, "RC").after(60).see(2, "RC").emitted();
    watch.stored.as_mut().unwrap().revision = Some("e9fa6e6e17f0ad1e".into());
    watch.writes = (0, 0);
    watch.restart().after(60).see(2, "RC").after(60).see(2, "RC").after(60).see(2, "RC");
    assert_eq!((watch.writes, watch.emitted()), ((1, 0), vec![]));
}
