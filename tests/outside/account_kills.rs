//! The process is killed at each call that a walk through the life of an account makes, and the next one goes on: what is
//! then to be seen, and which events there are, is what a walk without a kill shows.

use std::convert::Infallible;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};

use crate::accounts::{Company, PROD};
use crate::support::{condition, eventually};

/// What is to be seen after each step of a walk, and how many calls it made.
struct Walked {
    pictures: Vec<String>,
    calls: usize,
}

/// Walks, and kills the operator at the call of this number, counted from 1.
async fn walk(name: String, kill_at: Option<usize>) -> Walked {
    let company = Company::new(&name).await;
    company.declare_prod(&["a"]).await;
    company.declare("a", "shop", "shop", Some("prod"), "6h").await;
    company.declare("b", "till", "till", Some("prod"), "6h").await;
    let operator = Mutex::new(Some(company.operator(&[])));
    let kill = async {
        while company.sae.calls().len() < kill_at.unwrap_or(usize::MAX) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        drop(operator.lock().unwrap().take());
        *operator.lock().unwrap() = Some(company.operator(&[]));
        std::future::pending::<Infallible>().await
    };
    // A walk may be over before the call: sweeps come by the clock, so one walk has more of them than another.
    let pictures = tokio::select! {
        pictures = steps(&company) => pictures,
        never = kill => match never {},
    };
    Walked { pictures, calls: company.sae.calls().len() }
}

async fn steps(company: &Company) -> Vec<String> {
    let mut pictures = Vec::new();
    company.until_account("prod", "True", "Verified").await;
    company.until_ready("a", "shop", "True", "Observed").await;
    company.until_ready("b", "till", "False", "AccountNotAllowed").await;
    pictures.push(picture(company).await);

    company.sae.account(PROD).update("shop", |shop| shop.instance(0).crash());
    let namespace = company.of("a");
    let ask = ["-n", &namespace, "annotate", "saeappwatch", "shop", "saewatch.dev/requested-at=crash"];
    company.kubectl(&ask).await;
    eventually("the crash", async || {
        let status = &company.watch("a", "shop").await["status"];
        (status["lastHandledRequest"] == "crash" && status["memory"]["streak"].is_null()).then_some(())
    })
    .await;
    pictures.push(picture(company).await);

    company.declare_prod(&["b"]).await;
    company.until_ready("a", "shop", "False", "AccountNotAllowed").await;
    company.until_ready("b", "till", "True", "Observed").await;
    pictures.push(picture(company).await);

    company.kubectl(&["delete", "saeaccount", &company.of("prod")]).await;
    company.until_ready("a", "shop", "False", "AccountNotFound").await;
    company.until_ready("b", "till", "False", "AccountNotFound").await;
    pictures.push(picture(company).await);

    company.declare_prod(&["a"]).await;
    company.until_account("prod", "True", "Verified").await;
    company.until_ready("a", "shop", "True", "Observed").await;
    company.until_ready("b", "till", "False", "AccountNotAllowed").await;
    pictures.push(picture(company).await);
    pictures
}

/// What users see, without what is another in each walk: names, times and numbers of versions.
async fn picture(company: &Company) -> String {
    let (shop, till) = (company.watch("a", "shop").await, company.watch("b", "till").await);
    let accounts = company.accounts().await;
    let mut events = company.events().await;
    events.sort();
    let shown = json!({
        "shop": shown(&shop), "till": shown(&till), "events": events,
        "accounts": accounts.iter().map(shown).collect::<Vec<_>>(),
    });
    format!("{shown:#}").replace(&format!("{}-", company.name), "")
}

/// A status without times, and without what comes by the clock: what is written once a minute, and a name, which comes
/// with a list that is read after everything else.
fn shown(object: &Value) -> Value {
    let mut status = object["status"].clone();
    let of_minutes =
        ["observedAt", "staleAfter", "lastTransitionAt", "memory", "watches", "calls", "regions"];
    for field in of_minutes.into_iter().chain(["appName", "namespaceId"]) {
        status.as_object_mut().unwrap().remove(field);
    }
    let without_times = |value: &mut Value| {
        for time in ["lastTransitionTime", "since", "at", "createdAt", "finishedAt"] {
            value.as_object_mut().unwrap().remove(time);
        }
    };
    for list in ["conditions", "instances", "recentTransitions"] {
        status[list].as_array_mut().into_iter().flatten().for_each(without_times);
    }
    assert!(!condition(object, "Ready").is_null());
    status
}

/// A number in letters: digits of events are times.
fn letters(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

#[tokio::test]
async fn a_kill_at_any_call_of_an_accounts_life_changes_nothing_and_loses_and_doubles_no_event() {
    let whole = walk("kill-none".into(), None).await;
    assert!(whole.calls > 10, "{} calls", whole.calls);
    let walks = (1..=whole.calls).map(|call| walk(format!("kill-{}", letters(call)), Some(call)));
    for (walked, call) in join_all(walks).await.iter().zip(1..) {
        for (step, (picture, expected)) in walked.pictures.iter().zip(&whole.pictures).enumerate() {
            assert_eq!(picture, expected, "step {step}, killed at call {call} of {}", whole.calls);
        }
    }
}
