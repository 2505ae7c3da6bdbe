//! A set of an account: it lists and is applied for as long as its namespace may use the account.

use sae_simulator::{Application, Operation};
use serde_json::{Value, json};

use crate::accounts::{Company, PROD, is_ready};
use crate::support::{condition, eventually};

/// Declares a set of all applications of the account `prod`.
async fn declare_set(company: &Company, team: &str) {
    // The operator of this company sees only watches with this label.
    let template = json!({"metadata": {"labels": {"company": company.name}}, "spec": {"interval": "15s"}});
    let spec = json!({"accountRef": {"name": company.of("prod")}, "template": template});
    let metadata = json!({"name": "all", "namespace": company.of(team)});
    company.apply(&json!({"kind": "SaeAppWatchSet", "metadata": metadata, "spec": spec})).await;
}

async fn until_set(company: &Company, team: &str, status: &str, reason: &str) -> Value {
    eventually(&format!("a set of {team} that is {status} {reason}"), async || {
        Some(company.get(team, "saeappwatchsets/all").await).filter(|set| is_ready(set, status, reason))
    })
    .await
}

/// Waits until a team has watches of these applications, each with this status and reason of Ready.
async fn until_watches(company: &Company, team: &str, apps: &[&str], (status, reason): (&str, &str)) {
    eventually(&format!("watches of {team}, {status} {reason}"), async || {
        let list = company.get(team, "saeappwatches").await;
        let watches = list["items"].as_array().unwrap();
        let mut watched: Vec<&str> =
            watches.iter().map(|watch| watch["spec"]["appId"].as_str().unwrap()).collect();
        watched.sort_unstable();
        let are_so = watches.iter().all(|watch| is_ready(watch, status, reason));
        (watched == apps && are_so).then_some(())
    })
    .await;
}

fn lists(company: &Company) -> usize {
    company.calls(PROD).iter().filter(|call| call.operation == Operation::ListApplications).count()
}

#[tokio::test]
async fn a_set_lists_for_as_long_as_its_namespace_may_use_the_account() {
    let company = Company::new("sets").await;
    company.declare_prod(&["b"]).await;
    declare_set(&company, "a").await;
    declare_set(&company, "b").await;
    let _operator = company.operator(&["--watch-sets"]);
    let observed = ("True", "Observed");
    until_watches(&company, "b", &["shop", "till"], observed).await;
    let set = until_set(&company, "b", "True", "Listed").await;
    assert!(condition(&set, "Stalled").is_null(), "{set:#}");
    let refused = until_set(&company, "a", "False", "AccountNotAllowed").await;
    assert_eq!(condition(&refused, "Stalled")["status"], "True");
    until_watches(&company, "a", &[], observed).await;
    assert_eq!(lists(&company), 1, "one list serves all sets of a region");

    // Taken away: the set says so, its watches say so and stay, and nothing is listed.
    let not_allowed = ("False", "AccountNotAllowed");
    company.declare_prod(&["c"]).await;
    until_set(&company, "b", "False", "AccountNotAllowed").await;
    until_watches(&company, "b", &["shop", "till"], not_allowed).await;
    let new = Application::new("new").named("new").group("g-1", 2).running(2);
    company.sae.account(PROD).put_application(new);
    assert_eq!(lists(&company), 1);

    // Given to another namespace: the lists are read for its set, at once.
    company.declare_prod(&["a"]).await;
    until_watches(&company, "a", &["new", "shop", "till"], observed).await;
    assert_eq!(lists(&company), 2);
    until_watches(&company, "b", &["shop", "till"], not_allowed).await;

    // Given back: one list serves both sets again.
    company.declare_prod(&["a", "b"]).await;
    until_watches(&company, "b", &["new", "shop", "till"], observed).await;
    until_set(&company, "b", "True", "Listed").await;
    assert_eq!(lists(&company), 2);
}
