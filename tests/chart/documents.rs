//! What is made from something else: the chart's README from the comments of values.yaml, which `make docs` writes anew,
//! and its metadata from the release and the CRDs.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::support::{documents, files, keep, text, with_part, yaml};

/// A value of the chart that a person may set.
struct Documented {
    path: Vec<String>,
    meaning: String,
}

/// Reads values.yaml for its comments: those that begin with `# --` stand above the value they describe.
fn documented() -> Vec<Documented> {
    let mut found = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut meaning: Option<String> = None;
    for line in text("charts/saewatch/values.yaml").lines() {
        let depth = (line.len() - line.trim_start().len()) / 2;
        let line = line.trim();
        if let Some(begin) = line.strip_prefix("# -- ") {
            meaning = Some(begin.to_owned());
        } else if let Some(more) = line.strip_prefix("# ") {
            meaning = meaning.map(|begin| format!("{begin} {more}"));
        } else if let Some((key, _)) = line.split_once(':').filter(|_| !line.starts_with('-')) {
            path.truncate(depth);
            path.push(key.to_owned());
            if let Some(meaning) = meaning.take() {
                found.push(Documented { path: path.clone(), meaning });
            }
        }
    }
    found
}

/// The value at a path.
fn at<'a>(values: &'a Value, path: &[String]) -> &'a Value {
    path.iter().fold(values, |value, key| &value[key])
}

#[test]
fn the_charts_readme_holds_every_value() {
    let values = yaml("charts/saewatch/values.yaml");
    let documented = documented();
    // Values that stand alone come first, under no heading; the others by what they belong to.
    let (single, grouped): (Vec<_>, Vec<_>) = documented.iter().partition(|value| value.path.len() == 1);
    let groups = grouped.chunk_by(|one, next| one.path[0] == next.path[0]);
    let grouped = groups.map(|group| format!("\n### `{}`\n{}", group[0].path[0], table(group, &values)));
    let tables: String = std::iter::once(table(&single, &values)).chain(grouped).collect();
    let readme = "charts/saewatch/README.md";
    keep(readme, &with_part(&text(readme), "values", &tables));
}

fn table(rows: &[&Documented], values: &Value) -> String {
    let rows = rows.iter().map(|Documented { path, meaning }| {
        let default = match at(values, path) {
            Value::String(text) if text.is_empty() => String::new(),
            Value::String(text) => format!("`{text}`"),
            other => format!("`{other}`"),
        };
        format!("| `{}` | {default} | {meaning} |\n", path.join("."))
    });
    rows.fold("| value | default | meaning |\n|---|---|---|\n".to_owned(), |table, row| table + &row)
}

#[test]
fn every_value_is_described() {
    fn undescribed(values: &Value, path: &[String], described: &BTreeSet<Vec<String>>) -> Vec<String> {
        if described.contains(path) {
            return Vec::new();
        }
        match values {
            Value::Object(fields) => fields
                .iter()
                .flat_map(|(key, value)| {
                    undescribed(value, &[path, std::slice::from_ref(key)].concat(), described)
                })
                .collect(),
            _ => vec![path.join(".")],
        }
    }
    let described = documented().into_iter().map(|value| value.path).collect();
    let found = undescribed(&yaml("charts/saewatch/values.yaml"), &[], &described);
    assert!(found.is_empty(), "no comment that begins with # -- above {found:?}");
}

/// The properties of an object of the schema, behind its reference if it is one.
fn properties<'a>(schema: &'a Value, object: &'a Value) -> Option<&'a Map<String, Value>> {
    let definition =
        object["$ref"].as_str().map(|name| schema.pointer(name.trim_start_matches('#')).unwrap());
    definition.unwrap_or(object)["properties"].as_object()
}

#[test]
fn the_schema_knows_the_values_and_no_others() {
    fn compare(schema: &Value, object: &Value, values: &Value, path: &str) {
        let Some(properties) = properties(schema, object) else { return };
        let known: BTreeSet<&String> =
            properties.keys().filter(|key| !path.is_empty() || *key != "enabled").collect();
        let there: BTreeSet<&String> = values.as_object().unwrap().keys().collect();
        assert_eq!(known, there, "at {path:?}");
        for key in there {
            compare(schema, &properties[key], &values[key], &format!("{path}.{key}"));
        }
    }
    let schema = serde_json::from_str(&text("charts/saewatch/values.schema.json")).unwrap();
    compare(&schema, &schema, &yaml("charts/saewatch/values.yaml"), "");
}

#[test]
fn nothing_but_what_the_schema_knows_is_let_through() {
    fn open(object: &Value, path: &str) -> Vec<String> {
        let Some(fields) = object.as_object() else { return Vec::new() };
        let is_open = fields.contains_key("properties") && object["additionalProperties"] != false;
        // Charts around this one put values of their own into global.
        let here = (is_open && path != "/properties/global").then(|| path.to_owned());
        here.into_iter()
            .chain(fields.iter().flat_map(|(key, value)| open(value, &format!("{path}/{key}"))))
            .collect()
    }
    let schema = serde_json::from_str(&text("charts/saewatch/values.schema.json")).unwrap();
    assert_eq!(open(&schema, ""), Vec::<String>::new());
}

#[test]
fn the_chart_is_of_the_programs_version() {
    let chart = yaml("charts/saewatch/Chart.yaml");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!((&chart["version"], &chart["appVersion"]), (&version.into(), &version.into()));
    let images = documents(chart["annotations"]["artifacthub.io/images"].as_str().unwrap());
    assert_eq!(images[0][0]["image"], format!("ghcr.io/saewatch/saewatch:{version}"));
}

#[test]
fn artifact_hub_is_told_of_the_crds_as_they_are() {
    let chart = yaml("charts/saewatch/Chart.yaml");
    let told = documents(chart["annotations"]["artifacthub.io/crds"].as_str().unwrap());
    let told = told[0].as_array().unwrap();
    let crds = files("crds");
    assert_eq!(told.len(), crds.len());
    for name in crds {
        let crd = yaml(&name);
        let told = told.iter().find(|told| told["name"] == crd["metadata"]["name"]);
        let told = told.unwrap_or_else(|| panic!("nothing of {name}"));
        assert_eq!(told["kind"], crd["spec"]["names"]["kind"]);
        assert_eq!(told["version"], crd["spec"]["versions"][0]["name"]);
    }
}
