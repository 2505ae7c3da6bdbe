//! Fixed points of the clock, so that a restart polls no target sooner (contract §8, "Due").

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::poll::targets::Phase;

/// The clock's fixed points: for each period a comb of points one period apart since 1970, shifted for each
/// target by its phase.
///
/// The wall clock is read once, at the start. Afterwards only distances count, so a clock that jumps moves
/// nothing, and two processes whose clocks agree use the same points.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FixedPoints {
    start: Instant,
    /// Nanoseconds from 1970 to `start`.
    nanos: u128,
}

/// How far a poll may be moved towards a fixed point; each at most half a period.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pull {
    /// How much sooner it may come.
    pub(crate) back: Duration,
    /// How much later.
    pub(crate) forth: Duration,
}

impl FixedPoints {
    pub(crate) fn new(start: Instant, wall: Timestamp) -> Self {
        Self { start, nanos: u128::try_from(wall.as_nanosecond()).unwrap_or(0) }
    }

    /// The instant `later` after a time of day; the start if that was before, and no later than `later` from the
    /// start if the time of day lies in the future.
    pub(crate) fn at(&self, wall: Timestamp, later: Duration) -> Instant {
        let wall = u128::try_from(wall.as_nanosecond()).unwrap_or(0);
        let ago = duration(self.nanos.saturating_sub(wall));
        self.start + later.saturating_sub(ago)
    }

    /// The first point after `after`.
    pub(crate) fn next(&self, phase: Phase, period: Duration, after: Instant) -> Instant {
        let passed = self.nanos + after.saturating_duration_since(self.start).as_nanos();
        let period_nanos = period.as_nanos().max(1);
        let phase = phase.nanos(period_nanos);
        // How far `after` lies past the last point; adding a period keeps the difference above zero.
        let past = (passed % period_nanos + period_nanos - phase) % period_nanos;
        after + duration(period_nanos - past)
    }

    /// The next poll half a period after `middle`, which lies half a period after the last one, moved towards the
    /// nearest point. A poll that waited in its lane for less than that half does not shift the next one.
    pub(crate) fn following(&self, phase: Phase, period: Duration, middle: Instant, pull: Pull) -> Instant {
        let Pull { back, forth } = pull;
        let (nearest, next) = (self.next(phase, period, middle), middle + period / 2);
        nearest.clamp(next.checked_sub(back).unwrap_or(middle), next + forth)
    }
}

/// Nanoseconds as a duration. Periods end at days, far below what an u64 of nanoseconds holds.
fn duration(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::targets::Seed;
    use proptest::prelude::*;

    fn wall(secs: i64) -> Timestamp {
        Timestamp::from_second(secs).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn the_next_point_is_the_same_before_and_after_a_restart(
            seed: u64, period in 15u64..90_000, asked in 0u64..100_000, restarted in 0u64..100_000,
        ) {
            let (start, seed, period) = (Instant::now(), Seed::from_u64(seed).phase(), Duration::from_secs(period));
            let (restarted, asked) = (restarted.min(asked), Duration::from_secs(asked));
            let first = FixedPoints::new(start, wall(1_800_000_000));
            let late = Duration::from_secs(restarted);
            let second = FixedPoints::new(start + late, wall(1_800_000_000 + i64::try_from(restarted).unwrap()));
            prop_assert_eq!(first.next(seed, period, start + asked), second.next(seed, period, start + asked));
        }

        #[test]
        fn points_lie_one_period_apart(seed: u64, millis in 15_000u64..90_000_000, from in 0u64..100_000) {
            let (start, seed, period) = (Instant::now(), Seed::from_u64(seed).phase(), Duration::from_millis(millis));
            let points = FixedPoints::new(start, wall(1_800_000_000));
            let first = points.next(seed, period, start + Duration::from_secs(from));
            prop_assert!(first > start + Duration::from_secs(from));
            prop_assert!(first <= start + Duration::from_secs(from) + period);
            prop_assert_eq!(points.next(seed, period, first), first + period);
        }

        #[test]
        fn a_poll_that_waited_in_its_lane_does_not_shift_the_next(
            seed: u64, millis in 15_000u64..90_000_000, waited in 0.0..0.499,
        ) {
            let (start, seed, period) = (Instant::now(), Seed::from_u64(seed).phase(), Duration::from_millis(millis));
            let points = FixedPoints::new(start, wall(1_800_000_000));
            let due = points.next(seed, period, start);
            let pull = Pull { back: period / 2, forth: period / 2 };
            let middle = due + period.mul_f64(waited) + period / 2;
            prop_assert_eq!(points.following(seed, period, middle, pull), due + period);
        }

        #[test]
        fn polls_move_to_their_points_within_a_few_periods(
            seed: u64, millis in 15_000u64..90_000_000, last in 0u64..100_000,
        ) {
            let (start, seed, period) = (Instant::now(), Seed::from_u64(seed).phase(), Duration::from_millis(millis));
            let points = FixedPoints::new(start, wall(1_800_000_000));
            let mut last = start + Duration::from_secs(last);
            for _ in 0..6 {
                let pull = Pull { back: period.mul_f64(0.1), forth: period.mul_f64(0.1) };
                let next = points.following(seed, period, last + period / 2, pull);
                prop_assert!(next >= last + period.mul_f64(0.89) && next <= last + period.mul_f64(1.11));
                last = next;
            }
            prop_assert_eq!(points.next(seed, period, last - period / 2), last);
        }
    }
}
