//! Keys with an owner: before others serve, STS says whose they are, and meanwhile those serve that were verified before.

use std::time::Duration;

use sae_simulator::{ACCOUNT_ID, Fault, KEY_ID, KEY_SECRET, Operation};
use saewatch::sae::{Class, Client, KeySource};

use crate::stage::{OTHER, Stage, ask, profile, role, until};

const CONFIG: &str = ".aliyun/config.json";
const CALLER: Operation = Operation::GetCallerIdentity;
/// How late STS answers where a test looks at what serves meanwhile: longer than a few calls take on a busy machine.
const LATE: Duration = Duration::from_secs(2);

/// A client of the first account, by a profile whose file tests change.
fn client_of_file(stage: &Stage) -> Client {
    let keys = KeySource::Profile("team".parse().unwrap());
    stage.client().for_account(&keys, ACCOUNT_ID.parse().unwrap())
}

/// A client of the first account with the key `first`, which has been verified. `second` is another key of the account,
/// `other-key` one of another account.
async fn verified(stage: &Stage) -> Client {
    for key in ["first", "second"] {
        stage.sim.add_key(key, "secret");
    }
    stage.write(CONFIG, &profile("team", "first"));
    let client = client_of_file(stage);
    ask(&client).await.unwrap();
    client
}

fn keys_used(stage: &Stage) -> Vec<String> {
    let mut keys: Vec<_> = stage.calls_of_sae().into_iter().filter_map(|call| call.key_id).collect();
    keys.dedup();
    keys
}

#[tokio::test]
async fn verified_keys_serve_until_sts_has_said_whose_the_new_ones_are() {
    let stage = Stage::new();
    let client = verified(&stage).await;
    let source = client.credentials().report().source;
    stage.sim.inject(Fault::delay(LATE).on(CALLER));
    stage.write(CONFIG, &profile("team", "second"));
    for _ in 0..3 {
        ask(&client).await.unwrap();
        assert_eq!(stage.key_used(), "first");
    }
    until("another source", || client.credentials().report().source != source).await;
    assert_eq!(
        client.credentials().identify().await.unwrap().arn,
        format!("acs:ram::{ACCOUNT_ID}:user/second")
    );
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), "second");
    assert_eq!(stage.calls(CALLER).len(), 2, "one question a source");
}

#[tokio::test]
async fn keys_of_another_account_never_serve_and_those_before_them_no_longer() {
    let stage = Stage::new().with_other_account();
    let client = verified(&stage).await;
    stage.sim.account(OTHER).inject(Fault::delay(LATE).on(CALLER));
    stage.write(CONFIG, &profile("team", "other-key"));
    ask(&client).await.unwrap();
    let caller = client.credentials().identify().await.unwrap();
    assert_eq!(caller.account_id.as_str(), OTHER);
    let before = stage.calls_of_sae().len();
    for _ in 0..3 {
        assert_eq!(ask(&client).await.unwrap_err().class, Class::AccountMismatch);
    }
    assert_eq!(stage.calls_of_sae().len(), before);
    assert_eq!(keys_used(&stage), ["first"]);

    stage.write(CONFIG, &profile("team", "second"));
    ask(&client).await.unwrap();
    assert_eq!(keys_used(&stage), ["first", "second"]);
}

#[tokio::test]
async fn while_sts_fails_the_verified_keys_serve_and_sts_is_not_asked_by_every_call() {
    let stage = Stage::new();
    let client = verified(&stage).await;
    stage.sim.inject(Fault::error(503, "ServiceUnavailable").on(CALLER).until_cleared());
    stage.write(CONFIG, &profile("team", "second"));
    ask(&client).await.unwrap();
    until("a failed question", || client.credentials().report().failure.is_some()).await;
    for _ in 0..5 {
        ask(&client).await.unwrap();
    }
    assert_eq!(stage.calls(CALLER).len(), 2);
    for _ in 0..2 {
        let error = client.credentials().identify().await.unwrap_err();
        assert_eq!(error.class, Class::Transient(None));
        assert!(!error.is_throttle());
    }
    assert_eq!(stage.calls(CALLER).len(), 4, "a failure is not remembered");
    assert_eq!(keys_used(&stage), ["first"]);

    stage.sim.clear_faults();
    stage.pass(5);
    ask(&client).await.unwrap();
    until("the new keys", || client.credentials().report().failure.is_none()).await;
    ask(&client).await.unwrap();
    assert_eq!(keys_used(&stage), ["first", "second"]);
}

