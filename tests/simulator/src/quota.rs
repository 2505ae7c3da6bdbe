//! The account's flow control: so many calls in any 60 seconds, all operations of SAE together.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::refusal::{self, Refusal};

const WINDOW: Duration = Duration::from_mins(1);

/// The calls of the last minute, and how many may be.
#[derive(Debug, Default)]
pub(crate) struct Quota {
    /// Absent: no limit.
    pub(crate) calls_per_minute: Option<usize>,
    /// Whether a refusal says when to come back (`x-acs-retry-after`, milliseconds).
    pub(crate) says_when: bool,
    /// When the calls that were let through arrived; refused ones do not count.
    recent: VecDeque<Instant>,
}

impl Quota {
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Refusal> {
        while self.recent.pop_front_if(|at| now.duration_since(*at) >= WINDOW).is_some() {}
        match (self.calls_per_minute, self.recent.front()) {
            (Some(limit), oldest) if self.recent.len() >= limit => {
                let wait = oldest.map_or(WINDOW, |oldest| WINDOW.saturating_sub(now.duration_since(*oldest)));
                let refusal = refusal::throttled();
                Err(if self.says_when {
                    refusal.with_header("x-acs-retry-after", &wait.as_millis().to_string())
                } else {
                    refusal
                })
            }
            _ => {
                self.recent.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_more_than_the_limit_in_any_minute_is_throttled() {
        let start = Instant::now();
        let mut quota = Quota { calls_per_minute: Some(2), says_when: true, ..Quota::default() };
        assert!(quota.take(start).is_ok());
        assert!(quota.take(start + Duration::from_secs(50)).is_ok());
        let refusal = quota.take(start + Duration::from_secs(59)).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str()), (400, "Throttling.User"));
        assert_eq!(refusal.headers, [("x-acs-retry-after".to_owned(), "1000".to_owned())]);
        assert!(quota.take(start + Duration::from_mins(1)).is_ok(), "the first call is a minute old");
        assert!(
            quota.take(start + Duration::from_secs(61)).is_err(),
            "the window slides, it does not start anew"
        );
    }
}
