//! Exit codes as monitoring plugins have them (contract §10).

use crate::api::Health;

/// Manifests without a fault.
pub(super) const NO_FAULT: u8 = 0;

/// Everything that is no answer: no health is known, or the command line is wrong.
pub(crate) const UNKNOWN: u8 = 3;

/// The codes from best to worst: an unknown health is worse than one that is known not to be bad.
const ORDER: [u8; 4] = [0, 1, UNKNOWN, 2];

/// The code of one application.
pub(super) fn code(health: Option<Health>) -> u8 {
    match health {
        Some(Health::Healthy | Health::ScaledToZero) => 0,
        Some(Health::Degraded | Health::Progressing) => 1,
        Some(Health::Unhealthy) => 2,
        Some(Health::Unknown) | None => UNKNOWN,
    }
}

/// The code of several: the worst one counts. Of none nothing is known.
pub(super) fn worst(healths: impl IntoIterator<Item = Option<Health>>) -> u8 {
    let rank = |code: &u8| ORDER.iter().position(|one| one == code);
    healths.into_iter().map(code).max_by_key(rank).unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_several_counts_and_unknown_is_worse_than_degraded() {
        use Health::{Degraded, Healthy, Progressing, ScaledToZero, Unhealthy, Unknown};
        for (healths, expected) in [
            (vec![], 3),
            (vec![Healthy, ScaledToZero], 0),
            (vec![Healthy, Degraded, ScaledToZero], 1),
            (vec![Progressing, Healthy], 1),
            (vec![Degraded, Unknown, Healthy], 3),
            (vec![Unknown, Unhealthy, Degraded], 2),
        ] {
            assert_eq!(worst(healths.iter().copied().map(Some)), expected, "{healths:?}");
        }
    }
}
