//! An account that watches name.

use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use sae_simulator::Simulator;
use saewatch::api::SaeAccount;
use serde_json::json;

use crate::{ACCOUNTS, Result};

const ROLE: &str = "saewatch";
/// All accounts together make as many calls as the one of the other rows. More than the API server takes statuses
/// would measure how many answers wait for it.
const CALLS_PER_MINUTE: usize = 6_000 / ACCOUNTS;

/// The account of this number.
#[derive(Debug, Clone, Copy)]
pub struct Account(pub usize);

impl Account {
    /// The name of its SaeAccount.
    pub fn name(self) -> String {
        format!("company-{:02}", self.0)
    }

    /// Its number in Alibaba Cloud.
    pub fn id(self) -> String {
        format!("2{:015}", self.0)
    }

    /// Adds the role to it that the operator assumes, and declares it for all namespaces.
    pub async fn declare(self, sae: &Simulator, client: Client) -> Result<()> {
        let id = self.id();
        sae.account(&id).add_role(ROLE, Some("bench"));
        let manifest = json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAccount",
            "metadata": {"name": self.name()},
            "spec": {
                "accountId": id, "roleArn": format!("acs:ram::{id}:role/{ROLE}"), "externalId": "bench",
                "namespaces": ["*"], "callsPerMinute": CALLS_PER_MINUTE,
            },
        });
        let api: Api<SaeAccount> = Api::all(client);
        api.patch(&self.name(), &PatchParams::apply("gitops"), &Patch::Apply(&manifest)).await?;
        Ok(())
    }
}
