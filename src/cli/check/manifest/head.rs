//! The head of an object, of which the schema of a CRD is silent: `apiVersion`, `kind` and `metadata`.
//!
//! Names, types and unknown fields are checked, where a person slips. What else the API server asks of metadata it says
//! itself.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::schema::{field, unknown};
use crate::api::is_subdomain;
use crate::cli::values::SUBDOMAIN;

/// Fills in labels and annotations that are null, as templates leave them: the API server takes them for empty.
pub(super) fn fill_nulls(object: &mut Map<String, Value>) {
    let Some(Value::Object(metadata)) = object.get_mut("metadata") else { return };
    for name in ["labels", "annotations"] {
        let texts = metadata.get_mut(name).and_then(Value::as_object_mut);
        for text in texts.into_iter().flat_map(Map::values_mut).filter(|text| text.is_null()) {
            *text = "".into();
        }
    }
}

/// What is wrong with the head of an object that is to be of this version and kind.
pub(super) fn check(object: &Map<String, Value>, api_version: &str, kind: &str, path: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (name, expected) in [("apiVersion", api_version), ("kind", kind)] {
        let path = field(path, name);
        match object.get(name) {
            None => faults.push(Fault::required(&path)),
            Some(value) if *value == json!(expected) => {}
            Some(value) => faults.push(Fault::invalid(&path, value, &format!("must be {expected}"))),
        }
    }
    let path = field(path, "metadata");
    match object.get("metadata") {
        Some(Value::Object(metadata)) => faults.extend(check_metadata(metadata, &path)),
        None | Some(Value::Null) => faults.push(Fault::required(&field(&path, "name"))),
        Some(other) => faults.push(Fault::invalid(&path, other, "must be of type object")),
    }
    faults
}

fn check_metadata(metadata: &Map<String, Value>, path: &str) -> Vec<Fault> {
    let known = metadata_fields();
    let known = || known.iter().map(String::as_str);
    let is_unknown = |name: &&String| known().all(|known| known != name.as_str());
    let mut faults: Vec<Fault> = metadata
        .keys()
        .filter(is_unknown)
        .map(|name| Fault::new(&field(path, name), unknown(name, known())))
        .collect();
    match serde_path_to_error::deserialize::<_, ObjectMeta>(&Value::Object(metadata.clone())) {
        Ok(ObjectMeta { name: None, generate_name: None, .. }) => {
            faults.push(Fault::required(&field(path, "name")));
        }
        Ok(ObjectMeta { name: Some(name), .. }) if !is_subdomain(&name) => {
            faults.push(Fault::invalid(&field(path, "name"), &json!(name), SUBDOMAIN));
        }
        Ok(_) => {}
        Err(error) => {
            faults.push(Fault::new(&field(path, &error.path().to_string()), error.inner().to_string()));
        }
    }
    faults
}

fn metadata_fields() -> Vec<String> {
    let schema = schemars::schema_for!(ObjectMeta);
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(Map::keys).cloned().collect()
}
