//! Laws of sets that hold for all applications, lists and histories (contract §15.1).

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::domain::Reason;
use crate::domain::fixtures::sets::{SetWorld, app, failure};
use crate::domain::set::ListedApp;

const REGIONS: [&str; 3] = ["cn-a1", "cn-b1", "cn-c1"];
const IDS: [&str; 8] = ["1", "2", "3", "4", "5", "a.b", "A_b", "-"];

fn config() -> ProptestConfig {
    ProptestConfig { cases: 300, ..ProptestConfig::default() }
}

fn any_app() -> impl Strategy<Value = ListedApp> {
    let name = of(prop_oneof!["[a-c]{1,2}", "[A-Za-z0-9-]{1,36}", "\\PC{0,70}"]);
    let namespace = of(select(vec!["cn-a1", "cn-a1:prod", "cn-b1:test", ""]));
    let tags = vec((select(vec!["team", "tier"]), select(vec!["1", "2"])), 0..3);
    (select(IDS.to_vec()), name, namespace, tags).prop_map(|(id, name, namespace, tags)| ListedApp {
        id: id.parse().unwrap(),
        name: name.map(Into::into),
        namespace: namespace.map(Into::into),
        tags: tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect(),
    })
}

fn any_list() -> impl Strategy<Value = Vec<ListedApp>> {
    vec(any_app(), 0..8)
}

