//! The CustomResourceDefinitions, as `saewatch crd` prints them and the chart installs them.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, ValidationRule,
};
use kube::CustomResourceExt;
use serde_json::json;

use super::rules::name_length;
use super::set::SET_NAME_LENGTH;
use super::{NEVER_OBSERVED, SaeAccount, SaeAppWatch, SaeAppWatchSet};

/// The definitions of `SaeAppWatch`, `SaeAccount` and `SaeAppWatchSet`, in this order.
///
/// Beyond what the derive writes: an object is born with `status.observedGeneration: -1`, as Flux's are, so
/// that kstatus does not call it current before anyone looked; and no field is nullable, since `field: null`
/// in a manifest means "left out" and CEL's `has()` should say so too. A status has one owner as a whole, the operator:
/// to keep one for each of its fields is a tenth of what a write costs the API server, and of the object.
pub fn crds() -> [CustomResourceDefinition; 3] {
    let mut sets = SaeAppWatchSet::crd();
    limit_name(&mut sets, SET_NAME_LENGTH);
    [SaeAppWatch::crd(), SaeAccount::crd(), sets].map(finished)
}

/// The schema of `metadata` takes no rule of its own.
fn limit_name(crd: &mut CustomResourceDefinition, longest: usize) {
    let (rule, message) = name_length(longest);
    for version in &mut crd.spec.versions {
        if let Some(schema) = version.schema.as_mut().and_then(|s| s.open_api_v3_schema.as_mut()) {
            let rule = ValidationRule {
                rule: rule.clone(),
                message: Some(message.clone()),
                ..ValidationRule::default()
            };
            schema.x_kubernetes_validations.get_or_insert_default().push(rule);
        }
    }
}

fn finished(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        let Some(schema) = version.schema.as_mut().and_then(|s| s.open_api_v3_schema.as_mut()) else {
            continue;
        };
        forbid_null(schema);
        if let Some(status) = schema.properties.as_mut().and_then(|p| p.get_mut("status")) {
            status.default = Some(JSON(json!({ "observedGeneration": NEVER_OBSERVED })));
            status.x_kubernetes_map_type = Some("atomic".into());
        }
    }
    crd
}

/// The same as a stream of YAML documents, each with a line that says where it comes from.
///
/// # Errors
/// When a definition cannot be written as YAML, which would be a fault of this program.
pub fn crds_yaml() -> Result<String, serde_saphyr::ser::Error> {
    let documents = crds().iter().map(document).collect::<Result<Vec<_>, _>>()?;
    Ok(documents.join("---\n"))
}

fn document(crd: &CustomResourceDefinition) -> Result<String, serde_saphyr::ser::Error> {
    let yaml = serde_saphyr::to_string(crd)?;
    Ok(format!("# Printed by `saewatch crd`; change src/api and run `make crds`.\n{yaml}"))
}

fn forbid_null(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    for property in schema.properties.iter_mut().flat_map(|p| p.values_mut()) {
        forbid_null(property);
    }
    if let Some(
        k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::JSONSchemaPropsOrArray::Schema(
            items,
        ),
    ) = schema.items.as_mut()
    {
        forbid_null(items);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Calls `see` with the name and the schema of each field of the spec.
    fn each_field(schema: &Value, see: &mut impl FnMut(&str, &Value)) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            see(name, field);
            each_field(field, see);
        }
    }

    /// The specs of all kinds, as if they were one.
    fn specs() -> Value {
        let spec = |crd: &CustomResourceDefinition| {
            let crd = serde_json::to_value(crd).unwrap();
            crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"].clone()
        };
        let [watches, accounts, sets] = crds();
        serde_json::json!({
            "properties": { "watch": spec(&watches), "account": spec(&accounts), "set": spec(&sets) }
        })
    }

    /// `kubectl explain` shows nothing of a field but its type and its description.
    #[test]
    fn each_field_with_a_default_names_it_in_its_description() {
        let mut defaults = 0;
        each_field(&specs(), &mut |name, field| {
            let default = match &field["default"] {
                // Those of its fields stand at its fields.
                Value::Null | Value::Object(_) => return,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let description = field["description"].as_str().unwrap().replace('\n', " ");
            assert!(description.contains(&format!("Default: {default}.")), "{name}: {description}");
            defaults += 1;
        });
        assert_eq!(defaults, 13);
    }

    #[test]
    fn each_field_with_bounds_names_them_in_its_description() {
        let mut bounded = 0;
        each_field(&specs(), &mut |name, field| {
            let rules = field["x-kubernetes-validations"].as_array().into_iter().flatten();
            let bounds = rules.filter_map(|rule| rule["message"].as_str()?.split_once(" must be between "));
            for (_, bounds) in bounds {
                let description = field["description"].as_str().unwrap().replace('\n', " ");
                let bounds = bounds.replace(" and ", " to ");
                assert!(description.contains(&format!("from {bounds}")), "{name}: {description}");
                bounded += 1;
            }
        });
        assert_eq!(bounded, 19);
    }
}
