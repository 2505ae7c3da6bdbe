//! Targets of watches that name an account: they have them while they may use it.

use super::{sd_of, until_targets};
use crate::accounts::{Company, PROD, STAGING};
use crate::support::Operator;

/// The instances of each application of a company.
const INSTANCES: [&str; 2] = ["10.0.0.1:80", "10.0.0.2:80"];

/// An operator that lists targets, and where.
async fn operator(company: &Company) -> (Operator, String) {
    let operator = company.operator(&["--http-sd-addr", "127.0.0.1:0"]);
    let address = sd_of(&operator).await;
    (operator, address)
}

/// Waits until the watches of a team have these targets.
async fn until(address: &str, company: &Company, team: &str, targets: &[&str]) {
    let path = format!("/sd?port=80&namespace={}", company.of(team));
    until_targets(address, &path, targets).await;
}

#[tokio::test]
async fn a_watch_has_targets_while_it_may_use_its_account() {
    let company = Company::new("scraped").await;
    company.declare_prod(&["a", "b"]).await;
    // No poll comes in the time of this test but the first.
    for team in ["a", "b", "c"] {
        company.declare(team, "shop", "shop", Some("prod"), "1h").await;
    }
    let (_operator, address) = operator(&company).await;
    for team in ["a", "b"] {
        until(&address, &company, team, &INSTANCES).await;
    }
    company.until_ready("c", "shop", "False", "AccountNotAllowed").await;
    until(&address, &company, "c", &[]).await;

    company.declare_prod(&["b"]).await;
    until(&address, &company, "a", &[]).await;
    until(&address, &company, "b", &INSTANCES).await;
    company.kubectl(&["delete", "saeaccount", &company.of("prod")]).await;
    until(&address, &company, "b", &[]).await;
    for team in ["a", "b"] {
        let watch = company.watch(team, "shop").await;
        assert_eq!(
            watch["status"]["instances"].as_array().map(Vec::len),
            Some(2),
            "the status still lists them"
        );
    }

    company.declare_prod(&["*"]).await;
    for team in ["a", "b", "c"] {
        until(&address, &company, team, &INSTANCES).await;
    }
}

#[tokio::test]
async fn a_watch_whose_keys_become_those_of_another_account_has_no_targets() {
    let company = Company::new("scraped-foreign").await;
    company.sae.account(PROD).add_key("prod-key-id", "staging-key-secret");
    company.declare_staging("staging", STAGING).await;
    company.declare("a", "shop", "shop", Some("staging"), "15s").await;
    let (_operator, address) = operator(&company).await;
    until(&address, &company, "a", &INSTANCES).await;

    company.write_profile("prod-key-id");
    company.until_account("staging", "False", "AccountMismatch").await;
    until(&address, &company, "a", &[]).await;
    assert_eq!(company.calls(PROD).len(), 0);

    company.write_profile("staging-key-id");
    until(&address, &company, "a", &INSTANCES).await;
}
