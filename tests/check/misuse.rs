//! Bad usage: exit code 3 and not 2, with the flag, the value, and what would be right.

use crate::stage::{APP, Ran, Stage};

#[test]
fn bad_usage_exits_with_3_and_names_flag_and_remedy() {
    let stage = Stage::new();
    for (arguments, expected) in [
        (&[][..], &["<APP_ID>", "saewatch check [OPTIONS] --file <FILE>"][..]),
        (&[APP, "another"], &["unexpected argument", "another"]),
        (&[APP, "-f", "x.yaml"], &["cannot be used with"]),
        (&["-f", "x.yaml", "--timeout", "5s"], &["--timeout", "cannot be used with"]),
        (&[APP, "--app-name", "shop"], &["cannot be used with", "--app-name"]),
        (&[APP, "--namespace-id", "cn-hangzhou:prod"], &["--namespace-id", "cannot be used with"]),
        (&["--namespace-id", "cn-hangzhou:prod"], &["not provided", "--app-name"]),
        (&["-f", "x.yaml", "--app-name", "shop"], &["--app-name", "cannot be used with"]),
        (&["--app-name", "a b"], &["--app-name", "a b", "1 to 36 of"]),
        (&["--app-name", "shop", "--namespace-id", "prod"], &["--namespace-id", "prod", "cn-hangzhou:prod"]),
        (
            &["--app-name", "shop", "--namespace-id", "cn-beijing:prod", "--region", "cn-hangzhou"],
            &["--region", "the region of --namespace-id cn-beijing:prod"],
        ),
        (&[APP, "--nonsense"], &["--nonsense"]),
        (&[APP, "--region", "Hangzhou"], &["--region", "Hangzhou", "cn-hangzhou"]),
        (&[APP, "--endpoint", "http://sae.example.com"], &["--endpoint", "expected one such as https://"]),
        (&[APP, "--timeout", "soon"], &["--timeout", "soon", "such as 90s"]),
        (&[APP, "--timeout", "2m"], &["--timeout", "2m", "between 1s and 60s"]),
        (&[APP, "--min-healthy-percent", "0"], &["--min-healthy-percent", "0", "between 1 and 100"]),
        (&[APP, "--min-healthy-percent", "-5"], &["--min-healthy-percent", "-5", "between 1 and 100"]),
        (
            &[APP, "--unhealthy-below-percent", "-5"],
            &["--unhealthy-below-percent", "-5", "between 0 and 100"],
        ),
        (&[APP, "--calls-per-minute", "-5"], &["--calls-per-minute", "-5", "1..=6000"]),
        (&[APP, "--min-healthy-percent", "many"], &["--min-healthy-percent", "many"]),
        (
            &[APP, "--min-healthy-percent", "40", "--unhealthy-below-percent", "41"],
            &["--unhealthy-below-percent", "41", "must not be above --min-healthy-percent"],
        ),
        (&[APP, "--progress-deadline", "1s"], &["--progress-deadline", "1s", "between 30s and 24h"]),
        (&[APP, "--group-id", "a b"], &["--group-id", "a b", "1 to 128 of"]),
        (&[APP, "--calls-per-minute", "0"], &["--calls-per-minute", "1..=6000"]),
        (&["a b"], &["<APP_ID>", "a b", "1 to 128 of"]),
        (&[APP, "--profile", "my profile"], &["--profile", "my profile", "1 to 128 of A-Z a-z 0-9 . _ -"]),
        (&[APP, "-o", "xml"], &["--output", "xml", "table, wide, json, yaml, name"]),
        (&[APP, "--explain", "-o", "json"], &["--explain", "--output"]),
    ] {
        let Ran { code, stdout, stderr } = stage.check(arguments);
        assert_eq!((code, stdout.as_str()), (3, ""), "{arguments:?}: {stderr}");
        for word in expected {
            assert!(stderr.contains(word), "{arguments:?} was refused without {word:?}: {stderr}");
        }
        only_flags_are_named(arguments, &stderr);
    }
    assert!(stage.sae.calls().is_empty());
}

/// Whatever looks like a flag in a refusal is one, or was given.
fn only_flags_are_named(arguments: &[&str], said: &str) {
    let mut command = saewatch::cli::command();
    command.build();
    let check = command.find_subcommand("check").unwrap();
    let flags: Vec<&str> = check.get_arguments().filter_map(|argument| argument.get_long()).collect();
    let words = said.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    // A bare -- and --help are everywhere.
    let named = words.filter_map(|word| word.strip_prefix("--"));
    for named in named.filter(|named| !["", "help"].contains(named)) {
        let is_given = arguments.iter().any(|argument| argument.strip_prefix("--") == Some(named));
        assert!(flags.contains(&named) || is_given, "{arguments:?}: --{named} is no flag: {said}");
    }
}

#[test]
fn a_timeout_may_be_as_long_as_its_help_says() {
    let ran = Stage::new().check(&[APP, "--timeout", "60s"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn an_application_needs_a_region() {
    let stage = Stage::new();
    let ran = Ran::of(stage.command(&[APP]).env_remove("SAEWATCH_REGION").output().unwrap());
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("give --region REGION, such as --region cn-hangzhou"), "{}", ran.stderr);
}

#[test]
fn help_exits_with_0_and_says_what_the_exit_codes_are() {
    for flag in ["-h", "--help"] {
        let ran = Stage::new().check(&[flag]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains("3  everything else"), "{}", ran.stdout);
        let says_more = ["Keys come from", "\nExamples:\n", "--offline --file -"]
            .iter()
            .all(|part| ran.stdout.contains(part));
        assert_eq!(says_more, flag == "--help", "{}", ran.stdout);
    }
    assert_eq!(Stage::new().check(&["--version"]).code, 0);
}
