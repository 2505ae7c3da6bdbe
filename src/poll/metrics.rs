//! The counters of the polls and the state of the credentials of each account, as they are scraped.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue};
use tokio::time::Instant;

use crate::api::AccountName;
use crate::poll::run::{Polls, Shared};
use crate::poll::scheduler::{Outcome, Stats};
use crate::sae::{Class, Credentials, Report};
use crate::telemetry::catalogue::{
    APPLICATIONS, APPLICATIONS_WATCHED, BUDGET, BUDGET_LEFT, BUDGET_WANTED, CREDENTIALS, CREDENTIALS_EXPIRY,
    CREDENTIALS_REJECTED, HINTS, LISTS_DENIED, Metric, QUEUE_LENGTH, QUEUE_WAIT, SAE_CALL_DURATION,
    SAE_CALLS, SAE_CALLS_IN_FLIGHT, TARGETS, TARGETS_STRETCHED, THROTTLED, THROTTLES,
};

/// Shows the polls and the credentials of each account that is worked on now: a replica that stands by has the
/// operator's own credentials and nothing else. Clones share it.
#[derive(Debug, Clone)]
pub struct PollMetrics(Arc<Mutex<BTreeMap<Option<AccountName>, Shown>>>);

/// What is shown of one account.
#[derive(Debug)]
struct Shown {
    credentials: Credentials,
    polls: Weak<Shared>,
}

/// One account at a scrape.
struct Scraped {
    /// Empty for the operator's own keys.
    account: String,
    report: Report,
    /// `None` while nothing is polled with these credentials.
    stats: Option<Stats>,
}

impl PollMetrics {
    /// Shows the operator's own credentials, and no polls yet.
    pub fn new(credentials: Credentials) -> Self {
        let own = Shown { credentials, polls: Weak::new() };
        Self(Arc::new(Mutex::new([(None, own)].into())))
    }

    /// Shows these polls and credentials of an account, or of the operator's own keys, for as long as the polls run. Polls
    /// that an account shares with the own keys are those of the own keys, or their calls would count twice.
    pub fn show(&self, account: Option<&AccountName>, polls: &Polls, credentials: Credentials) {
        self.lock().insert(account.cloned(), Shown { credentials, polls: polls.downgrade() });
    }

    /// Shows nothing of an account any more.
    pub fn hide(&self, account: Option<&AccountName>) {
        self.lock().remove(&account.cloned());
    }

    fn scrape(&self) -> Vec<Scraped> {
        let accounts = self.lock();
        let scraped = accounts.iter().map(|(account, Shown { credentials, polls })| Scraped {
            account: account.as_ref().map_or("", AccountName::as_str).to_owned(),
            report: credentials.report(),
            stats: polls.upgrade().map(|polls| polls.scheduler().stats(Instant::now())),
        });
        // A replica that stands by knows no SaeAccount.
        scraped.filter(|one| one.account.is_empty() || one.stats.is_some()).collect()
    }

    /// Every change is one insertion or removal, so a panic elsewhere leaves whole values behind.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Option<AccountName>, Shown>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector for PollMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let accounts = self.scrape();
        encode_credentials(&mut encoder, &accounts)?;
        let polled: Vec<(&str, &Stats)> =
            accounts.iter().filter_map(|one| Some((one.account.as_str(), one.stats.as_ref()?))).collect();
        if polled.is_empty() {
            return Ok(());
        }
        encode_calls(&mut encoder, &polled)?;
        encode_queue(&mut encoder, &polled)?;
        encode_budget(&mut encoder, &polled)
    }
}

fn encode_credentials(encoder: &mut DescriptorEncoder<'_>, accounts: &[Scraped]) -> fmt::Result {
    let providers: Vec<(&str, String)> = accounts
        .iter()
        .filter_map(|one| Some((one.account.as_str(), one.report.provider?.to_string())))
        .collect();
    if !providers.is_empty() {
        let mut infos = CREDENTIALS.write(encoder)?;
        providers.iter().try_for_each(|(account, provider)| infos.info([*account, provider.as_str()]))?;
    }
    let expiries =
        accounts.iter().filter_map(|one| Some((one.account.as_str(), one.report.expires?.as_second())));
    let mut expiries = expiries.peekable();
    if expiries.peek().is_some() {
        encode_gauges(encoder, &CREDENTIALS_EXPIRY, expiries)?;
    }
    let rejected = accounts.iter().map(|one| (one.account.as_str(), u32::from(one.is_rejected())));
    encode_gauges(encoder, &CREDENTIALS_REJECTED, rejected)
}

impl Scraped {
    /// Whether the credentials are missing, or SAE or STS rejects them.
    fn is_rejected(&self) -> bool {
        let has_none = self.report.failure.as_ref().is_some_and(|failure| {
            matches!(failure.class, Class::CredentialsRejected | Class::CredentialsMissing)
        });
        has_none || self.stats.as_ref().is_some_and(|stats| stats.rejected)
    }
}

