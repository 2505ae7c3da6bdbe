//! Whether a call may go out: the pace, and what trouble does.

pub(crate) mod backoff;
pub(crate) mod budget;
pub(crate) mod credentials;
pub(crate) mod throttle;
