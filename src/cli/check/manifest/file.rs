//! Files of manifests, or standard input, with the place of every fault.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Rulebook;
use super::document::{Document, Unreadable};
use super::schema::{field, item};
use crate::api::{GROUP, KIND, SaeAppWatch, VERSION};
use crate::domain::text::{clean, plural};

/// The longest fault that is told, in bytes.
const FAULT: usize = 1024;

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
            Err(Unreadable { line, problem }) => vec![(line, problem)],
        };
        let place = |(line, fault): (u64, String)| {
            // Cleaned, so that no name of a field can steer a terminal.
            (line, format!("{name}:{line}: document {}: {}", number + 1, clean(&fault, FAULT)))
        };
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
    for (path, manifest) in manifests(document.value.take(), "") {
        match rulebook.watch(manifest, &path) {
            Ok(watch) => watches.push(watch),
            Err(found) => {
                faults.extend(found.iter().map(|fault| (document.line(&fault.path), fault.to_string())));
            }
        }
    }
    faults
}

fn read_stdin() -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    Ok(text)
}

/// The manifests of a document with their paths: itself, or the items of a list, or those of a list among them.
fn manifests(mut document: Value, path: &str) -> Vec<(String, Value)> {
    let is = |version: &str, kind: &str| document["apiVersion"] == version && document["kind"] == kind;
    let is_list = is("v1", "List") || is(&format!("{GROUP}/{VERSION}"), &format!("{KIND}List"));
    match document.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) if is_list => {
            let items = items.into_iter().enumerate();
            items.flat_map(|(number, one)| manifests(one, &item(&field(path, "items"), number))).collect()
        }
        Some(other) => {
            document["items"] = other;
            vec![(path.to_owned(), document)]
        }
        None => vec![(path.to_owned(), document)],
    }
}
