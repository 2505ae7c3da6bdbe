//! Draws `docs/bench.svg`: how soon changes are seen, from what `cargo bench --bench quota` has measured.
//!
//! One panel a scenario. Across, on a logarithmic scale, the time from a change to the poll that shows it; up, the share of
//! all changes that were seen by then.

mod panel;
mod scale;

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

/// Legible on white and on black; a viewer that knows neither shows it on white.
const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.soft{fill:#59636e}
.grid{stroke:#d1d9e0}.axis{stroke:#59636e}polyline{fill:none;stroke-width:2.5;stroke-linejoin:round}
.ours{stroke:#0969da}.naive{stroke:#bc4c00}text.ours{fill:#0969da;stroke:none}text.naive{fill:#bc4c00;stroke:none}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.soft{fill:#9198a1}.grid{stroke:#3d444d}.axis{stroke:#9198a1}
.ours{stroke:#4493f8}.naive{stroke:#f0883e}text.ours{fill:#4493f8}text.naive{fill:#f0883e}}";

fn main() -> Result<()> {
    let measured = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench").join("quota.json");
    let report = std::fs::read(&measured)
        .map_err(|error| format!("{}: {error}; run cargo bench --bench quota first", measured.display()))?;
    let report: Report = serde_json::from_slice(&report)?;
    let drawn = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bench.svg");
    std::fs::write(drawn, draw(&report.detection)?)?;
    eprintln!("drawn into docs/bench.svg");
    Ok(())
}

fn draw(detections: &[Detection]) -> Result<String> {
    let (width, height) = (panel::WIDTH * detections.len() as f64, panel::HEIGHT);
    let mut svg = String::new();
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">"#
    )?;
    writeln!(svg, "<title>How soon changes are seen: saewatch beside a naive round robin</title>")?;
    writeln!(svg, "<style>{STYLE}</style>")?;
    for (number, detection) in detections.iter().enumerate() {
        let Detection { scenario, naive, ours } = detection;
        let left = panel::WIDTH * number as f64;
        svg.push_str(&Panel { left, scenario, naive, ours }.draw()?);
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}
