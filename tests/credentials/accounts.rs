//! The keys of other accounts than the operator's own: profiles, and roles that the own keys assume.

use std::time::Duration;

use sae_simulator::{ACCOUNT_ID, Fault, KEY_ID, KEY_SECRET, Operation};
use saewatch::sae::{Class, Client, KeySource, Provider};

use crate::stage::{OTHER, Stage, ask, profile, role};

const CONFIG: &str = ".aliyun/config.json";

fn of_profile(name: &str) -> KeySource {
    KeySource::Profile(name.parse().unwrap())
}

fn account(own: &Client, keys: &KeySource, owner: &str) -> Client {
    own.for_account(keys, owner.parse().unwrap())
}

/// Asks an account whose keys do not do: STS is told why by `identify`, a watch by the class alone, and SAE is not asked.
async fn refusal(stage: &Stage, client: &Client) -> (Class, String) {
    let told = ask(client).await.unwrap_err();
    let error = client.credentials().identify().await.unwrap_err();
    assert_eq!(told.class, error.class, "{error}");
    assert!(!told.to_string().contains("acs:"), "{told}");
    assert!(!told.to_string().contains(OTHER), "{told}");
    assert!(stage.calls_of_sae().is_empty());
    (error.class, error.to_string())
}

#[tokio::test]
async fn a_role_is_assumed_with_the_own_keys_and_its_external_id() {
    let stage = Stage::new().with_keys().with_other_account();
    stage.sim.account(OTHER).add_role("watcher", Some("agreed-id"));
    let client = account(&stage.client(), &role(OTHER, Some("agreed-id")), OTHER);
    ask(&client).await.unwrap();
    let assumed = &stage.calls(Operation::AssumeRole)[0];
    assert_eq!(assumed.key_id.as_deref(), Some(KEY_ID));
    for (name, value) in [
        ("RoleArn", "acs:ram::222222222222:role/watcher"),
        ("RoleSessionName", "saewatch"),
        ("DurationSeconds", "3600"),
        ("ExternalId", "agreed-id"),
    ] {
        assert_eq!(assumed.parameter(name), Some(value));
    }
    assert_eq!(assumed.parameter("Policy"), None);
    assert_eq!(stage.calls_of_sae()[0].account.as_deref(), Some(OTHER));
    let report = client.credentials().report();
    assert_eq!(report.provider, Some(Provider::AssumedRole));
    assert_eq!(report.failure, None);
    let caller = client.credentials().identify().await.unwrap();
    assert_eq!(caller.arn, format!("acs:ram::{OTHER}:assumed-role/watcher/saewatch"));
    assert_eq!(stage.calls(Operation::GetCallerIdentity).len(), 1, "its answer is remembered");
}

#[tokio::test]
async fn a_role_that_needs_no_external_id_is_sent_none() {
    let stage = Stage::new().with_keys().with_other_account();
    stage.sim.account(OTHER).add_role("watcher", None);
    ask(&account(&stage.client(), &role(OTHER, None), OTHER)).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRole)[0].parameter("ExternalId"), None);
}

#[tokio::test]
async fn a_role_whose_external_id_is_wrong_or_missing_is_refused() {
    let stage = Stage::new().with_keys().with_other_account();
    stage.sim.account(OTHER).add_role("watcher", Some("agreed-id"));
    for external_id in [None, Some("guessed")] {
        let client = account(&stage.client(), &role(OTHER, external_id), OTHER);
        let (class, text) = refusal(&stage, &client).await;
        assert_eq!(class, Class::CredentialsRejected);
        assert!(text.starts_with("AssumeRole: NoPermission (HTTP 403): "), "{text}");
        assert!(text.contains("check roleArn and externalId"), "{text}");
    }
}

#[tokio::test]
async fn a_role_that_is_nowhere_is_refused() {
    let stage = Stage::new().with_keys();
    let client = account(&stage.client(), &role("333333333333", None), "333333333333");
    let (class, text) = refusal(&stage, &client).await;
    assert_eq!(class, Class::CredentialsRejected);
    assert!(text.contains("EntityNotExist.Role"), "{text}");
}

#[tokio::test]
async fn own_keys_that_are_refused_are_named_by_the_errors_of_roles() {
    let stage = Stage::new().with_keys().with_other_account();
    stage.sim.set_key_active(KEY_ID, false);
    let client = account(&stage.client(), &role(OTHER, None), OTHER);
    let (class, text) = refusal(&stage, &client).await;
    assert_eq!(class, Class::CredentialsRejected);
    assert_eq!(
        text,
        "AssumeRole: InvalidAccessKeyId.Inactive (HTTP 400): the operator's own keys, which assume the role \
         acs:ram::222222222222:role/watcher and come from the environment (ALIBABA_CLOUD_ACCESS_KEY_ID): Specified \
         access key is disabled; check the operator's own keys"
    );

    let client = account(&Stage::new().client(), &role(OTHER, None), OTHER);
    let (class, text) = refusal(&stage, &client).await;
    assert_eq!(class, Class::CredentialsMissing);
    let expected =
        "the operator's own keys, which assume the role acs:ram::222222222222:role/watcher: none found";
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn an_own_token_that_ended_before_its_time_does_not_stop_a_role() {
    let stage = Stage::new().with_pod_role().with_other_account();
    let own = stage.client();
    ask(&own).await.unwrap();
    stage.pass(5);
    stage.sim.expire_sessions();
    ask(&account(&own, &role(OTHER, None), OTHER)).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 2);
}

