//! The targets of one watch as Prometheus' `http_sd_config` reads them: one group an instance, since each has labels of
//! its own.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::num::NonZeroU16;

use serde_json::Value;

use super::Name;
use super::entry::{Entry, Group, Instance};
use crate::api::Health;

/// What stands before each group but the first of a response.
pub(super) const SEPARATOR: &str = ",\n";
/// What every label begins with.
const PREFIX: &str = "__meta_saewatch_";

/// Appends the groups of a watch, each after a separator. Equal entries give equal texts.
pub(super) fn append(text: &mut String, (namespace, name): &Name, entry: &Entry<'_>, port: NonZeroU16) {
    let of_all = common_labels([namespace, name], entry);
    for Group { id: group, instances } in &entry.groups {
        let mut id = String::new();
        for Instance { ip, state, shared, rest } in instances {
            id.truncate((*shared).into());
            id.push_str(rest);
            let address = SocketAddr::new(*ip, port.get());
            // Writing into a String cannot fail.
            let _ = write!(text, r#"{SEPARATOR}{{"targets":["{address}"],"labels":{{{of_all}"#);
            if let Some(group) = group {
                append_label(text, "group", group);
            }
            append_label(text, "instance", &id);
            append_label(text, "state", state.as_str());
            // The last label's comma.
            text.pop();
            text.push_str("}}");
        }
    }
}

/// The labels that all targets of a watch have. What is not known has no label.
fn common_labels([namespace, name]: [&str; 2], entry: &Entry<'_>) -> String {
    let of_watch = [
        ("namespace", Some(namespace)),
        ("watch", Some(name)),
        ("account", entry.account),
        ("region", entry.region),
        ("app", entry.app),
        ("app_id", entry.app_id),
        ("health", entry.health.map(Health::as_str)),
    ];
    let mut text = String::new();
    for (label, value) in of_watch {
        if let Some(value) = value {
            append_label(&mut text, label, value);
        }
    }
    // Keys that become the same are one label, with the value of the last of them.
    let labels: BTreeMap<String, &str> =
        entry.labels.iter().map(|(key, value)| (label_name(key), *value)).collect();
    for (label, value) in labels {
        append_label(&mut text, &label, value);
    }
    text
}

fn append_label(text: &mut String, label: &str, value: &str) {
    let _ = write!(text, r#""{PREFIX}{label}":{},"#, Value::from(value));
}

/// The name of the label that a key becomes, its characters replaced as Prometheus' Kubernetes discovery does
/// (`strutil.SanitizeLabelName`).
fn label_name(key: &str) -> String {
    let replaced = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    "label_".chars().chain(replaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_label_is_as_in_prometheus_kubernetes_discovery() {
        for (key, name) in [
            ("app.kubernetes.io/name", "label_app_kubernetes_io_name"),
            ("team", "label_team"),
            ("Tier_1-a", "label_Tier_1_a"),
        ] {
            assert_eq!(label_name(key), name);
        }
    }
}
