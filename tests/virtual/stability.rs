//! Eventually stable: whatever happened, once it has ended the status soon says what spec and SAE say, and then
//! nothing is written any more.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};

use crate::chaos::{Deed, calm_down, deed, gist, perform};
use crate::sae::Application;
use crate::target_table;
use crate::world::{World, on_a_paused_clock, without_heartbeat};

/// Longer than any look ahead of the operator: an error that only a human can mend is looked at again after 10
/// minutes, a stretch of starting is hoped on for 10 minutes, a throttle pauses for 2.
const SETTLING_MINUTES: u64 = 45;

/// Few enough for every day; `PROPTEST_CASES` asks for more.
const CASES: u32 = 32;

fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(CASES), max_shrink_iters: 500, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happened_the_status_ends_as_a_new_one_would_and_then_is_silent(
        deeds in prop::collection::vec(deed(), 1..25),
    ) {
        on_a_paused_clock(live_through(&deeds))?;
    }
}

async fn live_through(deeds: &[(Deed, u16)]) -> Result<(), TestCaseError> {
    let mut world = World::new();
    world.sae.run("app-1", Application::healthy(3));
    world.declare("shop", "app-1");
    // Nobody touches it, but it shares the polls of the other.
    world.declare("twin", "app-1");
    world.start();
    for (deed, seconds) in deeds {
        perform(deed, &mut world).await;
        world.seconds(u64::from(*seconds)).await;
    }
    calm_down(&world);
    world.minutes(SETTLING_MINUTES).await;
    prop_assert!(target_table::check(&world), "nothing is under way any more");

    if world.cluster.get("shop")["spec"]["suspend"] == true {
        be_silent(&mut world, 0).await?;
        world.cluster.edit_spec("shop", &json!({"suspend": false}));
        world.minutes(SETTLING_MINUTES).await;
    }

    for name in ["shop", "twin"] {
        let watch = world.cluster.get(name);
        prop_assert_eq!(gist(&watch), gist(&as_if_new(&world, &watch).await), "{}", name);
    }
    let watch = world.cluster.get("shop");
    let asked = watch["metadata"]["annotations"]["saewatch.dev/requested-at"].clone();
    prop_assert!(
        asked.is_null() || asked == watch["status"]["lastHandledRequest"],
        "{} is not served",
        asked
    );
    // One in 5 minutes, or after the poll before.
    be_silent(&mut world, 7).await
}

/// Nothing is written for half an hour but some heartbeats, and nothing is emitted.
async fn be_silent(world: &mut World, heartbeats: usize) -> Result<(), TestCaseError> {
    let (watch, emitted) = (without_heartbeat(world.cluster.get("shop")), world.emitted("shop"));
    let (writes, calls) = (world.writes("shop").len(), world.cluster.calls().len());
    world.minutes(30).await;
    prop_assert_eq!(without_heartbeat(world.cluster.get("shop")), watch);
    prop_assert_eq!(world.emitted("shop"), emitted);
    let writes = world.writes("shop").split_off(writes);
    prop_assert!(writes.len() <= heartbeats, "{:#?}", writes);
    // The watch stream is opened anew every two minutes, and the twin has its heartbeats.
    let calls = world.cluster.calls().split_off(calls);
    prop_assert!(calls.len() <= 16 + 7 + heartbeats, "{:#?}", calls);
    Ok(())
}

/// The watch as it would be if it and its application had just been created as they are.
async fn as_if_new(world: &World, watch: &Value) -> Value {
    let mut new = World::new();
    new.sae.take_over(&world.sae);
    new.cluster.create("shop", &watch["spec"]);
    new.start();
    new.minutes(SETTLING_MINUTES).await;
    new.cluster.get("shop")
}
