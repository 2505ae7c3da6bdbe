//! Bad usage: exit code 3 and not 2, with the flag, the value, and what would be right.

use crate::stage::{APP, Ran, Stage};

#[test]
fn bad_usage_exits_with_3_and_names_flag_and_remedy() {
    let stage = Stage::new();
    for (arguments, expected) in [
        (&[][..], &["<APP_ID>"][..]),
        (&[APP, "another"], &["unexpected argument", "another"]),
        (&[APP, "-f", "x.yaml"], &["cannot be used with"]),
        (&["-f", "x.yaml", "--timeout", "5s"], &["--timeout", "cannot be used with"]),
        (&[APP, "--nonsense"], &["--nonsense"]),
        (&[APP, "--region", "Hangzhou"], &["--region", "Hangzhou", "cn-hangzhou"]),
        (&[APP, "--endpoint", "http://sae.example.com"], &["--endpoint", "expected one such as https://"]),
        (&[APP, "--timeout", "soon"], &["--timeout", "soon", "such as 90s"]),
        (&[APP, "--timeout", "2m"], &["--timeout", "2m", "between 1s and 60s"]),
        (&[APP, "--min-healthy-percent", "0"], &["--min-healthy-percent", "0", "between 1 and 100"]),
        (&[APP, "--min-healthy-percent", "many"], &["--min-healthy-percent", "many"]),
        (
            &[APP, "--min-healthy-percent", "40", "--unhealthy-below-percent", "41"],
            &["unhealthyBelowPercent must not be above minHealthyPercent"],
        ),
        (&[APP, "--progress-deadline", "1s"], &["--progress-deadline", "1s", "between 30s and 24h"]),
        (&[APP, "--group-id", "a b"], &["--group-id", "a b", "1 to 128 of"]),
        (&[APP, "--calls-per-minute", "0"], &["--calls-per-minute", "1..=6000"]),
        (&["a b"], &["<APP_ID>", "a b", "1 to 128 of"]),
        (&[APP, "-o", "xml"], &["--output", "xml", "table, json, yaml, name"]),
        (&[APP, "--explain", "-o", "json"], &["--explain", "--output"]),
    ] {
        let Ran { code, stdout, stderr } = stage.check(arguments);
        assert_eq!((code, stdout.as_str()), (3, ""), "{arguments:?}: {stderr}");
        for word in expected {
            assert!(stderr.contains(word), "{arguments:?} was refused without {word:?}: {stderr}");
        }
    }
    assert!(stage.sae.calls().is_empty());
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
    }
    assert_eq!(Stage::new().check(&["--version"]).code, 0);
}