fn encode_calls(encoder: &mut DescriptorEncoder<'_>, accounts: &[(&str, &Stats)]) -> fmt::Result {
    let mut calls = SAE_CALLS.write(encoder)?;
    for (account, stats) in accounts {
        for ((operation, outcome), count) in &stats.counters.calls {
            calls.counter([*account, operation.name(), outcome.as_str()], *count)?;
        }
    }
    let mut durations = SAE_CALL_DURATION.write(encoder)?;
    for (account, stats) in accounts {
        for (operation, seconds) in &stats.counters.call_seconds {
            durations.histogram([*account, operation.name()], seconds)?;
        }
    }
    encode_each(encoder, &SAE_CALLS_IN_FLIGHT, accounts, |stats| stats.in_flight)?;
    let mut throttles = THROTTLES.write(encoder)?;
    for (account, stats) in accounts {
        let calls = stats.counters.calls.iter();
        let throttled = calls.filter(|((_, outcome), _)| *outcome == Outcome::Throttled);
        throttles.counter([*account], throttled.map(|(_, count)| count).sum::<u64>())?;
    }
    encode_each(encoder, &THROTTLED, accounts, |stats| u32::from(stats.throttled))
}

fn encode_queue(encoder: &mut DescriptorEncoder<'_>, accounts: &[(&str, &Stats)]) -> fmt::Result {
    let mut lengths = QUEUE_LENGTH.write(encoder)?;
    for (account, stats) in accounts {
        for (lane, waiting) in &stats.waiting {
            lengths.gauge([*account, lane.as_str()], *waiting)?;
        }
    }
    let mut waits = QUEUE_WAIT.write(encoder)?;
    for (account, stats) in accounts {
        for (lane, seconds) in &stats.counters.wait_seconds {
            waits.histogram([*account, lane.as_str()], seconds)?;
        }
    }
    Ok(())
}

fn encode_budget(encoder: &mut DescriptorEncoder<'_>, accounts: &[(&str, &Stats)]) -> fmt::Result {
    encode_each(encoder, &BUDGET, accounts, |stats| stats.budget)?;
    encode_each(encoder, &BUDGET_WANTED, accounts, |stats| stats.wanted)?;
    encode_each(encoder, &BUDGET_LEFT, accounts, |stats| f64::from(stats.budget) - stats.wanted)?;
    encode_each(encoder, &TARGETS, accounts, |stats| stats.targets)?;
    encode_each(encoder, &TARGETS_STRETCHED, accounts, |stats| stats.slowed)?;
    encode_sweeps(encoder, accounts)
}

fn encode_sweeps(encoder: &mut DescriptorEncoder<'_>, accounts: &[(&str, &Stats)]) -> fmt::Result {
    let mut denied = LISTS_DENIED.write(encoder)?;
    for (account, stats) in accounts {
        for (list, regions) in &stats.lists_denied {
            denied.gauge([*account, list.name()], *regions)?;
        }
    }
    encode_coverage(encoder, accounts)?;
    let mut hints = HINTS.write(encoder)?;
    for (account, stats) in accounts {
        for (outcome, count) in &stats.counters.hints {
            hints.counter([*account, outcome.as_str()], *count)?;
        }
    }
    Ok(())
}

fn encode_coverage(encoder: &mut DescriptorEncoder<'_>, accounts: &[(&str, &Stats)]) -> fmt::Result {
    let regions =
        || accounts.iter().flat_map(|(account, stats)| stats.coverage.iter().map(move |one| (*account, one)));
    if regions().next().is_none() {
        return Ok(());
    }
    let mut applications = APPLICATIONS.write(encoder)?;
    for (account, one) in regions() {
        applications.gauge([account, one.region.as_str()], one.applications)?;
    }
    let mut watched = APPLICATIONS_WATCHED.write(encoder)?;
    for (account, one) in regions() {
        watched.gauge([account, one.region.as_str()], one.watched)?;
    }
    Ok(())
}

/// A gauge with one number of each account.
fn encode_each<V: EncodeGaugeValue + Copy>(
    encoder: &mut DescriptorEncoder<'_>,
    metric: &Metric,
    accounts: &[(&str, &Stats)],
    value: fn(&Stats) -> V,
) -> fmt::Result {
    encode_gauges(encoder, metric, accounts.iter().map(|(account, stats)| (*account, value(stats))))
}

fn encode_gauges<'a, V: EncodeGaugeValue + Copy>(
    encoder: &mut DescriptorEncoder<'_>,
    metric: &Metric,
    values: impl Iterator<Item = (&'a str, V)>,
) -> fmt::Result {
    let mut gauges = metric.write(encoder)?;
    for (account, value) in values {
        gauges.gauge([account], value)?;
    }
    Ok(())
}
