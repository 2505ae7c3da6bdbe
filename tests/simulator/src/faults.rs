//! The faults that wait: those for the next calls, and those by chance.
//!
//! A fault strikes a call that was admitted (signed well, within the quota, allowed), so that it cannot hide
//! a mistake of the client.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fault::{Effect, Fault};
use crate::operation::Operation;
use crate::request::Request;

/// Faults by chance, the same for the same seed and the same order of calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomFaults {
    /// Between 0 and 1: the part of the admitted calls that is struck.
    pub probability: f64,
    /// Of the random numbers.
    pub seed: u64,
    /// What strikes, each as likely as the others; the default is every kind.
    #[serde(default = "every_kind")]
    pub faults: Vec<Fault>,
}

impl RandomFaults {
    /// Every kind of fault with this probability; a delay is 20 ms, a drip byte by byte without pause.
    pub fn every_kind(probability: f64, seed: u64) -> Self {
        Self { probability, seed, faults: every_kind() }
    }
}

fn every_kind() -> Vec<Fault> {
    vec![
        Fault::error(500, "InternalError"),
        Fault::error(503, "ServiceUnavailable"),
        Fault::error(400, "Application.InvalidStatus"),
        Fault::throttle(),
        Fault::throttle().retry_after_millis(20),
        Fault::throttle().retry_after_seconds(1),
        Fault::success_false("InvalidParameter.WithMessage"),
        Fault::html(502),
        Fault::html(200),
        Fault::answer(504, "text/plain", ""),
        Fault::answer(200, "application/json", "{\"Code\":\"200\",\"Data\":{"),
        Fault::xml(500, "InternalError"),
        Fault::redirect("http://127.0.0.1:9/elsewhere"),
        Fault::delay(Duration::from_millis(20)),
        Fault::reset(),
        Fault::half_body(),
        Fault::of(Effect::Drip { millis: 0 }),
        Fault::total_size(1_000),
        Fault::total_size(0),
        Fault::total_size(-1),
        Fault::cut_page(1),
        Fault::overlapping_pages(),
        Fault::unknown_values(),
    ]
}

/// The faults that wait for calls.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: Vec<Fault>,
    random: Option<(RandomFaults, fastrand::Rng)>,
}

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    pub(crate) fn at_random(&mut self, random: RandomFaults) {
        let dice = fastrand::Rng::with_seed(random.seed);
        self.random = Some((random, dice));
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The fault that strikes this call: the oldest that waits for it, else one by chance.
    pub(crate) fn draw(&mut self, operation: Operation, request: &Request) -> Option<Fault> {
        if let Some(index) = self.waiting.iter().position(|fault| fault.strikes(operation, request)) {
            let fault = self.waiting[index].clone();
            if let Some(left) = &mut self.waiting[index].calls {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.waiting.remove(index);
                }
            }
            return Some(fault);
        }
        let (random, dice) = self.random.as_mut()?;
        let struck = dice.f64() < random.probability;
        let fitting: Vec<_> =
            random.faults.iter().filter(|fault| fault.strikes(operation, request)).collect();
        if !struck || fitting.is_empty() {
            return None;
        }
        Some(fitting[dice.usize(..fitting.len())].clone())
    }
}
