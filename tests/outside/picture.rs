//! What there is to see of a watch, as one text that is the same on every day: times, spans and random names become
//! words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Paints one picture after another; a version that came up before keeps its name.
#[derive(Default)]
pub struct Painter {
    versions: BTreeMap<String, String>,
}

impl Painter {
    /// The table, the status and the events since the last picture.
    pub fn paint(
        &mut self,
        title: &str,
        table: &str,
        watch: &Value,
        events: &[(String, String, String)],
    ) -> String {
        let mut picture = format!("# {title}\n\n");
        for line in table.lines() {
            // The ages are columns of their own; two spaces part columns.
            let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            writeln!(picture, "# {}", cells.join("  ")).unwrap();
        }
        picture.push_str("\nevents:");
        if events.is_empty() {
            picture.push_str(" []");
        }
        for (kind, reason, note) in events {
            write!(picture, "\n- {kind} {reason}: {note}").unwrap();
        }
        let mut status = watch["status"].clone();
        status.as_object_mut().map(shorten);
        let status = serde_saphyr::to_string(&serde_json::json!({ "status": status })).unwrap();
        write!(picture, "\n\n{status}").unwrap();
        self.even_out(&picture)
    }

    /// Replaces what moves by itself.
    fn even_out(&mut self, text: &str) -> String {
        let words =
            text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | '"' | '('));
        words
            .map(|word| {
                let bare = word.trim_end_matches(|c: char| {
                    c.is_whitespace() || matches!(c, ',' | ';' | ':' | ')' | '"' | '(')
                });
                let rest = &word[bare.len()..];
                self.even(bare).map_or(word.to_owned(), |even| even + rest)
            })
            .collect()
    }

    fn even(&mut self, word: &str) -> Option<String> {
        let digits = word.bytes().all(|b| b.is_ascii_digit());
        if digits && word.len() == 13 {
            let next = format!("version-{}", self.versions.len() + 1);
            return Some(self.versions.entry(word.to_owned()).or_insert(next).clone());
        }
        let is_time = word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
        // A change order has its date and time apart.
        let is_of_change = is_number_like(word, "0000-00-00") || is_number_like(word, "00:00:00");
        let is_time = is_time || is_of_change;
        is_time.then(|| "<time>".to_owned()).or_else(|| is_span(word).then(|| "<span>".to_owned()))
    }
}

/// Whether it has digits where the pattern has zeros, and is the pattern otherwise.
fn is_number_like(word: &str, pattern: &str) -> bool {
    let alike = |(c, p): (char, char)| c == p || p == '0' && c.is_ascii_digit();
    word.len() == pattern.len() && word.chars().zip(pattern.chars()).all(alike)
}

/// `12s`, `5m3s`, `3m`: what kubectl and the notes write for spans of this length.
fn is_span(word: &str) -> bool {
    let starts_well = word.starts_with(|c: char| c.is_ascii_digit()) && word.ends_with(['s', 'm', 'h']);
    starts_well && word.chars().all(|c| c.is_ascii_digit() || matches!(c, 's' | 'm' | 'h'))
}

/// Leaves out what differs from run to run and says nothing: the request token, checksums, and of each instance what
/// does not change in the walk.
fn shorten(status: &mut Map<String, Value>) {
    status.remove("lastHandledRequest");
    status.remove("revision");
    for instance in status.get_mut("instances").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(fields) = instance.as_object_mut() {
            fields.retain(|field, _| {
                matches!(
                    field.as_str(),
                    "id" | "state" | "reason" | "since" | "restarts" | "image" | "message"
                )
            });
        }
    }
}
