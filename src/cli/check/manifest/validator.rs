//! The rules of one kind of resource, taken from its CRD.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::rules::Rules;
use super::{head, schema};
use crate::api::crds;

/// Checks manifests of one kind.
#[derive(Debug)]
pub(in crate::cli::check) struct Validator {
    kind: String,
    group: String,
    api_version: String,
    /// Of the whole object but its status, which the API server drops from a manifest too: it is written apart.
    pub(super) schema: JSONSchemaProps,
    pub(super) rules: Rules,
}

impl From<CustomResourceDefinition> for Validator {
    fn from(crd: CustomResourceDefinition) -> Self {
        let (group, kind) = (crd.spec.group, crd.spec.names.kind);
        let newest = crd.spec.versions.into_iter().next_back();
        let (name, schema) = newest.map(|version| (version.name, version.schema)).unwrap_or_default();
        let mut schema = schema.and_then(|schema| schema.open_api_v3_schema).unwrap_or_default();
        if let Some(properties) = &mut schema.properties {
            properties.remove("status");
        }
        let rules = Rules::new(&schema);
        Self { kind, api_version: format!("{group}/{name}"), group, schema, rules }
    }
}

impl Validator {
    /// The rules of watches.
    pub(in crate::cli::check) fn watches() -> Self {
        let [watches, ..] = crds();
        Self::from(watches)
    }

    /// The rules of accounts.
    pub(super) fn accounts() -> Self {
        let [_, accounts, _] = crds();
        Self::from(accounts)
    }

    /// The rules of sets.
    pub(super) fn sets() -> Self {
        let [.., sets] = crds();
        Self::from(sets)
    }

    /// The name of the kind.
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether an object calls itself by the kind, in whatever case.
    pub(super) fn is_named(&self, object: &Value) -> bool {
        object.get("kind").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case(&self.kind))
    }

    /// Whether this is an object of another API group. What calls itself by the kind is taken for one, its group misspelt.
    pub(super) fn is_of_another_group(&self, object: &Value) -> bool {
        let text = |name: &str| object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(version), Some(_)) = (text("apiVersion"), text("kind")) else { return false };
        // Objects of the core group have a version alone.
        let group = version.split_once('/').map_or("", |(group, _)| group);
        group != self.group && !self.is_named(object)
    }

    /// Whether this is a list of the kind, or a list of any kinds.
    pub(super) fn is_list(&self, object: &Value) -> bool {
        let is = |version: &str, kind: &str| object["apiVersion"] == version && object["kind"] == kind;
        is("v1", "List") || is(&self.api_version, &format!("{}List", self.kind))
    }

    /// The object that a manifest declares, with its defaults; or everything that is wrong with it. Its fields are named
    /// from this path on.
    pub(in crate::cli::check) fn read<K: DeserializeOwned>(
        &self,
        mut manifest: Value,
        path: &str,
    ) -> Result<K, Vec<Fault>> {
        let faults = self.check(&mut manifest, path);
        if !faults.is_empty() {
            return Err(faults);
        }
        // An object that was just created.
        manifest["metadata"]["generation"] = json!(1);
        serde_json::from_value(manifest).map_err(|error| vec![Fault::new(path, error.to_string())])
    }

    fn check(&self, manifest: &mut Value, path: &str) -> Vec<Fault> {
        let Some(fields) = manifest.as_object_mut() else {
            let problem = "must be an object of apiVersion, kind, metadata and spec";
            return vec![Fault::invalid(path, manifest, problem)];
        };
        if let Some(kind) = fields.get("kind").filter(|kind| kind.is_string() && **kind != self.kind) {
            // Whatever else is wrong with an object of another kind is not for these rules to say.
            return vec![Fault::invalid(
                &schema::field(path, "kind"),
                kind,
                &format!("must be {}", self.kind),
            )];
        }
        head::fill_nulls(fields);
        let mut faults = head::check(fields, &self.api_version, &self.kind, path);
        fields.remove("status");
        let head: Map<String, Value> = ["apiVersion", "kind", "metadata"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), fields.remove(name)?)))
            .collect();
        faults.extend(schema::structure(&self.schema, &self.rules, manifest, path));
        if let Some(fields) = manifest.as_object_mut() {
            fields.extend(head);
        }
        // Those of the whole object may speak of its name, which the API server makes where only its beginning is given.
        if faults.is_empty() && manifest["metadata"]["name"].is_string() {
            faults.extend(self.rules.broken(&self.schema, manifest, path));
        }
        faults
    }
}
