//! Whether the list of abnormal instances of a region is of any use (contract §13).

use std::time::Duration;

use tokio::time::Instant;

/// So many misses without a confirmed hint, and the list is left out.
const MISSES: u32 = 3;
/// So long with hints and none of them confirmed, and the list is left out.
const IN_VAIN: Duration = Duration::from_secs(3600);
/// So many hints in vain, and a list is worth no more than one that has never given any. Every other hint is in vain where
/// a list is a minute old: what recovers is unwell, and so polled before the list shows it.
const PROVEN: u32 = 6;
/// A list that is left out is read in every so many sweeps.
pub(super) const RARELY: u32 = 10;

/// How the list has served lately.
#[derive(Debug, Default)]
pub(super) struct Usefulness {
    /// Since the last confirmed hint.
    misses: u32,
    /// When the first hint since the last confirmed one brought nothing new.
    in_vain_since: Option<Instant>,
    /// Hints in a row that brought nothing new, since one was confirmed; `None`: none ever was.
    in_vain: Option<u32>,
    is_left_out: bool,
    /// Sweeps since it was read.
    skipped: u32,
}

impl Usefulness {
    /// Whether only a few sweeps read it.
    pub(super) fn is_left_out(&self) -> bool {
        self.is_left_out
    }

    /// Whether one of its last hints was confirmed, so that its sweeps are worth calls of their own.
    pub(super) fn is_proven(&self) -> bool {
        self.in_vain.is_some_and(|hints| hints < PROVEN)
    }

    /// Whether the sweep that begins now reads it.
    pub(super) fn is_due(&mut self) -> bool {
        self.skipped += 1;
        if self.is_left_out && self.skipped < RARELY {
            return false;
        }
        self.skipped = 0;
        true
    }

    /// A hint of it was confirmed.
    pub(super) fn confirmed(&mut self) {
        *self = Self { skipped: self.skipped, in_vain: Some(0), ..Self::default() };
    }

    /// A hint of it brought nothing new.
    pub(super) fn nothing_new(&mut self, now: Instant) {
        self.in_vain = self.in_vain.map(|hints| hints.saturating_add(1));
        let since = *self.in_vain_since.get_or_insert(now);
        self.is_left_out |= now.saturating_duration_since(since) >= IN_VAIN;
    }

    /// It did not show what a poll had found.
    pub(super) fn missed(&mut self) {
        self.misses += 1;
        self.is_left_out |= self.misses >= MISSES;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Target;
    use crate::poll::targets::key::{RegionKey, RunNumber, TargetKey};
    use crate::poll::targets::precheck::{OFF, Precheck};

    /// In how many of 20 sweeps it is read.
    fn reads(list: &mut Usefulness) -> usize {
        (0..20).filter(|_| list.is_due()).count()
    }

    #[test]
    fn three_misses_leave_it_out_until_it_confirms_a_hint() {
        let mut list = Usefulness::default();
        list.missed();
        list.missed();
        assert_eq!(reads(&mut list), 20);
        list.confirmed();
        list.missed();
        list.missed();
        assert_eq!(reads(&mut list), 20, "a confirmed hint in between");
        list.missed();
        assert_eq!(reads(&mut list), 2);
        list.confirmed();
        assert_eq!(reads(&mut list), 20);
    }

    #[test]
    fn it_is_proven_by_a_confirmed_hint_until_six_were_in_vain() {
        let (mut list, now) = (Usefulness::default(), Instant::now());
        assert!(!list.is_proven());
        list.confirmed();
        for _ in 0..5 {
            list.nothing_new(now);
        }
        assert!(list.is_proven());
        list.nothing_new(now);
        assert!(!list.is_proven());
    }

    #[test]
    fn an_hour_of_hints_in_vain_leaves_it_out() {
        let (mut list, start) = (Usefulness::default(), Instant::now());
        list.nothing_new(start);
        list.nothing_new(start + IN_VAIN / 2);
        assert!(!list.is_left_out());
        list.confirmed();
        list.nothing_new(start + IN_VAIN);
        assert!(!list.is_left_out(), "a confirmed hint begins the hour anew");
        list.nothing_new(start + IN_VAIN * 2);
        assert!(list.is_left_out());
    }

    /// How many misses the list of abnormal instances has after a poll found its application worse, of a region that is
    /// swept before and after what happens.
    fn missed(is_swept: bool, happens: impl Fn(&mut Precheck, RegionKey, &Target, Instant)) -> usize {
        let (key, region, start) = (TargetKey(1), RegionKey(1), Instant::now());
        let target = Target::application("cn-hangzhou".parse().unwrap(), "cart".parse().unwrap());
        let period = |is_swept| Some(Duration::from_secs(if is_swept { 300 } else { 60 }));
        let mut precheck = Precheck::new(30, start);
        precheck.join(&target, key, region, start);
        precheck.set_period(&target, key, period(is_swept));
        precheck.found_worse(&target, start);
        happens(&mut precheck, region, &target, start);
        precheck.set_period(&target, key, period(true));
        precheck.begin(region, RunNumber(1), start + OFF).unwrap();
        precheck.abnormal(region, &[]).missed
    }

    #[test]
    fn a_list_misses_nothing_of_the_time_when_it_was_not_read() {
        assert_eq!(missed(true, |_, _, _, _| ()), 1);
        assert_eq!(missed(false, |_, _, _, _| ()), 0, "it was not swept yet");
        let ends = |precheck: &mut Precheck, _, target: &Target, _| {
            precheck.set_period(target, TargetKey(1), Some(Duration::from_secs(60)));
        };
        assert_eq!(missed(true, ends), 0, "the sweeps ended");
        let refused =
            |precheck: &mut Precheck, region, _: &Target, now| precheck.availability_refused(region, now);
        assert_eq!(missed(true, refused), 0, "the list was refused");
    }
}
