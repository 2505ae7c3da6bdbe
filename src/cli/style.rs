//! How tables write what stands in many of their places.

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;

use crate::api::Health;
use crate::domain::text::span;

/// How long ago that was.
pub(super) fn ago(moment: Timestamp) -> String {
    span(Timestamp::now().duration_since(moment))
}

/// A colour that can be read on light and on dark.
pub(super) fn bold(colour: AnsiColor) -> Style {
    colour.on_default().bold()
}

/// The colour of a health.
pub(super) fn health_style(health: Option<Health>) -> Style {
    match health {
        Some(Health::Healthy | Health::ScaledToZero) => bold(AnsiColor::Green),
        Some(Health::Progressing | Health::Degraded) => bold(AnsiColor::Yellow),
        Some(Health::Unhealthy) => bold(AnsiColor::Red),
        Some(Health::Unknown) | None => bold(AnsiColor::Magenta),
    }
}
