//! From seconds and per cent to places on the paper.

/// The seconds that are marked, from the first to the last of the axis.
pub const TICKS: [(f64, &str); 7] = [
    (1.0, "1 s"),
    (5.0, "5 s"),
    (15.0, "15 s"),
    (60.0, "1 min"),
    (300.0, "5 min"),
    (1200.0, "20 min"),
    (3600.0, "1 h"),
];

/// A frame into which a distribution is drawn.
#[derive(Clone, Copy)]
pub struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    /// Where so many seconds are. Anything outside lies on the edge.
    pub fn x(self, seconds: f64) -> f64 {
        let (first, last) = (TICKS[0].0.ln(), TICKS[TICKS.len() - 1].0.ln());
        let part = (seconds.max(f64::MIN_POSITIVE).ln() - first) / (last - first);
        self.left + self.width * part.clamp(0.0, 1.0)
    }

    /// Where so many per cent are.
    pub fn y(self, percent: f64) -> f64 {
        self.top + self.height * (1.0 - percent / 100.0)
    }

    pub fn right(self) -> f64 {
        self.left + self.width
    }

    pub fn bottom(self) -> f64 {
        self.top + self.height
    }
}
