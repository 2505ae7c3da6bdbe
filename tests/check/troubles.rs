//! What goes wrong between here and SAE: exit code 3, and what to do in words.

use std::fs::OpenOptions;
use std::time::Duration;

use sae_simulator::{Fault, KEY_ID, Operation};
use serde_json::Value;

use crate::stage::{APP, Ran, Stage};

/// A look that finds nothing out.
fn fails(stage: &Stage, arguments: &[&str], expected: &[&str]) {
    let Ran { code, stdout, stderr } = stage.check(&[&[APP], arguments].concat());
    assert_eq!((code, stderr.as_str()), (3, ""), "{stdout}");
    for word in expected {
        assert!(stdout.contains(word), "{word:?} is not in: {stdout}");
    }
}

#[test]
fn wrong_keys_are_named_by_where_they_come_from() {
    let stage = Stage::new();
    stage.sae.add_key(KEY_ID, "another");
    fails(
        &stage,
        &[],
        &[
            "AuthenticationFailed",
            "SignatureDoesNotMatch",
            "check the AccessKey: it comes from the environment",
        ],
    );
}

#[test]
fn without_keys_it_says_what_was_tried() {
    let stage = Stage::new();
    let mut command = stage.command(&[APP]);
    command.env_remove("ALIBABA_CLOUD_ACCESS_KEY_ID").env_remove("ALIBABA_CLOUD_ACCESS_KEY_SECRET");
    let ran = Ran::of(command.output().unwrap());
    assert_eq!(ran.code, 3);
    for word in ["CredentialsMissing", "configure one of these"] {
        assert!(ran.stdout.contains(word), "{}", ran.stdout);
    }
}

#[test]
fn a_missing_right_is_named() {
    let stage = Stage::new();
    stage.sae.deny(Operation::DescribeApplicationInstances, "NoPermission");
    fails(&stage, &[], &["AccessDenied", "grant sae:DescribeApplicationInstances"]);
}

#[test]
fn an_unknown_application_or_group_is_said() {
    let stage = Stage::new();
    fails(&stage, &["--group-id", "g-9"], &["GroupNotFound", "no group g-9"]);
    let ran = stage.check(&["nobody"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("AppNotFound"), "{}", ran.stdout);
}

#[test]
fn a_throttle_is_nobodys_fault_and_no_answer() {
    let stage = Stage::new();
    stage.sae.inject(Fault::throttle());
    fails(&stage, &[], &["Throttled", "Throttling.User"]);
}

#[test]
fn no_network_a_slow_server_and_half_an_answer_are_no_answer() {
    let stage = Stage::new();
    fails(&stage, &["--endpoint", "http://127.0.0.1:1"], &["Unknown", "PollFailed", "cannot connect"]);
    stage.sae.inject(Fault::delay(Duration::from_secs(5)));
    fails(&stage, &["--timeout", "1s"], &["PollFailed", "1s"]);
    stage.sae.inject(Fault::half_body());
    fails(&stage, &[], &["PollFailed"]);
    stage.sae.inject(Fault::html(502));
    fails(&stage, &[], &["PollFailed", "502"]);
}

#[test]
fn other_outputs_say_the_trouble_at_standard_error_too() {
    let stage = Stage::new();
    let ran = stage.check(&["nobody", "-o", "json"]);
    let watch: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(watch["status"]["reason"], "AppNotFound");
    assert!(
        ran.stderr.starts_with("saewatch: nobody: DescribeApplicationGroups: InvalidAppId.NotFound"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.code, 3);
}

#[test]
fn a_closed_or_full_standard_error_changes_no_exit_code() {
    let stage = Stage::new();
    for arguments in
        [&["-f", "tests/check/three-mistakes.yaml"][..], &["nobody", "-o", "name"], &["--nonsense"]]
    {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert_eq!(stage.command(arguments).stderr(full).status().unwrap().code(), Some(3), "{arguments:?}");
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(
            stage.command(arguments).stderr(closed).status().unwrap().code(),
            Some(3),
            "{arguments:?}"
        );
    }
}
