//! One scenario: a frame, its marks, and three distributions.

use std::fmt::{Error, Write as _};

use crate::scale::{Frame, TICKS};

/// Of one panel, margins included.
pub const WIDTH: f64 = 380.0;
pub const HEIGHT: f64 = 320.0;

/// What is drawn.
pub struct Panel<'a> {
    pub left: f64,
    pub top: f64,
    pub scenario: &'a str,
    /// Each with its class.
    pub lines: [(&'static str, &'a Vec<f64>); 3],
}

impl Panel<'_> {
    pub fn draw(&self) -> Result<String, Error> {
        let frame = Frame {
            left: self.left + 66.0,
            top: self.top + 40.0,
            width: WIDTH - 92.0,
            height: HEIGHT - 100.0,
        };
        let mut svg = String::new();
        writeln!(
            svg,
            r#"<text class="title" x="{}" y="{}">{}</text>"#,
            frame.left,
            self.top + 24.0,
            escape(self.scenario)
        )?;
        draw_marks(&mut svg, frame)?;
        for (class, quantiles) in self.lines {
            draw_line(&mut svg, frame, class, quantiles)?;
        }
        draw_legend(&mut svg, frame)?;
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
    writeln!(
        svg,
        r#"<text x="{x:.1}" y="{y:.1}" text-anchor="middle">time from the change until it is seen</text>"#
    )?;
    // Read from below.
    let (x, y) = (left - 50.0, top + frame.height / 2.0);
    let turned = format!("translate({x:.1} {y:.1}) rotate(-90)");
    writeln!(svg, r#"<text transform="{turned}" text-anchor="middle">share of changes seen</text>"#)
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

/// In the upper left corner, where no line comes: nothing is seen within seconds.
fn draw_legend(svg: &mut String, frame: Frame) -> Result<(), Error> {
    for (class, name, y) in [
        ("ours", "saewatch", frame.top + 20.0),
        ("before", "fixed share", frame.top + 38.0),
        ("naive", "round robin", frame.top + 56.0),
    ] {
        let (x, text) = (frame.left + 8.0, frame.left + 34.0);
        writeln!(svg, r#"<polyline class="{class}" points="{x:.1},{y:.1} {:.1},{y:.1}"/>"#, x + 20.0)?;
        writeln!(svg, r#"<text class="{class}" x="{text:.1}" y="{:.1}">{name}</text>"#, y + 4.0)?;
    }
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
