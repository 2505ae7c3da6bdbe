//! What was measured: printed as a table, one row a number, and written to `target/bench/quota.json` for whoever
//! draws it.
//!
//! ```json
//! {
//!   "seed": 20260101,
//!   "callsPerMinute": 30,
//!   "rows": [{"scenario": "…", "measure": "…", "naive": "495 s", "ours": "26 s", "bar": "≤ 30 s", "holds": true}],
//!   "detection": [{"scenario": "500 applications: an instance dies", "naive": [0.2, …], "ours": [2.1, …]}]
//! }
//! ```
//! `rows` is the table as printed. Each of `detection` is the distribution of the times from a change to the look that
//! shows it, in seconds: 101 numbers, the quantiles 0 %, 1 % … 100 %, so a distribution function is drawn as number
//! `n` of them across and `n` per cent up.

use std::path::PathBuf;

use serde::Serialize;

/// One number beside what it must reach.
#[derive(Serialize)]
pub struct Row {
    pub scenario: String,
    pub measure: &'static str,
    pub naive: String,
    pub ours: String,
    pub bar: &'static str,
    pub holds: bool,
}

/// How soon changes were seen, in seconds by hundredths.
#[derive(Serialize)]
struct Detection {
    scenario: &'static str,
    naive: Vec<f64>,
    ours: Vec<f64>,
}

/// All of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    seed: u64,
    calls_per_minute: u32,
    rows: Vec<Row>,
    detection: Vec<Detection>,
}

impl Report {
    /// Prints the head of the table.
    pub fn new(seed: u64, calls_per_minute: u32) -> Self {
        println!("The quota: {calls_per_minute} calls a minute unless said otherwise, seed {seed}\n");
        println!("| scenario | measure | naive round robin | saewatch | must reach | |");
        println!("|---|---|---:|---:|---:|---|");
        Self { seed, calls_per_minute, rows: Vec::new(), detection: Vec::new() }
    }

    /// Prints and keeps a row.
    pub fn row(&mut self, row: Row) {
        let Row { scenario, measure, naive, ours, bar, holds } = &row;
        let verdict = if *holds { "pass" } else { "FAIL" };
        println!("| {scenario} | {measure} | {naive} | {ours} | {bar} | {verdict} |");
        self.rows.push(row);
    }

    /// Keeps how soon changes were seen.
    pub fn detection(&mut self, scenario: &'static str, naive: &[f64], ours: &[f64]) {
        let hundredths = |values: &[f64]| {
            let rounded = |hundredth| (quantile(values, f64::from(hundredth) / 100.0) * 10.0).round() / 10.0;
            (0..=100).map(rounded).collect()
        };
        self.detection.push(Detection { scenario, naive: hundredths(naive), ours: hundredths(ours) });
    }

    /// Whether every bar was reached.
    pub fn holds(&self) -> bool {
        self.rows.iter().all(|row| row.holds)
    }

    /// Writes it below the target folder and says where.
    pub fn write(&self) -> std::io::Result<PathBuf> {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
        std::fs::create_dir_all(&folder)?;
        let file = folder.join("quota.json");
        std::fs::write(&file, serde_json::to_vec_pretty(self)?)?;
        Ok(file)
    }
}

/// The value below which a part of the values lies.
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part lies between 0 and 1")]
    let place = (sorted.len() as f64 * part) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

pub fn secs(value: f64) -> String {
    format!("{value:.0} s")
}
