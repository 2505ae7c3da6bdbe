//! Prometheus' older text format, version 0.0.4, made of OpenMetrics as it is written: names, labels and values are the
//! same there, and what is said of a family is not.

use std::fmt;

use super::catalogue::{ALL, Kind};

/// Writes OpenMetrics on as the older format.
#[derive(Debug)]
pub(super) struct TextFormat<W> {
    out: W,
    /// The line that is just coming in.
    line: String,
}

impl<W: fmt::Write> TextFormat<W> {
    /// Writes it to `out`.
    pub(super) fn new(out: W) -> Self {
        Self { out, line: String::new() }
    }

    fn end_line(&mut self) -> fmt::Result {
        let line = std::mem::take(&mut self.line);
        match line.strip_prefix("# ").map(|comment| comment.splitn(3, ' ').collect::<Vec<_>>()).as_deref() {
            Some(["HELP", family, help]) => write!(self.out, "# HELP {} {help}", name_of(family)),
            Some(["TYPE", family, kind]) => write!(self.out, "# TYPE {} {}", name_of(family), kind_of(kind)),
            Some(_) | None => self.out.write_str(&line),
        }?;
        self.line = line;
        self.line.clear();
        Ok(())
    }
}

impl<W: fmt::Write> fmt::Write for TextFormat<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.split_inclusive('\n').try_for_each(|part| {
            self.line.push_str(part);
            if part.ends_with('\n') { self.end_line() } else { Ok(()) }
        })
    }
}

/// The name of a family, which here is that of its samples.
fn name_of(family: &str) -> &str {
    let metric = ALL.iter().find(|metric| metric.family() == family);
    metric.map_or(family, |metric| metric.name)
}

/// The type of a family; the line goes on behind it. There is no info here: it is a gauge that is always 1.
fn kind_of(kind: &str) -> &str {
    if kind.trim_end() == Kind::Info.as_str() { "gauge\n" } else { kind }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn a_family_is_called_as_its_samples_and_an_info_is_a_gauge() {
        let open_metrics = "# HELP saewatch_throttles How often.\n# TYPE saewatch_throttles counter\n\
                            saewatch_throttles_total 3\n# HELP saewatch_build The version.\n\
                            # TYPE saewatch_build info\nsaewatch_build_info{version=\"# TYPE a info\"} 1\n";
        let text = "# HELP saewatch_throttles_total How often.\n# TYPE saewatch_throttles_total counter\n\
                    saewatch_throttles_total 3\n# HELP saewatch_build_info The version.\n\
                    # TYPE saewatch_build_info gauge\nsaewatch_build_info{version=\"# TYPE a info\"} 1\n";
        for size in [1, 7, open_metrics.len()] {
            let mut written = String::new();
            let mut format = TextFormat::new(&mut written);
            for part in open_metrics.as_bytes().chunks(size) {
                format.write_str(std::str::from_utf8(part).unwrap()).unwrap();
            }
            assert_eq!(written, text, "in parts of {size}");
        }
    }
}
