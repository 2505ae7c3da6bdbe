//! What was found, as it is printed.

use serde_json::{Value, json};

use super::args::Output;
use super::detail::Detail;
use super::finding::Finding;
use super::table::table;
use crate::api::{GROUP, KIND, SaeAppWatch};
use crate::domain::text::plural;

/// How findings are printed.
#[derive(Debug, Clone)]
pub(super) struct Printer {
    pub(super) output: Output,
    pub(super) columns: Detail,
    /// Whose keys asked, for the first line of the tables.
    pub(super) caller: Option<String>,
}

impl Printer {
    /// Everything that was found.
    pub(super) fn render(&self, findings: &[Finding]) -> anyhow::Result<String> {
        let watches: Vec<&SaeAppWatch> = findings.iter().map(|finding| &finding.watch).collect();
        Ok(match self.output {
            Output::Table | Output::Wide => {
                let caller = self.caller.iter().map(|caller| format!("{caller}\n"));
                let tables = findings.iter().map(|finding| table(finding, self.columns));
                caller.chain(tables).collect::<Vec<_>>().join("\n")
            }
            Output::Json => serde_json::to_string_pretty(&objects(&watches)?)? + "\n",
            Output::Yaml => serde_saphyr::to_string(&objects(&watches)?)?,
            Output::Name => watches.into_iter().map(name).collect(),
        })
    }

    /// The same, set off from what was printed before.
    pub(super) fn render_again(&self, findings: &[Finding]) -> anyhow::Result<String> {
        let text = self.render(findings)?;
        Ok(match self.output {
            Output::Table | Output::Wide => text + "\n",
            Output::Yaml => format!("---\n{text}"),
            Output::Json | Output::Name => text,
        })
    }

    /// Why what is missing is missing, where the output itself cannot say it to people.
    pub(super) fn errors(&self, findings: &[Finding]) -> Vec<String> {
        match self.output {
            Output::Table | Output::Wide => Vec::new(),
            Output::Json | Output::Yaml | Output::Name => {
                let error = |finding: &Finding| {
                    Some(format!("{}: {}", finding.watch.spec.app_id, finding.trouble()?))
                };
                findings.iter().filter_map(error).collect()
            }
        }
    }
}

/// Watches without a fault, of which nothing is known.
pub(super) fn render_offline(output: Output, watches: &[SaeAppWatch]) -> anyhow::Result<String> {
    let watches: Vec<&SaeAppWatch> = watches.iter().collect();
    Ok(match output {
        Output::Table | Output::Wide => {
            let count = i64::try_from(watches.len()).unwrap_or(i64::MAX);
            format!("no fault in {}; SAE was not asked\n", plural(count, "manifest"))
        }
        Output::Json => serde_json::to_string_pretty(&objects(&watches)?)? + "\n",
        Output::Yaml => serde_saphyr::to_string(&objects(&watches)?)?,
        Output::Name => watches.into_iter().map(name).collect(),
    })
}

/// As `kubectl get -o name` names it.
fn name(watch: &SaeAppWatch) -> String {
    let name = watch.metadata.name.as_deref().unwrap_or_default();
    format!("{}.{GROUP}/{name}\n", KIND.to_lowercase())
}

/// One object, or a List of several, as kubectl prints them.
fn objects(watches: &[&SaeAppWatch]) -> serde_json::Result<Value> {
    if let [watch] = watches {
        return serde_json::to_value(watch);
    }
    Ok(json!({ "apiVersion": "v1", "kind": "List", "metadata": { "resourceVersion": "" }, "items": watches }))
}
