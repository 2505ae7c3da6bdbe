//! What the status lists, how it is cut, and what never grows (contract §2).

use crate::api::{GroupStatus, InstanceStatus, SaeAppWatchStatus, Tag, Time};
use crate::domain::fixtures::{Watch, answer, drawn, full, group, instance, of_groups, sidecar, start};
use crate::domain::listing::LIST_BYTES;
use crate::domain::{ObservedGroup, ObservedInstance};

/// The ids as listed.
fn ids(watch: &Watch) -> Vec<&str> {
    watch.status().instances.iter().map(|instance| instance.id.as_str()).collect()
}

/// The length of the status as JSON.
fn bytes(status: &SaeAppWatchStatus) -> usize {
    serde_json::to_vec(status).unwrap().len()
}

/// A text that JSON makes twice as long, of more bytes than any field may show.
fn monstrous() -> String {
    "\"".repeat(300)
}

#[test]
fn instances_are_listed_worst_first_and_then_by_id() {
    let mut watch = Watch::new();
    watch.see(9, "RTS?UCRCS");
    assert_eq!(ids(&watch), ["i-5", "i-7", "i-4", "i-3", "i-2", "i-8", "i-1", "i-0", "i-6"]);
    let states: Vec<_> = watch.status().instances.iter().map(|one| one.state.as_str()).collect();
    assert_eq!(
        states,
        [
            "Failing",
            "Failing",
            "Unhealthy",
            "Unknown",
            "Starting",
            "Starting",
            "Terminating",
            "Ready",
            "Ready"
        ]
    );
}

#[test]
fn the_limit_cuts_the_list_and_not_the_counts() {
    for (limit, listed, omitted) in [(0, 0, Some(5)), (2, 2, Some(3)), (5, 5, None), (200, 5, None)] {
        let mut watch = Watch::with(|spec| spec.instances.limit = limit);
        watch.see(5, "RRRCR");
        let status = watch.status();
        assert_eq!((status.instances.len(), status.instances_omitted), (listed, omitted));
        assert_eq!((status.counts.unwrap().total, status.ready_instances.as_deref()), (5, Some("4/5")));
    }
}

#[test]
fn the_list_takes_at_most_256_kib_and_keeps_the_worst() {
    let mut watch = Watch::with(|spec| spec.instances.limit = 200);
    let mut seen = answer(200, &"R".repeat(200));
    for instance in &mut seen.instances {
        instance.tags =
            (0..30).map(|tag| (format!("{tag:02}{}", monstrous()).into(), monstrous().into())).collect();
    }
    seen.instances[150].container = Some("Error".into());
    watch.observe(seen);
    let list = serde_json::to_vec(&watch.status().instances).unwrap().len();
    assert!((LIST_BYTES - 32 * 1024..=LIST_BYTES).contains(&list), "{list}");
    assert_eq!(ids(&watch)[0], "i-150");
    assert!(watch.status().instances_omitted.unwrap() > 150);
}

#[test]
fn two_thousand_instances_of_the_longest_words_stay_far_below_etcds_limit() {
    let mut watch = Watch::with(|spec| spec.instances.limit = 200);
    let monster = |number: usize| ObservedInstance {
        id: format!("{number}{}", monstrous()).into(),
        group_id: Some(format!("g-{}", number % 60).into()),
        container: Some(["Error", "Running", "Running", "Odd"][number % 4].into()),
        image: Some(format!("{number}{}", monstrous()).into()),
        message: Some(monstrous().into()),
        sidecars: (0..12).map(|_| sidecar(&monstrous(), &monstrous())).collect(),
        tags: (0..22).map(|tag| (format!("{tag}{}", monstrous()).into(), monstrous().into())).collect(),
        ..full()
    };
    let groups = (0..60).map(|number| ObservedGroup {
        name: Some(monstrous()),
        image: Some(monstrous()),
        package_version: Some(monstrous()),
        ..group(&format!("g-{number}"), Some(40))
    });
    watch.observe(of_groups(groups.collect::<Vec<_>>(), (0..2_000).map(monster).collect()));
    let status = watch.status();
    assert_eq!(status.counts.unwrap().total, 2_000);
    assert_eq!((status.groups.len(), status.group_count), (50, Some(60)));
    assert!(bytes(status) < 512 * 1024, "{}", bytes(status));
}

#[test]
fn every_field_that_sae_returns_is_listed() {
    let mut watch = Watch::new();
    watch.observe(of_groups(vec![group("g", Some(1))], vec![full()]));
    let json = serde_json::to_value(&watch.status().instances[0]).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "id": "cart-7c-qc4rh", "groupId": "g", "state": "Ready", "reason": "Healthy",
            "since": "2026-01-01T00:00:00Z", "containerStatus": "Running", "healthStatus": "Healthy",
            "mainContainerStatus": "Running", "restarts": 2, "ip": "10.0.0.1", "eip": "47.0.0.1",
            "vSwitchId": "vsw-1", "image": "cart:1", "packageVersion": "1609939496200",
            "createdAt": "2025-12-31T23:00:00Z", "finishedAt": "2025-12-31T23:01:40Z", "debug": true,
            "trafficStatus": "Suspended",
            "sidecars": [
                {"id": "log", "status": "Running", "image": "log:1"},
                {"id": "mesh", "status": "Running", "image": "mesh:1"},
            ],
            "tags": [{"key": "", "value": ""}, {"key": "team", "value": "shop"}],
            "message": "probe failed",
        })
    );
}

