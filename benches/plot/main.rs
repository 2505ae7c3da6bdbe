//! Draws `docs/bench.svg`: how soon changes are seen, from what `cargo bench --bench quota` has measured.
//!
//! One panel a scenario, with three lines: saewatch, an earlier build that gave sweeps a fixed share of the calls, and a
//! naive round robin. The earlier build was measured with the same seed, and stands in `before.json`. Across, on a
//! logarithmic scale, the time from a change to the poll that shows it; up, the share of all changes that were seen by
//! then.

mod panel;
mod scale;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use panel::Panel;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// What the quota's bench leaves of it.
#[derive(Deserialize)]
struct Report {
    detection: Vec<Detection>,
}

/// How soon changes were seen, in seconds: the quantiles 0 %, 1 % … 100 %.
#[derive(Deserialize)]
struct Detection {
    scenario: String,
    naive: Vec<f64>,
    ours: Vec<f64>,
}

/// How soon the earlier build saw the changes of each scenario.
type Before = BTreeMap<String, Vec<f64>>;

/// Panels side by side.
const COLUMNS: usize = 2;

/// Legible on white and on black; a viewer that knows neither shows it on white.
const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.soft{fill:#59636e}
.grid{stroke:#d1d9e0}.axis{stroke:#59636e}polyline{fill:none;stroke-width:2.5;stroke-linejoin:round}
.ours{stroke:#0969da}.before{stroke:#8250df;stroke-dasharray:5 3}.naive{stroke:#bc4c00}
text.ours{fill:#0969da;stroke:none}text.before{fill:#8250df;stroke:none}text.naive{fill:#bc4c00;stroke:none}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.soft{fill:#9198a1}.grid{stroke:#3d444d}.axis{stroke:#9198a1}
.ours{stroke:#4493f8}.before{stroke:#ab7df8}.naive{stroke:#f0883e}
text.ours{fill:#4493f8}text.before{fill:#ab7df8}text.naive{fill:#f0883e}}";

fn main() -> Result<()> {
    let measured = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench").join("quota.json");
    let report = std::fs::read(&measured)
        .map_err(|error| format!("{}: {error}; run cargo bench --bench quota first", measured.display()))?;
    let report: Report = serde_json::from_slice(&report)?;
    let drawn = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bench.svg");
    let before: Before = serde_json::from_str(include_str!("before.json"))?;
    std::fs::write(drawn, draw(&report.detection, &before)?)?;
    eprintln!("drawn into docs/bench.svg");
    Ok(())
}

fn draw(detections: &[Detection], before: &Before) -> Result<String> {
    let rows = detections.len().div_ceil(COLUMNS);
    let (width, height) = (panel::WIDTH * COLUMNS as f64, panel::HEIGHT * rows as f64);
    let mut svg = String::new();
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">"#
    )?;
    writeln!(
        svg,
        "<title>How soon changes are seen: saewatch, a build with a fixed share for sweeps, a naive round robin</title>"
    )?;
    writeln!(svg, "<style>{STYLE}</style>")?;
    for (number, detection) in detections.iter().enumerate() {
        let Detection { scenario, naive, ours } = detection;
        let (left, top) = (number % COLUMNS, number / COLUMNS);
        let (left, top) = (panel::WIDTH * left as f64, panel::HEIGHT * top as f64);
        let before = before.get(scenario).ok_or_else(|| format!("no earlier line for {scenario:?}"))?;
        let lines = [("naive", naive), ("before", before), ("ours", ours)];
        svg.push_str(&Panel { left, top, scenario, lines }.draw()?);
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}
