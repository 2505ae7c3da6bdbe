//! Files of manifests, or standard input, with the place of every fault.

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::{Document, Unreadable};
use super::kinds::{Declared, Kinds};
use super::schema::{field, item};
use crate::api::{SaeAccount, SaeAppWatch, SaeAppWatchSet};
use crate::domain::text::{clean, count, plural};

/// The longest fault that is reported, in bytes.
const FAULT: usize = 1024;

/// Why there is nothing to check: every line is a fault with its place.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli::check) struct Refused(Vec<String>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} in the manifests; SAE was not asked", plural(count(self.0.len()), "fault"))?;
        write!(f, "  {}", self.0.join("\n  "))
    }
}

/// What the files declare.
#[derive(Debug, Default)]
pub(in crate::cli::check) struct Manifests {
    pub watches: Vec<SaeAppWatch>,
    pub accounts: Vec<SaeAccount>,
    pub sets: Vec<SaeAppWatchSet>,
    /// How many objects of other API groups stand beside them, as in what a chart renders.
    pub others: usize,
}

impl Manifests {
    /// What is not checked, such as "2 objects of other API groups".
    pub(in crate::cli::check) fn passed_over(&self) -> Option<String> {
        (self.others > 0).then(|| plural(count(self.others), "object") + " of other API groups")
    }

    fn is_empty(&self) -> bool {
        self.watches.is_empty() && self.accounts.is_empty() && self.sets.is_empty()
    }
}

/// What all files declare; or everything that is wrong with any of them.
pub(in crate::cli::check) fn read(files: &[PathBuf]) -> Result<Manifests, Refused> {
    let kinds = Kinds::new();
    let mut manifests = Manifests::default();
    let faults: Vec<String> = files.iter().flat_map(|file| read_file(file, &kinds, &mut manifests)).collect();
    if !faults.is_empty() {
        return Err(Refused(faults));
    }
    if manifests.is_empty() {
        let names: Vec<String> = files.iter().map(|file| name(file)).collect();
        return Err(Refused(vec![format!("{}: {}", names.join(", "), nothing(&manifests))]));
    }
    Ok(manifests)
}

fn nothing(manifests: &Manifests) -> String {
    let among = manifests.passed_over().map_or("in it".to_owned(), |objects| format!("among {objects}"));
    format!("no SaeAppWatch, SaeAccount or SaeAppWatchSet {among}")
}

fn name(file: &Path) -> String {
    if is_stdin(file) { "standard input".to_owned() } else { file.display().to_string() }
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

/// Adds what a file declares; returns what is wrong with it, each fault with its place.
fn read_file(file: &Path, kinds: &Kinds, manifests: &mut Manifests) -> Vec<String> {
    let name = name(file);
    let text = if is_stdin(file) { read_stdin() } else { std::fs::read(file) };
    let documents = match text {
        Ok(text) => Document::all(&text),
        Err(error) => return vec![format!("{name}: {error}")],
    };
    if documents.is_empty() {
        return vec![format!("{name}: {}", nothing(&Manifests::default()))];
    }
    let mut faults: Vec<(u64, String)> = Vec::new();
    for (number, document) in documents.into_iter().enumerate() {
        let found = match document {
            Ok(document) => add(document, kinds, manifests),
            Err(Unreadable { line, problem }) => vec![(line, problem)],
        };
        let place = |(line, fault): (u64, String)| {
            // Cleaned, so that no name of a field can steer a terminal.
            (line, format!("{name}:{line}: document {}: {}", number + 1, clean(&fault, FAULT)))
        };
        faults.extend(found.into_iter().map(place));
    }
    faults.sort();
    faults.into_iter().map(|(_, fault)| fault).collect()
}

/// Adds what a document declares; returns what is wrong with it, and on which line.
fn add(mut document: Document, kinds: &Kinds, manifests: &mut Manifests) -> Vec<(u64, String)> {
    let mut faults = Vec::new();
    for (path, object) in objects_of(kinds, document.value.take(), "") {
        if kinds.is_of_another_group(&object) {
            manifests.others += 1;
            continue;
        }
        match kinds.read(object, &path) {
            Ok(Declared::Watch(watch)) => manifests.watches.push(*watch),
            Ok(Declared::Account(account)) => manifests.accounts.push(*account),
            Ok(Declared::Set(set)) => manifests.sets.push(*set),
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

/// The objects of a document with their paths: itself, or the items of a list, or those of a list among them.
fn objects_of(kinds: &Kinds, mut document: Value, path: &str) -> Vec<(String, Value)> {
    let is_list = kinds.is_list(&document);
    match document.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) if is_list => {
            let items = items.into_iter().enumerate();
            items
                .flat_map(|(number, one)| objects_of(kinds, one, &item(&field(path, "items"), number)))
                .collect()
        }
        Some(other) => {
            document["items"] = other;
            vec![(path.to_owned(), document)]
        }
        None => vec![(path.to_owned(), document)],
    }
}
