//! Who is let in: every request's signature is checked, and each way to get it wrong has its own code.

use std::time::Duration;

use jiff::SignedDuration;
use sae_simulator::{KEY_ID, KEY_SECRET, Operation, SessionKey, Simulator};

use crate::client::{Ask, Reply, instances};
use crate::fixtures::shop;

/// Signed with a key of STS, its token sent.
fn with_session(sim: &Simulator, key: &SessionKey) -> Ask {
    let ask = instances(sim, "demo-shop").signed_by(&key.id, &key.secret);
    ask.with("x-acs-security-token", &key.token)
}

fn assert_good(reply: &Reply) {
    assert_eq!(reply.verdict(), (200, "200"), "{}", reply.text);
}

#[tokio::test]
async fn an_unknown_key_is_not_found() {
    let reply = instances(&shop(1), "demo-shop").signed_by("nobody", "x").reply().await;
    assert_eq!(reply.verdict(), (404, "InvalidAccessKeyId.NotFound"));
}

#[tokio::test]
async fn a_key_can_be_disabled_and_enabled_again() {
    let sim = shop(1);
    sim.set_key_active(KEY_ID, false);
    assert_eq!(instances(&sim, "demo-shop").reply().await.verdict(), (400, "InvalidAccessKeyId.Inactive"));
    sim.set_key_active(KEY_ID, true);
    assert_good(&instances(&sim, "demo-shop").reply().await);
}

#[tokio::test]
async fn a_key_that_was_added_serves_until_it_is_removed() {
    let sim = shop(1);
    sim.add_key("second", "other-secret");
    let ask = || instances(&sim, "demo-shop").signed_by("second", "other-secret");
    assert_good(&ask().reply().await);
    sim.remove_key("second");
    assert_eq!(ask().reply().await.verdict(), (404, "InvalidAccessKeyId.NotFound"));
}

#[tokio::test]
async fn a_wrong_secret_is_told_what_the_server_wanted_signed() {
    let reply = instances(&shop(1), "demo-shop").signed_by(KEY_ID, "wrong").reply().await;
    assert_eq!(reply.verdict(), (400, "SignatureDoesNotMatch"));
    let message = reply.body["Message"].as_str().unwrap();
    assert!(message.contains("server string to sign is:ACS3-HMAC-SHA256\n"), "{message}");
}

#[tokio::test]
async fn a_clock_may_be_fifteen_minutes_off_and_no_more() {
    let sim = shop(1);
    for minutes in [-14, 14] {
        let ask = instances(&sim, "demo-shop").dated(SignedDuration::from_mins(minutes));
        assert_good(&ask.reply().await);
    }
    for minutes in [-16, 16] {
        let ask = instances(&sim, "demo-shop").dated(SignedDuration::from_mins(minutes));
        assert_eq!(ask.reply().await.verdict(), (400, "InvalidTimeStamp.Expired"));
    }
}

#[tokio::test]
async fn the_date_header_tells_the_time_by_which_the_server_judges() {
    let sim = shop(1);
    sim.set_clock_offset(SignedDuration::from_hours(-5));
    let reply = instances(&sim, "demo-shop").reply().await;
    assert_eq!(reply.verdict(), (400, "InvalidTimeStamp.Expired"));
    let date = reply.header("date").unwrap();
    let server = jiff::fmt::rfc2822::parse(date).unwrap().timestamp();
    let behind = jiff::Timestamp::now().duration_since(server);
    assert!((behind - SignedDuration::from_hours(5)).abs() < SignedDuration::from_secs(5), "{date}");
    assert_good(&instances(&sim, "demo-shop").dated(-behind).reply().await);
}

#[tokio::test]
async fn a_date_in_another_form_is_refused() {
    for date in ["yesterday", "2026-11-22T00:00:00+00:00", "2026-11-22T00:00:00.5Z"] {
        let reply = instances(&shop(1), "demo-shop").with("x-acs-date", date).reply().await;
        assert_eq!(reply.verdict(), (400, "InvalidTimeStamp.Format"));
    }
}

#[tokio::test]
async fn a_nonce_serves_once() {
    let sim = shop(1);
    let ask = || instances(&sim, "demo-shop").with("x-acs-signature-nonce", "the-same");
    assert_good(&ask().reply().await);
    assert_eq!(ask().reply().await.verdict(), (400, "SignatureNonceUsed"));
}

#[tokio::test]
async fn a_badly_signed_request_does_not_use_up_its_nonce() {
    let sim = shop(1);
    let ask = || instances(&sim, "demo-shop").with("x-acs-signature-nonce", "the-same");
    assert_eq!(ask().signed_by(KEY_ID, "wrong").reply().await.verdict().1, "SignatureDoesNotMatch");
    assert_good(&ask().reply().await);
}

