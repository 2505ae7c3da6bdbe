//! What was found, as it is printed.

use serde_json::{Value, json};

use super::args::Output;
use super::finding::Finding;
use super::table::{Manner, table};
use crate::api::{GROUP, KIND};

/// Everything that was found, in the chosen form.
pub(super) fn render(findings: &[Finding], output: Output, manner: Manner) -> anyhow::Result<String> {
    Ok(match output {
        Output::Table => {
            let tables: Vec<String> = findings.iter().map(|finding| table(finding, manner)).collect();
            tables.join("\n")
        }
        Output::Json => serde_json::to_string_pretty(&objects(findings)?)? + "\n",
        Output::Yaml => serde_saphyr::to_string(&objects(findings)?)?,
        Output::Name => {
            let name = |finding: &Finding| finding.watch.metadata.name.clone().unwrap_or_default();
            let kind = KIND.to_lowercase();
            findings.iter().map(|finding| format!("{kind}.{GROUP}/{}\n", name(finding))).collect()
        }
    })
}

/// One object, or a List of several, as kubectl prints them.
fn objects(findings: &[Finding]) -> serde_json::Result<Value> {
    if let [finding] = findings {
        return serde_json::to_value(&finding.watch);
    }
    let watches = findings.iter().map(|finding| &finding.watch).collect::<Vec<_>>();
    Ok(json!({ "apiVersion": "v1", "kind": "List", "metadata": { "resourceVersion": "" }, "items": watches }))
}
