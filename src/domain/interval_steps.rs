//! The steps of `status.effectiveInterval`: few enough that the shown pace rarely changes (contract §2).

use jiff::SignedDuration;

/// The steps in seconds; past the last one they double.
const STEPS: [i64; 14] = [15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1200, 1800, 3600];

/// The smallest step that is not below `interval`.
pub fn round_up(interval: SignedDuration) -> SignedDuration {
    let listed = STEPS.into_iter().map(SignedDuration::from_secs).find(|step| *step >= interval);
    listed.unwrap_or_else(|| {
        let mut step = SignedDuration::from_hours(2);
        while step < interval {
            step = step.saturating_mul(2);
        }
        step
    })
}

/// The step below `step`; zero below the first.
pub fn below(step: SignedDuration) -> SignedDuration {
    if step > SignedDuration::from_hours(2) {
        return step / 2;
    }
    let lower = STEPS.into_iter().rev().map(SignedDuration::from_secs).find(|lower| *lower < step);
    lower.unwrap_or(SignedDuration::ZERO)
}

/// A step as people write it in Go's notation: `45s`, `90s`, `2m`, `1h`.
pub fn text(step: SignedDuration) -> String {
    let secs = step.as_secs();
    if secs % 3600 == 0 {
        format!("{}h", secs / 3600)
    } else if secs % 60 == 0 {
        format!("{}m", secs / 60)
    } else {
        format!("{secs}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::GoDuration;

    #[test]
    fn a_pace_is_shown_as_the_next_step_up() {
        for (secs, shown) in [
            (1, "15s"),
            (15, "15s"),
            (16, "20s"),
            (61, "90s"),
            (91, "2m"),
            (125, "3m"),
            (1_900, "1h"),
            (3_601, "2h"),
            (7_201, "4h"),
            (50_000, "16h"),
        ] {
            assert_eq!(text(round_up(SignedDuration::from_secs(secs))), shown, "{secs} s");
        }
    }

    #[test]
    fn every_step_reads_back_as_a_go_duration_and_is_its_own_step() {
        let mut step = SignedDuration::ZERO;
        for _ in 0..20 {
            step = round_up(step + SignedDuration::from_nanos(1));
            let read: GoDuration = text(step).parse().unwrap();
            assert_eq!((read.signed(), round_up(step)), (step, step));
        }
    }

    #[test]
    fn below_a_step_lies_the_step_before() {
        let mut step = SignedDuration::ZERO;
        for _ in 0..20 {
            let next = round_up(step + SignedDuration::from_nanos(1));
            assert_eq!(below(next), step);
            step = next;
        }
    }
}
