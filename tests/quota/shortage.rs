//! What is said when the budget does not carry every interval.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use saewatch::sae::Class;

use crate::operator;
use crate::world::app::{App, name};
use crate::world::operator::watch_id;
use crate::world::sae::Fault;
use crate::world::{mins, on_a_paused_clock, secs};

/// The log, as far as it speaks of the budget.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn of_budget(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains("every interval")).map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[test]
fn one_log_line_a_metric_and_every_pace_say_that_the_budget_is_short_and_later_that_it_is_not() {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    // While there is one subscriber alone, tracing asks that of the thread which comes by a line first, and the threads of
    // other tests have none: the line would be off for all (findings/tracing-forgets-the-scoped-subscriber.sh).
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(lines);
    on_a_paused_clock(async {
        let mut operator = operator(vec![App::well(1); 100], Vec::new(), Vec::new());
        operator.work_until(mins(60)).await;
        let [line] = &log.of_budget()[..] else { panic!("one line: {:#?}", log.of_budget()) };
        assert!(line.contains("targets=100") && line.contains("wanted_calls_per_minute=100"), "{line}");
        assert!(line.contains("longer intervals, fewer watches, or a higher --calls-per-minute"), "{line}");
        assert_eq!(operator.polls.stats().slowed, 100);
        for app in 0..100 {
            let shown = operator.paces[&watch_id(&name(app))].effective_interval;
            assert_eq!(shown, Some(SignedDuration::from_mins(5)), "{}: the step above 4 minutes", name(app));
        }

        for app in 20..100 {
            operator.forget(&watch_id(&name(app)));
        }
        operator.work_until(mins(90)).await;
        let lines = log.of_budget();
        assert_eq!(lines.len(), 2, "{lines:#?}");
        assert!(lines[1].contains("the quota carries every interval again"), "{lines:#?}");
        assert_eq!(operator.polls.stats().slowed, 0);
        assert!((0..20).all(|app| operator.paces[&watch_id(&name(app))].effective_interval.is_none()));
    });
}

/// So many that their polls, once in ten minutes, would take all of the budget.
#[test]
fn however_many_targets_are_stalled_the_others_are_polled_within_a_bound() {
    on_a_paused_clock(async {
        let denied = |app| Fault {
            during: secs(0)..mins(600),
            operation: None,
            app: Some(name(app)),
            class: Class::Denied,
        };
        let mut operator = operator(vec![App::well(1); 320], Vec::new(), (20..320).map(denied).collect());
        operator.work_until(mins(60)).await;
        operator.slowest.clear();
        operator.looks.clear();
        operator.work_until(mins(180)).await;
        for app in 0..20 {
            let slowest = operator.slowest[&app];
            assert!(slowest <= mins(30), "{}: {slowest:?}", name(app));
            let looks = operator.looks.iter().filter(|look| look.app == app).map(|look| look.at);
            let looks: Vec<_> = [mins(60)].into_iter().chain(looks).chain([mins(180)]).collect();
            let longest = looks.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max();
            assert!(longest <= Some(slowest * 3), "{} is stale: {longest:?} of {slowest:?}", name(app));
        }
    });
}
