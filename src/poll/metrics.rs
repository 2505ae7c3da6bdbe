//! The polls' counters and the state of the credentials, as they are scraped.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tokio::time::Instant;

use crate::poll::run::{Polls, Shared};
use crate::poll::scheduler::stats::{Figures, Outcome};
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

    fn figures(&self) -> Option<Figures> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).upgrade()?;
        let figures = current.account().figures(Instant::now());
        Some(figures)
    }
}

impl Collector for PollMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let figures = self.figures();
        let is_rejected = figures.as_ref().is_some_and(|figures| figures.rejected);
        encode_credentials(&mut encoder, &self.credentials.report(), is_rejected)?;
        match &figures {
            Some(figures) => {
                encode_calls(&mut encoder, figures)?;
                encode_queue(&mut encoder, figures)?;
                encode_budget(&mut encoder, figures)
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

fn encode_calls(encoder: &mut DescriptorEncoder<'_>, figures: &Figures) -> fmt::Result {
    let mut calls = SAE_CALLS.write(encoder)?;
    for ((operation, outcome), count) in &figures.calls {
        calls.counter([operation.name(), outcome.as_str()], *count)?;
    }
    let mut durations = SAE_CALL_DURATION.write(encoder)?;
    for (operation, seconds) in &figures.call_seconds {
        durations.histogram([operation.name()], seconds)?;
    }
    SAE_CALLS_IN_FLIGHT.gauge(encoder, figures.in_flight)?;
    let throttles = figures.calls.iter().filter(|((_, outcome), _)| *outcome == Outcome::Throttled);
    THROTTLES.counter(encoder, throttles.map(|(_, count)| count).sum::<u64>())?;
    THROTTLED.gauge(encoder, u32::from(figures.throttled))
}

fn encode_queue(encoder: &mut DescriptorEncoder<'_>, figures: &Figures) -> fmt::Result {
    let mut lengths = QUEUE_LENGTH.write(encoder)?;
    for (lane, waiting) in &figures.waiting {
        lengths.gauge([lane.as_str()], *waiting)?;
    }
    let mut waits = QUEUE_WAIT.write(encoder)?;
    for (lane, seconds) in &figures.wait_seconds {
        waits.histogram([lane.as_str()], seconds)?;
    }
    Ok(())
}

fn encode_budget(encoder: &mut DescriptorEncoder<'_>, figures: &Figures) -> fmt::Result {
    BUDGET.gauge(encoder, figures.budget)?;
    BUDGET_WANTED.gauge(encoder, figures.wanted)?;
    BUDGET_LEFT.gauge(encoder, f64::from(figures.budget) - figures.wanted)?;
    TARGETS.gauge(encoder, figures.targets)?;
    TARGETS_STRETCHED.gauge(encoder, figures.stretched)?;
    PRECHECK_DENIED.gauge(encoder, figures.prechecks_denied)
}
