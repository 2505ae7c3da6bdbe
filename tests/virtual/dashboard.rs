//! The dashboard has something to show. `make dashboard` draws it from what is scraped here.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write, sink};

use saewatch::poll::PollMetrics;
use saewatch::sae::{Client, Environment, Keys, Settings};
use saewatch::telemetry::{Exposition, Format};

use crate::story;
use crate::world::World;

/// Time without anything, so that the story has a past: rates and first answers.
const QUIET_MINUTES: u64 = 15;
/// The name of the file, if any, that gets all that is scraped: OpenMetrics with times, as `promtool` reads it.
const FILE: &str = "SAEWATCH_SCRAPES";
/// What Prometheus would add to each series.
const TARGET: &str = r#"job="saewatch",pod="saewatch-6c9f7d5b8-x2k4q""#;

#[tokio::test(start_paused = true)]
async fn six_hours_of_many_applications_have_what_every_panel_asks_for() {
    // For a picture, as often as Prometheus does by default for Kubernetes; else as often as it takes to see all.
    let (mut file, every): (Box<dyn Write>, u64) = match std::env::var_os(FILE) {
        Some(path) => (Box::new(BufWriter::new(File::create(path).unwrap())), 1),
        None => (Box::new(sink()), 30),
    };
    let mut world = story::begin();
    let exposition = exposition(&world);
    world.minutes(QUIET_MINUTES).await;
    let mut seen = BTreeSet::new();
    for minute in 0..story::MINUTES {
        story::happen(minute, &world);
        for half in 0..2 {
            world.seconds(30).await;
            if (2 * minute + half) % every != 0 {
                continue;
            }
            let text: String = exposition.pieces(Format::OpenMetrics).map(Result::unwrap).collect();
            seen.extend(text.lines().filter_map(|line| line.split(['{', ' ']).next()).map(str::to_owned));
            file.write_all(scraped(&text, world.clock.now().as_second()).as_bytes()).unwrap();
        }
    }
    file.write_all(b"# EOF\n").unwrap();
    file.flush().unwrap();
    let missing: Vec<String> = asked().into_iter().filter(|name| !seen.contains(name)).collect();
    assert_eq!(missing, [""; 0], "no series was ever there");
}

/// All that the running operator of a world shows.
fn exposition(world: &World) -> Exposition {
    let settings = Settings::new().environment(Environment::of([("", ""); 0]));
    let client = Client::with_keys(settings, Keys::new("id", "secret", "a test")).unwrap();
    let polls = PollMetrics::new(client.credentials().clone());
    polls.show(None, world.polls().unwrap(), client.credentials().clone());
    Exposition::new(&world.metrics, vec![Box::new(polls)], true)
}

/// The samples of an exposition with the labels of their target and their time.
fn scraped(text: &str, second: i64) -> String {
    let mut samples = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let comma = if labels == "}" { "" } else { "," };
        writeln!(samples, "{name}{{{TARGET}{comma}{labels} {value} {second}").unwrap();
    }
    samples
}

/// The metrics in the queries of the dashboard.
fn asked() -> BTreeSet<String> {
    let dashboard = include_str!("../../charts/saewatch/files/dashboard.json");
    let words = dashboard.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names = words.filter(|word| ["saewatch_", "process_"].iter().any(|start| word.starts_with(start)));
    names.map(str::to_owned).collect()
}
