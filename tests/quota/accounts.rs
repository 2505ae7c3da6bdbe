//! Several accounts, each with its own scheduler, that share their news.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use saewatch::domain::Account;
use saewatch::poll::{News, NewsSender, PollMetrics, RegionStats, WatchId, news};
use saewatch::sae::{Class, Client, Environment, Keys, Settings};
use saewatch::telemetry::{Exposition, Format, Metrics};
use tokio::time::{Instant, timeout_at};

use crate::plan::{Plan, any_plan, many};
use crate::slow;
use crate::world::app::{App, Apps, Change, name};
use crate::world::directory::{Directory, Entry};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::{Call, Fault, PageFault, Sae, Trouble};
use crate::world::{mins, on_a_paused_clock, secs};

fn account(name: &str) -> Arc<Account> {
    Arc::new(Account { name: name.parse().unwrap(), id: "1234567890".parse().unwrap() })
}

fn started(plan: &Plan, account: &str, sender: &NewsSender) -> Operator {
    let apps = Apps::new(plan.apps.clone(), plan.script.clone());
    let sae = Sae::new(apps).with_latency(plan.latency).with_faults(plan.faults.clone());
    let mut operator =
        Operator::start_beside_others(Arc::new(sae), plan.calls_per_minute, Plan::steady(), sender.clone());
    for watch in plan.watches() {
        let id = WatchId { namespace: account.into(), name: name(watch.app).into() };
        operator.watch(&id, Watch { account: Some(self::account(account)), ..watch });
    }
    operator
}

/// Works on all accounts until the world is so old.
async fn work_until(passed: Duration, news: &mut News, accounts: &mut [Operator]) {
    let until = Instant::now() + passed.saturating_sub(accounts[0].sae.passed());
    while let Ok(Some(id)) = timeout_at(until, news.recv()).await {
        for account in &mut *accounts {
            account.reconcile(&id);
        }
    }
}

/// The calls of an account while another one, if any, is worked on too; its scheduler is made again at each restart.
fn calls(plan: &Plan, other: Option<&Plan>) -> Vec<Call> {
    on_a_paused_clock(async {
        let (sender, mut news) = news();
        let mut accounts = vec![started(plan, "b", &sender)];
        accounts.extend(other.map(|other| started(other, "a", &sender)));
        for (at, _) in other.into_iter().flat_map(|other| &other.restarts) {
            work_until(*at, &mut news, &mut accounts).await;
            let budget = accounts[1].calls_per_minute;
            accounts[1].remake(budget);
            accounts[1].polls.set_budget(budget + 1);
        }
        work_until(plan.long, &mut news, &mut accounts).await;
        accounts[0].sae.calls()
    })
}

proptest! {
    #![proptest_config(many())]

    /// Whatever happens in the other account, be it the same applications or not.
    #[test]
    fn the_same_wants_lead_to_the_same_calls_beside_any_other_account(plan in any_plan(), other in any_plan()) {
        let plan = Plan { restarts: Vec::new(), long: mins(5), ..plan };
        prop_assert_eq!(calls(&plan, None), calls(&plan, Some(&other)));
    }
}

/// An account of a dozen applications, of which one dies and comes back.
fn dozen() -> Plan {
    let change = |at, down| Change { at, app: 3, to: App { down, ..App::well(2) } };
    Plan {
        apps: vec![App::well(2); 12],
        interval: secs(60),
        calls_per_minute: 30,
        latency: Duration::from_millis(150),
        script: vec![change(mins(5), 1), change(mins(12), 0)],
        faults: Vec::new(),
        restarts: Vec::new(),
        long: mins(30),
    }
}

fn always(class: Class) -> Vec<Fault> {
    vec![Fault { during: secs(0)..mins(60), operation: None, app: None, class }]
}

#[test]
fn an_account_in_trouble_delays_no_call_of_another_one() {
    let alone = calls(&dozen(), None);
    assert!(alone.len() > 12 * 29, "{} calls", alone.len());
    let throttled = Plan { faults: always(Class::Throttled(None)), ..dozen() };
    let refused = Plan { faults: always(Class::CredentialsRejected), ..dozen() };
    // As a call that waits for STS: no answer ever comes.
    let hanging = Plan { latency: mins(600), ..dozen() };
    let crowded = Plan { apps: vec![App::well(1); 10_000], ..dozen() };
    let remade = Plan { restarts: (0..60).map(|minute| (secs(30 * minute), secs(0))).collect(), ..dozen() };
    for (trouble, other) in [
        ("throttled", throttled),
        ("with refused keys", refused),
        ("with an STS that hangs", hanging),
        ("with ten thousand polls that wait", crowded),
        ("that is deleted and made again", remade),
    ] {
        assert!(calls(&dozen(), Some(&other)) == alone, "beside an account {trouble}");
    }
}

