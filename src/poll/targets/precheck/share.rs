//! How much of the budget the sweeps take, and how often a region is swept.

use std::time::Duration;

/// The most of the budget that sweeps take together.
const MOST: f64 = 1.0 / 3.0;
/// The shortest time between two sweeps of a region: what changes faster is a poll's business.
const SHORTEST: Duration = Duration::from_secs(18);
const MINUTE: f64 = 60.0;

/// What sweeps cost, of one region or of all of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Work {
    /// Calls of one sweep.
    pub(super) calls: f64,
    /// Targets that it covers.
    pub(super) targets: usize,
    /// How many of these targets each list in use covers, added up.
    pub(super) served: usize,
}

/// The part of the budget for sweeps that cost `calls` a round and cover `targets` targets.
pub(super) fn share(work: Work) -> f64 {
    let Work { calls, targets, served } = work;
    if targets == 0 {
        return 0.0;
    }
    let ratio = calls / targets as f64;
    let rule = std::env::var("SWEEP_RULE").unwrap_or_else(|_| "worth10".into());
    let share = match rule.as_str() {
        "fifth" => 0.2,
        "seventh" => 1.0 / 7.0,
        "proportional" => ratio * 20.0 / (1.0 + ratio * 20.0),
        worth if worth.starts_with("worth") => {
            let worth: f64 = worth.trim_start_matches("worth").parse().unwrap_or(10.0);
            let ratio = (worth * ratio * served as f64 / targets as f64).sqrt();
            ratio / (1.0 + ratio)
        }
        root => {
            let factor: f64 = root.trim_start_matches("root").parse().unwrap_or(3.0);
            let ratio = factor * ratio.sqrt();
            ratio / (1.0 + ratio)
        }
    };
    share.min(MOST)
}

/// The time between two sweeps of a region.
pub(super) fn period(region: Work, all: Work, calls_per_minute: u32) -> Duration {
    let budget = f64::from(calls_per_minute.max(1)) * share(all);
    let round = all.calls * MINUTE / budget.max(f64::MIN_POSITIVE);
    let alone = region.calls * MINUTE / region.targets.max(1) as f64;
    Duration::from_secs_f64(round.max(alone).min(24.0 * 3600.0)).max(SHORTEST)
}
