//! How old data may get, and when a watch is reconciled again (contract §5).

use jiff::{SignedDuration, Timestamp};

/// No wake-up comes sooner than this, whatever the reason: one place that computes it, one floor, so that no
/// mistake elsewhere becomes a hot loop.
pub const FLOOR: SignedDuration = SignedDuration::from_secs(5);

/// How long a new object is given to have its first outcome before it is written that there is none (contract §2). Most
/// come sooner, and then one write is enough. Until then the schema's observedGeneration of -1 speaks for it, or what is
/// stored of an older generation.
pub const FIRST_OUTCOME: SignedDuration = FLOOR;

/// The same for one that waits for its turn. A thousand new watches take the largest quota 20 seconds: that each of them
/// waits is no news, and would cost the API server as much again as what they wait for.
pub const FIRST_TURN: SignedDuration = SignedDuration::from_secs(30);

/// How rarely what moves by itself in the status of an account or a set is written: all but its conditions.
pub const REST_PERIOD: SignedDuration = SignedDuration::from_mins(1);

/// How long that waits. `written` is when this process wrote it last. One that just started has not seen all watches
/// yet: what is stored by the one before it is nearer to the truth.
pub fn rest_in(
    written: Option<Timestamp>,
    is_stored: bool,
    known_since: Timestamp,
    now: Timestamp,
) -> SignedDuration {
    let since = written.or(is_stored.then_some(known_since));
    since.map_or(SignedDuration::ZERO, |since| REST_PERIOD - now.duration_since(since))
}

/// How long after the last good answer the data is too old: long enough for three polls to fail and for the
/// time in the status to lag behind by one heartbeat.
pub fn allowance(heartbeat: SignedDuration, interval: SignedDuration) -> SignedDuration {
    heartbeat.saturating_add(interval.saturating_mul(3))
}

/// When data observed at `observed` gets stale.
pub fn stale_after(observed: Timestamp, allowance: SignedDuration) -> Timestamp {
    observed.saturating_add(allowance).unwrap_or(Timestamp::MAX)
}

/// A status holds whole seconds; what is compared with a stored one must be as coarse.
pub fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// Whether data that is `lag` newer than the stored one must be written though nothing else changed. Polls wander by
/// a second or two, and one that comes just before the time would leave it to the next, a whole interval later; so
/// a thirtieth is forgiven (10 s of 5 min), at which no whole number of usual intervals ends.
pub fn is_heartbeat_due(lag: SignedDuration, heartbeat: SignedDuration) -> bool {
    lag >= heartbeat - heartbeat / 30
}

/// How long to wait for the earliest of some moments; `None` when there is none.
pub fn wake_in(
    moments: impl IntoIterator<Item = Option<Timestamp>>,
    now: Timestamp,
) -> Option<SignedDuration> {
    // One second more than the moment itself, since "past" is what the rules ask for and a status has whole seconds.
    let earliest = moments.into_iter().flatten().min()?;
    Some((earliest.duration_since(now) + SignedDuration::from_secs(1)).max(FLOOR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_up_is_never_below_the_floor_and_never_before_the_moment() {
        let now = Timestamp::UNIX_EPOCH;
        let at = |seconds| Some(now + SignedDuration::from_secs(seconds));
        assert_eq!(wake_in([at(100), at(40), None], now), Some(SignedDuration::from_secs(41)));
        assert_eq!(wake_in([at(-100)], now), Some(FLOOR));
        assert_eq!(wake_in([None], now), None);
    }
}
