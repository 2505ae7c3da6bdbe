//! The plan of a set: what is applied and in which order, and which watches are orphans (contract §15.1).

use crate::api::AccountRef;
use crate::domain::fixtures::sets::{SetWorld, app, applied, failure, put};
use crate::domain::set::{ListedApp, Membership, Plan, SetMemory};

const MINUTES: i64 = 60;

/// Something that another client does to a watch.
type Change = fn(&mut Membership);

/// The names of the applications whose watches are orphans.
fn orphans(plan: &Plan) -> Vec<String> {
    let app = |name: &String| name["shop-".len()..].rsplit_once('-').unwrap().0.to_owned();
    plan.orphans.iter().map(app).collect()
}

#[test]
fn each_application_that_is_selected_has_one_watch() {
    let mut world = SetWorld::of(&["cn-a1", "cn-b1"]);
    world.spec.selector.names = Some(vec!["c*".parse().unwrap()]);
    world.list("cn-a1", &["cart", "stock", "cart"]).list("cn-b1", &["cart", "coupon"]);
    let plan = world.plan();
    assert_eq!((applied(&plan), plan.applications), (vec!["cart", "cart", "coupon"], 3));
    assert_eq!(world.settle().apply.len(), 3);
    assert_eq!((world.watches.len(), world.plan().apply), (3, vec![]));
}

#[test]
fn new_applications_go_before_those_left_by_a_former_set_and_those_before_changed_watches() {
    let mut world = SetWorld::with(&["a", "b", "c"]);
    world.watch("b").controller = None;
    world.spec.template.spec.suspend = Some(true);
    world.list("cn-a1", &["d", "c", "b", "a"]);
    assert_eq!(applied(&world.plan()), ["d", "b", "a", "c"]);
    world.settle();
    assert!(world.watches.values().all(|watch| watch.settings.suspend == Some(true)));
    assert_eq!(world.watch("b").controller.as_deref(), Some("uid-of-set"));
}

#[test]
fn the_limit_keeps_those_with_a_watch_then_goes_by_region_namespace_name_and_id() {
    let mut world = SetWorld::of(&["cn-a1", "cn-b1"]);
    world.spec.limit = 2;
    world.list("cn-b1", &["z"]).settle();
    let in_namespace =
        |namespace: &str, app: ListedApp| ListedApp { namespace: Some(namespace.into()), ..app };
    let apps = vec![
        in_namespace("cn-a1:test", app("a")),
        ListedApp { name: Some("y".into()), ..app("2") },
        ListedApp { name: Some("y".into()), ..app("1") },
        app("x"),
    ];
    world.list_of("cn-a1", apps, None);
    let plan = world.plan();
    assert_eq!((applied(&plan), plan.applications, plan.omitted), (vec!["x"], 5, 3));
    for (limit, expected) in
        [(1, vec![]), (3, vec!["x", "1"]), (4, vec!["x", "1", "2"]), (5, vec!["x", "1", "2", "a"])]
    {
        world.spec.limit = limit;
        assert_eq!(applied(&world.plan()), expected, "{limit}");
    }
}

#[test]
fn a_changed_template_reaches_watches_beyond_the_limit_and_orphans_and_needs_no_list() {
    let mut world = SetWorld::with(&["a", "b", "c"]);
    world.spec.limit = 1;
    for _ in 0..3 {
        world.after(5 * MINUTES).list("cn-a1", &["a", "b"]).settle();
    }
    assert_eq!(orphans(&world.plan()), ["c"]);
    world.restart().spec.template.metadata.labels = [("team".to_owned(), "shop".to_owned())].into();
    assert_eq!(applied(&world.plan()), ["a", "b", "c"]);
    world.settle();
    assert!(world.watches.values().all(|watch| *watch.labels == [("team".into(), "shop".into())]));
}

