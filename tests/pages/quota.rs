//! How many applications fit: asked of the real scheduler on a paused clock.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use saewatch::poll::Clock;

use crate::fragments::{keep, table};
use crate::pages::text;
use crate::world::app::{App, Apps};
use crate::world::operator::{Operator, Watch};
use crate::world::sae::Sae;
use crate::world::{mins, on_a_paused_clock, secs};

const BUDGETS: [u32; 2] = [30, 60];
const INTERVALS: [(&str, Duration); 5] =
    [("15s", secs(15)), ("30s", secs(30)), ("60s", secs(60)), ("2m", mins(2)), ("5m", mins(5))];
const CROWDS: [usize; 4] = [50, 100, 200, 500];

/// Plays so many healthy applications of one group each, and says how long it is from poll to poll, on average.
fn mean_pace(apps: usize, interval: Duration, calls_per_minute: u32) -> Duration {
    on_a_paused_clock(async {
        let sae = Arc::new(Sae::new(Apps::new(vec![App::well(2); apps], Vec::new())));
        let mut operator = Operator::start(sae, calls_per_minute, Clock::steady(Timestamp::UNIX_EPOCH));
        operator.watch_all((0..apps).map(|app| Watch { interval, ..Watch::new(app) }));
        // Everybody has been polled a few times, and nobody has just been seen for the first time.
        let rounds = u32::try_from(apps).unwrap() / calls_per_minute + 1;
        let warm = mins(30).max(interval * 5).max(mins(1) * rounds * 5);
        operator.work_until(warm).await;
        operator.looks.clear();
        operator.work_until(warm * 2).await;
        let polls = u32::try_from(operator.looks.len()).unwrap();
        warm * u32::try_from(apps).unwrap() / polls
    })
}

/// The most applications that keep their interval to within a twentieth: calls of an account start one after the other,
/// so that on a nearly full budget some wait for their turn.
fn how_many(interval: Duration, calls_per_minute: u32) -> usize {
    let keeps = |apps| mean_pace(apps, interval, calls_per_minute) <= interval.mul_f64(1.05);
    // As many as would fit if nothing but polls were made, and what sweeps leave of that at the least.
    let most = usize::try_from(interval.as_secs() * u64::from(calls_per_minute) / 60).unwrap();
    let (mut fit, mut too_many) = (most * 2 / 3, most + 1);
    assert!(keeps(fit));
    while too_many - fit > 1 {
        let apps = usize::midpoint(fit, too_many);
        if keeps(apps) { fit = apps } else { too_many = apps }
    }
    fit
}

#[test]
fn so_many_applications_keep_their_interval() {
    let rows = INTERVALS.map(|(name, interval)| {
        let counts = BUDGETS.map(|budget| how_many(interval, budget).to_string());
        [vec![name.to_owned()], counts.to_vec()].concat()
    });
    keep("docs/quota.md", "fit", &table(&["interval", "with 30 a minute", "with 60 a minute"], rows.clone()));
    for (number, budget, what) in [
        (2, 1, "nothing: each is asked every 60 s"),
        (2, 2, "`callsPerMinute: 60`"),
        (3, 1, "`spec.interval: 2m`"),
        (4, 1, "`spec.interval: 5m`"),
    ] {
        let advice = format!("| up to {} | {what}", rows[number][budget]);
        assert!(text("docs/quota.md").contains(&advice), "the page does not say: {advice}");
    }
    let in_short = format!("{} applications are asked every 60 s", rows[2][1]);
    assert!(text("README.md").contains(&in_short), "the README does not say: {in_short}");
}

#[test]
fn so_often_is_each_polled_where_there_are_more() {
    let rows = CROWDS.map(|apps| {
        let paces = BUDGETS.map(|budget| {
            let minutes = mean_pace(apps, secs(60), budget).as_secs_f64() / 60.0;
            format!("{minutes:.1} min")
        });
        [vec![apps.to_string()], paces.to_vec()].concat()
    });
    keep("docs/quota.md", "crowds", &table(&["applications", "with 30 a minute", "with 60 a minute"], rows));
}
