//! The watch that the flags describe.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::args::SpecArgs;
use super::manifest::{Fault, Validator};
use crate::api::{GROUP, GoDuration, KIND, RegionId, SaeAppWatch, VERSION};

/// The interval of a watch that names none.
const MINUTE: Duration = Duration::from_mins(1);

/// The watch that the flags describe, checked by the same rules as a manifest.
pub(super) fn watch(
    app_id: Option<&str>,
    region: Option<&RegionId>,
    flags: &SpecArgs,
) -> Result<SaeAppWatch, Refused> {
    let faults = |faults: Vec<Fault>| Refused(faults.iter().map(|fault| refuse(fault, flags)).collect());
    Validator::watches().read(manifest_of(app_id, region, flags), "").map_err(faults)
}

fn manifest_of(app_id: Option<&str>, region: Option<&RegionId>, flags: &SpecArgs) -> Value {
    let SpecArgs {
        app_name,
        namespace_id,
        timeout,
        group_id,
        instance_id,
        pipeline_id,
        min_healthy_percent,
        unhealthy_below_percent,
        require_health_check,
        progress_deadline,
    } = flags;
    let text = |duration: &Option<GoDuration>| duration.as_ref().map(ToString::to_string);
    let health = given([
        ("minHealthyPercent", json!(min_healthy_percent)),
        ("unhealthyBelowPercent", json!(unhealthy_below_percent)),
        ("requireHealthCheck", json!(require_health_check)),
        ("progressDeadline", json!(text(progress_deadline))),
    ]);
    let spec = given([
        ("appId", json!(app_id)),
        ("appName", json!(app_name)),
        ("namespaceId", json!(namespace_id)),
        ("regionId", json!(region)),
        ("groupIds", json!(Some(group_id).filter(|ids| !ids.is_empty()))),
        ("instanceId", json!(instance_id)),
        ("pipelineId", json!(pipeline_id)),
        ("timeout", json!(text(timeout))),
        // A single check has no interval, but the resource wants one that is longer than the timeout.
        ("interval", json!(timeout.as_ref().filter(|timeout| timeout.value() >= MINUTE).map(|_| "61s"))),
        ("health", health),
    ]);
    json!({
        "apiVersion": format!("{GROUP}/{VERSION}"),
        "kind": KIND,
        "metadata": { "name": name(app_id.or(app_name.as_deref()).unwrap_or_default()) },
        "spec": spec,
    })
}

/// The fields that are given.
fn given<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    given.map(|(field, value)| (field.to_owned(), value)).collect::<Map<_, _>>().into()
}

/// Why the flags describe no watch: a line for each flag that is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n  "))]
pub(super) struct Refused(Vec<String>);

/// A fault of the manifest as one of the flags.
fn refuse(Fault { path, problem }: &Fault, flags: &SpecArgs) -> String {
    match (path.as_str(), flags.unhealthy_below_percent) {
        // The rules of an object compare its fields.
        ("spec.health", Some(percent)) => format!(
            "--unhealthy-below-percent: Invalid value: {percent}: must not be above --min-healthy-percent, which is {}",
            flags.min_healthy_percent.unwrap_or(100)
        ),
        // Of the spec's own rules flags can only break the one on the namespace and its region.
        ("spec", _) => format!(
            "--region: must be the region of --namespace-id {}, which is its part before the colon",
            flags.namespace_id.as_deref().unwrap_or_default()
        ),
        (path, _) => format!("{}: {problem}", flag(path)),
    }
}

/// The flag behind a field of the manifest.
fn flag(path: &str) -> String {
    match path.strip_prefix("spec.").unwrap_or(path) {
        "appId" => "<APP_ID>".to_owned(),
        "regionId" => "--region".to_owned(),
        field if field.starts_with("groupIds") => "--group-id".to_owned(),
        field => {
            let field = field.rsplit('.').next().unwrap_or(field);
            field.chars().fold("--".to_owned(), |flag, c| {
                if c.is_ascii_uppercase() {
                    format!("{flag}-{}", c.to_ascii_lowercase())
                } else {
                    format!("{flag}{c}")
                }
            })
        }
    }
}

/// The application's id or name as the name of an object: in small letters, and with dashes for what a name cannot hold.
fn name(app: &str) -> String {
    let fitting = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = app.chars().map(fitting).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "app".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_known_by_its_flag() {
        for (path, expected) in [
            ("spec.appId", "<APP_ID>"),
            ("spec.appName", "--app-name"),
            ("spec.namespaceId", "--namespace-id"),
            ("spec.groupIds[1]", "--group-id"),
            ("spec.timeout", "--timeout"),
            ("spec.health.unhealthyBelowPercent", "--unhealthy-below-percent"),
        ] {
            assert_eq!(flag(path), expected);
        }
    }

    #[test]
    fn an_object_is_named_after_its_application() {
        for (app_id, expected) in
            [("0099B7be-5f5b", "0099b7be-5f5b"), ("Demo_Shop.1", "demo-shop-1"), ("_._", "app")]
        {
            assert_eq!(name(app_id), expected);
        }
    }
}
