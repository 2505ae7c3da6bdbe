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
use serde_saphyr::{MessageFormatter as _, UserMessageFormatter};

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
pub(super) fn watch(manifest: Value) -> Result<SaeAppWatch, Vec<Fault>> {
    watch_at(manifest, "")
}

fn read_file(file: &Path) -> Result<Vec<SaeAppWatch>, Vec<String>> {
    let name = if is_stdin(file) { "standard input".to_owned() } else { file.display().to_string() };
    let text = text_of(file).map_err(|error| vec![format!("{name}: {error}")])?;
    let documents = Document::all(&text).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        vec![format!("{name}:{line}: {}", UserMessageFormatter.format_message(&error))]
    })?;
    let mut watches = Vec::new();
    let mut faults = Vec::new();
    for (number, document) in documents.into_iter().enumerate() {
        for outcome in document.watches() {
            match outcome {
                Ok(watch) => watches.push(watch),
                Err(found) => {
                    let place = |(line, fault): &(u64, Fault)| {
                        (*line, format!("{name}:{line}: document {}: {fault}", number + 1))
                    };
                    faults.extend(found.iter().map(place));
                }
            }
        }
    }
    if watches.is_empty() && faults.is_empty() {
        faults.push((1, format!("{name}: no SaeAppWatch in it")));
    }
    faults.sort();
    if faults.is_empty() { Ok(watches) } else { Err(faults.into_iter().map(|(_, fault)| fault).collect()) }
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

impl Document {
    /// The watches that it declares, itself or as a List, or what is wrong with each and on which line.
    fn watches(mut self) -> Vec<Result<SaeAppWatch, Vec<(u64, Fault)>>> {
        let value = self.value.take();
        let is_list = value["apiVersion"] == "v1" && value["kind"] == "List";
        let manifests = match value {
            Value::Object(mut fields) if is_list && fields["items"].is_array() => {
                let items = fields["items"].take().as_array().cloned().unwrap_or_default();
                let items = items.into_iter().enumerate();
                items.map(|(number, item)| (format!("items[{number}]"), item)).collect()
            }
            whole => vec![(String::new(), whole)],
        };
        let watch_of = |(path, manifest): (String, Value)| {
            let placed = |fault: Fault| (self.line(&fault.path), fault);
            watch_at(manifest, &path).map_err(|faults| faults.into_iter().map(placed).collect())
        };
        manifests.into_iter().map(watch_of).collect()
    }
}

/// The watch that a manifest declares; its fields are called by this path.
fn watch_at(mut manifest: Value, path: &str) -> Result<SaeAppWatch, Vec<Fault>> {
    let faults = check(&mut manifest, path);
    if !faults.is_empty() {
        return Err(faults);
    }
    // A watch that was just created.
    manifest["metadata"]["generation"] = json!(1);
    serde_json::from_value(manifest)
        .map_err(|error| vec![Fault { path: path.to_owned(), problem: error.to_string() }])
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
    let mut schemas = versions.into_iter().filter_map(|version| version.schema?.open_api_v3_schema);
    let mut schema = schemas.next_back().unwrap_or_default();
    if let Some(properties) = &mut schema.properties {
        properties.remove("status");
    }
    schema
}