#[tokio::test]
async fn keys_that_sts_refuses_and_keys_that_are_gone_end_the_calls() {
    let stage = Stage::new();
    let client = verified(&stage).await;
    stage.write(CONFIG, &profile("team", "unknown-key"));
    let error = client.credentials().identify().await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsRejected, "{error}");
    let before = stage.calls_of_sae().len();
    assert_eq!(ask(&client).await.unwrap_err().class, Class::CredentialsRejected);

    stage.write(CONFIG, &profile("nobody", "first"));
    assert_eq!(ask(&client).await.unwrap_err().class, Class::CredentialsMissing);
    assert_eq!(stage.calls_of_sae().len(), before);

    stage.write(CONFIG, &profile("team", "first"));
    ask(&client).await.unwrap();
}

#[tokio::test]
async fn a_refusal_that_is_over_is_not_held_against_the_next_keys() {
    let stage = Stage::new().with_other_account();
    for key in ["first", "second"] {
        stage.sim.add_key(key, "secret");
    }
    stage.write(CONFIG, &profile("p", "first"));
    let own = stage.client();
    own.credentials().require_owner(Some(ACCOUNT_ID.parse().unwrap()));
    ask(&own).await.unwrap();
    stage.write(CONFIG, &profile("p", "unknown-key"));
    own.credentials().identify().await.unwrap_err();

    stage.write(CONFIG, &profile("p", "first"));
    // It is a role that searches for the own keys.
    ask(&own.for_account(&role(OTHER, None), OTHER.parse().unwrap())).await.unwrap();
    ask(&own).await.unwrap();
    stage.sim.inject(Fault::delay(LATE).on(CALLER));
    stage.write(CONFIG, &profile("p", "second"));
    ask(&own).await.unwrap();
    assert_eq!(stage.key_used(), "first");
}

#[tokio::test]
async fn a_verified_key_that_is_disabled_gives_way_to_the_new_one() {
    let stage = Stage::new();
    let client = verified(&stage).await;
    stage.sim.inject(Fault::delay(LATE).on(CALLER));
    stage.sim.set_key_active("first", false);
    stage.write(CONFIG, &profile("team", "second"));
    assert_eq!(ask(&client).await.unwrap_err().class, Class::SignAnew, "not the end of all calls");
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), "second");
    stage.sim.set_key_active("second", false);
    let error = ask(&client).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsRejected);
    assert!(
        error
            .to_string()
            .ends_with("check the keys of the account: see the SaeAccount, or the log of the operator"),
        "{error}"
    );
}

#[tokio::test]
async fn the_renewed_keys_of_a_role_need_no_further_question() {
    let stage = Stage::new().with_pod_role().with_other_account();
    let own = stage.client();
    let client = own.for_account(&role(OTHER, None), OTHER.parse().unwrap());
    ask(&client).await.unwrap();
    let source = client.credentials().report().source;
    let ends = || [&own, &client].map(|client| client.credentials().report().expires);
    for _ in 0..3 {
        let [own_end, end] = ends();
        stage.pass(50);
        ask(&client).await.unwrap();
        // Of the own keys, too, for which the one of the role's does not wait.
        until("both renewals", || ends()[0] > own_end && ends()[1] > end).await;
    }
    // Past the end of the last keys, too, which no call renewed.
    stage.pass(120);
    ask(&client).await.unwrap();
    client.credentials().identify().await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRole).len(), 5);
    assert_eq!(stage.calls(CALLER).len(), 1);
    assert_eq!(client.credentials().report().source, source);
}

#[tokio::test]
async fn a_server_that_hands_out_keys_may_hand_out_anybodys_so_each_is_verified() {
    let stage = Stage::new();
    stage.sim.set_session_lifetime(Duration::from_hours(1));
    let uri = stage.sim.credentials_uri();
    let stage = stage.with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri);
    let client = stage.client().for_account(&KeySource::Own, ACCOUNT_ID.parse().unwrap());
    ask(&client).await.unwrap();
    let first = stage.key_used();
    let ends = client.credentials().report().expires;
    stage.pass(50);
    ask(&client).await.unwrap();
    until("a renewal", || client.credentials().report().expires > ends).await;
    stage.sim.inject(Fault::delay(LATE).on(CALLER));
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), first);
    client.credentials().identify().await.unwrap();
    ask(&client).await.unwrap();
    assert_ne!(stage.key_used(), first);
    assert_eq!(stage.calls(CALLER).len(), 2);
}

