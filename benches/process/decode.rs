//! What it costs to read an answer and to decide on it.

use jiff::Timestamp;
use saewatch::domain::{Observation, ObservedGroup, Pace};
use saewatch::sae::Answer;

use crate::Result;
use crate::cpu::thread_seconds;
use crate::page::{self, GROUP, Page};
use crate::table::{Row, median, progress};
use crate::watch::Watch;

const SIZES: [usize; 4] = [10, 100, 500, 2000];
const ROUNDS: usize = 41;
/// Instances read in one round: rounds of all sizes take as long.
const A_ROUND: usize = 20_000;
const MOST: f64 = 3.0;
/// By how much an instance among 2,000 may cost more than one among 10.
const LINEAR: f64 = 1.5;

/// An answer that means what the status holds already, rendered all the same, beside the same bytes into a plain struct.
pub fn unchanged_answers() -> Result<Vec<Row>> {
    let mut costs = Vec::new();
    for size in SIZES {
        let (plain, decoded, all) = of(size)?;
        progress(&format!(
            "{size} instances: plain {:.2} µs each, decode {:.2} µs, decode and decide {:.2} µs",
            plain * 1e6,
            decoded * 1e6,
            all * 1e6
        ));
        costs.push((plain, all));
    }
    let (first, last) = (costs[0], costs[costs.len() - 1]);
    let (ratio, growth) = (last.1 / last.0, last.1 / first.1);
    Ok(vec![
        Row {
            measure: "decode and decide 2,000 instances".into(),
            method: format!(
                "{:.2} ms, serde_json into a plain struct {:.2} ms; CPU, medians of {ROUNDS} rounds in turn",
                last.1 * 2e6,
                last.0 * 2e6
            ),
            result: format!("{ratio:.2} ×"),
            bar: "≤ 3 ×",
            holds: Some(ratio <= MOST),
        },
        Row {
            measure: "… and linear from 10 to 2,000".into(),
            method: "what one instance costs among 2,000, against one among 10".into(),
            result: format!("{growth:.2} ×"),
            bar: "≤ 1.5 ×",
            holds: Some(growth <= LINEAR),
        },
    ])
}

/// CPU seconds an instance: of the plain struct, of our decoding, of decoding and deciding.
fn of(size: usize) -> Result<(f64, f64, f64)> {
    let bytes = page::bytes(size)?;
    let now = Timestamp::now();
    let group = ObservedGroup {
        id: GROUP.into(),
        name: None,
        replicas: i64::try_from(size).ok(),
        image: None,
        package_version: None,
    };
    let read = |answer: Answer| -> Result<Observation> {
        let page = answer.instances(GROUP)?;
        Ok(Observation { at: now, groups: [group.clone()].into(), instances: page.entries, stopped: false })
    };
    let mut watch = Watch::new("shop", None)?;
    for _ in 0..2 {
        let decision = watch.decide(&read(answer(&bytes))?, &Pace::default(), now);
        watch.take(decision);
    }
    watch.forget_unchanged();
    let times = A_ROUND / size;
    let (mut plain, mut decoded, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plain.push(cost(times, || Ok(serde_json::from_slice::<Page>(&bytes)?.data.instances.len()))?);
        let mut answers: Vec<Answer> = (0..2 * times).map(|_| answer(&bytes)).collect();
        let mut next = || answers.pop().ok_or("no answer is left");
        decoded.push(cost(times, || Ok(read(next()?)?.instances.len()))?);
        all.push(cost(times, || {
            let decision = watch.decide(&read(next()?)?, &Pace::default(), now);
            if decision.write.is_some() { Err("an unchanged answer is written".into()) } else { Ok(0) }
        })?);
    }
    let each = |mut seconds: Vec<f64>| median(&mut seconds) / (times * size) as f64;
    Ok((each(plain), each(decoded), each(all)))
}

fn answer(bytes: &[u8]) -> Answer {
    Answer { status: 200, body: bytes.to_vec(), ..Answer::default() }
}

fn cost(times: usize, mut act: impl FnMut() -> Result<usize>) -> Result<f64> {
    let began = thread_seconds()?;
    for _ in 0..times {
        std::hint::black_box(act()?);
    }
    Ok(thread_seconds()? - began)
}
