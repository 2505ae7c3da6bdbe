//! The laws of names, each in at least 500 random worlds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use saewatch::sae::Operation;

use crate::plan::{Plan, any_plan, many};
use crate::world::app::{App, Apps, name};
use crate::world::directory::{Directory, Entry, NAMESPACE};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::{Call, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

const APPS: usize = 6;
const LONG: Duration = mins(12);

/// A list that says anything of six applications, and changes.
fn any_directory() -> impl Strategy<Value = Directory> {
    let names = ["shop", "shop-2", "my-shop", "Shop", "cart"].map(Some).to_vec();
    let namespaces = [NAMESPACE, "cn-hangzhou:prod", "cn-hangzhou:production"].map(Some).to_vec();
    let text = |mut texts: Vec<Option<&'static str>>| {
        texts.push(None);
        prop::sample::select(texts).prop_map(|text| text.map(str::to_owned))
    };
    let during =
        (0..LONG.as_secs(), 1..LONG.as_secs()).prop_map(|(from, long)| secs(from)..secs(from + long));
    let during = prop_oneof![1 => Just(secs(0)..mins(60)), 2 => during];
    let entry = (during, 0..APPS, text(names), text(namespaces), prop::bool::weighted(0.2)).prop_map(
        |(during, app, name, namespace, is_deleting)| Entry {
            during,
            app: self::name(app),
            name,
            namespace,
            is_deleting,
        },
    );
    let entries = prop::collection::vec(entry, 0..30);
    let clamp = prop::option::of(1..12_usize);
    (entries, any::<bool>(), clamp, any::<bool>()).prop_map(
        |(entries, ignores_filter, most_a_page, shuffles)| Directory {
            ignores_filter,
            most_a_page,
            shuffles,
            ..Directory::of(entries)
        },
    )
}

/// An operator that watches `shop` and `cart` by name while the world of a plan goes on, and asks for polls all the time.
fn play(plan: &Plan, directory: Directory, names: &[&str]) -> Vec<Call> {
    on_a_paused_clock(async {
        let apps = Apps::new(vec![App::well(1); APPS], Vec::new());
        let sae = Sae::new(apps).with_latency(plan.latency).with_faults(plan.faults.clone());
        let sae = Arc::new(sae.with_directory(directory));
        let mut operator = Operator::start(sae.clone(), plan.calls_per_minute, Plan::steady());
        for name in names {
            operator.watch(&watch_id(name), Watch::by_name(name, NAMESPACE));
        }
        for seconds in (0..LONG.as_secs()).step_by(7) {
            operator.work_until(secs(seconds)).await;
            for name in names {
                let watch = operator.watches[&watch_id(name)].clone();
                operator.watch(&watch_id(name), Watch { request: Some(format!("at-{seconds}")), ..watch });
            }
        }
        sae.calls()
    })
}

proptest! {
    #![proptest_config(many())]

    /// Whatever is listed: parts of the name, other namespaces, applications that are being deleted, pages that are cut
    /// or come in another order each time.
    #[test]
    fn no_application_is_polled_that_was_never_listed_with_exactly_the_name_and_namespace(
        plan in any_plan(), directory in any_directory(),
    ) {
        let shop = Watch::by_name("shop", NAMESPACE).named.unwrap();
        let entries = directory.entries.clone().unwrap_or_default();
        for call in play(&plan, directory, &["shop"]) {
            let Some(app) = call.app else { continue };
            let is_right = |entry: &Entry| {
                entry.app == app && entry.is_named(&shop) && entry.during.start <= call.at
            };
            prop_assert!(entries.iter().any(is_right), "{app} at {:?}", call.at);
        }
    }

    /// Requests included. A question that failed has had no answer, and is tried again as a poll is.
    #[test]
    fn a_name_that_was_answered_is_not_asked_for_again_within_a_minute(
        plan in any_plan(), directory in any_directory(),
    ) {
        // Each list is one call: it has one page, and SAE counts as many as it lists.
        let mut entries = directory.entries.unwrap_or_default();
        entries.sort_by(|one, other| one.app.cmp(&other.app));
        entries.dedup_by(|one, other| one.app == other.app);
        let directory = Directory::of(entries);
        let calls = play(&plan, directory, &["shop"]);
        let lists: Vec<&Call> = calls.iter().filter(|call| call.operation == Operation::Applications).collect();
        for pair in lists.windows(2) {
            let distance = pair[1].at.saturating_sub(pair[0].at);
            prop_assert!(pair[0].refused.is_some() || distance >= secs(60), "{pair:?}");
        }
    }

    #[test]
    fn no_60_seconds_hold_more_calls_than_the_budget_while_names_are_asked_for(
        plan in any_plan(), directory in any_directory(),
    ) {
        let calls = play(&plan, directory, &["shop", "cart"]);
        let most = plan.calls_per_minute as usize;
        for window in calls.windows(most + 1) {
            prop_assert!(window[most].at.saturating_sub(window[0].at) >= secs(60));
        }
    }

    /// Names that are learnt from the lists of sweeps cost no call and move none.
    #[test]
    fn where_a_region_is_listed_anyway_names_change_no_call(plan in any_plan(), more in 20..24_usize) {
        let apps: Vec<App> = plan.apps.iter().copied().cycle().take(more).collect();
        // Polled less often than every minute from the beginning, so that the region is swept.
        let plan = Plan { apps, interval: mins(2), long: mins(5), ..plan };
        let calls = |directory: Option<Directory>| on_a_paused_clock(async {
            let apps = Apps::new(plan.apps.clone(), plan.script.clone());
            let sae = Sae::new(apps).with_latency(plan.latency).with_faults(plan.faults.clone());
            let sae = Arc::new(sae.with_directory(directory.unwrap_or_default()));
            let mut operator = Operator::start(sae.clone(), plan.calls_per_minute, Plan::steady());
            operator.watch_all(plan.watches());
            operator.work_until(plan.long).await;
            sae.calls()
        });
        let nameless = |app| Entry { name: None, ..Entry::new(secs(0)..mins(60), &name(app), "x", NAMESPACE) };
        let nameless = Directory::of((0..plan.apps.len()).map(nameless).collect());
        prop_assert_eq!(calls(None), calls(Some(nameless)));
    }

    /// A watch by name whose id is known costs what one by id costs, and shares the poll of that.
    #[test]
    fn watches_by_id_and_by_name_share_one_poll(plan in any_plan()) {
        let plan = Plan { restarts: Vec::new(), long: mins(5), ..plan };
        let alone = plan.play();
        let together = plan.play_with(Plan::steady, |operator| {
            for watch in plan.watches() {
                let app_id = Some(name(watch.app).parse().expect("an application id"));
                let by_name = Watch { app_id, ..Watch::by_name(&name(watch.app), NAMESPACE) };
                operator.watch(&watch_id(&format!("{}-by-name", name(watch.app))), Watch {
                    interval: plan.interval, app: watch.app, ..by_name
                });
            }
        });
        let polls = |calls: &[Call]| {
            let mut polls = BTreeMap::<Option<String>, usize>::new();
            for call in calls.iter().filter(|call| call.operation == Operation::Instances) {
                *polls.entry(call.app.clone()).or_default() += 1;
            }
            polls
        };
        if plan.faults.is_empty() {
            prop_assert_eq!(polls(&alone.calls), polls(&together.calls));
        }
    }
}