#[tokio::test]
async fn sessions_that_ended_before_their_time_are_replaced_without_a_question() {
    let stage = Stage::new().with_keys().with_other_account();
    let client = stage.client().for_account(&role(OTHER, None), OTHER.parse().unwrap());
    ask(&client).await.unwrap();
    stage.pass(5);
    stage.sim.expire_sessions();
    assert_eq!(ask(&client).await.unwrap_err().class, Class::SignAnew);
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(CALLER).len(), 1);
}

#[tokio::test]
async fn other_own_keys_are_another_source_of_a_role_which_serves_meanwhile() {
    let stage = Stage::new().with_other_account();
    stage.sim.account(OTHER).add_role("watcher", None);
    let own = |secret: &str| {
        crate::stage::config(&format!(
            r#""mode": "AK", "access_key_id": "{KEY_ID}", "access_key_secret": "{secret}""#
        ))
    };
    stage.write(CONFIG, &own(KEY_SECRET));
    let client = stage.client().for_account(&role(OTHER, None), OTHER.parse().unwrap());
    ask(&client).await.unwrap();
    let (key, source) = (stage.key_used(), client.credentials().report().source);

    stage.sim.add_key("second", "secret");
    stage.sim.inject(Fault::delay(LATE).on(Operation::AssumeRole));
    stage.write(CONFIG, &profile("p", "second"));
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), key);
    client.credentials().identify().await.unwrap();
    ask(&client).await.unwrap();
    assert_ne!(stage.key_used(), key);
    assert_ne!(client.credentials().report().source, source);
    assert_eq!(stage.calls(CALLER).len(), 2);
}

#[tokio::test]
async fn keys_verified_before_serve_until_those_of_another_spec_are() {
    let stage = Stage::new().with_keys().with_other_account();
    let account = stage.sim.account(OTHER);
    account.add_role("watcher", Some("agreed-id"));
    let client = stage.client().for_account(&role(OTHER, Some("agreed-id")), OTHER.parse().unwrap());
    ask(&client).await.unwrap();
    let session = stage.key_used();
    client.credentials().use_keys(&role(OTHER, Some("agreed-id")));
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRole).len(), 1, "the same spec is no change");

    account.inject(Fault::delay(LATE).on(CALLER));
    stage.write(CONFIG, &profile("team", "other-key"));
    client.credentials().use_keys(&KeySource::Profile("team".parse().unwrap()));
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), session);
    client.credentials().identify().await.unwrap();
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), "other-key");

    client.credentials().use_keys(&role(OTHER, Some("guessed")));
    let error = client.credentials().identify().await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsRejected);
    assert_eq!(ask(&client).await.unwrap_err().class, Class::CredentialsRejected);
}

#[tokio::test]
async fn an_account_whose_sts_hangs_delays_no_other() {
    let stage = Stage::new().with_keys().with_other_account();
    stage.sim.account(OTHER).inject(Fault::delay(Duration::from_secs(3)).on(CALLER));
    let own = stage.client();
    let hanging = own.for_account(&role(OTHER, None), OTHER.parse().unwrap());
    let waiting = tokio::spawn(async move { ask(&hanging).await });
    until("a question to STS", || !stage.calls(CALLER).is_empty()).await;
    ask(&own).await.unwrap();
    ask(&own.for_account(&KeySource::Own, ACCOUNT_ID.parse().unwrap())).await.unwrap();
    assert!(!waiting.is_finished());
    assert!(stage.calls_of_sae().iter().all(|call| call.account.as_deref() == Some(ACCOUNT_ID)));
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_owner_can_be_required_later_and_let_go() {
    let stage = Stage::new().with_keys();
    let client = stage.client();
    ask(&client).await.unwrap();
    assert!(stage.calls(CALLER).is_empty());

    client.credentials().require_owner(Some(ACCOUNT_ID.parse().unwrap()));
    ask(&client).await.unwrap();
    client.credentials().require_owner(Some(OTHER.parse().unwrap()));
    assert_eq!(ask(&client).await.unwrap_err().class, Class::AccountMismatch);
    client.credentials().require_owner(None);
    ask(&client).await.unwrap();
    assert_eq!(stage.calls(CALLER).len(), 1);
}
