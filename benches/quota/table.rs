//! The table, one row a number.

/// One number beside what it must reach.
pub struct Row {
    pub scenario: String,
    pub measure: &'static str,
    pub naive: String,
    pub ours: String,
    pub bar: &'static str,
    pub holds: bool,
}

pub fn print_head() {
    println!("| scenario | measure | naive round robin | saewatch | must reach | |");
    println!("|---|---|---:|---:|---:|---|");
}

impl Row {
    pub fn print(&self) {
        let Self { scenario, measure, naive, ours, bar, holds } = self;
        let verdict = if *holds { "pass" } else { "FAIL" };
        println!("| {scenario} | {measure} | {naive} | {ours} | {bar} | {verdict} |");
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
