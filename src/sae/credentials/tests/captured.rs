//! The requests of the official SDKs, captured, against what is sent here for the same configuration.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use serde::Deserialize;

use crate::sae::clock::iso8601;
use crate::sae::credentials::exchange::{Exchange, NoKeys};
use crate::sae::credentials::plan::{Machine, Oidc, Plan, Role};
use crate::sae::credentials::sts::signature;
use crate::sae::credentials::{Keys, credentials_uri};
use crate::sae::transport::Transport;
use crate::sae::{Clock, Endpoint, Environment, Error, Nonces, Query, Settings};

pub(super) type Pairs = Vec<(String, String)>;

/// One request as it was captured.
#[derive(Debug, Clone, Deserialize)]
struct Captured {
    sdk: String,
    case: String,
    method: String,
    path: String,
    query: Pairs,
    wire_target: String,
    headers: Pairs,
    body_pairs: Pairs,
    #[serde(default)]
    access_key_secret: Option<String>,
    #[serde(default)]
    matches: Option<bool>,
}

/// One request as it arrived here.
pub(super) struct Arrived {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Pairs,
    body: String,
}

/// Answers so many requests with these texts, one connection each, and hands back what arrived.
fn record(answers: Vec<(u16, String)>) -> (String, JoinHandle<Vec<Arrived>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let thread = std::thread::spawn(move || {
        let answer = |(status, body): (u16, String)| {
            let (mut stream, _) = listener.accept().unwrap();
            let arrived = arrived(&mut stream);
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
            .unwrap();
            arrived
        };
        answers.into_iter().map(answer).collect()
    });
    (base, thread)
}

pub(super) fn arrived(stream: &mut TcpStream) -> Arrived {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let mut first = lines.next().unwrap().split(' ').map(str::to_owned);
            let (method, target) = (first.next().unwrap(), first.next().unwrap());
            let headers: Pairs = lines
                .map(|line| line.split_once(": ").unwrap())
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect();
            let length = header(&headers, "content-length").map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Arrived { method, target, headers, body: body.to_owned() };
            }
        }
        let read = stream.read(&mut buffer).unwrap();
        assert_ne!(read, 0, "the request broke off");
        bytes.extend_from_slice(&buffer[..read]);
    }
}

pub(super) fn header<'a>(headers: &'a Pairs, name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn pairs(encoded: &str) -> Pairs {
    let url = url::Url::parse(&format!("http://x/?{encoded}")).unwrap();
    sorted(url.query_pairs().into_owned().collect())
}

fn sorted(mut pairs: Pairs) -> Pairs {
    pairs.sort();
    pairs
}

fn value<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    &pairs.iter().find(|(key, _)| key == name).unwrap_or_else(|| panic!("no {name}")).1
}

/// The captured requests of the one SDK whose form the documentation bears out.
fn node(case: &str) -> Vec<Captured> {
    captured("node @alicloud/credentials", case)
}

fn captured(sdk: &str, case: &str) -> Vec<Captured> {
    let all: Vec<Captured> =
        serde_json::from_str(include_str!("../../../../tests/data/credential-exchanges.json")).unwrap();
    all.into_iter().filter(|captured| captured.sdk.starts_with(sdk) && captured.case == case).collect()
}

pub(super) fn exchange(base: &str, time: &str, nonce: &str) -> Exchange {
    let time = time.parse().unwrap();
    let nonce = nonce.to_owned();
    let settings = Settings {
        sts_endpoint: Some(base.parse::<Endpoint>().unwrap()),
        metadata: base.to_owned(),
        ..Settings::new().clock(Clock::new(move || time)).nonces(Nonces::new(move || nonce.clone()))
    };
    let transport = Transport::new(&Environment::of([("", ""); 0])).unwrap();
    Exchange::new(&settings, transport)
}

fn role(form: &Pairs) -> Role {
    let optional = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    Role {
        arn: value(form, "RoleArn").to_owned(),
        session: value(form, "RoleSessionName").to_owned(),
        seconds: value(form, "DurationSeconds").parse().unwrap(),
        policy: optional("Policy"),
        external_id: optional("ExternalId"),
        region: None,
        vpc: false,
    }
}

const ASSUMED: &str = r#"{"RequestId": "R", "Credentials": {"AccessKeyId": "STS.issued",
    "AccessKeySecret": "secret", "SecurityToken": "token", "Expiration": "2026-11-22T21:11:36Z"}}"#;