#[test]
fn what_the_set_names_comes_back_and_what_it_does_not_name_stays() {
    let mut world = SetWorld::of(&["cn-a1"]);
    let template = serde_json::json!({
        "metadata": { "labels": { "team": "shop" }, "annotations": { "owner": "ann" } },
        "spec": { "interval": "5m", "health": { "minHealthyPercent": 50 }, "instances": { "limit": 5 } },
    });
    world.spec.template = serde_json::from_value(template).unwrap();
    world.spec.account_ref = Some(AccountRef { name: "prod".parse().unwrap() });
    world.list("cn-a1", &["a"]).settle();
    let fine = world.watches.clone();
    let named: [Change; 10] = [
        |watch| watch.template = None,
        |watch| watch.template = Some("of-another-set".into()),
        |watch| watch.labels = [].into(),
        |watch| put(&mut watch.annotations, "owner", "bob"),
        |watch| watch.region = Some("cn-b1".parse().unwrap()),
        |watch| watch.region = None,
        |watch| watch.account = None,
        |watch| watch.settings.interval = Some("1m".parse().unwrap()),
        |watch| watch.settings.health.as_mut().unwrap().min_healthy_percent = Some(51),
        |watch| watch.settings.instances = None,
    ];
    for (number, change) in named.into_iter().enumerate() {
        for is_listed in [true, false] {
            let mut world = world.clone();
            if !is_listed {
                world.restart();
            }
            change(world.watch("a"));
            assert_eq!(applied(&world.settle()), ["a"], "change {number}, listed: {is_listed}");
            assert_eq!(world.watches, fine, "change {number}, listed: {is_listed}");
        }
    }
    let theirs: [Change; 5] = [
        |watch| watch.settings.suspend = Some(true),
        |watch| watch.settings.timeout = Some("3s".parse().unwrap()),
        |watch| watch.settings.health.as_mut().unwrap().healthy_threshold = Some(3),
        |watch| put(&mut watch.labels, "mine", "1"),
        |watch| watch.is_deleting = true,
    ];
    for (number, change) in theirs.into_iter().enumerate() {
        let mut world = world.clone();
        change(world.watch("a"));
        assert_eq!(world.plan().apply, [], "change {number}");
    }
}

#[test]
fn a_watch_that_is_not_the_sets_is_a_conflict_and_left_alone() {
    let others: [Change; 3] = [
        |watch| watch.controller = Some("uid-of-another".into()),
        |watch| (watch.controller, watch.app) = (None, Some("another".parse().unwrap())),
        |watch| (watch.controller, watch.app) = (None, None),
    ];
    for change in others {
        let mut world = SetWorld::with(&["a", "b"]);
        change(world.watch("a"));
        world.spec.template.spec.suspend = Some(true);
        let plan = world.plan();
        assert_eq!((applied(&plan), plan.conflicts.len(), plan.orphans.len()), (vec!["b"], 1, 0));
        assert!(plan.conflicts[0].starts_with("shop-a-"), "{:?}", plan.conflicts);
    }
    let mut world = SetWorld::with(&["a", "b"]);
    let (name, _) = world.watches.pop_first().unwrap();
    world.taken.0.insert(name.clone());
    let plan = world.plan();
    assert_eq!((applied(&plan), &plan.conflicts, plan.applications), (vec![], &vec![name], 2));
}

#[test]
fn a_watch_left_by_a_former_set_is_taken_over_with_its_uid_and_within_the_limit_alone() {
    let mut world = SetWorld::with(&["a", "b"]);
    world.watches.values_mut().for_each(|watch| watch.controller = None);
    world.uid = "uid-of-the-set-after".into();
    world.spec.limit = 2;
    world.list("cn-a1", &["a", "A", "b"]);
    let plan = world.plan();
    assert_eq!(applied(&plan), ["a", "b"], "before an application that has no watch");
    assert!(plan.apply.iter().all(|apply| apply.uid.as_deref() == Some(&*format!("uid-of-{}", apply.name))));
    world.watch("a").is_deleting = true;
    world.spec.limit = 1;
    assert_eq!(applied(&world.plan()), [""; 0], "it is made anew when it is gone");
}

/// The ids are chosen for their checksums.
#[test]
fn two_applications_never_share_a_name() {
    let nameless = |id: &str| ListedApp { name: None, ..app(id) };
    let mut world = SetWorld::of(&["cn-a1"]);
    world.list_of("cn-a1", vec![nameless("app-91421"), nameless("app-136338")], None);
    let plan = world.settle();
    assert_eq!(applied(&plan), ["app-136338"]);
    assert_eq!(plan.conflicts, ["shop-6578fdb0"]);
}

#[test]
fn orphans_stay_over_a_time_without_lists() {
    let mut world = SetWorld::with(&["a", "b"]);
    for _ in 0..3 {
        world.after(10 * MINUTES).list("cn-a1", &["a"]).settle();
    }
    let known_orphans = world.plan().orphans;
    for paused in [world.memory.paused(&[]), SetMemory::default().paused(&known_orphans)] {
        world.memory = paused;
        assert_eq!(orphans(&world.plan()), ["b"]);
    }
}

#[test]
fn three_complete_lists_in_a_row_over_ten_minutes_make_an_orphan() {
    let mut world = SetWorld::with(&["a", "b"]);
    for (seconds, is_orphan) in
        [(0, false), (5 * MINUTES, false), (5 * MINUTES - 1, false), (1, true), (60, true)]
    {
        let plan = world.after(seconds).list("cn-a1", &["a"]).settle();
        assert_eq!(orphans(&plan), ["b"].into_iter().filter(|_| is_orphan).collect::<Vec<_>>());
        assert_eq!(orphans(&world.plan()), orphans(&plan), "a list counts once");
    }
    let mut seldom = SetWorld::with(&["a", "b"]);
    for expected in [vec![], vec![], vec!["b"]] {
        assert_eq!(orphans(&seldom.after(60 * MINUTES).list("cn-a1", &["a"]).plan()), expected);
    }
    assert_eq!(world.watches.len(), 2, "it stays");
    assert_eq!(orphans(&world.list("cn-a1", &["b"]).plan()), [""; 0], "it is there again");
}

