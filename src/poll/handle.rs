//! The polls as the operator sees them: it says what each watch wants, hears when something changed, and takes
//! the newest answer.

use std::sync::{Arc, Weak};

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::account::{Account, Shared};
use super::driver::drive;
use super::figures::Figures;
use super::want::{Want, WatchId};
use crate::domain::{Observation, Pace};
use crate::sae::{Api, Clock};
use crate::telemetry::Watchdog;

/// How the polls of an account are made.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many calls may start in any 60 s, from 1 to 6000.
    pub calls_per_minute: u32,
    /// The wall clock.
    pub clock: Clock,
}

impl Settings {
    /// A budget of `calls_per_minute`, and the machine's clock.
    pub fn new(calls_per_minute: u32) -> Self {
        Self { calls_per_minute, clock: Clock::system() }
    }
}

/// Something about this watch changed: an answer, a failure, another pace.
pub type News = mpsc::UnboundedReceiver<WatchId>;

/// The handle of an account's polls. Cheap to clone; nothing here waits or calls SAE.
#[derive(Debug, Clone)]
pub struct Polls(Arc<Shared>);

/// What is known for one watch.
#[derive(Debug, Clone)]
pub struct Seen {
    /// How its polls go.
    pub pace: Pace,
    /// The newest good answer that this watch has not rendered yet. Only an answer to an attempt that started
    /// after the watch began to want this target.
    pub observation: Option<Arc<Observation>>,
}

/// Starts the polls of one account; they end when `stop` is cancelled. The first call goes out 60 s divided by
/// `calls_per_minute` from now.
///
/// Must be called within a tokio runtime.
pub fn start<A: Api>(api: Arc<A>, settings: Settings, stop: CancellationToken) -> (Polls, News) {
    let Settings { calls_per_minute, clock } = settings;
    let (news, receiver) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared::new(Account::new(calls_per_minute, clock, news, Instant::now())));
    tokio::spawn(drive(api, shared.clone(), stop));
    (Polls(shared), receiver)
}

impl Polls {
    /// Says what a watch wants; replaces what it wanted before. Saying the same again changes nothing.
    pub fn want(&self, id: &WatchId, want: Want) {
        // Nearly always it is what was wanted before, and then nobody need look for what is next.
        if self.0.account().want(id, want, Instant::now()) {
            self.0.wake();
        }
    }

    /// Lets go of a watch that was deleted or suspended: its calls end at once, and nothing of it is kept.
    pub fn forget(&self, id: &WatchId) {
        self.0.account().forget(id, Instant::now());
        self.0.wake();
    }

    /// What is known for a watch now; `None` for one that wants nothing.
    pub fn newest(&self, id: &WatchId) -> Option<Seen> {
        let (pace, observation) = self.0.account().newest(id, Instant::now())?;
        Some(Seen { pace, observation })
    }

    /// Says that the status of a watch holds what was seen. An observation is dropped once every watch on its
    /// target has said so.
    pub fn rendered(&self, id: &WatchId, seen: &Seen) {
        let Some(observation) = &seen.observation else { return };
        if self.0.account().rendered(id, observation) {
            self.0.wake();
        }
    }

    /// Says that the credentials may have changed, so that rejected ones are tried again at once.
    pub fn credentials_changed(&self) {
        self.0.account().credentials_changed(Instant::now());
        self.0.wake();
    }

    /// The watchdog of the scheduler.
    pub fn watchdog(&self) -> &Watchdog {
        self.0.watchdog()
    }

    pub(super) fn downgrade(&self) -> Weak<Shared> {
        Arc::downgrade(&self.0)
    }

    /// The counters, for metrics.
    pub fn figures(&self) -> Figures {
        self.0.account().figures(Instant::now())
    }
}
