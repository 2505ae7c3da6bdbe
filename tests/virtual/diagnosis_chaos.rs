//! Whatever happens, diagnoses change nothing else: the same drawn worlds with and without them show the same.

use proptest::prelude::*;
use proptest::sample::select;
use saewatch::sae::Operation;

use crate::chaos::{Deed, calm_down, deed, gist, perform};
use crate::cluster::{Plan, Trouble, Verb};
use crate::sae::OF_DIAGNOSES;
use crate::sae::history::{CallTrouble, History};
use crate::world::{World, on_a_paused_clock};

/// As many as an account has without a setting.
const CALLS_PER_MINUTE: u32 = 30;
/// As in `stability`: longer than any look ahead of the operator.
const SETTLING_MINUTES: u64 = 45;
/// As long as every deed stands where few calls are to be had: each is seen, and confirmed, with diagnoses and without.
const STANDING_MINUTES: u64 = 10;

/// What happens, happens to `shop`; `twin` shares its polls.
const WATCHES: [&str; 2] = ["shop", "twin"];

/// Few enough for every day; `PROPTEST_CASES` asks for more.
const CASES: u32 = 12;

fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(CASES), max_shrink_iters: 200, ..ProptestConfig::default() }
}

/// Something that happens, what is wrong with an operation of diagnoses from then on, and how long that takes.
type Step = ((Deed, u16), Option<(Operation, CallTrouble)>);

fn step() -> impl Strategy<Value = Step> {
    let trouble = (select(&OF_DIAGNOSES[..]), select(&CallTrouble::ALL[..]));
    (deed(), prop::option::weighted(0.3, trouble))
}

/// Trouble of the API server with diagnoses themselves.
fn refusals() -> impl Strategy<Value = Vec<(Verb, Trouble, u32)>> {
    let trouble = select(
        &[
            Trouble::Answer(409),
            Trouble::Answer(422),
            Trouble::Answer(500),
            Trouble::Lost,
            Trouble::Unheard,
            Trouble::Hang,
        ][..],
    );
    prop::collection::vec((select(&[Verb::Diagnose, Verb::EmitDiagnosis][..]), trouble, 1..6u32), 0..4)
}

proptest! {
    #![proptest_config(config())]

    /// Polls come at other times, so what is compared is what a status says at the end but for times, and the events by
    /// their reasons. Every deed stands for ten minutes: what only some polls see may differ.
    #[test]
    fn with_few_calls_what_is_shown_at_the_end_and_told_is_the_same(
        steps in prop::collection::vec(step(), 1..12),
        refusals in refusals(),
    ) {
        let [with, without] = [true, false].map(|diagnoses| on_a_paused_clock(async {
            let mut world = begin(diagnoses);
            for (verb, trouble, times) in &refusals {
                world.cluster.plan(Plan::next(*verb, *trouble).times(*times));
            }
            for ((deed, _), trouble) in &steps {
                happen(deed, *trouble, &mut world).await;
                world.minutes(STANDING_MINUTES).await;
            }
            calm_down(&world);
            world.minutes(SETTLING_MINUTES).await;
            WATCHES.map(|name| {
                (gist(&world.cluster.get(name)), world.other_reasons(name))
            })
        }));
        prop_assert_eq!(with, without);
    }
}

fn begin(diagnoses: bool) -> World {
    let mut world = World::new();
    (world.diagnoses, world.calls_per_minute) = (diagnoses, CALLS_PER_MINUTE);
    world.run_deployed("app-1");
    for name in WATCHES {
        world.declare(name, "app-1");
    }
    world.start();
    world
}

/// Does something; the application keeps its name.
async fn happen(deed: &Deed, trouble: Option<(Operation, CallTrouble)>, world: &mut World) {
    if let Some((operation, trouble)) = trouble {
        world.sae.trouble(operation, trouble);
    }
    perform(deed, world).await;
    if matches!(deed, Deed::Run(..) | Deed::Stop) {
        world.name("app-1");
        world.sae.set_history("app-1", History::failed_deploy(world.clock.now()));
    }
}
