//! The table, one row a number.

/// One number beside how it was got and what it must reach.
pub struct Row {
    pub measure: String,
    pub method: String,
    pub result: String,
    pub bar: &'static str,
    /// Whether the bar is reached; `None` where there is none, or nothing could be measured.
    pub holds: Option<bool>,
}

/// The rows as they come.
pub struct Table {
    holds: bool,
}

impl Table {
    /// Prints the head.
    pub fn new() -> Self {
        println!("The process\n");
        println!("| measure | method | result | must reach | |");
        println!("|---|---|---:|---:|---|");
        Self { holds: true }
    }

    /// Prints some rows.
    pub fn add(&mut self, rows: impl IntoIterator<Item = Row>) {
        for Row { measure, method, result, bar, holds } in rows {
            let verdict = match holds {
                Some(true) => "pass",
                Some(false) => "FAIL",
                None => "–",
            };
            println!("| {measure} | {method} | {result} | {bar} | {verdict} |");
            self.holds &= holds != Some(false);
        }
    }

    /// Whether every bar was reached.
    pub fn holds(&self) -> bool {
        self.holds
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
