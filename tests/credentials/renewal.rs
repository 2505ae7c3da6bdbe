//! One search at a time, and keys renewed ahead of their end.

use std::time::Duration;

use jiff::SignedDuration;
use sae_simulator::{Fault, Operation};
use saewatch::sae::{Class, Provider};

use crate::stage::{Stage, ask, until};

#[tokio::test]
async fn however_many_calls_wait_there_is_one_search() {
    let stage = Stage::new().with_pod_role();
    stage.sim.inject(Fault::delay(Duration::from_millis(100)).on(Operation::AssumeRoleWithOIDC));
    let client = stage.client();
    let answers = futures::future::join_all((0..16).map(|_| ask(&client))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1);
}

#[tokio::test]
async fn a_caller_that_gives_up_ends_the_search_for_nobody() {
    let stage = Stage::new().with_pod_role();
    stage.sim.inject(Fault::delay(Duration::from_millis(200)).on(Operation::AssumeRoleWithOIDC));
    let client = stage.client();
    assert!(tokio::time::timeout(Duration::from_millis(50), ask(&client)).await.is_err());
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1);
}

#[tokio::test]
async fn keys_are_renewed_in_the_background_ahead_of_their_end() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    let (first, ends) = (stage.key_used(), client.credentials().report().expires);
    stage.pass(30);
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1, "half an hour is no reason");
    stage.pass(16);
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), first, "no call waits for a renewal");
    until("a renewal", || client.credentials().report().expires > ends).await;
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 2);
    ask(&client).await.unwrap();
    assert_ne!(stage.key_used(), first);
}

#[tokio::test]
async fn the_old_keys_serve_until_shortly_before_their_end() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    stage
        .sim
        .inject(Fault::error(503, "ServiceUnavailable").on(Operation::AssumeRoleWithOIDC).until_cleared());
    stage.pass(50);
    ask(&client).await.unwrap();
    until("a failed renewal", || client.credentials().report().failure.is_some()).await;
    assert_eq!(client.credentials().report().provider, Some(Provider::Oidc));
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 2, "a failed renewal pauses");
    stage.pass(8);
    ask(&client).await.unwrap();
    stage.pass(2);
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.class, Class::Transient(None), "{error}");
    stage.sim.clear_faults();
    ask(&client).await.unwrap();
}

#[tokio::test]
async fn a_token_that_ended_before_its_time_is_replaced_once() {
    let stage = Stage::new().with_pod_role();
    let client = stage.client();
    ask(&client).await.unwrap();
    stage.pass(5);
    stage.sim.expire_sessions();
    assert_eq!(ask(&client).await.unwrap_err().class, Class::SignAnew);
    ask(&client).await.unwrap();
    stage.sim.expire_sessions();
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsRejected, "fresh keys that are refused did not expire");
    assert!(error.to_string().contains("the role acs:ram::113511544585:role/watcher"), "{error}");
}

#[tokio::test]
async fn keys_that_come_expired_are_never_used() {
    let stage = Stage::new().with_pod_role();
    stage.sim.set_session_lifetime(Duration::ZERO);
    stage.sim.set_clock_offset(SignedDuration::from_mins(-10));
    let error = ask(&stage.client()).await.unwrap_err();
    assert!(error.to_string().contains("already expired"), "{error}");
    assert!(stage.calls(Operation::DescribeApplicationStatus).is_empty());
}
