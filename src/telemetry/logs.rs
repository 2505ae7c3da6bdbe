//! Logs: one line an event, as text on a terminal and as JSON elsewhere.

use std::io::{self, IsTerminal as _, Write};

use clap::ValueEnum;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::domain::text::without_users;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl LogFormat {
    /// Text on a terminal, else JSON.
    pub(crate) fn fitting_stderr() -> Self {
        if io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// Reads a log level: one word, or directives such as `info,saewatch::poll=debug`.
///
/// A bare word is a level. `Targets` would take any other for a module, and from then on log that module alone.
///
/// # Errors
/// When it is neither.
pub(crate) fn parse_level(text: &str) -> Result<String, String> {
    let is_directive =
        |part: &str| part.contains('=') || (!part.is_empty() && part.parse::<LevelFilter>().is_ok());
    if !text.split(',').map(str::trim).all(is_directive) {
        return Err(
            "expected error, warn, info, debug or trace, or module=level with commas between them".into()
        );
    }
    targets(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

/// A subscriber that writes lines of `format` from `level` on.
///
/// kube's client logs every answer of 5xx as an error, also those that it then tries again by itself; its runtime
/// warns of a refused list at each try.
pub(crate) fn subscriber<W>(format: LogFormat, level: &str, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // It was parsed before.
    let filter = targets(&format!("kube_client=off,kube_runtime=error,{level}")).unwrap_or_default();
    let (lines, all) =
        (tracing_subscriber::fmt::layer().with_writer(Lines(writer)), tracing_subscriber::registry());
    match format {
        LogFormat::Text => Box::new(all.with(lines.with_ansi(io::stderr().is_terminal())).with(filter)),
        LogFormat::Json => Box::new(all.with(lines.json().flatten_event(true)).with(filter)),
    }
}

fn targets(text: &str) -> Result<Targets, ParseError> {
    let directives: Vec<&str> = text.split(',').map(str::trim).collect();
    directives.join(",").parse()
}

/// Makes writers of lines in which no URL shows its user, from whichever library the text is.
struct Lines<W>(W);

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Lines<W> {
    type Writer = WithoutUsers<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        WithoutUsers(self.0.make_writer())
    }
}

/// A writer of such a line.
struct WithoutUsers<W>(W);

impl<W: Write> Write for WithoutUsers<W> {
    /// The subscriber writes each line in one piece.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(line) {
            Ok(text) => self.0.write_all(without_users(text).as_bytes())?,
            Err(_) => self.0.write_all(line)?,
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_bare_word_is_a_level() {
        for good in ["info", "WARN", "off", "info,saewatch::poll=debug", "saewatch=trace, warn"] {
            assert_eq!(parse_level(good).as_deref(), Ok(good));
        }
        for bad in ["loud", "", "info,", "info,saewatch::poll", "saewatch=loud"] {
            assert!(parse_level(bad).is_err(), "{bad:?}");
        }
    }

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_line_shows_the_user_of_a_url() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let lines = Sink::default();
            let sink = lines.clone();
            let subscriber = subscriber(format, "info", move || sink.clone());
            tracing::subscriber::with_default(subscriber, || {
                tracing::warn!(
                    error = "no proxy \"http://bob:MARKED@proxy:3128/\"",
                    "https://MARKED@x failed"
                );
            });
            let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            assert!(text.contains("http://proxy:3128/") && text.contains("https://x failed"), "{text}");
            assert!(!text.contains("MARKED") && text.ends_with('\n'), "{text}");
        }
    }
}