pub(super) const ISSUED: &str = r#"{"Code": "Success", "AccessKeyId": "STS.issued", "AccessKeySecret": "secret",
    "SecurityToken": "token", "Expiration": "2026-11-22T21:11:36Z", "LastUpdated": "2026-11-22T20:11:36Z"}"#;

pub(super) fn assert_issued(keys: Result<Keys, NoKeys>) {
    let keys = keys.unwrap();
    assert_eq!((keys.id(), keys.secret(), keys.token()), ("STS.issued", "secret", Some("token")));
    assert_eq!(keys.expires().map(iso8601).as_deref(), Some("2026-11-22T21:11:36Z"));
}

fn assert_same(arrived: &Arrived, captured: &Captured) {
    assert_eq!(arrived.method, captured.method);
    let (path, query) = arrived.target.split_once('?').unwrap_or((&arrived.target, ""));
    assert_eq!(path, captured.path);
    assert_eq!(pairs(query), sorted(captured.query.clone()), "{}", captured.case);
    assert_eq!(pairs(&arrived.body), sorted(captured.body_pairs.clone()), "{}", captured.case);
    assert_eq!(header(&arrived.headers, "authorization"), None);
    assert!(header(&arrived.headers, "user-agent").unwrap().starts_with("saewatch/"));
}

#[tokio::test]
async fn a_pods_token_is_changed_for_keys_unsigned_and_in_a_form() {
    let mut captured = node("/OIDC").remove(0);
    // The SDK sends the newline at the end of the file too; a token has none.
    let token = captured.body_pairs.iter_mut().find(|(name, _)| name == "OIDCToken").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, &token.1).unwrap();
    token.1 = token.1.trim().to_owned();

    let (base, server) = record(vec![(200, ASSUMED.to_owned())]);
    let oidc = Oidc { provider: value(&captured.body_pairs, "OIDCProviderArn").to_owned(), token_file };
    let plan = Plan::AssumeRoleWithOidc(oidc, role(&captured.body_pairs));
    assert_issued(exchange(&base, value(&captured.query, "Timestamp"), "unused").keys(&plan).await);
    let arrived = server.join().unwrap();
    assert_same(&arrived[0], &captured);
    assert!(!arrived[0].target.contains("payload"), "the token stays out of the URL");
    assert_eq!(header(&arrived[0].headers, "content-type"), Some("application/x-www-form-urlencoded"));
}

#[tokio::test]
async fn a_role_is_assumed_with_the_signature_of_the_documented_rule() {
    let captured = node("/ASSUMEROLE");
    assert_eq!(captured.len(), 3);
    for captured in captured {
        assert_eq!(captured.matches, Some(true), "the facts call this one correct");
        let id = value(&captured.query, "AccessKeyId");
        let secret = if id.starts_with("STS.") { "test-sts-secret" } else { "test-access-key-secret" };
        let keys = Keys::new(id, secret, "test");
        let keys = match captured.query.iter().find(|(name, _)| name == "SecurityToken") {
            Some((_, token)) => keys.with_token(token.as_str()),
            None => keys,
        };
        let (base, server) = record(vec![(200, ASSUMED.to_owned())]);
        let (time, nonce) = (value(&captured.query, "Timestamp"), value(&captured.query, "SignatureNonce"));
        let plan = Plan::AssumeRole(Box::new(Plan::Keys(keys)), role(&captured.body_pairs));
        assert_issued(exchange(&base, time, nonce).keys(&plan).await);
        assert_same(&server.join().unwrap()[0], &captured);
    }
}

