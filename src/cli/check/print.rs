//! What was found, as it is printed.

use kube::Resource;
use serde_json::Value;

use super::args::Output;
use super::detail::Detail;
use super::finding::Finding;
use super::manifest::Manifests;
use super::table::table;
use crate::api::{SaeAccount, SaeAppWatch, SaeAppWatchSet};
use crate::cli::objects::{list, name_line};

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
        let watches = || findings.iter().map(|finding| &finding.watch);
        let objects = || watches().map(serde_json::to_value).collect::<Result<Vec<_>, _>>();
        Ok(match self.output {
            Output::Table | Output::Wide => {
                let caller = self.caller.iter().map(|caller| format!("{caller}\n"));
                let tables = findings.iter().map(|finding| table(finding, self.columns));
                caller.chain(tables).collect::<Vec<_>>().join("\n")
            }
            Output::Json => serde_json::to_string_pretty(&one_or_list(objects()?))? + "\n",
            Output::Yaml => serde_saphyr::to_string(&one_or_list(objects()?))?,
            Output::Name => watches().map(name).collect(),
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
                let error = |finding: &Finding| Some(format!("{}: {}", finding.app(), finding.trouble()?));
                findings.iter().filter_map(error).collect()
            }
        }
    }
}

/// Manifests without a fault, of which nothing else is known.
pub(super) fn render_offline(output: Output, manifests: &Manifests) -> anyhow::Result<String> {
    let Manifests { watches, accounts, sets, .. } = manifests;
    let all = || {
        let watches = watches.iter().map(serde_json::to_value);
        let accounts = accounts.iter().map(serde_json::to_value);
        let sets = sets.iter().map(serde_json::to_value);
        watches.chain(accounts).chain(sets).collect::<Result<Vec<_>, _>>()
    };
    Ok(match output {
        Output::Table | Output::Wide => {
            let counts = [
                (watches.len(), SaeAppWatch::kind(&())),
                (accounts.len(), SaeAccount::kind(&())),
                (sets.len(), SaeAppWatchSet::kind(&())),
            ];
            let counts = counts.iter().filter(|(count, _)| *count > 0);
            let counts: Vec<String> = counts.map(|(count, kind)| format!("{count} {kind}")).collect();
            format!("no fault in {}; SAE was not asked\n", counts.join(" and "))
        }
        Output::Json => serde_json::to_string_pretty(&one_or_list(all()?))? + "\n",
        Output::Yaml => serde_saphyr::to_string(&one_or_list(all()?))?,
        Output::Name => {
            let watches = watches.iter().map(name);
            watches.chain(accounts.iter().map(name)).chain(sets.iter().map(name)).collect()
        }
    })
}

/// As `kubectl get -o name` names it.
fn name<K: Resource<DynamicType = ()>>(object: &K) -> String {
    name_line(&K::kind(&()), object.meta().name.as_deref().unwrap_or_default())
}

/// One object, or a List of several, as kubectl prints them.
fn one_or_list(mut objects: Vec<Value>) -> Value {
    match objects.pop() {
        Some(one) if objects.is_empty() => one,
        last => {
            objects.extend(last);
            list(&objects)
        }
    }
}
