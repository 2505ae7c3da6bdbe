//! Manifests of SaeAppWatch, read and checked without an API server by the rules that it would apply.
//!
//! `document` reads the text, `metadata` checks the head, `schema` the shape and `rules` the CEL rules of the CRD. All
//! faults are told, not just the first.

mod document;
mod fault;
mod metadata;
mod rules;
mod schema;

use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use serde_json::{Map, Value, json};

pub(in crate::cli) use fault::Fault;

use crate::api::{SaeAppWatch, crd};
use crate::domain::text::plural;
use document::Document;

/// Why there is nothing to look at: every line is a fault with its place.
#[derive(Debug, thiserror::Error)]
pub(super) struct Refused(Vec<String>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = i64::try_from(self.0.len()).unwrap_or(i64::MAX);
        writeln!(f, "{} in the manifests; SAE was not asked", plural(count, "fault"))?;
        write!(f, "  {}", self.0.join("\n  "))
    }
}

/// The watches of all files; or everything that is wrong with any of them.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<SaeAppWatch>, Refused> {
    let mut watches = Vec::new();
    let mut faults = Vec::new();
    for file in files {
        match read_file(file) {
            Ok(found) => watches.extend(found),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(watches) } else { Err(Refused(faults)) }
}

/// The watch that a manifest declares, with its defaults.
pub(super) fn watch(mut manifest: Value) -> Result<SaeAppWatch, Vec<Fault>> {
    let faults = check(&mut manifest, "");
    if faults.is_empty() { build(manifest).map_err(|fault| vec![fault]) } else { Err(faults) }
}

fn read_file(file: &Path) -> Result<Vec<SaeAppWatch>, Vec<String>> {
    let name = if is_stdin(file) { "standard input".to_owned() } else { file.display().to_string() };
    let text = text_of(file).map_err(|error| vec![format!("{name}: {error}")])?;
    let documents = Document::all(&text).map_err(|error| {
        let line = error.location().map_or(String::new(), |location| format!(":{}", location.line()));
        vec![format!("{name}{line}: {error}")]
    })?;
    let mut watches = Vec::new();
    let mut faults = Vec::new();
    for (number, mut document) in documents.into_iter().enumerate() {
        let place = |document: &Document, fault: &Fault| {
            format!("{name}:{}: document {}: {fault}", document.line(&fault.path), number + 1)
        };
        for (path, mut manifest) in manifests(&mut document.value) {
            let found = check(&mut manifest, &path);
            if !found.is_empty() {
                faults.extend(found.iter().map(|fault| place(&document, fault)));
                continue;
            }
            match build(manifest) {
                Ok(watch) => watches.push(watch),
                Err(fault) => faults.push(place(&document, &fault)),
            }
        }
    }
    if watches.is_empty() && faults.is_empty() {
        faults.push(format!("{name}: no SaeAppWatch in it"));
    }
    if faults.is_empty() { Ok(watches) } else { Err(faults) }
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn text_of(file: &Path) -> std::io::Result<String> {
    if !is_stdin(file) {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// The manifests of a document with their paths: itself, or the items of a List.
fn manifests(document: &mut Value) -> Vec<(String, Value)> {
    let is_list = document["apiVersion"] == "v1" && document["kind"] == "List";
    match document.get_mut("items").and_then(Value::as_array_mut) {
        Some(items) if is_list => {
            let items = std::mem::take(items).into_iter().enumerate();
            items.map(|(number, item)| (format!("items[{number}]"), item)).collect()
        }
        Some(_) | None => vec![(String::new(), document.take())],
    }
}

/// Everything that is wrong with a manifest. Fills in the defaults.
fn check(manifest: &mut Value, path: &str) -> Vec<Fault> {
    let Some(fields) = manifest.as_object_mut() else {
        return vec![Fault::invalid(
            path,
            manifest,
            "must be an object of apiVersion, kind, metadata and spec",
        )];
    };
    let mut faults = metadata::head(fields, path);
    // The API server drops the status of a manifest too: it has its own way in.
    fields.remove("status");
    let head: Map<String, Value> = ["apiVersion", "kind", "metadata"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), fields.remove(name)?)))
        .collect();
    faults.extend(schema::validate(&spec_schema(), manifest, path));
    if let Some(fields) = manifest.as_object_mut() {
        fields.extend(head);
    }
    faults
}

/// The schema of the resource without its status.
fn spec_schema() -> JSONSchemaProps {
    let versions = crd().spec.versions;
    let schemas = versions.into_iter().filter_map(|version| version.schema?.open_api_v3_schema);
    let mut schema = schemas.last().unwrap_or_default();
    if let Some(properties) = &mut schema.properties {
        properties.remove("status");
    }
    schema
}

fn build(mut manifest: Value) -> Result<SaeAppWatch, Fault> {
    // A watch that was just created.
    manifest["metadata"]["generation"] = json!(1);
    serde_json::from_value(manifest)
        .map_err(|error| Fault { path: String::new(), problem: error.to_string() })
}
