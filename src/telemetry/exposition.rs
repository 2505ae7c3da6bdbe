//! The text of `/metrics`, in parts: with ten thousand watches the whole of it would be many megabytes at once. Each
//! part is a row of small pieces, which fit where memory is free anyway; one long text would need room of its own.

use std::fmt;
use std::iter;
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
use super::watches::{CurrentWatches, PerWatch, Totals};

/// The size of a piece in bytes.
const PIECE: usize = 16 * 1024;

/// All that is scraped. Clones share it.
#[derive(Debug, Clone)]
pub struct Exposition {
    common: Arc<Registry>,
    /// `None` leaves out the series of each watch.
    each_watch: Option<CurrentWatches>,
}

impl Exposition {
    /// The operator's counters, what `others` collect, and unless left out some series for each watch.
    pub fn new(metrics: &Metrics, others: Vec<Box<dyn Collector>>, with_each_watch: bool) -> Self {
        let mut common = Registry::default();
        BUILD.register(&mut common, Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        common.register_collector(Box::new(Process));
        common.register_collector(Box::new(Totals(metrics.watches.clone())));
        metrics.register(&mut common);
        for collector in others {
            common.register_collector(collector);
        }
        Self { common: Arc::new(common), each_watch: with_each_watch.then(|| metrics.watches.clone()) }
    }

    /// The text, one part after the other, each in pieces.
    pub fn pieces(&self, format: Format) -> impl Iterator<Item = Result<String, fmt::Error>> + Send + use<> {
        let each_watch = self.each_watch.as_ref().map(PerWatch::all).unwrap_or_default();
        let common = iter::once(Part::Common(self.common.clone()));
        let parts = common.chain(each_watch.into_iter().map(Part::Watches));
        let end = (format == Format::OpenMetrics).then_some(Part::End);
        parts.chain(end).flat_map(move |part| {
            let mut pieces = Pieces::default();
            let written = part.write(format, &mut pieces);
            pieces.0.into_iter().map(Ok).chain(written.err().map(Err))
        })
    }
}

/// A part of the text, which is in memory as a whole.
enum Part {
    /// All but the series of each watch.
    Common(Arc<Registry>),
    /// One metric of some watches.
    Watches(PerWatch),
    /// The mark that ends OpenMetrics.
    End,
}

impl Part {
    fn write(self, format: Format, pieces: &mut Pieces) -> fmt::Result {
        match format {
            Format::OpenMetrics => self.write_to(pieces),
            Format::Text => self.write_to(&mut TextFormat::new(pieces)),
        }
    }

    fn write_to(self, out: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::Common(registry) => encode_registry(out, &registry),
            Self::Watches(watches) => {
                let is_continued = watches.is_continued();
                let mut registry = Registry::default();
                registry.register_collector(Box::new(watches));
                if is_continued {
                    encode_registry(&mut WithoutComments::new(out), &registry)
                } else {
                    encode_registry(out, &registry)
                }
            }
            Self::End => encode_eof(out),
        }
    }
}

/// Leaves out the lines that begin with `#`: those of a metric stand once, above its first sample.
struct WithoutComments<W> {
    out: W,
    is_at_start: bool,
    is_comment: bool,
}

impl<W: fmt::Write> WithoutComments<W> {
    fn new(out: W) -> Self {
        Self { out, is_at_start: true, is_comment: false }
    }
}

impl<W: fmt::Write> fmt::Write for WithoutComments<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.split_inclusive('\n').try_for_each(|part| {
            if self.is_at_start {
                self.is_comment = part.starts_with('#');
            }
            self.is_at_start = part.ends_with('\n');
            if self.is_comment { Ok(()) } else { self.out.write_str(part) }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::super::watches::{Reading, Watches};
    use super::*;
    use crate::domain::Access;

    fn show(watches: &Watches, count: usize) {
        let spec = serde_json::from_value(json!({"appId": "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"})).unwrap();
        let status =
            serde_json::from_value(json!({"health": "Healthy", "region": "cn-hangzhou", "conditions": []}))
                .unwrap();
        for number in 0..count {
            let name = format!("watch-{number}").into();
            let reading = Reading::new(&spec, &status, &Access::own(None), None, None);
            watches.show(&"team-a".into(), &name, None, reading);
        }
    }

    fn text(exposition: &Exposition, format: Format) -> String {
        exposition.pieces(format).map(Result::unwrap).collect()
    }

    #[test]
    fn each_metric_stands_once_with_each_of_its_samples_however_many_watches_there_are() {
        let metrics = Metrics::default();
        let (exposition, watches) = (Exposition::new(&metrics, Vec::new(), true), metrics.watches.begin());
        for count in [0, 1, 499, 500, 501, 1_700] {
            show(&watches, count);
            for format in [Format::OpenMetrics, Format::Text] {
                let text = text(&exposition, format);
                assert_eq!(text.matches("# TYPE saewatch_watch_health gauge\n").count(), 1);
                assert_eq!(text.matches("# HELP saewatch_watch_health ").count(), 1);
                let samples: Vec<&str> =
                    text.lines().filter(|line| line.contains("health=\"Healthy\"} 1")).collect();
                assert_eq!(samples.len(), count, "{format:?}");
                assert_eq!(samples.iter().collect::<BTreeSet<_>>().len(), count, "{format:?}");
            }
        }
    }

    #[test]
    fn no_part_of_a_scrape_of_ten_thousand_watches_takes_a_megabyte() {
        let metrics = Metrics::default();
        let watches = metrics.watches.begin();
        show(&watches, 10_000);
        let sizes = PerWatch::all(&metrics.watches).into_iter().map(|part| {
            let mut pieces = Pieces::default();
            Part::Watches(part).write(Format::OpenMetrics, &mut pieces).unwrap();
            pieces.0.iter().map(String::len).sum::<usize>()
        });
        let sizes: Vec<usize> = sizes.collect();
        assert!(sizes.iter().sum::<usize>() > 5_000_000, "{sizes:?}");
        assert!(sizes.iter().all(|size| *size < 1_000_000), "{sizes:?}");
    }
}
