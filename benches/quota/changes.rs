//! A world in which something happens every minute, and how soon that is seen.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::Clock;

use crate::naive::round_robin;
use crate::world::app::{App, Apps, Change};
use crate::world::availability::Kind;
use crate::world::operator::{Look, Operator, Watch};
use crate::world::sae::{REGIONS, Sae};
use crate::world::{mins, on_a_paused_clock};

pub const CALLS_PER_MINUTE: u32 = 30;
pub const WELL: App = App::well(4);
pub const DEAD: App = App { down: 1, ..WELL };
pub const UNREADY: App = App { unready: 1, ..WELL };
/// Before anything is measured, everything has been polled twice.
pub const WARM_UP: Duration = mins(120);
pub const MEASURED: Duration = mins(1200);
const OUTAGE: Duration = mins(10);

/// Applications, and what happens to them.
pub struct World {
    seed: u64,
    apps: Vec<App>,
    script: Vec<Change>,
    /// When what began for which application.
    changes: Vec<(Duration, usize)>,
    /// Applications of each region; none: one region has them all.
    per_region: Option<usize>,
    availability: Kind,
}

impl World {
    /// Every minute one of the applications that may becomes one of `bad`, for ten minutes.
    pub fn new(seed: u64, apps: Vec<App>, may_change: impl Fn(usize) -> bool, bad: &[App]) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let candidates: Vec<usize> = (0..apps.len()).filter(|app| may_change(*app)).collect();
        let (mut script, mut changes): (Vec<Change>, Vec<(Duration, usize)>) = (Vec::new(), Vec::new());
        let mut minute = WARM_UP;
        while minute < WARM_UP + MEASURED {
            let at = minute + Duration::from_millis(random.u64(0..60_000));
            minute += mins(1);
            let app = candidates[random.usize(0..candidates.len())];
            // Whoever changed lately has not recovered yet.
            if changes.iter().any(|(last, other)| *other == app && at < *last + OUTAGE + mins(5)) {
                continue;
            }
            script.push(Change { at, app, to: bad[changes.len() % bad.len()] });
            script.push(Change { at: at + OUTAGE, app, to: apps[app] });
            changes.push((at, app));
        }
        Self { seed, apps, script, changes, per_region: None, availability: Kind::Empty }
    }

    pub fn with_regions_of(self, applications: usize) -> Self {
        Self { per_region: Some(applications), ..self }
    }

    pub fn with_availability(self, availability: Kind) -> Self {
        Self { availability, ..self }
    }

    fn sae(&self) -> Arc<Sae> {
        let sae = Sae::new(Apps::new(self.apps.clone(), self.script.clone()));
        let sae = sae.with_availability(self.availability, self.seed);
        Arc::new(match self.per_region {
            Some(applications) => sae.with_regions_of(applications),
            None => sae,
        })
    }

    fn watch(&self, app: usize) -> Watch {
        let region = self.per_region.map_or(REGIONS[0], |applications| REGIONS[app / applications]);
        Watch { region, ..Watch::new(app) }
    }

    /// How soon a round robin sees each change.
    pub fn naive(&self) -> Vec<f64> {
        let until = WARM_UP + MEASURED + mins(60);
        let looks = on_a_paused_clock(async {
            round_robin(&self.sae(), self.apps.len(), CALLS_PER_MINUTE, until).await
        });
        self.delays(&looks)
    }

    /// How soon the scheduler sees each change.
    pub fn ours(&self) -> Vec<f64> {
        let until = WARM_UP + MEASURED + mins(60);
        let looks = on_a_paused_clock(async {
            let clock = Clock::steady(Timestamp::UNIX_EPOCH);
            let mut operator = Operator::start(self.sae(), CALLS_PER_MINUTE, clock);
            operator.watch_all((0..self.apps.len()).map(|app| self.watch(app)));
            operator.work_until(until).await;
            std::mem::take(&mut operator.looks)
        });
        self.delays(&looks)
    }

    /// From each change to the next look at that application. A look that comes only after the recovery counts
    /// too, although it shows nothing any more: leaving it out would flatter whoever looks seldom.
    fn delays(&self, looks: &[Look]) -> Vec<f64> {
        let delay = |(at, app): &(Duration, usize)| {
            let next = looks.iter().find(|look| look.app == *app && look.at >= *at);
            next.map_or(f64::INFINITY, |look| look.at.saturating_sub(*at).as_secs_f64())
        };
        self.changes.iter().map(delay).collect()
    }
}
