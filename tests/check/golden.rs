//! What is printed, to be read as documentation: each file holds a command, what it prints and its exit code.
//! `UPDATE_GOLDEN=1 cargo test --test check golden` writes them anew.

use std::path::PathBuf;

use sae_simulator::{Application, Fault, KEY_ID};

use crate::stage::{APP, Ran, Stage};

const WATCHES: &str = "tests/check/watches.yaml";
const MISTAKES: &str = "tests/check/three-mistakes.yaml";

/// Compares a run with its golden file.
fn see(name: &str, stage: &Stage, arguments: &[&str]) {
    see_ran(name, &format!("saewatch check {}", arguments.join(" ")), &stage.check(arguments));
}

/// Compares what a command has printed with its golden file.
pub fn see_ran(name: &str, command: &str, Ran { code, stdout, stderr }: &Ran) {
    let picture = format!("$ {command}\n{stdout}{stderr}exit code {code}\n");
    let picture = even_out(&picture);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/check/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, picture).unwrap();
    } else {
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(golden, picture, "{} says otherwise", file.display());
    }
}

/// Times become a word.
fn even_out(text: &str) -> String {
    const ENDS: [char; 7] = [' ', '\n', '"', ',', ':', ')', '.'];
    let words = text.split_inclusive([' ', '\n', '"', ',']);
    let word = |word: &str| {
        let bare = word.trim_end_matches(ENDS);
        let is_time =
            bare.len() == "2026-01-01T00:00:00Z".len() && bare.starts_with("20") && bare.ends_with('Z');
        if is_time { word.replace(bare, "TIME") } else { word.to_owned() }
    };
    words.map(word).collect()
}

#[test]
fn golden_a_look_at_a_healthy_application() {
    see("healthy.txt", &Stage::new(), &[APP, "--region", "cn-hangzhou"]);
}

#[test]
fn golden_every_state_and_the_rule_behind_it() {
    let stage = Stage::new();
    stage.sae.put_application(Application::new("zoo").group("g-1", 8).running(10).without_health_check());
    stage.sae.update("zoo", |app| {
        app.instance(0).crash();
        app.instance(1).fail_image_pull();
        app.instance(2).wait_for_scheduling();
        app.instance(3).fail_readiness();
        app.instance(4).show("Running", "WithoutHealthCheckConfig", "");
        app.instance(5).show("Hibernating", "Healthy", "");
        app.instance(6).initialize();
        app.instance(7).start();
        app.instance(8).terminate();
        // Ages that stay the same while the test runs; those that start are of no age.
        for number in 0..10 {
            app.instance(number).create_time_stamp -= 172_900 * 1_000;
        }
        app.instance(6).create_time_stamp = 0;
        app.instance(7).create_time_stamp = 0;
    });
    see("explain.txt", &stage, &["zoo", "--explain", "--require-health-check"]);
}

#[test]
fn golden_manifests_and_the_worst_of_them() {
    let stage = Stage::new();
    stage.change(|app| app.instance(0).crash());
    see("manifests.txt", &stage, &["-f", WATCHES]);
    see("manifests-name.txt", &stage, &["-f", WATCHES, "-o", "name"]);
}

#[test]
fn golden_the_object_as_the_operator_would_write_it() {
    let stage = Stage::new();
    stage.change(|app| {
        app.groups.truncate(1);
        app.instance(0).crash();
    });
    see("yaml.txt", &stage, &[APP, "-o", "yaml", "--min-healthy-percent", "60"]);
    see("json.txt", &stage, &["nobody", "-o", "json"]);
}

#[test]
fn golden_three_mistakes_in_a_manifest() {
    let stage = Stage::new();
    see("three-mistakes.txt", &stage, &["-f", MISTAKES]);
    assert!(stage.sae.calls().is_empty());
}

#[test]
fn golden_what_sae_refuses() {
    let stage = Stage::new();
    see("unknown-application.txt", &stage, &["nobody"]);
    stage.sae.inject(Fault::throttle());
    see("throttled.txt", &stage, &[APP]);
    stage.sae.add_key(KEY_ID, "another");
    see("wrong-key.txt", &stage, &[APP]);
}
