//! The process is killed in the middle of a step of the walk, and the next one plays that step to its end: what is
//! then to be seen is what the golden file shows, and every event was told once.
//!
//! `KILL_SEED=n cargo test --test outside kills` kills at other points.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::support::Operator;
use crate::walk::{BEFORE, STEPS, Step, Walk};

/// How many steps meet a kill.
const KILLS: usize = 10;

/// When the process is killed, counted from the moment a step's poll is asked for.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// After so many calls to SAE; most steps make two,
    calls: usize,
    /// and so much later: after the last answer come events and a write, each of which takes some milliseconds.
    later: Duration,
}

/// The points of a seed: for each step one, or none.
fn points(seed: u64) -> [Option<Point>; STEPS.len()] {
    let draw = |what: &str, step: usize| {
        let mut hasher = DefaultHasher::new();
        (seed, what, step).hash(&mut hasher);
        hasher.finish()
    };
    let mut steps: Vec<usize> = (0..STEPS.len()).collect();
    steps.sort_by_key(|step| draw("step", *step));
    let mut points = [None; STEPS.len()];
    for step in steps.into_iter().take(KILLS) {
        let calls = 1 + usize::try_from(draw("calls", step) % 2).unwrap();
        let later = Duration::from_millis((1 << (draw("later", step) % 6)) - 1);
        points[step] = Some(Point { calls, later });
    }
    points
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_step_changes_nothing_and_loses_and_doubles_no_event() {
    let seed = std::env::var("KILL_SEED").map_or(8, |seed| seed.parse().unwrap());
    println!("KILL_SEED={seed}");
    let mut walk = Walk::begin().await;
    let mut operator = walk.world.operator();
    walk.until_observed().await;
    for title in BEFORE {
        walk.see(title).await;
    }
    let mut unfinished = 0;
    for (Step { title, happen }, point) in STEPS.into_iter().zip(points(seed)) {
        happen(&mut walk);
        if let Some(point) = point {
            kill_at(point, &walk, operator).await;
            let is_over = walk.is_settled(&walk.world.watch("shop").await);
            println!(
                "{title}: killed at {point:?}, {}",
                if is_over { "when it was over" } else { "in the middle" }
            );
            unfinished += usize::from(!is_over);
            operator = walk.world.operator();
        } else {
            walk.ask().await;
        }
        walk.settle().await;
        let (picture, golden) = walk.see(title).await;
        let golden = std::fs::read_to_string(golden).unwrap();
        assert_eq!(in_order(&golden), in_order(&picture), "KILL_SEED={seed}: {title}, killed at {point:?}");
    }
    assert!(unfinished >= KILLS / 3, "{unfinished} kills of {KILLS} came in the middle of a step");
    drop(operator);
}

/// Asks for the step's poll and kills the operator at the point, or when there is nothing left to interrupt.
async fn kill_at(point: Point, walk: &Walk, operator: Operator) {
    walk.world.sae.clear_calls();
    let called = async {
        while walk.world.sae.calls().len() < point.calls {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(point.later).await;
    };
    let kill = async {
        tokio::select! {
            () = called => {}
            () = walk.settle() => {}
        }
        drop(operator);
    };
    tokio::join!(walk.ask(), kill);
}

/// A picture with its events in the order of their words: which comes first is a matter of milliseconds.
pub fn in_order(picture: &str) -> String {
    let mut events: Vec<&str> = picture.lines().filter(|line| is_event(line)).collect();
    events.sort_unstable();
    let rest = picture.lines().filter(|line| !is_event(line));
    events.into_iter().chain(rest).collect::<Vec<_>>().join("\n")
}

fn is_event(line: &str) -> bool {
    ["- Normal ", "- Warning "].iter().any(|start| line.starts_with(start))
}
