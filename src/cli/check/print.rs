//! What was found, as it is printed.

use serde_json::{Value, json};

use super::args::Output;
use super::finding::Finding;
use super::table::{Columns, table};
use crate::api::{GROUP, KIND};

/// How findings are printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Printer {
    pub(super) output: Output,
    pub(super) columns: Columns,
}

impl Printer {
    /// Everything that was found.
    pub(super) fn render(self, findings: &[Finding]) -> anyhow::Result<String> {
        Ok(match self.output {
            Output::Table => {
                let tables = findings.iter().map(|finding| table(finding, self.columns));
                tables.collect::<Vec<_>>().join("\n")
            }
            Output::Json => serde_json::to_string_pretty(&objects(findings)?)? + "\n",
            Output::Yaml => serde_saphyr::to_string(&objects(findings)?)?,
            Output::Name => findings.iter().map(name).collect(),
        })
    }

    /// The same, set off from what was printed before.
    pub(super) fn render_again(self, findings: &[Finding]) -> anyhow::Result<String> {
        let text = self.render(findings)?;
        Ok(match self.output {
            Output::Table => text + "\n",
            Output::Yaml => format!("---\n{text}"),
            Output::Json | Output::Name => text,
        })
    }

    /// Why what is missing is missing, where the output itself cannot say it to people.
    pub(super) fn errors(self, findings: &[Finding]) -> Vec<String> {
        match self.output {
            Output::Table => Vec::new(),
            Output::Json | Output::Yaml | Output::Name => {
                let error = |finding: &Finding| {
                    Some(format!("{}: {}", finding.watch.spec.app_id, finding.trouble()?))
                };
                findings.iter().filter_map(error).collect()
            }
        }
    }
}

/// As `kubectl get -o name` names it.
fn name(finding: &Finding) -> String {
    let name = finding.watch.metadata.name.as_deref().unwrap_or_default();
    format!("{}.{GROUP}/{name}\n", KIND.to_lowercase())
}

/// One object, or a List of several, as kubectl prints them.
fn objects(findings: &[Finding]) -> serde_json::Result<Value> {
    if let [finding] = findings {
        return serde_json::to_value(&finding.watch);
    }
    let watches = findings.iter().map(|finding| &finding.watch).collect::<Vec<_>>();
    Ok(json!({ "apiVersion": "v1", "kind": "List", "metadata": { "resourceVersion": "" }, "items": watches }))
}
