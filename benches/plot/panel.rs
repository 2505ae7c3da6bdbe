//! One scenario: a frame, its marks, and two distributions.

use std::fmt::{Error, Write as _};

use crate::scale::{Frame, TICKS};

/// Of one panel, margins included.
pub const WIDTH: f64 = 380.0;
pub const HEIGHT: f64 = 320.0;

/// What is drawn.
pub struct Panel<'a> {
    pub left: f64,
    pub scenario: &'a str,
    pub naive: &'a [f64],
    pub ours: &'a [f64],
    /// Whether the lines are named here; in one panel is enough.
    pub has_labels: bool,
}

impl Panel<'_> {
    pub fn draw(&self) -> Result<String, Error> {
        let frame = Frame { left: self.left + 46.0, top: 40.0, width: WIDTH - 72.0, height: HEIGHT - 100.0 };
        let mut svg = String::new();
        writeln!(svg, r#"<text class="title" x="{}" y="24">{}</text>"#, frame.left, escape(self.scenario))?;
        draw_marks(&mut svg, frame)?;
        draw_line(&mut svg, frame, "naive", self.naive)?;
        draw_line(&mut svg, frame, "ours", self.ours)?;
        if self.has_labels {
            draw_labels(&mut svg, frame, self.naive, self.ours)?;
        }
        Ok(svg)
    }
}

fn draw_marks(svg: &mut String, frame: Frame) -> Result<(), Error> {
    let (left, right, top, bottom) = (frame.left, frame.right(), frame.top, frame.bottom());
    for percent in [0.0, 25.0, 50.0, 75.0, 100.0] {
        let y = frame.y(percent);
        let class = if percent == 0.0 { "axis" } else { "grid" };
        writeln!(svg, r#"<line class="{class}" x1="{left:.1}" y1="{y:.1}" x2="{right:.1}" y2="{y:.1}"/>"#)?;
        let (x, y) = (left - 8.0, y + 4.0);
        writeln!(svg, r#"<text class="soft" x="{x:.1}" y="{y:.1}" text-anchor="end">{percent} %</text>"#)?;
    }
    for (seconds, label) in TICKS {
        let (x, y) = (frame.x(seconds), bottom + 18.0);
        writeln!(svg, r#"<line class="grid" x1="{x:.1}" y1="{top:.1}" x2="{x:.1}" y2="{bottom:.1}"/>"#)?;
        writeln!(svg, r#"<text class="soft" x="{x:.1}" y="{y:.1}" text-anchor="middle">{label}</text>"#)?;
    }
    let (x, y) = (left + frame.width / 2.0, bottom + 40.0);
    writeln!(svg, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="middle">seen within</text>"#)
}

/// The quantiles, the first at 0 % and the last at 100 %.
fn draw_line(svg: &mut String, frame: Frame, class: &str, quantiles: &[f64]) -> Result<(), Error> {
    let step = 100.0 / (quantiles.len().max(2) - 1) as f64;
    write!(svg, r#"<polyline class="{class}" points=""#)?;
    for (number, seconds) in quantiles.iter().enumerate() {
        write!(svg, "{:.1},{:.1} ", frame.x(*seconds), frame.y(step * number as f64))?;
    }
    writeln!(svg, r#""/>"#)
}

/// Left of the upper part of our line, and below the foot of the other.
fn draw_labels(svg: &mut String, frame: Frame, naive: &[f64], ours: &[f64]) -> Result<(), Error> {
    let at = |quantiles: &[f64], percent: usize| quantiles.get(percent).copied().unwrap_or(1.0);
    let (x, y) = (frame.x(at(ours, 80)) - 10.0, frame.y(80.0));
    writeln!(svg, r#"<text class="ours" x="{x:.1}" y="{y:.1}" text-anchor="end">saewatch</text>"#)?;
    let (x, y) = (frame.x(at(naive, 10)) + 12.0, frame.y(3.0));
    writeln!(svg, r#"<text class="naive" x="{x:.1}" y="{y:.1}">naive round robin</text>"#)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
