//! A thousand polls of an SAE of which a third of the answers are wrong: nothing panics, every error has its class,
//! and what is observed is always all of it.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sae_simulator::{Application, KEY_ID, KEY_SECRET, RandomFaults, Simulator};
use saewatch::domain::{Observation, Target};
use saewatch::sae::{Class, Client, Environment, Keys, Settings};

const POLLS: usize = 1000;
const TIMEOUT: Duration = Duration::from_secs(5);

fn ids(observation: &Observation) -> BTreeSet<&str> {
    observation.instances.iter().map(|instance| &*instance.id).collect()
}

#[tokio::test]
async fn a_thousand_polls_with_a_third_of_the_answers_wrong_never_show_a_wrong_count() {
    // Pages are clamped to ten, so that each poll reads three pages and one.
    let sim = Simulator::start();
    sim.set_largest_page(Some(10));
    sim.put_application(Application::new("demo-shop").group("g-1", 25).group("g-2", 3).running(28));
    let settings =
        Settings::new().endpoint(sim.endpoint().parse().unwrap()).environment(Environment::of([("", ""); 0]));
    let client = Client::with_keys(settings, Keys::new(KEY_ID, KEY_SECRET, "a test")).unwrap();
    let target = Target {
        account: None,
        region: "cn-hangzhou".parse().unwrap(),
        app: "demo-shop".parse().unwrap(),
        groups: None,
        instance: None,
        pipeline: None,
    };
    let truth = client.observe(&target, TIMEOUT).await.unwrap();
    assert_eq!((truth.groups.len(), ids(&truth).len()), (2, 28));

    sim.inject_at_random(RandomFaults::every_kind(0.3, 20_261_123));
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for poll in 0..POLLS {
        let outcome = match client.observe(&target, TIMEOUT).await {
            Ok(observation) => {
                assert_eq!(observation.groups, truth.groups, "poll {poll}");
                assert_eq!(ids(&observation), ids(&truth), "poll {poll}");
                assert_eq!(observation.instances.len(), 28, "poll {poll}");
                "observed"
            }
            Err(error) => match error.class {
                Class::Throttled(_) => "throttled",
                Class::Transient(_) => "transient",
                Class::Malformed => "malformed",
                Class::Invalid => "invalid",
                _ => panic!("poll {poll}: {error:?}"),
            },
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    println!("{} calls: {outcomes:?}", sim.calls().len());
    assert!(outcomes["observed"] >= POLLS / 10, "the test says little: {outcomes:?}");
    assert_eq!(outcomes.len(), 5, "every kind of fault has struck: {outcomes:?}");
}
