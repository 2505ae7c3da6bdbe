//! The text of `/metrics`, in parts: with ten thousand watches the whole of it would be many megabytes at once.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::catalogue::BUILD;
use super::metrics::Metrics;
use super::process::Process;
use super::watches::{PerWatch, Totals};

/// All that is scraped. Clones share it.
#[derive(Debug, Clone)]
pub struct Exposition(Arc<[Registry]>);

impl Exposition {
    /// The operator's counters, what `others` collect, and unless left out a few series for each watch.
    pub fn new(metrics: &Metrics, others: Vec<Box<dyn Collector>>, with_each_watch: bool) -> Self {
        let mut common = Registry::default();
        BUILD.register(&mut common, Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        common.register_collector(Box::new(Process));
        common.register_collector(Box::new(Totals(metrics.watches.clone())));
        metrics.register(&mut common);
        for collector in others {
            common.register_collector(collector);
        }
        let mut parts = vec![common];
        if with_each_watch {
            parts.extend(PerWatch::all(&metrics.watches).into_iter().map(|family| {
                let mut registry = Registry::default();
                registry.register_collector(Box::new(family));
                registry
            }));
        }
        Self(parts.into())
    }

    /// The text, one part after the other.
    pub fn parts(&self) -> impl Iterator<Item = Result<String, fmt::Error>> + Send + use<> {
        let parts = self.0.clone();
        (0..=parts.len()).map(move |number| {
            let mut text = String::new();
            match parts.get(number) {
                Some(registry) => encode_registry(&mut text, registry)?,
                None => encode_eof(&mut text)?,
            }
            Ok(text)
        })
    }
}
