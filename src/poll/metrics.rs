//! The polls' counters and the state of the credentials, as they are scraped.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tokio::time::Instant;

use crate::poll::run::{Polls, Shared};
use crate::poll::scheduler::{Outcome, Stats};
use crate::sae::{Class, Credentials, Report};
use crate::telemetry::catalogue::{
    BUDGET, BUDGET_LEFT, BUDGET_WANTED, CREDENTIALS, CREDENTIALS_EXPIRY, CREDENTIALS_REJECTED,
    PRECHECK_DENIED, QUEUE_LENGTH, QUEUE_WAIT, SAE_CALL_DURATION, SAE_CALLS, SAE_CALLS_IN_FLIGHT, TARGETS,
    TARGETS_STRETCHED, THROTTLED, THROTTLES,
};

/// Shows the polls that run now, if any: a replica that stands by has none. Clones share it.
#[derive(Debug, Clone)]
pub struct PollMetrics {
    credentials: Credentials,
    current: Arc<Mutex<Weak<Shared>>>,
}

impl PollMetrics {
    /// Shows these credentials, and no polls yet.
    pub fn new(credentials: Credentials) -> Self {
        Self { credentials, current: Arc::default() }
    }

    /// Shows these polls from now on, for as long as they run.
    pub fn show(&self, polls: &Polls) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = polls.downgrade();
    }

    fn stats(&self) -> Option<Stats> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).upgrade()?;
        let stats = current.scheduler().stats(Instant::now());
        Some(stats)
    }
}

impl Collector for PollMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stats = self.stats();
        let is_rejected = stats.as_ref().is_some_and(|stats| stats.rejected);
        encode_credentials(&mut encoder, &self.credentials.report(), is_rejected)?;
        match &stats {
            Some(stats) => {
                encode_calls(&mut encoder, stats)?;
                encode_queue(&mut encoder, stats)?;
                encode_budget(&mut encoder, stats)
            }
            None => Ok(()),
        }
    }
}

fn encode_credentials(
    encoder: &mut DescriptorEncoder<'_>,
    report: &Report,
    is_rejected: bool,
) -> fmt::Result {
    if let Some(provider) = report.provider {
        CREDENTIALS.write(encoder)?.info([&provider.to_string()])?;
    }
    if let Some(expires) = report.expires {
        CREDENTIALS_EXPIRY.gauge(encoder, expires.as_second())?;
    }
    let has_none = report.failure.as_ref().is_some_and(|failure| {
        matches!(failure.class, Class::CredentialsRejected | Class::CredentialsMissing)
    });
    CREDENTIALS_REJECTED.gauge(encoder, u32::from(is_rejected || has_none))
}

fn encode_calls(encoder: &mut DescriptorEncoder<'_>, stats: &Stats) -> fmt::Result {
    let mut calls = SAE_CALLS.write(encoder)?;
    for ((operation, outcome), count) in &stats.counters.calls {
        calls.counter([operation.name(), outcome.as_str()], *count)?;
    }
    let mut durations = SAE_CALL_DURATION.write(encoder)?;
    for (operation, seconds) in &stats.counters.call_seconds {
        durations.histogram([operation.name()], seconds)?;
    }
    SAE_CALLS_IN_FLIGHT.gauge(encoder, stats.in_flight)?;
    let throttles = stats.counters.calls.iter().filter(|((_, outcome), _)| *outcome == Outcome::Throttled);
    THROTTLES.counter(encoder, throttles.map(|(_, count)| count).sum::<u64>())?;
    THROTTLED.gauge(encoder, u32::from(stats.throttled))
}

fn encode_queue(encoder: &mut DescriptorEncoder<'_>, stats: &Stats) -> fmt::Result {
    let mut lengths = QUEUE_LENGTH.write(encoder)?;
    for (lane, waiting) in &stats.waiting {
        lengths.gauge([lane.as_str()], *waiting)?;
    }
    let mut waits = QUEUE_WAIT.write(encoder)?;
    for (lane, seconds) in &stats.counters.wait_seconds {
        waits.histogram([lane.as_str()], seconds)?;
    }
    Ok(())
}

fn encode_budget(encoder: &mut DescriptorEncoder<'_>, stats: &Stats) -> fmt::Result {
    BUDGET.gauge(encoder, stats.budget)?;
    BUDGET_WANTED.gauge(encoder, stats.wanted)?;
    BUDGET_LEFT.gauge(encoder, f64::from(stats.budget) - stats.wanted)?;
    TARGETS.gauge(encoder, stats.targets)?;
    TARGETS_STRETCHED.gauge(encoder, stats.slowed)?;
    PRECHECK_DENIED.gauge(encoder, stats.prechecks_denied)
}
