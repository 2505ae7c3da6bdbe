//! The two formats of `/metrics`, and which of them a scraper accepts.

/// A format of `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics, for who asks for it by name, as Prometheus does first.
    OpenMetrics,
    /// Prometheus' older text format, for everybody else: `curl`, `promtool check metrics`, older agents.
    Text,
}

impl Format {
    /// The format that is accepted most by a header `Accept`; the older one where none of them is named.
    pub fn negotiate(accept: &str) -> Self {
        let open_metrics =
            accept.split(',').filter_map(|one| quality(one, "application/openmetrics-text", "1.0.0"));
        let text = accept.split(',').filter_map(|one| quality(one, "text/plain", "0.0.4"));
        let [open_metrics, text] = [open_metrics.fold(0.0, f64::max), text.fold(0.0, f64::max)];
        if open_metrics > 0.0 && open_metrics >= text { Self::OpenMetrics } else { Self::Text }
    }

    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// How much one element of a header `Accept` wants this type in this version: `None` for another, 1 if it does not say.
fn quality(element: &str, media_type: &str, version: &str) -> Option<f64> {
    let mut parts = element.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case(media_type) {
        return None;
    }
    let mut quality = 1.0;
    for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
        match name.trim().to_ascii_lowercase().as_str() {
            "version" if value.trim().trim_matches('"') != version => return None,
            "q" => quality = value.trim().parse().ok().filter(|q| (0.0..=1.0).contains(q))?,
            _ => {}
        }
    }
    Some(quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_metrics_is_for_who_asks_for_it() {
        for accept in [
            "application/openmetrics-text",
            "Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8",
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
             text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        ] {
            assert_eq!(Format::negotiate(accept), Format::OpenMetrics, "{accept}");
        }
    }

    #[test]
    fn everybody_else_gets_the_older_format() {
        for accept in [
            "",
            "*/*",
            "text/*",
            "text/plain; version=0.0.4",
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;version=2.0.0",
            "application/openmetrics-text;q=0.3,text/plain;version=0.0.4;q=0.8",
            "application/openmetrics-text;q=much",
            ";;,;q=,=",
        ] {
            assert_eq!(Format::negotiate(accept), Format::Text, "{accept}");
        }
    }
}
