//! Calm: one odd poll does not turn the table (contract §5).

use crate::api::{Health, HealthRules, Streak};

/// What is shown after a poll, and the streak that is open if that is not what the poll saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damped {
    /// The health to show.
    pub shown: Health,
    /// Polls in a row that differ from it.
    pub streak: Option<Streak>,
}

/// Takes the newest health at once where nothing could flap, else when enough polls in a row agree that it is
/// worse, or better, than what is shown.
pub fn damp(shown: Option<Health>, streak: Option<Streak>, newest: Health, rules: &HealthRules) -> Damped {
    let taken = Damped { shown: newest, streak: None };
    let Some(shown) = shown else { return taken };
    let (Some(was), Some(is)) = (badness(shown), badness(newest)) else { return taken };
    if shown == Health::ScaledToZero || newest == Health::ScaledToZero || was == is {
        return taken;
    }
    let is_worse = is > was;
    let before = streak.filter(|s| continues(s.health, was, is_worse)).map_or(0, |s| s.polls);
    let polls = before.saturating_add(1);
    apply_threshold(shown, Streak { health: newest, polls }, is_worse, rules)
}

/// The same without a new poll, after the thresholds may have changed.
pub fn apply_thresholds(shown: Health, streak: Option<Streak>, rules: &HealthRules) -> Damped {
    let Some(streak) = streak else { return Damped { shown, streak: None } };
    let (Some(was), Some(is)) = (badness(shown), badness(streak.health)) else {
        return Damped { shown: streak.health, streak: None };
    };
    apply_threshold(shown, streak, is > was, rules)
}

fn apply_threshold(shown: Health, streak: Streak, is_worse: bool, rules: &HealthRules) -> Damped {
    let threshold = if is_worse { rules.unhealthy_threshold } else { rules.healthy_threshold };
    if streak.polls >= i64::from(threshold) {
        Damped { shown: streak.health, streak: None }
    } else {
        Damped { shown, streak: Some(streak) }
    }
}

/// From good to bad; `None` for Unknown, which is no point on that line.
fn badness(health: Health) -> Option<u8> {
    match health {
        Health::Healthy | Health::ScaledToZero => Some(0),
        Health::Progressing => Some(1),
        Health::Degraded => Some(2),
        Health::Unhealthy => Some(3),
        Health::Unknown => None,
    }
}

/// Whether a streak's last poll pointed the same way as the newest one.
fn continues(last: Health, was: u8, is_worse: bool) -> bool {
    badness(last).is_some_and(|last| if is_worse { last > was } else { last < was })
}

#[cfg(test)]
mod tests {
    use Health::{Degraded, Healthy, Progressing, ScaledToZero, Unhealthy, Unknown};

    use super::*;

    fn rules(unhealthy: i32, healthy: i32) -> HealthRules {
        HealthRules { unhealthy_threshold: unhealthy, healthy_threshold: healthy, ..HealthRules::default() }
    }

    /// What is shown after each poll of a series.
    fn shown(start: Health, polls: &[Health], rules: &HealthRules) -> Vec<Health> {
        let mut state = Damped { shown: start, streak: None };
        polls
            .iter()
            .map(|newest| {
                state = damp(Some(state.shown), state.streak, *newest, rules);
                state.shown
            })
            .collect()
    }

    #[test]
    fn worse_is_shown_at_the_threshold_and_it_is_the_newest_that_is_shown() {
        assert_eq!(shown(Healthy, &[Degraded, Unhealthy], &rules(2, 1)), [Healthy, Unhealthy]);
        assert_eq!(
            shown(Healthy, &[Unhealthy, Progressing, Degraded], &rules(3, 1)),
            [Healthy, Healthy, Degraded]
        );
    }

    #[test]
    fn a_poll_as_shown_breaks_the_streak() {
        assert_eq!(
            shown(Healthy, &[Degraded, Healthy, Degraded, Healthy], &rules(2, 1)),
            [Healthy, Healthy, Healthy, Healthy]
        );
    }

    #[test]
    fn a_turn_in_the_other_direction_starts_a_new_streak() {
        assert_eq!(
            shown(Degraded, &[Unhealthy, Healthy, Unhealthy, Unhealthy], &rules(2, 2)),
            [Degraded, Degraded, Degraded, Unhealthy]
        );
    }

    #[test]
    fn better_is_shown_at_its_own_threshold() {
        assert_eq!(shown(Unhealthy, &[Healthy], &rules(2, 1)), [Healthy]);
        assert_eq!(shown(Unhealthy, &[Degraded, Healthy], &rules(2, 2)), [Unhealthy, Healthy]);
    }

    #[test]
    fn to_and_from_unknown_and_scaled_to_zero_is_at_once() {
        let calm = rules(10, 10);
        for (from, to) in [
            (Healthy, ScaledToZero),
            (Unhealthy, ScaledToZero),
            (ScaledToZero, Unhealthy),
            (ScaledToZero, Healthy),
            (Unknown, Unhealthy),
            (Healthy, Unknown),
        ] {
            assert_eq!(shown(from, &[to], &calm), [to], "{from:?} to {to:?}");
        }
        assert_eq!(damp(None, None, Unhealthy, &calm).shown, Unhealthy, "the first observation");
    }

    #[test]
    fn a_lower_threshold_ends_an_open_streak_without_a_poll() {
        let open = Some(Streak { health: Degraded, polls: 2 });
        assert_eq!(apply_thresholds(Healthy, open, &rules(3, 1)).shown, Healthy);
        assert_eq!(apply_thresholds(Healthy, open, &rules(2, 1)).shown, Degraded);
        let better = Some(Streak { health: Healthy, polls: 2 });
        assert_eq!(apply_thresholds(Degraded, better, &rules(2, 3)).shown, Degraded, "each way has its own");
    }
}
