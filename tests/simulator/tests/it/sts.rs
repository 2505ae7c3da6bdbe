//! STS: what a chain of credentials asks for, and what the keys then open.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sae_simulator::{Fault, KEY_ID, KEY_SECRET, Operation, SessionKey, Simulator};
use serde_json::Value;

use crate::client::{Reply, canonical, encode, http_client, instances};
use crate::fixtures::shop;

type Form = Vec<(&'static str, String)>;

fn oidc_form() -> Form {
    vec![
        ("RoleArn", "acs:ram::113511544585:role/watcher".to_owned()),
        ("OIDCProviderArn", "acs:ram::113511544585:oidc-provider/ack-rrsa-c1".to_owned()),
        ("OIDCToken", "header.payload.sig+/=\n".to_owned()),
        ("RoleSessionName", "saewatch".to_owned()),
        ("DurationSeconds", "3600".to_owned()),
    ]
}

/// As ours and the Node SDK send it: common parameters in the query, the token in a form.
async fn ask_with_oidc(sim: &Simulator, form: Form) -> Reply {
    let url = format!("{}/?Action=AssumeRoleWithOIDC&Format=JSON&Version=2015-04-01", sim.endpoint());
    let form: Vec<_> = form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let request = http_client(sim).post(url).header("content-type", "application/x-www-form-urlencoded");
    Reply::read(request.body(canonical(&form)).send().await.unwrap()).await.unwrap()
}

/// `AssumeRole` with a policy.
async fn ask_with_keys(sim: &Simulator, key: (&str, &str), token: Option<&str>, policy: &str) -> Reply {
    let role = [
        ("RoleArn", "acs:ram::113511544585:role/watcher"),
        ("RoleSessionName", "saewatch"),
        ("Policy", policy),
    ];
    call_sts(sim, "AssumeRole", key, token, &role).await
}

/// A call of STS, all in the query, signed by the older RPC rule.
pub async fn call_sts(
    sim: &Simulator,
    action: &str,
    key: (&str, &str),
    token: Option<&str>,
    parameters: &[(&str, &str)],
) -> Reply {
    let mut query = vec![
        ("Action", action),
        ("Format", "JSON"),
        ("Version", "2015-04-01"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("AccessKeyId", key.0),
    ];
    let (nonce, now) =
        (format!("{:x}", fastrand::u128(..)), Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    query.extend([("SignatureNonce", nonce.as_str()), ("Timestamp", now.as_str())]);
    query.extend(token.map(|token| ("SecurityToken", token)));
    query.extend(parameters);
    let query: Vec<_> = query.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let text = format!("GET&%2F&{}", encode(&canonical(&query)));
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(format!("{}&", key.1).as_bytes()).unwrap();
    mac.update(text.as_bytes());
    let signature = encode(&STANDARD.encode(mac.finalize().into_bytes()));
    let url = format!("{}/?{}&Signature={signature}", sim.endpoint(), canonical(&query));
    Reply::read(http_client(sim).get(url).send().await.unwrap()).await.unwrap()
}

pub fn key(credentials: &Value) -> SessionKey {
    let text = |field: &str| credentials[field].as_str().unwrap().to_owned();
    let expires = text("Expiration").parse().unwrap();
    SessionKey {
        id: text("AccessKeyId"),
        secret: text("AccessKeySecret"),
        token: text("SecurityToken"),
        expires,
    }
}

async fn opens_sae(sim: &Simulator, key: &SessionKey) -> u16 {
    let ask = instances(sim, "demo-shop").signed_by(&key.id, &key.secret);
    ask.with("x-acs-security-token", &key.token).reply().await.status
}

#[tokio::test]
async fn a_token_of_the_cluster_becomes_keys_that_open_sae() {
    let sim = shop(1);
    let reply = ask_with_oidc(&sim, oidc_form()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.body["AssumedRoleUser"]["Arn"], "acs:ram::113511544585:assumed-role/watcher/saewatch");
    let key = key(&reply.body["Credentials"]);
    let left = key.expires.duration_since(Timestamp::now()).as_secs();
    assert!((3590..=3600).contains(&left), "{left} s");
    assert_eq!(opens_sae(&sim, &key).await, 200);
}

#[tokio::test]
async fn the_python_sdks_way_with_the_token_in_the_query_is_understood() {
    let sim = shop(1);
    let form: Vec<_> = oidc_form().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let url = format!(
        "{}/?Action=AssumeRoleWithOIDC&Format=JSON&Version=2015-04-01&{}",
        sim.endpoint(),
        canonical(&form)
    );
    let reply = Reply::read(http_client(&sim).get(url).send().await.unwrap()).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn the_lifetime_can_be_set_and_ends_the_keys() {
    let sim = shop(1);
    sim.set_session_lifetime(Duration::from_millis(400));
    let key = key(&ask_with_oidc(&sim, oidc_form()).await.body["Credentials"]);
    assert_eq!(opens_sae(&sim, &key).await, 200);
    tokio::time::sleep(Duration::from_millis(450)).await;
    assert_eq!(opens_sae(&sim, &key).await, 400);
}

#[tokio::test]
async fn a_token_that_was_rotated_away_is_expired() {
    let sim = shop(1);
    sim.trust_oidc_token("header.payload.sig+/=");
    assert_eq!(
        ask_with_oidc(&sim, oidc_form()).await.status,
        200,
        "the line end of the file does not matter"
    );
    sim.trust_oidc_token("the-next-one");
    let reply = ask_with_oidc(&sim, oidc_form()).await;
    assert_eq!(reply.verdict(), (400, "AuthenticationFail.OIDCToken.Expired"));
}

#[tokio::test]
async fn what_sts_needs_is_asked_for_by_name_and_checked() {
    let sim = shop(1);
    let with = |name: &'static str, value: &str| {
        let mut form = oidc_form();
        form.retain(|(key, _)| *key != name);
        form.push((name, value.to_owned()));
        form
    };
    for (form, code) in [
        (with("RoleArn", ""), "MissingRoleArn"),
        (with("OIDCProviderArn", ""), "MissingOIDCProviderArn"),
        (with("OIDCToken", ""), "MissingOIDCToken"),
        (with("RoleSessionName", ""), "MissingRoleSessionName"),
        (with("RoleArn", "watcher"), "InvalidParameter.RoleArn"),
        (with("RoleSessionName", "a name"), "InvalidParameter.RoleSessionName"),
        (with("DurationSeconds", "899"), "InvalidParameter.DurationSeconds"),
    ] {
        assert_eq!(ask_with_oidc(&sim, form).await.verdict(), (400, code));
    }
}

#[tokio::test]
async fn keys_become_keys_of_a_role_and_those_may_go_on() {
    let sim = shop(1);
    let policy = "{\"Version\": \"1\", \"Statement\": []}";
    let reply = ask_with_keys(&sim, (KEY_ID, KEY_SECRET), None, policy).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let first = key(&reply.body["Credentials"]);
    assert_eq!(opens_sae(&sim, &first).await, 200);
    let chained = ask_with_keys(&sim, (&first.id, &first.secret), Some(&first.token), policy).await;
    assert_eq!(chained.status, 200, "{}", chained.text);
}

#[tokio::test]
async fn a_role_asked_for_with_a_wrong_secret_is_refused() {
    let sim = shop(1);
    let reply = ask_with_keys(&sim, (KEY_ID, "wrong"), None, "{}").await;
    assert_eq!(reply.verdict(), (400, "SignatureDoesNotMatch"));
    let reply = ask_with_keys(&sim, ("nobody", "wrong"), None, "{}").await;
    assert_eq!(reply.verdict(), (404, "InvalidAccessKeyId.NotFound"));
}

#[tokio::test]
async fn faults_denials_and_the_log_cover_sts_and_its_calls_cost_no_quota() {
    let sim = shop(1);
    sim.set_calls_per_minute(Some(1));
    sim.inject(Fault::error(503, "ServiceUnavailable").on(Operation::AssumeRoleWithOIDC));
    assert_eq!(ask_with_oidc(&sim, oidc_form()).await.status, 503);
    sim.deny(Operation::AssumeRoleWithOIDC, "NoPermission");
    let denied = ask_with_oidc(&sim, oidc_form()).await;
    assert_eq!(denied.body["AccessDeniedDetail"]["AuthAction"], "sts:AssumeRoleWithOIDC");
    sim.allow(Operation::AssumeRoleWithOIDC);
    assert_eq!(ask_with_oidc(&sim, oidc_form()).await.status, 200);
    assert_eq!(instances(&sim, "demo-shop").reply().await.status, 200);

    let calls = sim.calls_of(Operation::AssumeRoleWithOIDC);
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [503, 403, 200]);
    assert_eq!(calls[0].method, "POST");
    assert!(calls[0].query.iter().all(|(name, _)| name != "OIDCToken"), "the token belongs in no URL");
    assert_eq!(calls[0].parameter("OIDCToken"), Some("header.payload.sig+/=\n"));
}
