//! Profiles that are incomplete, ended, or written in a way that the official SDKs read differently.

use jiff::{SignedDuration, Timestamp};
use sae_simulator::{KEY_ID, KEY_SECRET, Operation};
use saewatch::sae::{Class, Error, Provider};

use crate::stage::{Stage, ask, config};

const FILE: &str = ".aliyun/config.json";

/// The error of a stage whose credentials do not serve, which is the answer: no later place is tried.
async fn missing(stage: &Stage) -> Error {
    let error = ask(&stage.client()).await.unwrap_err();
    assert_eq!(error.class, Class::CredentialsMissing, "{error}");
    assert!(stage.sim.calls().is_empty(), "nobody is asked with other keys");
    error
}

/// A stage where a credentials URI at the end of the chain would serve.
fn stage_with_uri() -> Stage {
    let stage = Stage::new();
    let uri = stage.sim.credentials_uri();
    stage.with("ALIBABA_CLOUD_CREDENTIALS_URI", &uri)
}

#[tokio::test]
async fn a_file_without_a_current_profile_gives_no_keys_and_the_error_says_so() {
    let profile = format!(
        r#"{{"name": "default", "mode": "AK", "access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}"}}"#
    );
    for current in ["", r#""current": "","#, r#""current": " ","#, r#""current": null,"#] {
        let stage = stage_with_uri();
        stage.write(FILE, &format!(r#"{{{current} "profiles": [{profile}]}}"#));
        let error = missing(&stage).await.to_string();
        assert!(error.contains("~/.aliyun/config.json names no current profile"), "{current:?}: {error}");

        let stage = stage.with("ALIBABA_CLOUD_PROFILE", "default");
        ask(&stage.client()).await.unwrap();
        assert_eq!(stage.key_used(), KEY_ID, "the variable names it: {current:?}");
    }
}

#[tokio::test]
async fn a_key_without_a_mode_gives_no_keys_and_the_error_says_so() {
    let stage = stage_with_uri();
    stage.write(
        FILE,
        &config(&format!(r#""access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}""#)),
    );
    let error = missing(&stage).await.to_string();
    assert!(error.contains("has no mode"), "{error}");
}

#[tokio::test]
async fn a_value_in_quotes_is_named_by_the_error_wherever_it_stands() {
    let ini = |id: &str, secret: &str| {
        format!("[default]\ntype = access_key\naccess_key_id = {id}\naccess_key_secret = {secret}\n")
    };
    for (text, field) in [
        (ini(&format!("\"{KEY_ID}\""), KEY_SECRET), "access_key_id"),
        (ini(KEY_ID, &format!("'{KEY_SECRET}'")), "access_key_secret"),
        (ini(KEY_ID, "\"marked ; secret\""), "access_key_secret"),
        (ini(KEY_ID, KEY_SECRET).replace("access_key\n", "\"access_key\"\n"), "type"),
    ] {
        let stage = stage_with_uri();
        stage.write(".alibabacloud/credentials", &text);
        let error = missing(&stage).await.to_string();
        let expected =
            format!("section default of ~/.alibabacloud/credentials: {field}: the value stands in quotes");
        assert!(error.contains(&expected), "{error}");
        assert!(!error.contains("marked"), "{error}");
    }

    let stage = stage_with_uri()
        .with("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
        .with("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &format!("\"{KEY_SECRET}\"\n"));
    let error = missing(&stage).await.to_string();
    assert!(error.contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET: the value stands in quotes"), "{error}");

    let stage = stage_with_uri();
    let fields =
        format!(r#""access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}", "sts_token": "'t'""#);
    stage.write(FILE, &config(&format!(r#""mode": "StsToken", {fields}"#)));
    let error = missing(&stage).await.to_string();
    assert!(error.contains("sts_token: the value stands in quotes"), "{error}");
}

/// A profile of this mode with a key that the simulator has issued, as Alibaba Cloud CLI and the SDKs store it.
fn stored(stage: &Stage, mode: &str, lifetime: SignedDuration) -> String {
    let session = stage.sim.issue_session(lifetime.unsigned_abs());
    let ends = (Timestamp::now() + lifetime).as_second();
    let (id, secret, token) = (&session.id, &session.secret, &session.token);
    config(&format!(
        r#""mode": "{mode}", "access_key_id": "{id}", "access_key_secret": "{secret}", "sts_token": "{token}",
        "sts_expiration": {ends}, "cloud_sso_sign_in_url": "https://signin.example.com/login",
        "oauth_site_type": "CN", "process_command": "touch ran""#
    ))
}

#[tokio::test]
async fn the_stored_key_of_a_login_serves_until_its_end_and_then_a_new_login_is_asked_for() {
    for mode in ["CloudSSO", "OAuth", "External"] {
        let stage = stage_with_uri();
        stage.write(FILE, &stored(&stage, mode, SignedDuration::from_mins(30)));
        let client = stage.client();
        ask(&client).await.unwrap();
        let first = stage.key_used();
        assert!(first.starts_with("STS."), "{mode}");
        let report = client.credentials().report();
        assert_eq!(report.provider, Some(Provider::ConfigFile), "{mode}");
        assert!(report.expires.is_some(), "{mode}");

        stage.pass(29);
        ask(&client).await.unwrap();
        stage.pass(2);
        let error = ask(&client).await.unwrap_err();
        assert_eq!(error.class, Class::CredentialsMissing, "{mode}: {error}");
        let text = error.to_string();
        assert!(text.contains(mode) && text.contains("log in again"), "{text}");
        assert!(stage.calls(Operation::CredentialsUri).is_empty(), "{mode}: nobody becomes somebody else");

        stage.pass(-31);
        stage.write(FILE, &stored(&stage, mode, SignedDuration::from_mins(40)));
        ask(&client).await.unwrap();
        assert_ne!(stage.key_used(), first, "{mode}: the new login is noticed");
    }
}

#[tokio::test]
async fn a_login_without_a_stored_key_is_an_error_and_no_program_is_run() {
    for fields in [
        r#""mode": "CloudSSO", "cloud_sso_sign_in_url": "https://signin.example.com/login""#.to_owned(),
        format!(r#""mode": "OAuth", "access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}""#),
        r#""mode": "External", "process_command": "touch ran", "sts_expiration": 0"#.to_owned(),
    ] {
        let stage = stage_with_uri();
        let mark = stage.path("ran");
        stage.write(FILE, &config(&fields.replace("touch ran", &format!("touch {}", mark.display()))));
        let error = missing(&stage).await.to_string();
        assert!(error.contains("log in again"), "{error}");
        assert!(!mark.exists(), "the program was run");
    }
}

#[tokio::test]
async fn a_role_can_stand_on_a_login() {
    let stage = Stage::new();
    let login = stored(&stage, "CloudSSO", SignedDuration::from_mins(30));
    let top = r#"{"name": "top", "mode": "ChainableRamRoleArn", "source_profile": "p",
        "ram_role_arn": "acs:ram::113511544585:role/r"},"#;
    let both = login.replace(r#""profiles": ["#, &format!(r#""profiles": [{top}"#));
    stage.write(FILE, &both.replace(r#""current": "p""#, r#""current": "top""#));
    ask(&stage.client()).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRole).len(), 1);
}

#[tokio::test]
async fn both_names_of_a_session_may_stand_in_a_profile() {
    let stage = Stage::new();
    let keys = format!(r#""access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}""#);
    stage.write(
        FILE,
        &config(&format!(
            r#""mode": "RamRoleArn", {keys}, "ram_role_arn": "acs:ram::113511544585:role/r",
            "ram_session_name": "cli", "role_session_name": "python""#
        )),
    );
    ask(&stage.client()).await.unwrap();
    assert_eq!(stage.calls(Operation::AssumeRole)[0].parameter("RoleSessionName"), Some("cli"));
}
