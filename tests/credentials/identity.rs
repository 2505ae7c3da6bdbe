//! Whose keys they are, as STS says it, and what it says instead.

use std::time::Duration;

use jiff::SignedDuration;
use sae_simulator::{ACCOUNT_ID, Fault, Operation};
use saewatch::sae::Class;

use crate::stage::{Stage, ask, until};

const CALLER: Operation = Operation::GetCallerIdentity;

#[tokio::test]
async fn a_session_that_ended_before_it_was_verified_is_replaced() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    stage.pass(5);
    stage.sim.expire_sessions();
    client.credentials().identify().await.unwrap();
    assert_eq!(stage.calls(CALLER).len(), 2);
}

#[tokio::test]
async fn without_an_owner_no_call_waits_for_the_answer_whose_the_keys_are() {
    let stage = Stage::new().with_keys();
    let client = stage.client();
    stage.sim.inject(Fault::delay(Duration::from_secs(2)).on(CALLER));
    let credentials = client.credentials().clone();
    let question = tokio::spawn(async move { credentials.identify().await });
    until("a question to STS", || !stage.calls(CALLER).is_empty()).await;
    ask(&client).await.unwrap();
    assert!(!question.is_finished());
    assert_eq!(question.await.unwrap().unwrap().account_id.as_str(), ACCOUNT_ID);
}

#[tokio::test]
async fn a_throttle_of_sts_is_told_from_its_other_failures() {
    let stage = Stage::new().with_keys();
    stage.sim.inject(Fault::throttle().on(CALLER));
    let credentials = stage.client().credentials().clone();
    let error = credentials.identify().await.unwrap_err();
    assert_eq!(error.class, Class::Transient(None), "it is not the quota of SAE");
    assert!(error.is_throttle());
    for (fault, class) in [
        (Fault::html(502), Class::Transient(None)),
        (Fault::answer(200, "application/json", "{}"), Class::Malformed),
        (Fault::answer(200, "application/json", r#"{"AccountId": "x", "Arn": "a"}"#), Class::Malformed),
        (Fault::reset(), Class::Transient(None)),
        (Fault::error(400, "SignatureNonceUsed"), Class::Transient(None)),
        (Fault::error(403, "NoPermission"), Class::CredentialsRejected),
    ] {
        stage.sim.inject(fault.on(CALLER));
        let error = credentials.identify().await.unwrap_err();
        assert_eq!(error.class, class, "{error}");
        assert!(!error.is_throttle(), "{error}");
    }
    credentials.identify().await.unwrap();
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once_and_is_no_refusal() {
    let stage = Stage::new().with_keys();
    stage.sim.set_clock_offset(SignedDuration::from_hours(7));
    stage.client().credentials().identify().await.unwrap();
    assert_eq!(stage.calls(CALLER).len(), 2);

    stage.sim.set_clock_offset(SignedDuration::ZERO);
    stage.sim.inject(Fault::error(400, "InvalidTimeStamp.Expired").on(CALLER).until_cleared());
    let error = stage.client().credentials().identify().await.unwrap_err();
    assert_eq!(error.class, Class::Transient(None), "{error}");
}
