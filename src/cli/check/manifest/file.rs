//! Files of manifests, or standard input, with the place of every fault.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_saphyr::{Error, MessageFormatter as _, UserMessageFormatter};

use super::Rulebook;
use super::document::Document;
use crate::api::SaeAppWatch;
use crate::domain::text::plural;

/// Why there is nothing to look at: every line is a fault with its place.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli::check) struct Refused(Vec<String>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = i64::try_from(self.0.len()).unwrap_or(i64::MAX);
        writeln!(f, "{} in the manifests; SAE was not asked", plural(count, "fault"))?;
        write!(f, "  {}", self.0.join("\n  "))
    }
}

/// The watches of all files; or everything that is wrong with any of them.
pub(in crate::cli::check) fn read(files: &[PathBuf]) -> Result<Vec<SaeAppWatch>, Refused> {
    let rulebook = Rulebook::default();
    let mut watches = Vec::new();
    let mut faults = Vec::new();
    for file in files {
        match read_file(file, &rulebook) {
            Ok(found) => watches.extend(found),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(watches) } else { Err(Refused(faults)) }
}

fn read_file(file: &Path, rulebook: &Rulebook) -> Result<Vec<SaeAppWatch>, Vec<String>> {
    let is_stdin = file == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { file.display().to_string() };
    let text = if is_stdin { read_stdin() } else { std::fs::read(file) };
    let text = text.map_err(|error| vec![format!("{name}: {error}")])?;
    let mut watches = Vec::new();
    let mut faults: Vec<(u64, String)> = Vec::new();
    for (number, document) in Document::all(&text).into_iter().enumerate() {
        let found = match document {
            Ok(document) => take_in(document, rulebook, &mut watches),
            Err(error) => vec![unreadable(&error)],
        };
        let place = |(line, fault)| (line, format!("{name}:{line}: document {}: {fault}", number + 1));
        faults.extend(found.into_iter().map(place));
    }
    if watches.is_empty() && faults.is_empty() {
        return Err(vec![format!("{name}: no SaeAppWatch in it")]);
    }
    faults.sort();
    if faults.is_empty() { Ok(watches) } else { Err(faults.into_iter().map(|(_, fault)| fault).collect()) }
}

/// Takes in the watches of a document; what is wrong with it, and on which line.
fn take_in(
    mut document: Document,
    rulebook: &Rulebook,
    watches: &mut Vec<SaeAppWatch>,
) -> Vec<(u64, String)> {
    let mut faults = Vec::new();
    for (path, manifest) in manifests(document.value.take()) {
        match rulebook.watch(manifest, &path) {
            Ok(watch) => watches.push(watch),
            Err(found) => {
                faults.extend(found.iter().map(|fault| (document.line(&fault.path), fault.to_string())));
            }
        }
    }
    faults
}

fn unreadable(error: &Error) -> (u64, String) {
    let line = error.location().map_or(1, |location| location.line());
    (line, UserMessageFormatter.format_message(error).into_owned())
}

fn read_stdin() -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    Ok(text)
}

/// The manifests of a document with their paths: itself, or the items of a List.
fn manifests(document: Value) -> Vec<(String, Value)> {
    let is_list = document["apiVersion"] == "v1" && document["kind"] == "List";
    match document.get("items").and_then(Value::as_array) {
        Some(items) if is_list => {
            let items = items.iter().cloned().enumerate();
            items.map(|(number, item)| (format!("items[{number}]"), item)).collect()
        }
        Some(_) | None => vec![(String::new(), document)],
    }
}
