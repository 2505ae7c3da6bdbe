//! What GetAvailabilityMetric lists: the truth of some time ago, or something that is of no use.

use std::collections::BTreeMap;
use std::time::Duration;

use saewatch::sae::AbnormalInstances;

use super::app::{App, Apps, name};

/// The most that SAE lists.
const LIMIT: usize = 100;

/// How the list comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As the applications were so long ago.
    Honest(Duration),
    /// Nobody, ever.
    Empty,
    /// As the applications were in the beginning, whatever happens; every twentieth has an abnormal instance.
    Frozen,
    /// Every twentieth application with another number in every list, and no other.
    Noisy,
    /// Five applications with a number each, drawn anew for every list.
    Random,
}

/// The list of one world.
pub struct Availability {
    kind: Kind,
    /// The world once more, which runs behind.
    past: Apps,
    random: fastrand::Rng,
}

impl Availability {
    pub fn new(kind: Kind, apps: &Apps, seed: u64) -> Self {
        Self { kind, past: apps.clone(), random: fastrand::Rng::with_seed(seed) }
    }

    /// The list at a time, of the applications that are asked about.
    pub fn list(&mut self, passed: Duration, asked: &[String]) -> Vec<AbnormalInstances> {
        let mut rows = match self.kind {
            Kind::Honest(age) => abnormal(self.past.at(passed.saturating_sub(age)), asked),
            Kind::Empty => Vec::new(),
            Kind::Frozen => {
                every_twentieth().filter(|app| asked.contains(app)).map(|app| row(app, 1)).collect()
            }
            Kind::Noisy => {
                let noisy = every_twentieth().filter(|app| asked.contains(app));
                noisy.map(|app| row(app, self.random.i64(0..1_000_000))).collect()
            }
            Kind::Random => {
                let drawn = (0..5).map(|_| asked[self.random.usize(0..asked.len())].clone());
                let drawn: BTreeMap<String, i64> =
                    drawn.collect::<Vec<_>>().into_iter().map(|app| (app, self.random.i64(1..5))).collect();
                drawn.into_iter().map(|(app, number)| row(app, number)).collect()
            }
        };
        rows.sort_by_key(|row| std::cmp::Reverse(row.abnormal));
        rows.truncate(LIMIT);
        rows
    }
}

fn abnormal(apps: &BTreeMap<String, App>, asked: &[String]) -> Vec<AbnormalInstances> {
    let found = asked.iter().filter_map(|app| Some((app, apps.get(app)?)));
    let found = found.map(|(app, state)| (app, i64::from(state.down + state.unready)));
    found.filter(|(_, number)| *number > 0).map(|(app, number)| row(app.clone(), number)).collect()
}

fn every_twentieth() -> impl Iterator<Item = String> {
    (0..10_000).step_by(20).map(name)
}

fn row(app: String, abnormal: i64) -> AbnormalInstances {
    AbnormalInstances { app, abnormal: Some(abnormal) }
}
