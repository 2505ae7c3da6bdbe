//! Bad usage: exit code 3, with the flag, the value and what would be right; nothing at standard output, and no call.

use std::fs::OpenOptions;

use crate::stage::{BOTH, Ran, Stage};

#[test]
fn bad_usage_exits_with_3_before_any_call() {
    let stage = Stage::new();
    let region = &["--region", "cn-hangzhou"][..];
    for (arguments, expected) in [
        (&[][..], &["--region <REGION>", "not provided"][..]),
        (&["--region", "Hangzhou"], &["--region", "Hangzhou", "a region such as cn-hangzhou"]),
        (&["--region", "cn-hangzhou,"], &["--region", "a region such as cn-hangzhou"]),
        (&[region, &["--namespace-id", "prod"]].concat(), &["--namespace-id", "prod", "cn-hangzhou:prod"]),
        (
            &[region, &["--namespace-id", "cn-beijing:prod"]].concat(),
            &["--namespace-id cn-beijing:prod is in a region that is not listed", "add --region cn-beijing"],
        ),
        (&[region, &["--name", "shop_1"]].concat(), &["--name", "shop_1", "such as shop-*"]),
        (&[region, &["--name", ""]].concat(), &["--name", "such as shop-*"]),
        (&[region, &["--tag", "team"]].concat(), &["--tag", "team", "such as team=shop"]),
        (&[region, &["--tag", "=shop"]].concat(), &["--tag", "=shop", "such as team=shop"]),
        (&[region, &["--tag", "team=a", "--tag", "team=b"]].concat(), &["--tag team has two values"]),
        (&[region, &["--profile", "my profile"]].concat(), &["--profile", "my profile", "1 to 128 of"]),
        (&[region, &["--account-ref", "Prod"]].concat(), &["--account-ref", "Prod", "1 to 253 of"]),
        (&[region, &["-n", "team.a"]].concat(), &["--namespace", "team.a", "1 to 63 of"]),
        (&[region, &["-o", "wide"]].concat(), &["--output", "wide", "table, yaml, json, name"]),
        (
            &[region, &["--endpoint", "http://sae.example.com"]].concat(),
            &["--endpoint", "expected one such as"],
        ),
        (&[region, &["shop"]].concat(), &["unexpected argument", "shop"]),
        (&[region, &["--nonsense"]].concat(), &["--nonsense"]),
    ] {
        let ran = stage.discover(arguments);
        ran.expect_failure(expected);
    }
    assert!(stage.sae.calls().is_empty());
}

#[test]
fn one_tag_twice_is_no_contradiction() {
    assert_ne!(Stage::new().found(&["--tag", "team=shop", "--tag", "team=shop"]), "");
}

#[test]
fn help_exits_with_0_and_says_what_the_exit_codes_are() {
    for flag in ["-h", "--help"] {
        let ran = Stage::new().discover(&[flag]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains("3  everything else"), "{}", ran.stdout);
        let says_more = ["Keys come from", "\nExamples:\n"].iter().all(|part| ran.stdout.contains(part));
        assert_eq!(says_more, flag == "--help", "{}", ran.stdout);
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error_and_a_full_disk_is_one() {
    let stage = Stage::with_pages("cn-beijing", 45);
    for format in ["table", "yaml", "json", "name"] {
        let command = || stage.command(&["--region", "cn-beijing", "-o", format]);
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        let ran = Ran::of(command().stdout(closed).output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{format}");
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = Ran::of(command().stdout(full).output().unwrap());
        assert_eq!(ran.code, 3, "{format}");
        assert!(ran.stderr.contains("No space left"), "{}", ran.stderr);
    }
}

#[test]
fn a_closed_or_full_standard_error_changes_no_exit_code() {
    let stage = Stage::new();
    for (arguments, code) in [(&["--region", BOTH, "--name", "pay"][..], 0), (&["--nonsense"], 3)] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        assert_eq!(
            stage.command(arguments).stderr(full).status().unwrap().code(),
            Some(code),
            "{arguments:?}"
        );
        let (reader, closed) = std::io::pipe().unwrap();
        drop(reader);
        assert_eq!(
            stage.command(arguments).stderr(closed).status().unwrap().code(),
            Some(code),
            "{arguments:?}"
        );
    }
}
