//! The polls' counters and the state of the credentials, as they are scraped.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use tokio::time::Instant;

use super::account::Shared;
use super::figures::{Durations, Figures, Operation, Outcome};
use super::handle::Polls;
use super::lanes::Lane;
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
    let count = |operation, outcome| figures.calls.get(&(operation, outcome)).map_or(0, |calls| calls.count);
    let mut calls = SAE_CALLS.write(encoder)?;
    for operation in Operation::ALL {
        for outcome in Outcome::ALL {
            calls.counter([operation.as_str(), outcome.as_str()], count(operation, outcome))?;
        }
    }
    let mut durations = SAE_CALL_DURATION.write(encoder)?;
    for operation in Operation::ALL {
        let all = Outcome::ALL.into_iter().filter_map(|outcome| figures.calls.get(&(operation, outcome)));
        let sum = all.fold(Durations::default(), Durations::with);
        durations.histogram([operation.as_str()], (sum.count, sum.sum.as_secs_f64()), sum.buckets())?;
    }
    SAE_CALLS_IN_FLIGHT.gauge(encoder, figures.in_flight)?;
    let throttles: u64 =
        Operation::ALL.into_iter().map(|operation| count(operation, Outcome::Throttled)).sum();
    THROTTLES.counter(encoder, throttles)?;
    THROTTLED.gauge(encoder, u32::from(figures.throttled))
}

fn encode_queue(encoder: &mut DescriptorEncoder<'_>, figures: &Figures) -> fmt::Result {
    let mut lengths = QUEUE_LENGTH.write(encoder)?;
    for lane in Lane::ALL {
        lengths.gauge([lane.as_str()], figures.waiting.get(&lane).copied().unwrap_or(0))?;
    }
    let mut waits = QUEUE_WAIT.write(encoder)?;
    for lane in Lane::ALL {
        let wait = figures.waits.get(&lane).cloned().unwrap_or_default();
        waits.histogram([lane.as_str()], (wait.count, wait.sum.as_secs_f64()), wait.buckets())?;
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
