//! The text of `/metrics`, in parts: with ten thousand watches the whole of it would be many megabytes at once. Each
//! part is a row of small pieces, which fit where memory is free anyway; one long text would need room of its own.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::catalogue::BUILD;
use super::format::Format;
use super::metrics::Metrics;
use super::process::Process;
use super::text_format::TextFormat;
use super::watches::{PerWatch, Totals};

/// The size of a piece in bytes.
const PIECE: usize = 16 * 1024;

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

    /// The text, one part after the other, each in pieces.
    pub fn pieces(&self, format: Format) -> impl Iterator<Item = Result<String, fmt::Error>> + Send + use<> {
        let parts = self.0.clone();
        (0..=parts.len()).flat_map(move |number| {
            let mut pieces = Pieces::default();
            let written = match (format, parts.get(number)) {
                (Format::OpenMetrics, Some(registry)) => encode_registry(&mut pieces, registry),
                (Format::OpenMetrics, None) => encode_eof(&mut pieces),
                (Format::Text, Some(registry)) => {
                    encode_registry(&mut TextFormat::new(&mut pieces), registry)
                }
                (Format::Text, None) => Ok(()),
            };
            pieces.0.into_iter().map(Ok).chain(written.err().map(Err))
        })
    }
}

/// A text in pieces.
#[derive(Debug, Default)]
struct Pieces(Vec<String>);

impl fmt::Write for Pieces {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.0.last_mut() {
            Some(piece) if piece.len() + text.len() <= PIECE => piece.push_str(text),
            Some(_) | None => {
                let mut piece = String::with_capacity(PIECE.max(text.len()));
                piece.push_str(text);
                self.0.push(piece);
            }
        }
        Ok(())
    }
}