#[tokio::test]
async fn a_profile_of_the_own_files_serves_whatever_profile_the_environment_names() {
    let stage = Stage::new().with_keys().with_other_account().with("ALIBABA_CLOUD_PROFILE", "another");
    stage.write(CONFIG, &profile("team", "other-key"));
    let client = account(&stage.client(), &of_profile("team"), OTHER);
    ask(&client).await.unwrap();
    assert_eq!(stage.key_used(), "other-key");

    let nowhere = account(&stage.client(), &of_profile("nowhere"), OTHER);
    let error = nowhere.credentials().identify().await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsMissing);
    assert!(error.to_string().contains("no profile nowhere with keys"), "{error}");
    assert_eq!(ask(&nowhere).await.unwrap_err().class, Class::CredentialsMissing);
}

#[tokio::test]
async fn the_own_keys_serve_an_account_and_are_searched_once_for_both() {
    let stage = Stage::new().with_pod_role();
    let own = stage.client();
    let client = account(&own, &KeySource::Own, ACCOUNT_ID);
    ask(&own).await.unwrap();
    assert!(stage.calls(Operation::GetCallerIdentity).is_empty(), "the own keys have no owner");
    ask(&client).await.unwrap();
    ask(&own).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1);
    assert_eq!(stage.calls(Operation::GetCallerIdentity).len(), 1);
}

#[tokio::test]
async fn sae_is_asked_nothing_with_the_keys_of_another_account() {
    let stage = Stage::new().with_keys().with_other_account();
    stage.write(CONFIG, &profile("team", "other-key"));
    for keys in [role(OTHER, None), of_profile("team"), KeySource::Own] {
        let client = account(&stage.client(), &keys, "333333333333");
        for _ in 0..3 {
            let error = ask(&client).await.unwrap_err();
            assert_eq!(error.class, Class::AccountMismatch, "{keys:?}");
            assert_eq!(
                error.to_string(),
                "credentials: the keys belong to another account; see the SaeAccount, or the log of the operator"
            );
        }
        let asked = stage.calls(Operation::GetCallerIdentity).len();
        let caller = client.credentials().identify().await.unwrap();
        let whose = if keys == KeySource::Own { ACCOUNT_ID } else { OTHER };
        assert_eq!(caller.account_id.as_str(), whose);
        assert_eq!(
            stage.calls(Operation::GetCallerIdentity).len(),
            asked + 1,
            "a refusal is looked into again"
        );
    }
    assert!(stage.calls_of_sae().is_empty());
    assert_eq!(stage.calls(Operation::AssumeRole).len(), 1, "keys that do not do are not searched anew");
}

#[tokio::test]
async fn fifty_calls_of_two_roles_are_one_search_for_the_own_keys() {
    const THIRD: &str = "333333333333";
    let stage = Stage::new().with_pod_role().with_other_account().with_account(THIRD);
    for operation in [Operation::AssumeRoleWithOIDC, Operation::AssumeRole] {
        stage.sim.inject(Fault::delay(Duration::from_millis(50)).on(operation).until_cleared());
    }
    let own = stage.client();
    let clients = [OTHER, THIRD].map(|id| account(&own, &role(id, None), id));
    let calls = (0..50).map(|number| ask(&clients[number % 2]));
    for answer in futures::future::join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!(stage.calls(Operation::AssumeRoleWithOIDC).len(), 1);
    assert_eq!(stage.calls(Operation::AssumeRole).len(), 2);
    assert_eq!(stage.calls(Operation::GetCallerIdentity).len(), 2);
    assert_eq!(stage.calls_of_sae().len(), 50);
}

#[tokio::test]
async fn what_sae_says_of_an_arn_stays_with_the_operator() {
    let stage = Stage::new().with_keys().with_other_account();
    let client = account(&stage.client(), &role(OTHER, None), OTHER);
    let body = r#"{"Code": "NoPermission", "Message": "denied on acs:sae:cn-hangzhou:222222222222:application/* now"}"#;
    let fault = Fault::answer(403, "application/json", body).on(Operation::DescribeApplicationStatus);
    stage.sim.account(OTHER).inject(fault);
    let error = ask(&client).await.unwrap_err();
    assert!(error.to_string().contains("NoPermission (HTTP 403): denied on … now"), "{error}");
}

#[tokio::test]
async fn no_word_of_an_account_holds_a_secret() {
    let stage = Stage::new().with_keys().with_other_account();
    let fields = format!(
        r#""mode": "AK", "access_key_id": "other-key", "access_key_secret": "marked-secret", "marked": "{KEY_SECRET}""#
    );
    stage.write(CONFIG, &crate::stage::config(&fields));
    let clients = [of_profile("p"), role(OTHER, Some("guessed"))].map(|keys| {
        stage.sim.account(OTHER).add_role("watcher", Some("agreed-id"));
        account(&stage.client(), &keys, OTHER)
    });
    for client in clients {
        let told = ask(&client).await.unwrap_err();
        let error = client.credentials().identify().await.unwrap_err();
        let words =
            format!("{told} {told:?} {error} {error:?} {client:?} {:?}", client.credentials().report());
        assert!(words.contains("CredentialsRejected"), "{words}");
        assert!(!words.contains("marked-secret") && !words.contains(KEY_SECRET), "{words}");
    }
}
