//! The table, one row a number.

/// One number beside how it was got and what it must reach.
pub struct Row {
    pub measure: String,
    pub method: String,
    pub result: String,
    pub bar: &'static str,
    pub holds: bool,
}

pub fn print_head() {
    println!("| measure | method | result | must reach | |");
    println!("|---|---|---:|---:|---|");
}

impl Row {
    pub fn print(&self) {
        let Self { measure, method, result, bar, holds } = self;
        let verdict = if *holds { "pass" } else { "FAIL" };
        println!("| {measure} | {method} | {result} | {bar} | {verdict} |");
    }
}

/// The value in the middle.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Says on standard error how far something long is.
pub fn progress(what: &str) {
    eprintln!("  … {what}");
}