#[tokio::test]
async fn a_session_key_needs_its_own_token_and_ends_in_time() {
    let sim = shop(1);
    let key = sim.issue_session(Duration::from_hours(1));
    assert_good(&with_session(&sim, &key).reply().await);

    let verdict = async |ask: Ask| ask.reply().await.body["Code"].as_str().unwrap().to_owned();
    let bare = with_session(&sim, &key).without("x-acs-security-token");
    assert_eq!(verdict(bare).await, "MissingSecurityToken");
    let foreign = with_session(&sim, &key).with("x-acs-security-token", "foreign");
    assert_eq!(verdict(foreign).await, "InvalidSecurityToken.MismatchWithAccessKey");
    let needless = instances(&sim, "demo-shop").with("x-acs-security-token", "needless");
    assert_eq!(verdict(needless).await, "InvalidSecurityToken.Malformed");

    sim.expire_sessions();
    assert_eq!(verdict(with_session(&sim, &key)).await, "InvalidSecurityToken.Expired");
}

#[tokio::test]
async fn every_x_acs_header_that_is_sent_must_be_signed() {
    let sim = shop(1);
    let reply = instances(&sim, "demo-shop").unsigned("x-acs-retry-attempts", "1").reply().await;
    assert_eq!(reply.verdict(), (400, "IncompleteSignature"));
    assert!(reply.body["Message"].as_str().unwrap().contains("x-acs-retry-attempts is not signed"));

    // Others may be sent unsigned: HTTP libraries add them after the signer is done.
    let reply =
        instances(&sim, "demo-shop").unsigned("content-type", "application/octet-stream").reply().await;
    assert_good(&reply);
}

#[tokio::test]
async fn a_header_the_signature_needs_is_asked_for_by_name() {
    let sim = shop(1);
    for (header, code) in [
        ("x-acs-action", "MissingAction"),
        ("x-acs-version", "MissingVersion"),
        ("x-acs-date", "MissingTimestamp"),
        ("x-acs-signature-nonce", "MissingSignatureNonce"),
    ] {
        let reply = instances(&sim, "demo-shop").without(header).reply().await;
        assert_eq!(reply.verdict(), (400, code));
    }
}

#[tokio::test]
async fn a_request_without_a_signature_is_incomplete() {
    let sim = shop(1);
    let url = format!("{}{}", sim.endpoint(), Operation::ListApplications.path().unwrap());
    let reply = crate::client::http_client(&sim).get(url).send().await.unwrap();
    let reply = Reply::read(reply).await.unwrap();
    assert_eq!(reply.verdict(), (400, "IncompleteSignature"));
}

#[tokio::test]
async fn action_version_path_and_method_must_fit_each_other() {
    let sim = shop(1);
    let ask = || instances(&sim, "demo-shop");
    let action = ask().with("x-acs-action", "ListApplications").reply().await;
    assert_eq!(action.verdict(), (404, "InvalidApi.NotFound"));
    let version = ask().with("x-acs-version", "2018-01-01").reply().await;
    assert_eq!(version.verdict(), (400, "InvalidVersion"));
    let mut post = ask();
    post.method = reqwest::Method::POST;
    assert_eq!(post.reply().await.verdict(), (400, "UnsupportedHTTPMethod"));
}

#[tokio::test]
async fn a_parameter_of_any_text_is_signed_by_its_meaning() {
    let sim = shop(1);
    for text in ["a b", "a+b", "~*!'()", "空 é 🙂", "%41", "a=b&c=d", "/?#;:,@$"] {
        let mut ask = instances(&sim, "demo-shop");
        ask.query.push(("InstanceId".to_owned(), text.to_owned()));
        assert_good(&ask.reply().await);
        assert_eq!(sim.calls().last().unwrap().parameter("InstanceId"), Some(text));
    }
}

#[tokio::test]
async fn a_denied_operation_names_the_missing_action_until_it_is_allowed() {
    let sim = shop(1);
    for code in ["Forbidden.RAM", "NoPermission"] {
        sim.deny(Operation::DescribeApplicationInstances, code);
        let reply = instances(&sim, "demo-shop").reply().await;
        assert_eq!(reply.verdict(), (403, code));
        let detail = &reply.body["AccessDeniedDetail"];
        assert_eq!(detail["AuthAction"], "sae:DescribeApplicationInstances");
        assert_eq!(detail["NoPermissionType"], "ImplicitDeny");
        assert_eq!(detail["AuthPrincipalDisplayName"], KEY_ID);
    }
    let other = Ask::new(&sim, Operation::ListApplications, &[]).signed_by(KEY_ID, KEY_SECRET).reply().await;
    assert_good(&other);
    sim.allow(Operation::DescribeApplicationInstances);
    assert_good(&instances(&sim, "demo-shop").reply().await);
}