#[test]
fn what_sae_left_out_is_absent() {
    let mut watch = Watch::new();
    let bare = ObservedInstance { id: "i".into(), ip: Some(" \n".into()), ..ObservedInstance::default() };
    watch.observe(of_groups(vec![group("g", Some(1))], vec![bare]));
    let json = serde_json::to_value(&watch.status().instances[0]).unwrap();
    let expected = serde_json::json!({
        "id": "i", "state": "Unknown", "reason": "Unknown", "since": "2026-01-01T00:00:00Z",
    });
    assert_eq!(json, expected);
    let group = serde_json::to_value(&watch.status().groups[0]).unwrap();
    assert_eq!(group, serde_json::json!({"id": "g", "desired": 1, "total": 0, "ready": 0}));
}

#[test]
fn twenty_tags_and_ten_sidecars_of_an_instance_are_shown_in_an_order_of_their_own() {
    let mut many = full();
    many.tags = (0..21).rev().map(|tag| (format!("{tag:02}").into(), "".into())).collect();
    many.sidecars = (0..11).rev().map(|number| sidecar(&format!("{number:02}"), "Running")).collect();
    let mut watch = Watch::new();
    watch.observe(of_groups(vec![group("g", Some(1))], vec![many]));
    let InstanceStatus { tags, sidecars, .. } = &watch.status().instances[0];
    assert_eq!((tags.len(), tags[0].key.as_str(), tags[19].key.as_str()), (20, "00", "19"));
    let ids: Vec<_> = sidecars.iter().filter_map(|sidecar| sidecar.id.as_deref()).collect();
    assert_eq!((ids.len(), ids[0], ids[9]), (10, "00", "09"));
}

#[test]
fn a_word_that_no_rule_knows_is_shown_as_it_came() {
    let mut odd = instance("i", 'R');
    odd.health = Some("Überprüft".into());
    let mut watch = Watch::new();
    watch.observe(of_groups(vec![group("g", Some(1))], vec![odd]));
    let InstanceStatus { reason, health_status, .. } = &watch.status().instances[0];
    assert_eq!((reason.as_str(), health_status.as_deref()), ("Überprüft", Some("Überprüft")));
}

#[test]
fn texts_from_outside_are_clean_and_short() {
    let dirt = format!("\u{1b}[31m\n{}", "空".repeat(400));
    let odd = ObservedInstance {
        id: dirt.as_str().into(),
        container: Some(dirt.as_str().into()),
        message: Some(dirt.as_str().into()),
        tags: vec![(dirt.as_str().into(), dirt.as_str().into())],
        ..full()
    };
    let group = ObservedGroup { name: Some(dirt.clone()), ..group("g", Some(1)) };
    let mut watch = Watch::new();
    watch.observe(of_groups(vec![group], vec![odd]));
    let json = serde_json::to_string(watch.status()).unwrap();
    assert!(!json.contains("\\u00") && !json.contains("\\n"), "{json}");
    let InstanceStatus { id, reason, message, tags, .. } = &watch.status().instances[0];
    let Tag { key, value } = &tags[0];
    assert!([id, reason, key, value].iter().all(|text| (250..=256).contains(&text.len())));
    assert!((500..=512).contains(&message.as_ref().unwrap().len()));
    assert!(watch.condition("AppHealthy").message.len() <= 1024);
}

#[test]
fn a_group_has_its_own_counts_and_a_filter_hides_what_it_wants() {
    let seen = of_groups(vec![group("h", None), group("g", Some(3))], drawn("RRC"));
    let expected = |desired| GroupStatus {
        id: "g".into(),
        name: None,
        desired,
        total: 3,
        ready: 2,
        image: None,
        package_version: None,
    };
    let mut watch = Watch::new();
    watch.observe(seen.clone());
    assert_eq!(watch.status().groups[0], expected(Some(3)));
    assert_eq!(
        (watch.status().groups[1].desired, watch.status().ready_instances.as_deref()),
        (None, Some("2/?"))
    );
    let mut filtered = Watch::with(|spec| spec.pipeline_id = Some("p".parse().unwrap()));
    filtered.observe(seen);
    assert_eq!(filtered.status().groups[0], expected(None));
}

#[test]
fn the_last_ten_changes_of_health_are_kept_newest_first() {
    let mut watch = Watch::new();
    for _ in 0..6 {
        watch.after(60).see(0, "").after(60).see(1, "R");
    }
    let transitions = &watch.status().recent_transitions;
    assert_eq!((transitions.len(), &transitions[0].at), (10, &Time(watch.now)));
    assert_eq!((transitions[0].from.as_str(), transitions[0].to.as_str()), ("ScaledToZero", "Healthy"));
    assert_eq!(transitions[0].reason, "AllInstancesHealthy");
    assert_eq!((transitions[0].to, transitions[9].from.as_str()), (watch.health(), "Healthy"));
    assert!(transitions.iter().all(|one| one.at.0 > start()));
}

#[test]
fn restarts_beyond_counting_do_no_harm() {
    let mut seen = answer(2, "RR");
    seen.instances[0].restarts = Some(i64::MAX);
    seen.instances[1].restarts = Some(i64::MIN);
    let mut watch = Watch::new();
    watch.observe(seen);
    assert_eq!(watch.status().counts.unwrap().restarts, i64::from(u32::MAX));
}

#[test]
fn at_most_five_versions_are_kept() {
    let mut seen = answer(8, "RRRRRRRR");
    for (number, instance) in seen.instances.iter_mut().enumerate() {
        instance.image = Some(format!("cart:{number}").into());
    }
    seen.instances[0].package_version = Some("v9".into());
    let mut watch = Watch::new();
    watch.observe(seen);
    assert_eq!(watch.status().memory.versions, ["cart:1", "cart:2", "cart:3", "cart:4", "cart:5"]);
}