#[test]
fn a_list_that_is_not_complete_begins_the_row_anew() {
    type Step = fn(&mut SetWorld);
    let breaks: [Step; 4] = [
        |world| {
            world.break_list("cn-a1", Err(failure(None)));
        },
        |world| {
            world.break_list("cn-a1", Ok(1));
        },
        |world| {
            world.list_of("cn-a1", vec![app("a")], Some(1)).plan();
        },
        |world| {
            world.list("cn-a1", &["a", "b"]).plan();
        },
    ];
    for (number, broken) in breaks.into_iter().enumerate() {
        let mut world = SetWorld::with(&["a", "b"]);
        for _ in 0..2 {
            world.after(10 * MINUTES).list("cn-a1", &["a"]).plan();
        }
        broken(world.after(10 * MINUTES));
        assert_eq!(orphans(&world.plan()), [""; 0], "{number}");
        for expected in [vec![], vec![], vec!["b"]] {
            assert_eq!(
                orphans(&world.after(10 * MINUTES).list("cn-a1", &["a"]).plan()),
                expected,
                "{number}"
            );
        }
    }
}

#[test]
fn a_settled_difference_adds_watches_and_makes_no_orphan() {
    let mut world = SetWorld::with(&["a", "b"]);
    for _ in 0..9 {
        world.after(10 * MINUTES).list_of("cn-a1", vec![app("a"), app("c")], Some(1));
        assert_eq!(orphans(&world.settle()), [""; 0]);
    }
    assert_eq!(world.watches.len(), 3);
}

#[test]
fn only_lists_of_its_own_region_make_a_watch_an_orphan() {
    let mut world = SetWorld::of(&["cn-a1", "cn-b1"]);
    world.list("cn-a1", &["a"]).list("cn-b1", &["b"]).settle();
    world.watch("a").region = Some("cn-b1".parse().unwrap());
    for _ in 0..9 {
        assert_eq!(orphans(&world.after(10 * MINUTES).list("cn-b1", &["b"]).plan()), [""; 0]);
    }
}

#[test]
fn a_region_that_the_spec_names_no_longer_makes_orphans_at_once() {
    let mut world = SetWorld::of(&["cn-a1", "cn-b1"]);
    world.list("cn-a1", &["a"]).list("cn-b1", &["b"]).settle();
    world.spec.region_ids = Some(["cn-a1".parse().unwrap()].into());
    assert_eq!(orphans(&world.plan()), ["b"]);
    world.regions.remove(&"cn-b1".parse().unwrap());
    assert_eq!(orphans(&world.plan()), ["b"]);
    world.spec.region_ids = Some(["cn-a1".parse().unwrap(), "cn-b1".parse().unwrap()].into());
    assert_eq!(orphans(&world.plan()), ["b"], "until it is listed again");
    assert_eq!(orphans(&world.list("cn-b1", &["b"]).plan()), [""; 0]);
}

/// The account may be gone for a moment, and its region with it.
#[test]
fn another_default_region_makes_orphans_after_three_lists_of_it() {
    let mut world = SetWorld::with(&["a"]);
    world.spec.region_ids = None;
    world.regions.clear();
    assert_eq!(orphans(&world.plan()), [""; 0]);
    for expected in [vec![], vec![], vec!["a"]] {
        assert_eq!(orphans(&world.after(10 * MINUTES).list("cn-b1", &[]).plan()), expected);
    }
}

#[test]
fn a_selector_that_means_less_needs_three_lists_too() {
    let mut world = SetWorld::with(&["a", "b"]);
    world.spec.selector.names = Some(vec!["a".parse().unwrap()]);
    assert_eq!(orphans(&world.plan()), [""; 0]);
    for expected in [vec![], vec!["b"]] {
        assert_eq!(orphans(&world.after(10 * MINUTES).list("cn-a1", &["a", "b"]).plan()), expected);
    }
}

#[test]
fn an_orphan_stays_one_over_a_restart_until_a_list_has_its_application() {
    let mut world = SetWorld::with(&["a", "b"]);
    for _ in 0..3 {
        world.after(10 * MINUTES).list("cn-a1", &["a"]).settle();
    }
    assert_eq!(orphans(&world.restart().plan()), ["b"]);
    assert_eq!(orphans(&world.list("cn-a1", &["a"]).plan()), ["b"]);
    assert_eq!(orphans(&world.list("cn-a1", &["a", "b"]).plan()), [""; 0]);
    assert_eq!(orphans(&world.list("cn-a1", &["a"]).plan()), [""; 0], "whatever the status still says");
    world.watches.pop_last();
    assert_eq!(orphans(&world.restart().plan()), [""; 0], "a watch that is gone is none");
}
