//! How fast sets may apply watches, all of them together.

use std::time::Duration;

use tokio::time::Instant;

/// From one apply to the next: no second holds more than 20 (contract §15.1), not even one of the API server, which they
/// reach with some milliseconds of difference.
const SPACING: Duration = Duration::from_millis(51);

/// Spaces applies. They do not come in bursts, so that an API server sees an even load.
#[derive(Debug)]
pub(super) struct Pacer {
    next: Instant,
}

impl Pacer {
    pub(super) fn new(now: Instant) -> Self {
        Self { next: now }
    }

    /// When the next apply may start.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Takes the place of the next apply, if that may start now.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let is_free = self.next <= now;
        if is_free {
            self.next = now + SPACING;
        }
        is_free
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_second_holds_more_than_20_starts(waits in proptest::collection::vec(0..400_u64, 1..300)) {
            let begin = Instant::now();
            let (mut pacer, mut now, mut starts) = (Pacer::new(begin), begin, Vec::new());
            for wait in waits {
                now += Duration::from_millis(wait);
                // As many as it takes at once.
                while pacer.take(now) {
                    starts.push(now);
                }
            }
            for (nth, first) in starts.iter().enumerate() {
                let within = starts[nth..].iter().take_while(|start| **start - *first <= Duration::from_secs(1));
                prop_assert!(within.count() <= 20);
            }
        }
    }

    #[test]
    fn who_comes_when_it_may_start_never_waits_and_a_thousand_take_less_than_a_minute() {
        let begin = Instant::now();
        let (mut pacer, mut now) = (Pacer::new(begin), begin);
        for _ in 0..1000 {
            now = now.max(pacer.next());
            assert!(pacer.take(now));
        }
        assert!((49..52).contains(&(now - begin).as_secs()), "{:?}", now - begin);
    }
}
