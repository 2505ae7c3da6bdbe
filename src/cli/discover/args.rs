//! The flags of `discover`. Each has an environment twin `SAEWATCH_<FLAG>`.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args as ClapArgs, ValueEnum};

use super::values::parse_tag;
use crate::api::{AccountName, ApplicationSelector, NamePattern, Namespace, NamespaceId, RegionId};
use crate::cli::client::{ClientArgs, KEYS};

/// List the applications of SAE, as a table or as the manifests of their watches
#[derive(Debug, ClapArgs)]
#[command(after_help = EXIT_CODES, after_long_help = format!("{KEYS}\n\n{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(crate) struct Args {
    /// The region whose applications are listed; repeat, or separate by commas
    #[arg(long, env = "SAEWATCH_REGION", value_name = "REGION", required = true, value_delimiter = ',')]
    region: Vec<RegionId>,

    /// Only applications in this namespace of SAE, such as cn-hangzhou:prod; repeat, or separate by commas [default: all namespaces]
    #[arg(long, env = "SAEWATCH_NAMESPACE_ID", value_name = "ID", value_delimiter = ',')]
    namespace_id: Vec<NamespaceId>,

    /// Only applications of this name, with * for any characters, such as shop-*; repeat, or separate by commas [default: all names]
    #[arg(long, env = "SAEWATCH_NAME", value_name = "PATTERN", value_delimiter = ',')]
    name: Vec<NamePattern>,

    /// Only applications that have this tag with this value; repeat for more tags, all of which they must have [default: any tags]
    #[arg(long, env = "SAEWATCH_TAG", value_name = "KEY=VALUE", value_parser = parse_tag)]
    tag: Vec<(String, String)>,

    #[command(flatten)]
    pub(super) client: ClientArgs,

    /// The SaeAccount that the manifests name [default: none, for the operator's own keys]
    #[arg(long, env = "SAEWATCH_ACCOUNT_REF", value_name = "NAME")]
    pub(super) account_ref: Option<AccountName>,

    /// The namespace of Kubernetes that the manifests name [default: none]
    #[arg(short, long, env = "SAEWATCH_NAMESPACE", value_name = "NAMESPACE")]
    pub(super) namespace: Option<Namespace>,

    /// What is printed; json and yaml are manifests of SaeAppWatch
    #[arg(short, long, env = "SAEWATCH_OUTPUT", value_name = "FORMAT", default_value = "table")]
    pub(super) output: Output,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// A table for people
    Table,
    /// The manifests as YAML documents
    Yaml,
    /// The manifests as a List in JSON
    Json,
    /// The names of the manifests
    Name,
}

const EXAMPLES: &str = "Examples:
  saewatch discover --region cn-hangzhou
  saewatch discover --region cn-hangzhou,cn-beijing --name 'shop-*' --tag team=shop
  saewatch discover --region cn-hangzhou --account-ref prod -n shop -o yaml > watches.yaml";

/// What help says of exit codes (contract §15.2).
const EXIT_CODES: &str = "Exits with:
  0  every list is complete, with nothing found too
  3  everything else: a list that failed or is incomplete, bad usage; then standard output is empty";

impl Args {
    /// Refuses flags that make no sense together, naming them.
    pub(in crate::cli) fn check(&self) -> Result<(), String> {
        let regions = self.regions();
        if let Some(id) = self.namespace_id.iter().find(|id| !regions.contains(&id.region())) {
            let region = id.region();
            return Err(format!(
                "--namespace-id {id} is in a region that is not listed: add --region {region}"
            ));
        }
        let mut tags = BTreeMap::new();
        for (key, value) in &self.tag {
            if tags.insert(key, value).is_some_and(|before| before != value) {
                return Err(format!("--tag {key} has two values, and no application has both"));
            }
        }
        Ok(())
    }

    /// The regions, each once.
    pub(super) fn regions(&self) -> BTreeSet<RegionId> {
        self.region.iter().cloned().collect()
    }

    /// Which applications are meant, as a set would say it.
    pub(super) fn selector(&self) -> ApplicationSelector {
        ApplicationSelector {
            namespace_ids: Some(self.namespace_id.iter().cloned().collect())
                .filter(|ids: &BTreeSet<_>| !ids.is_empty()),
            names: Some(self.name.clone()).filter(|names| !names.is_empty()),
            tags: self.tag.iter().cloned().collect(),
        }
    }
}
