//! Random worlds.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::Config;
use saewatch::poll::Clock;
use saewatch::sae::{Class, Operation};

use crate::world::app::{App, Apps, Change};
use crate::world::operator::{Look, Operator, Watch};
use crate::world::sae::{Call, Fault, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

/// A world and what its operator does. proptest prints the one that breaks a law, as small as it can, and plays it
/// again with every later run.
#[derive(Debug, Clone)]
pub struct Plan {
    pub apps: Vec<App>,
    pub interval: Duration,
    pub calls_per_minute: u32,
    pub latency: Duration,
    pub script: Vec<Change>,
    pub faults: Vec<Fault>,
    /// When the operator is killed, and for how long it is away.
    pub restarts: Vec<(Duration, Duration)>,
    pub long: Duration,
}

/// What became of a world.
pub struct Story {
    pub calls: Vec<Call>,
    pub looks: Vec<Look>,
    /// The longest pace that each application's watch showed.
    pub slowest: BTreeMap<usize, Duration>,
}

/// At least 500 worlds for each law. A failing one is stored beside the test, to be played again.
pub fn many() -> Config {
    Config { cases: 500, ..Config::default() }
}

/// Any world.
pub fn any_plan() -> impl Strategy<Value = Plan> {
    (calm_plan(), any_changes(), any_faults(), any_restarts()).prop_map(
        |(plan, changes, faults, restarts)| {
            let script =
                changes.into_iter().map(|(at, app, to)| Change { at, app: app % plan.apps.len(), to });
            Plan { script: script.collect(), faults, restarts, ..plan }
        },
    )
}

/// A world where nothing happens.
pub fn calm_plan() -> impl Strategy<Value = Plan> {
    let apps = prop_oneof![
        3 => prop::collection::vec(any_app(), 1..8),
        1 => prop::collection::vec(any_app(), 20..24),
    ];
    let interval = prop::sample::select(vec![15, 30, 60, 300]);
    (apps, interval, prop_oneof![9 => 6..60_u32, 1 => 60..600_u32], 10..3000_u64).prop_map(
        |(apps, interval, calls_per_minute, latency)| Plan {
            apps,
            interval: secs(interval),
            calls_per_minute,
            latency: Duration::from_millis(latency),
            script: Vec::new(),
            faults: Vec::new(),
            restarts: Vec::new(),
            long: mins(8),
        },
    )
}

/// A world where nothing happens, every poll succeeds, and the budget carries every interval with room to spare:
/// ten calls a minute more are for pre-check and groups.
pub fn roomy_plan() -> impl Strategy<Value = Plan> {
    (1..30_u32, 15..120_u64, 150..250_u32).prop_map(|(apps, interval, percent)| Plan {
        apps: vec![App::well(2); apps as usize],
        interval: secs(interval),
        calls_per_minute: 10 + apps * percent * 60 / 100 / u32::try_from(interval).expect("two minutes"),
        latency: Duration::from_millis(100),
        script: Vec::new(),
        faults: Vec::new(),
        restarts: Vec::new(),
        long: secs(10 * interval),
    })
}

fn any_app() -> impl Strategy<Value = App> {
    // Mostly one group and one page, sometimes more.
    let size = prop_oneof![29 => (1..2_u32, 1..4_u32), 1 => (1..4_u32, 90..220_u32)];
    let sick = prop_oneof![8 => Just((0, 0)), 1 => Just((1, 0)), 1 => Just((0, 1))];
    (size, sick).prop_map(|((groups, wanted), (down, unready))| App {
        groups,
        wanted,
        down,
        unready,
        ..App::well(0)
    })
}

fn any_time() -> impl Strategy<Value = Duration> {
    (0..300_000_u64).prop_map(Duration::from_millis)
}

fn any_changes() -> impl Strategy<Value = Vec<(Duration, usize, App)>> {
    prop::collection::vec((any_time(), any::<usize>(), any_app()), 0..12)
}

fn any_faults() -> impl Strategy<Value = Vec<Fault>> {
    let class = prop::sample::select(vec![
        Class::Throttled(None),
        Class::Throttled(Some(secs(20))),
        Class::Transient(None),
        Class::Malformed,
        Class::SignAnew,
        Class::NotFound,
        Class::Invalid,
        Class::Denied,
        Class::CredentialsRejected,
    ]);
    let operations = [Operation::Instances, Operation::Groups, Operation::Applications];
    let operation = prop::option::of(prop::sample::select(operations.to_vec()));
    let during = (any_time(), 1..150_u64).prop_map(|(at, long)| Range { start: at, end: at + secs(long) });
    let fault = (during, operation, class);
    let fault = fault.prop_map(|(during, operation, class)| Fault { during, operation, app: None, class });
    prop::collection::vec(fault, 0..4)
}

fn any_restarts() -> impl Strategy<Value = Vec<(Duration, Duration)>> {
    let restart = (any_time(), (0..5000_u64).prop_map(Duration::from_millis));
    prop::collection::vec(restart, 0..4).prop_map(|mut restarts| {
        restarts.sort();
        restarts
    })
}

impl Story {
    /// When polls of each application began, if each takes one call, and one for groups before it now and then.
    pub fn polls(&self) -> BTreeMap<String, Vec<Duration>> {
        let (mut polls, mut groups) = (BTreeMap::<String, Vec<Duration>>::new(), BTreeMap::new());
        for Call { at, operation, app, .. } in &self.calls {
            let Some(app) = app else { continue };
            if *operation == Operation::Groups {
                groups.insert(app, *at);
            } else {
                polls.entry(app.clone()).or_default().push(groups.remove(app).unwrap_or(*at));
            }
        }
        polls
    }
}

impl Plan {
    /// A clock that goes on steadily.
    pub fn steady() -> Clock {
        Clock::steady(Timestamp::from_second(1_800_000_000).expect("a time of day"))
    }

    /// Plays the world with one watch for each application.
    pub fn play(&self) -> Story {
        self.play_with(Self::steady, |_| {})
    }

    /// Plays the world on a clock, after something else was done to the operator.
    pub fn play_with(&self, clock: impl Fn() -> Clock, prepare: impl Fn(&mut Operator)) -> Story {
        on_a_paused_clock(async {
            let apps = Apps::new(self.apps.clone(), self.script.clone());
            let sae = Arc::new(Sae::new(apps).with_latency(self.latency).with_faults(self.faults.clone()));
            let mut operator = Operator::start(sae.clone(), self.calls_per_minute, clock());
            operator.watch_all(self.watches());
            prepare(&mut operator);
            for (at, away) in &self.restarts {
                operator.work_until(*at).await;
                operator = operator.restart(*away).await;
            }
            operator.work_until(self.long).await;
            let looks = std::mem::take(&mut operator.looks);
            Story { calls: sae.calls(), looks, slowest: std::mem::take(&mut operator.slowest) }
        })
    }

    pub fn watches(&self) -> impl Iterator<Item = Watch> + '_ {
        (0..self.apps.len()).map(|app| Watch { interval: self.interval, ..Watch::new(app) })
    }

    /// The distance between calls.
    pub fn spacing(&self) -> Duration {
        secs(60) / self.calls_per_minute
    }
}
