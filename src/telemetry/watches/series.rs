//! The series of each watch, written at each scrape.

use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue};

use super::reading::Reading;
use super::{CurrentWatches, Name, Shown, Watches};
use crate::api::Health;
use crate::domain::Truth;
use crate::telemetry::catalogue::{
    Metric, WATCH_CONDITION, WATCH_DESIRED_INSTANCES, WATCH_HEALTH, WATCH_HEALTH_TRANSITION, WATCH_INSTANCES,
    WATCH_INTERVAL, WATCH_OBSERVED, WATCH_READY_INSTANCES, WATCH_REASON, WATCH_RESTARTS,
};
use crate::telemetry::samples::Samples;

/// The most watches whose series are written at a time: with ten thousand watches and six series for each, one metric
/// alone is eight megabytes.
const AT_A_TIME: usize = 500;

/// One metric of some watches.
#[derive(Debug)]
pub(crate) struct PerWatch {
    watches: Arc<Watches>,
    /// Which of them.
    range: (Bound<Name>, Bound<Name>),
    metric: Metric,
    write: Write,
}

/// Writes the samples of one watch.
type Write = fn(&Reading, Line<'_, '_>) -> fmt::Result;

/// The place of one watch in a metric.
pub(super) struct Line<'a, 'e> {
    samples: &'a mut Samples<'e>,
    watch: [&'a str; 6],
}

const FAMILIES: [(Metric, Write); 10] = [
    (WATCH_HEALTH, |watch, mut line| {
        HEALTHS.into_iter().try_for_each(|one| line.add_with(one.as_str(), u32::from(one == watch.health)))
    }),
    (WATCH_HEALTH_TRANSITION, |watch, mut line| watch.health_since.map_or(Ok(()), |since| line.add(since))),
    (WATCH_CONDITION, |watch, line| {
        let [namespace, name, account, app_id, app_name, region] = line.watch;
        watch.conditions.by_status().try_for_each(|(condition, status, is)| {
            let (condition, status) = (condition.as_str(), status_label(status));
            let labels = [namespace, name, account, app_id, app_name, region, condition, status];
            line.samples.gauge(labels, u32::from(is))
        })
    }),
    (WATCH_REASON, |watch, line| {
        let [namespace, name, account, app_id, app_name, region] = line.watch;
        let labels = |reason| [namespace, name, account, app_id, app_name, region, reason];
        watch.reason.map_or(Ok(()), |reason| line.samples.info(labels(reason.as_str())))
    }),
    (WATCH_READY_INSTANCES, |watch, mut line| watch.counts.map_or(Ok(()), |counts| line.add(counts.ready))),
    (WATCH_DESIRED_INSTANCES, |watch, mut line| {
        watch.counts.and_then(|counts| counts.desired).map_or(Ok(()), |desired| line.add(desired))
    }),
    (WATCH_INSTANCES, |watch, mut line| {
        let Some(counts) = watch.counts else { return Ok(()) };
        let mut by_state = counts.by_state().into_iter().filter(|(_, count)| *count > 0);
        by_state.try_for_each(|(state, count)| line.add_with(state.as_str(), count))
    }),
    (WATCH_RESTARTS, |watch, mut line| watch.counts.map_or(Ok(()), |counts| line.add(counts.restarts))),
    (WATCH_OBSERVED, |watch, mut line| watch.observed_at.map_or(Ok(()), |at| line.add(at))),
    (WATCH_INTERVAL, |watch, mut line| watch.interval.map_or(Ok(()), |interval| line.add(interval))),
];

/// All there are: a share of time needs the zeros of the others.
const HEALTHS: [Health; 6] = [
    Health::Healthy,
    Health::Progressing,
    Health::Degraded,
    Health::Unhealthy,
    Health::ScaledToZero,
    Health::Unknown,
];

/// The status of a condition as kube-state-metrics spells it.
fn status_label(status: Truth) -> &'static str {
    match status {
        Truth::True => "true",
        Truth::False => "false",
        Truth::Unknown => "unknown",
    }
}

impl Line<'_, '_> {
    fn add(&mut self, value: impl EncodeGaugeValue + Copy) -> fmt::Result {
        self.samples.gauge(self.watch, value)
    }

    /// With the value of one more label.
    fn add_with(&mut self, label: &str, value: impl EncodeGaugeValue + Copy) -> fmt::Result {
        let [namespace, name, account, app_id, app_name, region] = self.watch;
        self.samples.gauge([namespace, name, account, app_id, app_name, region, label], value)
    }
}

impl PerWatch {
    /// Every metric of each watch, one after the other, each of them in ranges of watches.
    pub(crate) fn all(current: &CurrentWatches) -> Vec<Self> {
        let Some(watches) = current.get() else { return Vec::new() };
        let ranges = watches.ranges(AT_A_TIME);
        let families = FAMILIES.iter().flat_map(|family| ranges.iter().map(move |range| (family, range)));
        families
            .map(|((metric, write), range)| Self {
                watches: watches.clone(),
                range: range.clone(),
                metric: *metric,
                write: *write,
            })
            .collect()
    }

    /// Whether it goes on with a metric whose first watches are written already.
    pub(crate) fn is_continued(&self) -> bool {
        self.range.0 != Bound::Unbounded
    }
}

impl Collector for PerWatch {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut samples = self.metric.write(&mut encoder)?;
        for ((namespace, name), shown) in self.watches.lock().watches.range(self.range.clone()) {
            if let Shown::Reading(reading, account) = &**shown {
                let [app_id, app_name, region] = reading.place();
                let account = account.as_ref().map_or("", |account| account.as_str());
                let watch = [namespace, name, account, app_id, app_name, region];
                (self.write)(reading, Line { samples: &mut samples, watch })?;
            }
        }
        Ok(())
    }
}
