//! Writing metrics under the names and labels of the catalogue.

use std::fmt;

use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabel, EncodeLabelSet, EncodeMetric,
    LabelSetEncoder, MetricEncoder, NoLabelSet,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::catalogue::{Kind, Metric};

/// The values of a metric's labels, in the order of its names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Labels<'a, const N: usize> {
    names: &'static [&'static str],
    values: [&'a str; N],
}

/// The samples of one metric, as they are written at a scrape.
pub struct Samples<'a> {
    metric: &'a Metric,
    encoder: MetricEncoder<'a>,
}

impl Metric {
    /// Its labels with these values.
    pub fn labels<'a, const N: usize>(&self, values: [&'a str; N]) -> Labels<'a, N> {
        debug_assert_eq!(self.labels.len(), N, "{}", self.name);
        Labels { names: self.labels, values }
    }

    /// Adds it to what is scraped.
    pub fn register(&self, registry: &mut Registry, metric: impl prometheus_client::registry::Metric) {
        registry.register(self.family(), self.meaning, metric);
    }

    /// Begins to write it at a scrape.
    pub fn write<'a>(&'a self, encoder: &'a mut DescriptorEncoder<'_>) -> Result<Samples<'a>, fmt::Error> {
        let kind = match self.kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Histogram => MetricType::Histogram,
            Kind::Info => MetricType::Info,
        };
        let encoder = encoder.encode_descriptor(self.family(), &format!("{}.", self.meaning), None, kind)?;
        Ok(Samples { metric: self, encoder })
    }

    /// Writes it at a scrape, if it is a gauge without labels.
    pub fn gauge(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        value: impl EncodeGaugeValue + Copy,
    ) -> fmt::Result {
        self.write(encoder)?.encoder.encode_gauge(&value)
    }

    /// Writes it at a scrape, if it is a counter without labels.
    pub fn counter(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        value: impl EncodeCounterValue + Copy,
    ) -> fmt::Result {
        self.write(encoder)?.encoder.encode_counter(&value, NO_EXEMPLAR)
    }

    /// The name of the family, to which the format adds what the type asks for.
    pub(super) fn family(&self) -> &'static str {
        let suffix = match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::Histogram => "",
        };
        self.name.strip_suffix(suffix).unwrap_or(self.name)
    }
}

impl Samples<'_> {
    /// One sample of a gauge.
    pub fn gauge<const N: usize>(
        &mut self,
        values: [&str; N],
        value: impl EncodeGaugeValue + Copy,
    ) -> fmt::Result {
        let labels = self.metric.labels(values);
        self.encoder.encode_family(&labels)?.encode_gauge(&value)
    }

    /// One sample of a counter.
    pub fn counter<const N: usize>(
        &mut self,
        values: [&str; N],
        value: impl EncodeCounterValue + Copy,
    ) -> fmt::Result {
        let labels = self.metric.labels(values);
        self.encoder.encode_family(&labels)?.encode_counter(&value, NO_EXEMPLAR)
    }

    /// The sample of an info.
    pub fn info<const N: usize>(&mut self, values: [&str; N]) -> fmt::Result {
        let labels = self.metric.labels(values);
        self.encoder.encode_info(&labels)
    }

    /// One histogram.
    pub fn histogram<const N: usize>(&mut self, values: [&str; N], histogram: &Histogram) -> fmt::Result {
        let labels = self.metric.labels(values);
        histogram.encode(self.encoder.encode_family(&labels)?)
    }
}

/// What the library takes for "no exemplar".
const NO_EXEMPLAR: Option<&Exemplar<NoLabelSet, f64>> = None;

impl<const N: usize> EncodeLabelSet for Labels<'_, N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        self.names
            .iter()
            .zip(self.values)
            .try_for_each(|(name, value)| (*name, value).encode(encoder.encode_label()))
    }
}

/// What a collector gives at a scrape, without the lines about it.
#[cfg(test)]
pub(crate) fn scraped(collector: impl prometheus_client::collector::Collector) -> Vec<String> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(collector));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}