#[test]
fn regions_and_calls_are_those_of_the_account_alone_though_it_shares_the_own_keys() {
    on_a_paused_clock(async {
        let prod = account("prod");
        let sae = Arc::new(Sae::new(Apps::new(vec![App::well(1); 40], Vec::new())));
        let mut operator = Operator::start(sae, 60, Plan::steady());
        operator.watch_all((0..5).map(Watch::new));
        assert_eq!(operator.polls.regions(&prod.name), [], "nothing is known yet");
        for app in 0..25 {
            let watch = Watch { account: Some(prod.clone()), ..Watch::new(app) };
            operator.watch(&watch_id(&format!("prod-{app}")), watch);
        }
        for (number, region) in ["cn-beijing", "ap-southeast-1"].into_iter().enumerate() {
            // Two watches on one application, one of them of its named group.
            for groups in [None, Some(vec!["g-0".to_owned()])] {
                let watch = Watch { account: Some(prod.clone()), region, groups, ..Watch::new(0) };
                let id = watch_id(&format!("{region}-{number}-{}", watch.groups.is_some()));
                operator.watch(&id, Watch { interval: secs(120), ..watch });
            }
        }
        operator.work_until(mins(10)).await;
        let region = |id: &str, watched, applications| RegionStats {
            region: id.parse().unwrap(),
            watched,
            applications,
        };
        let regions = [
            // All of it is polled once a minute, so that it is not swept.
            region("cn-hangzhou", 25, None),
            region("ap-southeast-1", 1, Some(40)),
            region("cn-beijing", 1, Some(40)),
        ];
        assert_eq!(operator.polls.regions(&prod.name), regions);
        let wanted = operator.polls.wanted(&prod.name);
        assert!((wanted - 27.0).abs() < 1e-6, "25 each minute and 4 every other: {wanted}");
        assert_eq!(operator.polls.regions(&account("test").name), []);
        assert!(operator.polls.wanted(&account("test").name).abs() < 1e-9);
    });
}

#[test]
fn a_region_has_as_many_applications_as_its_last_complete_list_without_those_that_are_being_deleted() {
    let applications = |counts_more_from| {
        on_a_paused_clock(async {
            let entry = |app| Entry {
                is_deleting: app == 0,
                ..Entry::new(secs(0)..mins(60), &name(app), &name(app), "cn-hangzhou")
            };
            let during = counts_more_from..mins(60);
            let sae = Sae::new(Apps::new(vec![App::well(1); 3], Vec::new()))
                .with_directory(Directory::of((0..3).map(entry).collect()))
                .with_page_faults(vec![PageFault { during, page: None, trouble: Trouble::Counts(2) }]);
            let mut operator = Operator::start(Arc::new(sae), 30, Plan::steady());
            let prod = account("prod");
            operator.watch_all([1, 2].map(|app| Watch { account: Some(prod.clone()), ..slow(app) }));
            operator.work_until(mins(20)).await;
            operator.polls.regions(&prod.name)[0].applications
        })
    };
    assert_eq!(applications(mins(60)), Some(2));
    assert_eq!(applications(secs(0)), None, "of no list that says how many it lists");
    assert_eq!(applications(mins(10)), Some(2), "of the last one that does");
}

#[test]
fn a_region_in_which_sae_refuses_the_keys_has_not_answered() {
    on_a_paused_clock(async {
        let (sender, mut news) = news();
        let refused = Plan { faults: always(Class::CredentialsRejected), ..dozen() };
        let mut accounts = [started(&refused, "b", &sender)];
        work_until(mins(5), &mut news, &mut accounts).await;
        assert_eq!(accounts[0].polls.regions(&account("b").name), []);
    });
}

#[test]
fn every_metric_stands_once_with_the_series_of_each_account_until_it_is_hidden() {
    on_a_paused_clock(async {
        let (sender, mut news) = news();
        let mut accounts = [started(&dozen(), "a", &sender), started(&dozen(), "b", &sender)];
        let keys = |name: &str| {
            let settings = Settings::new().environment(Environment::of([("", ""); 0]));
            let keys = Keys::new("id", "secret", name);
            Client::with_keys(settings, keys).unwrap().credentials().clone()
        };
        let metrics = PollMetrics::new(keys("own"));
        let exposition = Exposition::new(&Metrics::default(), vec![Box::new(metrics.clone())], false);
        let scraped = || exposition.pieces(Format::OpenMetrics).map(Result::unwrap).collect::<String>();
        let series = |account: &str| {
            let label = format!("account=\"{account}\"");
            let text = scraped();
            let lines = text.lines().filter(|line| line.contains(&label));
            lines.map(|line| line.replace(&label, "")).collect::<Vec<_>>()
        };
        let of_standby = series("");
        assert!(of_standby.iter().all(|line| line.starts_with("saewatch_credentials_")), "{of_standby:?}");
        assert!(!of_standby.is_empty());
        let (a, b) = (account("a").name.clone(), account("b").name.clone());
        metrics.show(Some(&a), &accounts[0].polls, keys("a"));
        metrics.show(Some(&b), &accounts[1].polls, keys("b"));
        work_until(mins(5), &mut news, &mut accounts).await;
        let text = scraped();
        let types: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
        let mut distinct = types.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(types.len(), distinct.len(), "{types:?}");
        let names = |account: &str| {
            let names =
                series(account).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
            let names: Vec<String> = names;
            names
        };
        assert!(names("a").len() > 100, "{:?}", names("a"));
        assert_eq!(names("a"), names("b"));
        metrics.hide(Some(&a));
        assert_eq!((series("a").len(), series("b").is_empty()), (0, false));
        drop(accounts);
        tokio::time::sleep(secs(1)).await;
        assert_eq!((series("b").len(), series("")), (0, of_standby), "the polls have ended");
    });
}
