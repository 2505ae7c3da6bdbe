//! The series of each watch, written at each scrape.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeGaugeValue};

use super::reading::Reading;
use super::{CurrentWatches, Shown};
use crate::domain::Truth;
use crate::telemetry::catalogue::{
    Metric, WATCH_DESIRED_INSTANCES, WATCH_HEALTH, WATCH_INSTANCES, WATCH_INTERVAL, WATCH_OBSERVED,
    WATCH_READY, WATCH_READY_INSTANCES, WATCH_RESTARTS,
};
use crate::telemetry::samples::Samples;

/// One metric of each watch.
#[derive(Debug)]
pub(crate) struct PerWatch {
    watches: CurrentWatches,
    metric: Metric,
    write: Write,
}

/// Writes the samples of one watch.
type Write = fn(&Reading, Line<'_, '_>) -> fmt::Result;

/// The place of one watch in a metric.
pub(super) struct Line<'a, 'e> {
    samples: &'a mut Samples<'e>,
    watch: [&'a str; 4],
}

const FAMILIES: [(Metric, Write); 8] = [
    (WATCH_HEALTH, |watch, mut line| line.add_with(watch.health.as_str(), 1)),
    (WATCH_READY, |watch, line| {
        let Some(ready) = watch.ready else { return Ok(()) };
        let [namespace, name, app, region] = line.watch;
        let labels = [namespace, name, app, region, ready.status.as_str(), ready.reason()];
        line.samples.gauge(labels, u32::from(ready.status == Truth::True))
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
    (WATCH_OBSERVED, |watch, mut line| watch.observed_at.map_or(Ok(()), |at| line.add(at.as_second()))),
    (WATCH_INTERVAL, |watch, mut line| {
        watch.interval.map_or(Ok(()), |interval| line.add(interval.as_secs_f64()))
    }),
];

impl Line<'_, '_> {
    fn add(&mut self, value: impl EncodeGaugeValue + Copy) -> fmt::Result {
        self.samples.gauge(self.watch, value)
    }

    /// With the value of one more label.
    fn add_with(&mut self, label: &str, value: impl EncodeGaugeValue + Copy) -> fmt::Result {
        let [namespace, name, app, region] = self.watch;
        self.samples.gauge([namespace, name, app, region, label], value)
    }
}

impl PerWatch {
    /// Every metric of each watch.
    pub(crate) fn all(watches: &CurrentWatches) -> Vec<Self> {
        FAMILIES
            .iter()
            .map(|(metric, write)| Self { watches: watches.clone(), metric: *metric, write: *write })
            .collect()
    }
}

impl Collector for PerWatch {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(watches) = self.watches.get() else { return Ok(()) };
        let mut samples = self.metric.write(&mut encoder)?;
        for ((namespace, name), shown) in watches.lock().iter() {
            if let Shown::Reading(reading) = &**shown {
                let watch = [namespace, name, &*reading.app, &*reading.region];
                (self.write)(reading, Line { samples: &mut samples, watch })?;
            }
        }
        Ok(())
    }
}
