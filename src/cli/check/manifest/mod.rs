//! Manifests of SaeAppWatch, checked without an API server by the rules that it would apply.
//!
//! `file`, `part` and `document` read the text, `metadata` checks the head, `schema` the shape and `rules` the CEL
//! rules of the CRD. All faults are told, not just the first.

mod document;
mod fault;
mod file;
mod metadata;
mod part;
mod rules;
mod schema;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaProps;
use serde_json::{Map, Value, json};

pub(super) use fault::Fault;
pub(super) use file::{Manifests, Refused, objects, read};
pub(super) use metadata::{SUBDOMAIN, is_subdomain};

use crate::api::{SaeAppWatch, crd};
use rules::Rules;

/// The rules of the resource, taken from its CRD.
#[derive(Debug)]
pub(super) struct Rulebook {
    /// Of the whole object but its status, which the API server drops from a manifest too: it has its own way in.
    schema: JSONSchemaProps,
    rules: Rules,
}

impl Default for Rulebook {
    fn default() -> Self {
        let versions = crd().spec.versions;
        let mut schemas = versions.into_iter().filter_map(|version| version.schema?.open_api_v3_schema);
        let mut schema = schemas.next_back().unwrap_or_default();
        if let Some(properties) = &mut schema.properties {
            properties.remove("status");
        }
        let rules = Rules::of(&schema);
        Self { schema, rules }
    }
}

impl Rulebook {
    /// The watch that a manifest declares, with its defaults; or everything that is wrong with it. Its fields are
    /// called by this path.
    pub(super) fn watch(&self, mut manifest: Value, path: &str) -> Result<SaeAppWatch, Vec<Fault>> {
        let faults = self.check(&mut manifest, path);
        if !faults.is_empty() {
            return Err(faults);
        }
        // A watch that was just created.
        manifest["metadata"]["generation"] = json!(1);
        serde_json::from_value(manifest).map_err(|error| vec![Fault::new(path, error.to_string())])
    }

    fn check(&self, manifest: &mut Value, path: &str) -> Vec<Fault> {
        let Some(fields) = manifest.as_object_mut() else {
            let problem = "must be an object of apiVersion, kind, metadata and spec";
            return vec![Fault::invalid(path, manifest, problem)];
        };
        if let Some(fault) = metadata::foreign(fields, path) {
            return vec![fault];
        }
        metadata::take_nulls(fields);
        let mut faults = metadata::head(fields, path);
        fields.remove("status");
        // The schema of a CRD is silent about the head.
        let head: Map<String, Value> = ["apiVersion", "kind", "metadata"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), fields.remove(name)?)))
            .collect();
        faults.extend(schema::validate(&self.schema, &self.rules, manifest, path));
        if let Some(fields) = manifest.as_object_mut() {
            fields.extend(head);
        }
        faults
    }
}
