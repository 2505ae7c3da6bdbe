//! `--profile` chooses the account, and `--explain` names it.

use sae_simulator::{ACCOUNT_ID, Application, Fault, KEY_ID, KEY_SECRET, Operation};

use crate::stage::{APP, Ran, Stage};

const OTHER: &str = "222222222222";

/// Beside the account of the environment's keys another one, with the profile `staging` and an application of the same id
/// that fails.
fn stage() -> Stage {
    let stage = Stage::new();
    let other = stage.sae.account(OTHER);
    other.add_key("other-key-id", "other-key-secret");
    other.put_application(Application::new(APP).group("g-1", 2).running(2));
    other.update(APP, |app| app.instance(0).crash());
    write(
        &stage,
        ".aliyun/config.json",
        r#"{"current": "default", "profiles": [{"name": "staging", "mode": "AK",
            "access_key_id": "other-key-id", "access_key_secret": "other-key-secret"}]}"#,
    );
    stage
}

fn write(stage: &Stage, file: &str, text: &str) {
    let path = stage.home.path().join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn a_profile_asks_its_own_account_whatever_keys_the_environment_has() {
    let stage = stage();
    assert_eq!(stage.check(&[APP]).code, 0);
    let ran = stage.check(&[APP, "--profile", "staging"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 of 2 instances ready"), "{}", ran.stdout);
    let mut command = stage.command(&[APP]);
    command.env("SAEWATCH_PROFILE", "staging").env("ALIBABA_CLOUD_PROFILE", "default");
    assert_eq!(Ran::of(command.output().unwrap()).code, 1);
}

#[test]
fn a_profile_that_is_nowhere_asks_nobody_and_says_where_it_was_searched() {
    let stage = stage();
    let ran = stage.check(&[APP, "--profile", "stagign"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (3, ""));
    for expected in [
        "CredentialsMissing",
        "no profile stagign with keys",
        "profile stagign is not in ~/.aliyun/config.json",
        "no ~/.alibabacloud/credentials",
    ] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    assert!(stage.sae.calls().is_empty());
}

#[test]
fn explain_says_first_whose_keys_ask() {
    let stage = stage();
    for (arguments, expected) in [
        (
            &[APP, "--explain"][..],
            format!(
                "Account {ACCOUNT_ID}, as acs:ram::{ACCOUNT_ID}:user/{KEY_ID}, with keys from the environment \
                 (ALIBABA_CLOUD_ACCESS_KEY_ID)"
            ),
        ),
        (
            &[APP, "--explain", "--profile", "staging"],
            format!(
                "Account {OTHER}, as acs:ram::{OTHER}:user/other-key-id, with keys from profile staging of \
                 ~/.aliyun/config.json"
            ),
        ),
    ] {
        let ran = stage.check(arguments);
        assert_eq!(ran.stdout.lines().next(), Some(expected.as_str()), "{}", ran.stdout);
        assert_eq!(ran.stderr, "");
    }
    stage.check(&[APP]);
    assert_eq!(
        stage.sae.calls_of(Operation::GetCallerIdentity).len(),
        2,
        "without --explain STS is not asked"
    );
}

#[test]
fn an_sts_that_does_not_say_whose_keys_these_are_stops_no_check() {
    let stage = stage();
    stage.sae.inject(Fault::error(503, "ServiceUnavailable").on(Operation::GetCallerIdentity));
    let failing = stage.check(&[APP, "--explain"]);
    let unreachable = stage.check(&[APP, "--explain", "--sts-endpoint", "http://127.0.0.1:1"]);
    for (ran, why) in [(failing, "ServiceUnavailable (HTTP 503)"), (unreachable, "cannot connect")] {
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        assert!(ran.stdout.starts_with("APP "), "{}", ran.stdout);
        let said = "saewatch: whose keys these are is not known: GetCallerIdentity: ";
        assert!(ran.stderr.starts_with(said) && ran.stderr.contains(why), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
}

#[test]
fn a_name_of_a_profile_steers_no_terminal() {
    let stage = Stage::new();
    let name = "p\u{1b}[2J";
    let keys = format!(r#""access_key_id": "{KEY_ID}", "access_key_secret": "{KEY_SECRET}""#);
    let config = |name: &str| {
        let name = serde_json::Value::from(name);
        write(
            &stage,
            ".aliyun/config.json",
            &format!(r#"{{"profiles": [{{"name": {name}, "mode": "AK", {keys}}}]}}"#),
        );
    };
    let check = || {
        let mut command = stage.command(&[APP, "--explain"]);
        command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
        Ran::of(command.env("ALIBABA_CLOUD_PROFILE", name).output().unwrap())
    };
    config("another");
    assert!(check().stdout.contains("profile p [2J is not in ~/.aliyun/config.json"));
    config(name);
    assert!(check().stdout.contains("with keys from profile p [2J of ~/.aliyun/config.json"));
    stage.sae.add_key(KEY_ID, "another");
    assert!(check().stdout.contains("it comes from profile p [2J of ~/.aliyun/config.json"));
}