/// What happens to a region, and to whom else.
#[derive(Debug, Clone)]
enum Step {
    List(&'static str, Vec<ListedApp>, Option<i64>),
    Incomplete(&'static str, i64),
    Failure(&'static str, Option<Reason>),
    Limit(i32),
    Suspend(Option<bool>),
    Names(Option<String>),
    Restart,
}

fn any_step() -> impl Strategy<Value = Step> {
    let region = || select(REGIONS.to_vec());
    prop_oneof![
        6 => (region(), any_list(), prop_oneof![4 => Just(None), 1 => Just(Some(1))])
            .prop_map(|(region, apps, difference)| Step::List(region, apps, difference)),
        1 => (region(), 1..4_i64).prop_map(|(region, difference)| Step::Incomplete(region, difference)),
        1 => (region(), of(Just(Reason::AccessDenied))).prop_map(|(region, why)| Step::Failure(region, why)),
        1 => (1..6).prop_map(Step::Limit),
        1 => any::<Option<bool>>().prop_map(Step::Suspend),
        1 => of("[a-c]{0,1}[*]").prop_map(Step::Names),
        1 => Just(Step::Restart),
    ]
}

fn any_history() -> impl Strategy<Value = Vec<(i64, Step)>> {
    vec((0..900_i64, any_step()), 1..12)
}

fn walk(world: &mut SetWorld, (seconds, step): (i64, Step)) {
    world.after(seconds);
    match step {
        Step::List(region, apps, difference) => {
            world.list_of(region, apps, difference);
        }
        Step::Incomplete(region, difference) => {
            world.break_list(region, Ok(difference));
        }
        Step::Failure(region, why) => {
            world.break_list(region, Err(failure(why)));
        }
        Step::Limit(limit) => world.spec.limit = limit,
        Step::Suspend(suspend) => world.spec.template.spec.suspend = suspend,
        Step::Names(name) => world.spec.selector.names = name.map(|name| vec![name.parse().unwrap()]),
        Step::Restart => {
            world.restart();
        }
    }
}

fn lived(history: Vec<(i64, Step)>) -> SetWorld {
    let mut world = SetWorld::of(&REGIONS);
    for step in history {
        walk(&mut world, step);
        world.settle();
    }
    world
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn names_are_dns_labels_and_depend_on_the_application_alone(apps in any_list(), others in any_list()) {
        let names = |apps: Vec<ListedApp>| {
            let mut world = SetWorld::of(&REGIONS);
            let plan = world.list_of("cn-b1", apps, None).plan();
            plan.apply.into_iter().map(|it| (it.app.to_string(), it.name)).collect::<BTreeMap<_, _>>()
        };
        let alone = names(apps.clone());
        let distinct: BTreeSet<&String> = alone.values().collect();
        prop_assert_eq!(distinct.len(), alone.len());
        for name in alone.values() {
            let is_of_a_label = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            prop_assert!(name.len() <= 63 && name.bytes().all(is_of_a_label), "{}", name);
            prop_assert!(!name.starts_with('-') && !name.ends_with('-'), "{}", name);
        }
        let has = |id: &str| apps.iter().any(|app| app.id.as_str() == id);
        let others = others.into_iter().filter(|app| !has(app.id.as_str()));
        let beside_others = names(apps.iter().cloned().chain(others).collect());
        for (app, name) in &alone {
            prop_assert_eq!(&beside_others[app], name);
        }
    }

    #[test]
    fn a_list_that_is_not_complete_changes_nothing(
        history in any_history(), ends in vec((select(REGIONS.to_vec()), of(1..4_i64), of(Just(Reason::AccessDenied))), 1..6),
    ) {
        let mut world = lived(history);
        let before = world.plan();
        for (region, difference, why) in ends {
            world.after(600).break_list(region, difference.ok_or_else(|| failure(why)));
            let after = world.plan();
            prop_assert_eq!(&after.apply, &[]);
            prop_assert_eq!(&after, &before);
        }
    }

    #[test]
    fn the_order_of_lists_and_of_pages_changes_nothing(
        history in any_history(), lists in vec(any_list(), 3), seed in any::<u64>(),
    ) {
        let world = lived(history);
        let plan = |order: &[usize], shuffle: &dyn Fn(&mut Vec<ListedApp>)| {
            let mut world = world.clone();
            for region in order {
                let mut apps = lists[*region].clone();
                shuffle(&mut apps);
                world.list_of(REGIONS[*region], apps, None);
            }
            world.plan()
        };
        let rotate = |apps: &mut Vec<ListedApp>| {
            let at = usize::try_from(seed % 8).unwrap().min(apps.len());
            apps.rotate_left(at);
            if seed % 2 == 0 {
                apps.reverse();
            }
        };
        prop_assert_eq!(plan(&[0, 1, 2], &|_| {}), plan(&[2, 0, 1], &rotate));
    }

    /// `settle`, which each step of a history ends with, asserts that applying twice changes nothing.
    #[test]
    fn no_watch_is_ever_removed_and_never_more_than_the_limit_made(history in any_history()) {
        let mut world = SetWorld::of(&REGIONS);
        for step in history {
            walk(&mut world, step);
            let before: BTreeSet<String> = world.watches.keys().cloned().collect();
            let plan = world.settle();
            prop_assert!(before.iter().all(|name| world.watches.contains_key(name)));
            let made = plan.apply.iter().filter(|apply| apply.uid.is_none()).count();
            let limit = usize::try_from(world.spec.limit).unwrap();
            prop_assert!(made <= limit, "{} of {}", made, limit);
            prop_assert_eq!(world.watches.len(), before.len() + made);
            prop_assert!(plan.applications - plan.omitted <= limit);
            let is_of_the_set = |name: &String| world.watches.contains_key(name);
            prop_assert!(plan.orphans.iter().all(is_of_the_set));
            prop_assert!(plan.orphans.is_sorted() && plan.conflicts.is_sorted());
        }
    }

    /// The name of an application may change, or be missing from a list, and so may the name that its watch would have.
    #[test]
    fn an_application_has_one_watch_whatever_it_is_called(history in any_history()) {
        let world = lived(history);
        let apps = world.watches.values().map(|watch| (watch.region.clone(), watch.app.clone()));
        prop_assert_eq!(apps.collect::<BTreeSet<_>>().len(), world.watches.len());
    }

    #[test]
    fn an_application_that_stays_listed_is_never_an_orphan(
        history in any_history(), stays in subsequence(IDS.to_vec(), 1..4),
    ) {
        let mut world = SetWorld::of(&REGIONS);
        let keep = |apps: &mut Vec<ListedApp>| {
            apps.retain(|app| !stays.contains(&app.id.as_str()));
            apps.extend(stays.iter().map(|id| app(id)));
        };
        let history = history.into_iter().filter(|(_, step)| !matches!(step, Step::Names(_)));
        for (seconds, mut step) in history {
            if let Step::List(_, apps, _) = &mut step {
                keep(apps);
            }
            walk(&mut world, (seconds, step));
            let orphans = world.settle().orphans;
            let apps = orphans.iter().map(|name| world.watches[name].app.as_ref().unwrap().as_str());
            prop_assert_eq!(apps.filter(|app| stays.contains(app)).count(), 0, "{:?}", orphans);
        }
    }
}
