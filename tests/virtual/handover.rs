//! Two replicas through a handover: whatever is under way when, no older status is ever written over a newer one.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::Value;

use crate::chaos::gist;
use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::{Application, drawn};
use crate::world::{World, on_a_paused_clock};

/// Few enough for every day; `PROPTEST_CASES` asks for more.
const CASES: u32 = 24;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Deed {
    /// SAE runs this from now on.
    Run(String),
    /// The next writes take so many seconds to arrive.
    Late(u64, u32),
    /// Watch streams are so many seconds late.
    Lag(u64),
    /// Another replica begins to work; the one before it goes on.
    HandOver,
    /// The replicas before the newest are gone.
    EndFormer,
}

fn deed() -> impl Strategy<Value = (Deed, u64)> {
    let deed = prop_oneof![
        4 => "[RUCS]{1,4}".prop_map(Deed::Run),
        3 => (1..40_u64, 1..4_u32).prop_map(|(seconds, times)| Deed::Late(seconds, times)),
        1 => (0..30_u64).prop_map(Deed::Lag),
        3 => Just(Deed::HandOver),
        2 => Just(Deed::EndFormer),
    ];
    (deed, prop_oneof![0..10_u64, 10..90_u64])
}

fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(CASES), max_shrink_iters: 500, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_older_status_is_written_over_a_newer_one(deeds in prop::collection::vec(deed(), 1..25)) {
        on_a_paused_clock(live_through(&deeds))?;
    }
}

async fn live_through(deeds: &[(Deed, u64)]) -> Result<(), TestCaseError> {
    let mut world = World::new();
    world.sae.run("app-1", Application::healthy(3));
    world.declare("shop", "app-1");
    world.start();
    for (deed, seconds) in deeds {
        match deed {
            Deed::Run(instances) => world.sae.run("app-1", drawn(instances, 0)),
            Deed::Late(seconds, times) => {
                let late = Trouble::Late(Duration::from_secs(*seconds));
                world.cluster.plan(Plan::next(Verb::Patch, late).times(*times));
            }
            Deed::Lag(seconds) => world.cluster.lag(Duration::from_secs(*seconds)),
            Deed::HandOver => world.hand_over(),
            Deed::EndFormer => world.end_former(),
        }
        world.seconds(*seconds).await;
    }
    world.end_former();
    world.cluster.mend();
    world.minutes(15).await;

    let stored: Vec<Value> = world.cluster.stored().into_iter().map(|(_, _, status)| status).collect();
    for pair in stored.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        prop_assert!(
            observed_at(before) <= observed_at(after),
            "an older observation was written: {}\n{}",
            before,
            after
        );
        prop_assert!(goes_on(before, after), "a transition is lost: {}\n{}", before, after);
    }
    let mut alone = World::new();
    alone.sae.take_over(&world.sae);
    alone.cluster.create("shop", &world.cluster.get("shop")["spec"]);
    alone.start();
    alone.minutes(15).await;
    prop_assert_eq!(gist(&world.cluster.get("shop")), gist(&alone.cluster.get("shop")));
    Ok(())
}

fn observed_at(status: &Value) -> Option<Timestamp> {
    status["observedAt"].as_str().map(|time| time.parse().unwrap())
}

/// Whether the transitions of `after` are those of `before` with newer ones in front of them.
fn goes_on(before: &Value, after: &Value) -> bool {
    let of = |status: &Value| status["recentTransitions"].as_array().cloned().unwrap_or_default();
    let (before, after) = (of(before), of(after));
    (0..=after.len()).any(|new| {
        let old = &after[new..];
        old.len() <= before.len()
            && old == &before[..old.len()]
            && (old.len() == before.len() || after.len() == 10)
    })
}
