//! The laws of diagnoses, each in at least 500 random worlds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use saewatch::api::{Diagnosis, Health, Time};
use saewatch::sae::Operation;

use crate::diagnoses::questions;
use crate::plan::{Plan, many};
use crate::world::app::{App, Apps, name};
use crate::world::history::{CallTrouble, History};
use crate::world::operator::{Operator, Watch, watch_id};
use crate::world::sae::{Call, Sae};
use crate::world::{mins, on_a_paused_clock, secs};

/// Applications that are unwell, and how SAE answers why.
#[derive(Debug, Clone)]
struct World {
    calls_per_minute: u32,
    /// How long each has been bad at the beginning, and how long ago it was explained before that.
    bad: Vec<(u64, Option<u64>)>,
    troubles: Vec<(Operation, CallTrouble)>,
    /// Whether a change order failed.
    deploys: bool,
    /// When the operator is killed, and for how long it is away.
    restarts: Vec<(u64, u64)>,
}

/// What became of it.
struct Story {
    calls: Vec<Call>,
    /// When each application's watch had its answers.
    explained: BTreeMap<String, Vec<Duration>>,
}

fn any_world() -> impl Strategy<Value = World> {
    let operation =
        prop::sample::select(vec![Operation::ChangeOrders, Operation::ChangeOrder, Operation::Events]);
    let troubles = prop::collection::vec((operation, prop::sample::select(CallTrouble::ALL.to_vec())), 0..3);
    let bad = prop::collection::vec((0..1_900_u64, prop::option::of(0..900_u64)), 1..25);
    let restarts = prop::collection::vec((0..2_400_u64, 0..60_u64), 0..3);
    (prop_oneof![1 => 1..10_u32, 2 => 10..100_u32], bad, troubles, any::<bool>(), restarts).prop_map(
        |(calls_per_minute, bad, troubles, deploys, mut restarts)| {
            restarts.sort_unstable();
            World { calls_per_minute, bad, troubles, deploys, restarts }
        },
    )
}

/// What a status says that was explained then.
fn stored(at: Timestamp) -> Diagnosis {
    let long_ago = Time(Timestamp::UNIX_EPOCH);
    Diagnosis { at: Time(at), since: long_ago, change: None, events: Vec::new(), incomplete: None }
}

impl World {
    fn play(&self) -> Story {
        on_a_paused_clock(async {
            let apps = Apps::new(vec![App { unready: 1, ..App::well(1) }; self.bad.len()], Vec::new());
            let sae = Arc::new(Sae::new(apps));
            for (operation, trouble) in &self.troubles {
                sae.trouble(*operation, Some(*trouble));
            }
            let mut operator = Operator::start(sae.clone(), self.calls_per_minute, Plan::steady());
            let now = operator.clock.now();
            for (app, (bad_for, explained)) in self.bad.iter().enumerate() {
                if self.deploys {
                    sae.set_history(&name(app), History::failed_deploy(now));
                }
                let since = now - SignedDuration::from_secs(bad_for.cast_signed());
                let diagnosis =
                    explained.map(|ago| stored(now - SignedDuration::from_secs(ago.cast_signed())));
                let watch = Watch {
                    interval: mins(10),
                    health: Health::Degraded,
                    changed_at: Some(since),
                    diagnose: true,
                    diagnosis,
                    ..Watch::seen(app, now)
                };
                operator.watch(&watch_id(&name(app)), watch);
            }
            for (at, away) in &self.restarts {
                operator.work_until(secs(*at)).await;
                operator = operator.restart(secs(*away)).await;
            }
            operator.work_until(mins(45)).await;
            let mut explained = BTreeMap::<_, Vec<_>>::new();
            for (at, id) in &operator.explained {
                explained.entry(id.name.to_string()).or_default().push(*at);
            }
            Story { calls: sae.calls(), explained }
        })
    }

    /// How many calls of diagnoses may start in which time.
    fn tenth(&self) -> (usize, Duration) {
        match self.calls_per_minute {
            few @ ..10 => (1, secs(600) / few),
            many => (many as usize / 10, secs(60)),
        }
    }
}

/// How often an operation was denied that was asked anew. A diagnosis under way may ask once more what is denied meanwhile.
fn denials(asked: &[&Call], operation: Operation) -> usize {
    let mut known: Option<Duration> = None;
    let mut denials = 0;
    for call in asked.iter().filter(|call| call.operation == operation) {
        let is_first = |one: &&&Call| one.operation == Operation::ChangeOrders && one.app == call.app;
        let began = asked.iter().filter(is_first).map(|one| one.at).rfind(|at| *at <= call.at);
        let began = began.filter(|at| call.at.saturating_sub(*at) < mins(10)).unwrap_or(call.at);
        if known.is_none_or(|known| began > known) {
            denials += 1;
            known = Some(call.at);
        }
    }
    denials
}

proptest! {
    #![proptest_config(many())]

    #[test]
    fn diagnoses_keep_to_a_tenth_of_the_budget_and_ask_for_a_target_once_in_ten_minutes(world in any_world()) {
        let Story { calls, explained } = world.play();
        let asked: Vec<_> = questions(&calls).collect();
        let (most, within) = world.tenth();
        for (first, next) in asked.iter().zip(asked.iter().skip(most)) {
            prop_assert!(next.at.saturating_sub(first.at) >= within, "{first:?} to {next:?}");
        }
        let mut last = BTreeMap::<_, Duration>::new();
        for call in asked.iter().filter(|call| call.operation == Operation::ChangeOrders) {
            let app = call.app.clone().expect("an application");
            let index: usize = app.trim_start_matches("app-").parse().expect("a number");
            let (bad_for, before) = world.bad[index];
            prop_assert!(call.at.as_secs() + bad_for <= 1_801, "{call:?} began after half an hour");
            prop_assert!(before.is_none_or(|ago| call.at.as_secs() + ago >= 599), "{call:?} after {before:?}");
            if let Some(last) = last.insert(app.clone(), call.at) {
                // A process that is killed before it can say so does not know that it has asked.
                let is_known = explained.get(&app).is_some_and(|all| all.iter().any(|at| (last..call.at).contains(at)));
                let was_killed =
                    world.restarts.iter().any(|(at, away)| (last..call.at + secs(1)).contains(&secs(at + away)));
                prop_assert!(
                    call.at.saturating_sub(last) >= secs(599) || (was_killed && !is_known), "{call:?} after {last:?}"
                );
            }
        }
        for (operation, trouble) in &world.troubles {
            let wrong = world.troubles.iter().rev().find(|(other, _)| other == operation);
            if *trouble == CallTrouble::Denied && wrong == Some(&(*operation, CallTrouble::Denied)) {
                let times = denials(&asked, *operation);
                prop_assert!(times <= 1 + world.restarts.len(), "{operation:?} was denied {times} times");
            }
        }
        // What has room for all reaches all: three calls each, behind restarts and the pauses of a throttle.
        let room = world.restarts.is_empty() && world.troubles.is_empty() && world.calls_per_minute >= 60;
        for (app, (bad_for, _)) in world.bad.iter().enumerate().filter(|_| room) {
            prop_assert!(*bad_for > 300 || explained.contains_key(&name(app)), "{} was never explained", name(app));
        }
    }
}
