//! What a watch asks of the polls, said anew at each reconcile.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::api::Health;
use crate::domain::Target;

/// Which watch. Clones share the text: everybody who keeps books on watches has one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WatchId {
    /// Its namespace.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

/// What one watch wants polled, and how it stands. Saying the same twice changes nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Want {
    /// What to ask.
    pub target: Arc<Target>,
    /// How often.
    pub interval: Duration,
    /// How long one call may take.
    pub timeout: Duration,
    /// The generation of the spec; one above `observed_generation` is new or changed and polls at once.
    pub generation: i64,
    /// The generation that has had its outcome.
    pub observed_generation: i64,
    /// A request token that is not yet handled.
    pub request: Option<String>,
    /// When the data that the status shows was observed, as the status says; `None`: never, or too old to be
    /// believed, so that the watch is due at once.
    pub fresh_since: Option<Timestamp>,
    /// How much the watch deserves a poll when not all can have theirs.
    pub attention: Attention,
    /// Whether the last poll saw something that one more must confirm before it is shown (contract §5).
    pub confirm: bool,
}

/// How much a watch deserves a poll while the budget is short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attention {
    /// How the application is shown.
    pub health: Health,
    /// When that last changed.
    pub changed_at: Option<Timestamp>,
}

impl fmt::Display for WatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