#[tokio::test]
async fn whose_keys_they_are_is_asked_as_the_sdk_of_sts_asks() {
    let all = captured("python alibabacloud-sts20150401", "/CALLER (signature_algorithm v2)");
    assert_eq!(all.len(), 2, "with a key and with a session");
    for mut captured in all {
        let secret = captured.access_key_secret.take().unwrap();
        let signed: Vec<_> = captured.query.iter().filter(|(name, _)| name != "Signature").collect();
        let signed = Query::new(signed.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        assert_eq!(signature(&secret, &signed), value(&captured.query, "Signature"));

        // That SDK writes `json` and signs it. STS takes the word in both forms, and we write it as in our other calls.
        for (name, value) in &mut captured.query {
            if name == "Format" {
                *value = "JSON".to_owned();
            }
        }
        captured.query.retain(|(name, _)| name != "Signature");
        let pairs: Vec<_> =
            captured.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let ours = signature(&secret, &Query::new(pairs.into_iter()));
        captured.query.push(("Signature".to_owned(), ours));

        let keys = Keys::new(value(&captured.query, "AccessKeyId"), secret.as_str(), "test");
        let keys = match captured.query.iter().find(|(name, _)| name == "SecurityToken") {
            Some((_, token)) => keys.with_token(token.as_str()),
            None => keys,
        };
        let body =
            r#"{"AccountId": "113511544585", "Arn": "acs:ram::113511544585:user/u", "RequestId": "R"}"#;
        let (base, server) = record(vec![(200, body.to_owned())]);
        let (time, nonce) = (value(&captured.query, "Timestamp"), value(&captured.query, "SignatureNonce"));
        let caller =
            exchange(&base, time, nonce).caller(&keys, &Environment::of([("", ""); 0])).await.unwrap();
        assert_eq!(caller.account_id.as_str(), "113511544585");
        assert_same(&server.join().unwrap()[0], &captured);
    }
}

#[tokio::test]
async fn the_machines_role_is_asked_for_with_a_token() {
    let mut captured = node("/ECS");
    // The SDK fetches the token once for each of the two questions; once for both is enough.
    captured.remove(2);
    let answers = ["METATOKEN==", "my-role\n", ISSUED].map(|body| (200, body.to_owned()));
    let (base, server) = record(answers.to_vec());
    let plan = Plan::EcsRamRole(Machine { role: None, allow_v1: true });
    assert_issued(exchange(&base, "2026-11-22T20:11:36Z", "unused").keys(&plan).await);
    for (arrived, captured) in server.join().unwrap().iter().zip(&captured) {
        assert_same(arrived, captured);
        for name in ["x-aliyun-ecs-metadata-token", "x-aliyun-ecs-metadata-token-ttl-seconds"] {
            assert_eq!(header(&arrived.headers, name), header(&captured.headers, name), "{name}");
        }
        let is_put = captured.method == "PUT";
        assert_eq!(header(&arrived.headers, "content-length"), is_put.then_some("0"));
    }
}

#[tokio::test]
async fn without_a_token_version_1_serves_only_if_allowed() {
    let answers = vec![(404, String::new()), (200, ISSUED.to_owned())];
    let (base, server) = record(answers);
    let named = |allow_v1| Plan::EcsRamRole(Machine { role: Some("my-role".into()), allow_v1 });
    assert_issued(exchange(&base, "2026-11-22T20:11:36Z", "unused").keys(&named(true)).await);
    let arrived = server.join().unwrap();
    assert_eq!(arrived[1].target, "/latest/meta-data/ram/security-credentials/my-role");
    assert_eq!(header(&arrived[1].headers, "x-aliyun-ecs-metadata-token"), None);

    let (base, server) = record(vec![(404, String::new())]);
    let refused = exchange(&base, "2026-11-22T20:11:36Z", "unused").keys(&named(false)).await;
    let error = refused.unwrap_err().into_error("credentials").to_string();
    assert!(error.contains("ALIBABA_CLOUD_IMDSV1_DISABLED"), "{error}");
    assert_eq!(server.join().unwrap().len(), 1);
}

#[tokio::test]
async fn a_credentials_uri_is_asked_as_it_is_written() {
    let captured = node("/URI").remove(0);
    let (base, server) = record(vec![(200, ISSUED.to_owned())]);
    let plan = Plan::Uri(credentials_uri::parse(&format!("{base}{}", captured.wire_target)).unwrap());
    assert_issued(exchange(&base, "2026-11-22T20:11:36Z", "unused").keys(&plan).await);
    let arrived = &server.join().unwrap()[0];
    assert_eq!(arrived.target, captured.wire_target);
    assert_same(arrived, &captured);
}

#[tokio::test]
async fn what_holds_no_keys_is_an_error_that_quotes_nothing() {
    for body in ["", "<html>", "{}", r#"{"Code": "Failed", "AccessKeySecret": "marked"}"#, r#"["marked"]"#] {
        let (base, server) = record(vec![(200, body.to_owned())]);
        let plan = Plan::Uri(credentials_uri::parse(&base).unwrap());
        let error: Error = exchange(&base, "2026-11-22T20:11:36Z", "unused")
            .keys(&plan)
            .await
            .unwrap_err()
            .into_error("credentials");
        assert_eq!(error.class.kind(), "transient");
        assert!(!error.to_string().contains("marked"), "{error}");
        server.join().unwrap();
    }
}
