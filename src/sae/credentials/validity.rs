//! When keys are to be replaced, pure: ahead of their end, not all replicas at once, and never past it.

use jiff::{SignedDuration, Timestamp};

use super::Keys;

/// How long before their end keys are replaced at the earliest, as in the official SDKs.
const LONGEST_LEAD: SignedDuration = SignedDuration::from_mins(15);
/// How long before their end keys are no longer used: a request takes a while, and clocks differ.
const LONGEST_MARGIN: SignedDuration = SignedDuration::from_mins(1);
/// Keys that were refused this soon after they were issued are not refused because they expired.
const TOO_YOUNG: SignedDuration = SignedDuration::from_mins(1);
/// The pauses between failed replacements: this one, doubled each time, up to the longest.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// The times of one set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    issued: Timestamp,
    /// When to search for others, and until when these serve; `None` for keys that do not end by themselves.
    ends: Option<Ends>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends {
    renew_at: Timestamp,
    unusable_at: Timestamp,
}

/// What to do with the keys at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Use them.
    Nothing,
    /// Use them, and search for others meanwhile.
    Renewal,
    /// Wait for others.
    Others,
}

impl Validity {
    /// `chance` between 0 and 1 spreads the renewals of several replicas.
    pub(super) fn new(keys: &Keys, now: Timestamp, chance: f64) -> Self {
        let ends = keys.expires().map(|end| {
            let life = now.duration_until(end).max(SignedDuration::ZERO);
            let lead = LONGEST_LEAD.min(life / 3);
            let early = lead.mul_f64(1.0 + chance.clamp(0.0, 1.0) / 5.0);
            let margin = LONGEST_MARGIN.min(life / 10);
            Ends { renew_at: earlier(end, early), unusable_at: earlier(end, margin) }
        });
        Self { issued: now, ends }
    }

    /// What to do now. `not_before` is when the next renewal may be tried, after one that failed.
    pub(super) fn need(&self, now: Timestamp, not_before: Option<Timestamp>) -> Need {
        match self.ends {
            Some(Ends { unusable_at, .. }) if now >= unusable_at => Need::Others,
            Some(Ends { renew_at, .. }) if now >= renew_at && not_before.is_none_or(|time| now >= time) => {
                Need::Renewal
            }
            Some(_) | None => Need::Nothing,
        }
    }

    /// Whether keys that the server calls expired may just have ended before their time.
    pub(super) fn can_be_renewed(&self, now: Timestamp) -> bool {
        self.ends.is_some() && self.issued.duration_until(now) >= TOO_YOUNG
    }
}

/// The pause after so many failed renewals in a row, between half and whole of it.
pub(super) fn pause(failures: u32, chance: f64) -> SignedDuration {
    let doubled = FIRST_PAUSE.checked_mul(1 << failures.saturating_sub(1).min(10)).unwrap_or(LONGEST_PAUSE);
    doubled.min(LONGEST_PAUSE).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

fn earlier(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_sub(by).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + 60 * minutes).unwrap()
    }

    fn valid_for(minutes: i64, chance: f64) -> Validity {
        Validity::new(&Keys::new("id", "secret", "test").until(at(minutes)), at(0), chance)
    }

    #[test]
    fn keys_of_an_hour_are_renewed_a_quarter_ahead_and_used_until_a_minute_before_their_end() {
        let keys = valid_for(60, 0.0);
        assert_eq!(keys.need(at(44), None), Need::Nothing);
        assert_eq!(keys.need(at(45), None), Need::Renewal);
        assert_eq!(keys.need(at(58), None), Need::Renewal);
        assert_eq!(keys.need(at(59), None), Need::Others);
    }

    #[test]
    fn chance_moves_the_renewal_by_up_to_a_fifth_of_the_lead() {
        assert_eq!(valid_for(60, 1.0).need(at(41), None), Need::Nothing);
        assert_eq!(valid_for(60, 1.0).need(at(42), None), Need::Renewal);
    }

    #[test]
    fn keys_of_a_quarter_of_an_hour_are_not_renewed_all_the_time() {
        let keys = valid_for(15, 0.0);
        assert_eq!(keys.need(at(9), None), Need::Nothing);
        assert_eq!(keys.need(at(10), None), Need::Renewal);
        assert_eq!(keys.need(at(14), None), Need::Others);
    }

    #[test]
    fn keys_that_came_expired_are_never_used() {
        assert_eq!(valid_for(-1, 0.0).need(at(0), None), Need::Others);
        assert_eq!(valid_for(0, 0.0).need(at(0), None), Need::Others);
    }

    #[test]
    fn a_failed_renewal_is_tried_again_after_a_pause_while_the_old_keys_serve() {
        let keys = valid_for(60, 0.0);
        assert_eq!(keys.need(at(46), Some(at(47))), Need::Nothing);
        assert_eq!(keys.need(at(47), Some(at(47))), Need::Renewal);
        assert_eq!(keys.need(at(59), Some(at(99))), Need::Others, "without keys there is no pause");
        assert_eq!(pause(1, 1.0), FIRST_PAUSE);
        assert_eq!(pause(3, 0.0), FIRST_PAUSE * 2);
        assert_eq!(pause(u32::MAX, 1.0), LONGEST_PAUSE);
    }

    #[test]
    fn keys_that_do_not_end_are_never_renewed() {
        let keys = Validity::new(&Keys::new("id", "secret", "test"), at(0), 0.5);
        assert_eq!(keys.need(at(1_000_000), None), Need::Nothing);
        assert!(!keys.can_be_renewed(at(60)));
    }

    #[test]
    fn only_keys_that_lived_a_while_can_have_expired() {
        assert!(!valid_for(60, 0.0).can_be_renewed(at(0)));
        assert!(valid_for(60, 0.0).can_be_renewed(at(2)));
    }
}
