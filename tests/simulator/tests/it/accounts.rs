//! Several accounts: the keys of a call decide which one it is for.

use std::time::Duration;

use sae_simulator::{Application, Fault, KEY_ID, KEY_SECRET, Operation, SessionKey, Simulator};

use crate::client::{Ask, Reply, instances};
use crate::fixtures::shop;
use crate::sts::{call_sts, key};

const OTHER: &str = "222222222222";
const OTHER_KEY: (&str, &str) = ("other-key-id", "other-key-secret");

/// The shop of the first account, and another account with a key and an application of its own.
fn two_accounts() -> Simulator {
    let sim = shop(1);
    let other = sim.account(OTHER);
    other.add_key(OTHER_KEY.0, OTHER_KEY.1);
    other.put_application(Application::new("other-shop").group("g-1", 2).running(2));
    sim
}

async fn ask_as_other(sim: &Simulator, app: &str) -> Reply {
    instances(sim, app).signed_by(OTHER_KEY.0, OTHER_KEY.1).reply().await
}

async fn ask_with_session(sim: &Simulator, app: &str, key: &SessionKey) -> Reply {
    let ask = instances(sim, app).signed_by(&key.id, &key.secret);
    ask.with("x-acs-security-token", &key.token).reply().await
}

async fn assume(sim: &Simulator, role: &str, external_id: Option<&str>) -> Reply {
    let mut parameters = vec![("RoleArn", role), ("RoleSessionName", "saewatch")];
    parameters.extend(external_id.map(|id| ("ExternalId", id)));
    call_sts(sim, "AssumeRole", (KEY_ID, KEY_SECRET), None, &parameters).await
}

#[tokio::test]
async fn a_key_opens_the_applications_of_its_own_account_alone() {
    let sim = two_accounts();
    assert_eq!(ask_as_other(&sim, "other-shop").await.verdict(), (200, "200"));
    assert_eq!(ask_as_other(&sim, "demo-shop").await.verdict(), (404, "InvalidAppId.NotFound"));
    let first = instances(&sim, "other-shop").reply().await;
    assert_eq!(first.verdict(), (404, "InvalidAppId.NotFound"));
    let list = Ask::new(&sim, Operation::ListApplications, &[]).signed_by(OTHER_KEY.0, OTHER_KEY.1);
    assert_eq!(list.reply().await.body["Data"]["Applications"][0]["AppId"], "other-shop");
}

#[tokio::test]
async fn quota_denials_and_faults_of_one_account_leave_the_other_alone() {
    let sim = two_accounts();
    let other = sim.account(OTHER);
    let first = async || instances(&sim, "demo-shop").reply().await.status;

    other.set_calls_per_minute(Some(0));
    assert_eq!(ask_as_other(&sim, "other-shop").await.verdict(), (400, "Throttling.User"));
    assert_eq!(first().await, 200);
    other.set_calls_per_minute(None);

    other.deny(Operation::DescribeApplicationInstances, "NoPermission");
    let denied = ask_as_other(&sim, "other-shop").await;
    assert_eq!(denied.body["AccessDeniedDetail"]["AuthPrincipalOwnerId"], OTHER);
    assert_eq!(first().await, 200);
    other.allow(Operation::DescribeApplicationInstances);

    other.inject(Fault::error(503, "ServiceUnavailable"));
    assert_eq!(first().await, 200);
    assert_eq!(ask_as_other(&sim, "other-shop").await.status, 503);
    assert_eq!(ask_as_other(&sim, "other-shop").await.status, 200);
}

#[tokio::test]
async fn the_log_names_the_account_of_each_call_refused_ones_too() {
    let sim = two_accounts();
    instances(&sim, "demo-shop").reply().await;
    ask_as_other(&sim, "other-shop").await;
    instances(&sim, "other-shop").signed_by(OTHER_KEY.0, "wrong").reply().await;
    instances(&sim, "other-shop").signed_by("nobody", "x").reply().await;
    let accounts: Vec<_> = sim.calls().into_iter().map(|call| call.account).collect();
    let own = Some(sae_simulator::ACCOUNT_ID.to_owned());
    assert_eq!(accounts, [own, Some(OTHER.to_owned()), Some(OTHER.to_owned()), None]);
    let codes: Vec<_> = sim.account(OTHER).calls().into_iter().map(|call| call.code).collect();
    assert_eq!(codes, ["200", "SignatureDoesNotMatch"]);
}

#[tokio::test]
async fn a_role_of_another_account_opens_that_account_to_whoever_sends_its_external_id() {
    let sim = two_accounts();
    let role = format!("acs:ram::{OTHER}:role/watcher");
    sim.account(OTHER).add_role("watcher", Some("agreed-id"));
    for wrong in [None, Some("guessed")] {
        assert_eq!(assume(&sim, &role, wrong).await.verdict(), (403, "NoPermission"), "{wrong:?}");
    }
    let reply = assume(&sim, &role, Some("agreed-id")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let arn = format!("acs:ram::{OTHER}:assumed-role/watcher/saewatch");
    assert_eq!(reply.body["AssumedRoleUser"]["Arn"], arn.as_str());
    let key = key(&reply.body["Credentials"]);
    assert_eq!(ask_with_session(&sim, "other-shop", &key).await.status, 200);
    assert_eq!(ask_with_session(&sim, "demo-shop", &key).await.status, 404);
}

#[tokio::test]
async fn a_role_that_is_nowhere_is_not_found() {
    let sim = two_accounts();
    sim.account(OTHER).add_role("watcher", None);
    for (role, status) in [("222222222222:role/watcher", 200), ("222222222222:role/gone", 404)] {
        assert_eq!(assume(&sim, &format!("acs:ram::{role}"), None).await.status, status, "{role}");
    }
    let nobody = assume(&sim, "acs:ram::333333333333:role/watcher", None).await;
    assert_eq!(nobody.verdict(), (404, "EntityNotExist.Role"));
}

#[tokio::test]
async fn get_caller_identity_names_the_account_and_the_owner_of_any_key() {
    let sim = two_accounts();
    let user = call_sts(&sim, "GetCallerIdentity", OTHER_KEY, None, &[]).await;
    assert_eq!(user.body["AccountId"], OTHER, "{}", user.text);
    assert_eq!(user.body["Arn"], "acs:ram::222222222222:user/other-key-id");
    assert_eq!(user.body["IdentityType"], "RAMUser");

    let session = sim.account(OTHER).issue_session(Duration::from_hours(1));
    let key = (session.id.as_str(), session.secret.as_str());
    let role = call_sts(&sim, "GetCallerIdentity", key, Some(&session.token), &[]).await;
    assert_eq!(role.body["Arn"], "acs:ram::222222222222:assumed-role/simulator-role/simulator");
    assert_eq!(role.body["IdentityType"], "AssumedRoleUser");

    let refused = call_sts(&sim, "GetCallerIdentity", ("nobody", "x"), None, &[]).await;
    assert_eq!(refused.verdict(), (404, "InvalidAccessKeyId.NotFound"));
    assert_eq!(instances(&sim, "demo-shop").reply().await.status, 200);
}
