//! What the operator did, as text: every call to SAE with its instant, every event, every status that stood. How many
//! writes it took to get there is not in it, nor what an event is named.
//!
//! `scenes.rs` plays the scenes; `UPDATE_GOLDEN=1 cargo test --test virtual scene` writes their files anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::world::{BEGINNING, World};

/// A status that is replaced sooner than this never stood: it was half of a change.
const STANDING: Duration = Duration::from_millis(50);

/// Compares what happened in a world with the golden file of this name.
pub fn compare(scene: &str, world: &World) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/virtual/golden/{scene}.txt"));
    let found = trace(world);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, found).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = golden.lines().zip(found.lines()).position(|(golden, found)| golden != found);
    let line = differs.unwrap_or(golden.lines().count().min(found.lines().count()));
    let around = |text: &str| text.lines().skip(line).take(8).collect::<Vec<_>>().join("\n");
    let (was, is) = (around(&golden), around(&found));
    assert!(golden == found, "{scene}.txt, line {}: it says\n{was}\nand now it is\n{is}", line + 1);
}

/// Everything that happened, in the order of time.
fn trace(world: &World) -> String {
    let calls = world.sae.calls().into_iter().map(|call| {
        let app = if call.app.is_empty() { "all applications" } else { &call.app };
        (call.at, format!("call {:?} {app}", call.operation))
    });
    let events = world.cluster.events().into_iter().map(|event| {
        let text = |field: &Value| relative(field.as_str().unwrap_or_default());
        let of = |field: &str| text(&event[field]);
        let line = format!(
            "event {} {} {}: {}",
            text(&event["regarding"]["name"]),
            of("type"),
            of("reason"),
            of("note")
        );
        (event["eventTime"].as_str().unwrap().parse().unwrap(), line)
    });
    let mut all: Vec<(u128, String)> =
        calls.chain(events).chain(statuses(world)).map(|(at, line)| (tenths(at), line)).collect();
    // What falls into one tenth of a second has no order.
    all.sort();
    all.into_iter()
        .map(|(at, line)| format!("{:02}:{:02}.{} {line}\n", at / 600, at / 10 % 60, at % 10))
        .collect()
}

/// Every status that stood, as what became different with it.
fn statuses(world: &World) -> Vec<(Timestamp, String)> {
    let mut shown: BTreeMap<String, Value> = BTreeMap::new();
    let mut lines = Vec::new();
    let stored = world.cluster.stored();
    for (number, (at, name, status)) in stored.iter().enumerate() {
        let next = stored[number + 1..].iter().find(|(_, other, _)| other == name);
        if next.is_some_and(|(next, ..)| next.duration_since(*at).unsigned_abs() < STANDING) {
            continue;
        }
        let before = shown.insert(name.clone(), status.clone()).unwrap_or_default();
        let differences = differences(&before, status);
        if !differences.is_empty() {
            lines.push((*at, format!("status {name}{differences}")));
        }
    }
    lines
}

/// The plain fields that differ in one line, and each other thing that does in a line of its own.
fn differences(before: &Value, after: &Value) -> String {
    let (before, after) = (pieces(before), pieces(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let (mut plain, mut others) = (String::new(), String::new());
    for name in names.into_iter().filter(|name| before.get(*name) != after.get(*name)) {
        match after.get(name) {
            None => plain += &format!(" {name}=-"),
            Some(value @ (Value::Object(_) | Value::Array(_))) => others += &format!("\n    {name}: {value}"),
            Some(value) => plain += &format!(" {name}={value}"),
        }
    }
    plain + &others
}

/// The fields of a status; of a list each entry that has a name.
fn pieces(status: &Value) -> BTreeMap<String, Value> {
    let mut pieces = BTreeMap::new();
    for (field, value) in status.as_object().into_iter().flatten() {
        let entries = value.as_array().map(Vec::as_slice).unwrap_or_default();
        // An empty list says what no list says; of the transitions the older ones stood there before.
        let value = match field.as_str() {
            "recentTransitions" => &value[0],
            _ if *value == json!([]) => continue,
            _ => value,
        };
        let named: Vec<_> = entries
            .iter()
            .filter_map(|entry| {
                let name = entry.get("type").or_else(|| entry.get("id"))?.as_str()?;
                let mut rest = without_dates(entry);
                rest.as_object_mut()?.retain(|field, _| field != "type" && field != "id");
                Some((format!("{field}[{name}]"), rest))
            })
            .collect();
        if named.is_empty() {
            pieces.insert(field.clone(), without_dates(value));
        } else {
            pieces.extend(named);
        }
    }
    pieces
}

/// A value, each point in time in it as the time since the beginning.
fn without_dates(value: &Value) -> Value {
    match value {
        Value::String(text) => relative(text).into(),
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name.clone(), without_dates(value))).collect()
        }
        Value::Array(list) => list.iter().map(without_dates).collect(),
        other => other.clone(),
    }
}

fn relative(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_end_matches([':', ';', ',']);
        let Ok(time) = bare.parse::<Timestamp>() else { return word.to_owned() };
        let seconds = time.duration_since(beginning()).as_secs();
        format!("@{:02}:{:02}{}", seconds / 60, seconds % 60, &word[bare.len()..])
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn tenths(at: Timestamp) -> u128 {
    (at.duration_since(beginning()).unsigned_abs().as_millis() + 50) / 100
}

fn beginning() -> Timestamp {
    BEGINNING.parse().unwrap()
}
