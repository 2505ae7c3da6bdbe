//! The exit codes, one for each health.

use sae_simulator::{Application, Fault, Instance};
use serde_json::json;

use crate::api_server::ApiServer;
use crate::stage::{APP, Ran, Stage};

type Change = fn(&mut Application);

#[test]
fn each_health_has_its_exit_code() {
    let cases: [(&str, i32, Change); 8] = [
        ("Healthy", 0, |_| {}),
        ("ScaledToZero", 0, Application::stop),
        ("Degraded", 1, |app| app.instance(0).crash()),
        ("Degraded", 1, |app| app.instance(0).fail_readiness()),
        ("Progressing", 1, |app| app.scale("g-2", 2)),
        ("Unhealthy", 2, |app| (0..3).for_each(|number| app.instance(number).fail_image_pull())),
        ("Unhealthy", 2, |app| app.groups.iter_mut().for_each(|group| group.instances.clear())),
        ("Unknown", 3, |app| app.groups.clear()),
    ];
    for (health, code, change) in cases {
        let stage = Stage::new();
        stage.change(change);
        let ran = stage.check(&[APP]);
        assert!(ran.stdout.contains(health), "{health}: {}", ran.stdout);
        assert_eq!((ran.code, ran.stderr.as_str()), (code, ""), "{health}: {}", ran.stdout);
    }
}

#[test]
fn the_rules_of_health_can_be_given_as_flags_and_as_variables() {
    let stage = Stage::new();
    stage.change(|app| app.instance(0).crash());
    let code = |flags: &[&str]| stage.check(&[&[APP], flags].concat()).code;
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--min-healthy-percent", "75"]), 0);
    assert_eq!(code(&["--unhealthy-below-percent", "80"]), 2);
    assert_eq!(code(&["--group-id", "g-2"]), 0);
    assert_eq!(code(&["--group-id", "g-2,g-1"]), 1);
    let instance = stage.sae.application(APP).unwrap().instances().next().unwrap().instance_id.clone();
    assert_eq!(code(&["--instance-id", &instance]), 2);
    let by_variable = stage.command(&[APP]).env("SAEWATCH_MIN_HEALTHY_PERCENT", "75").output().unwrap();
    assert_eq!(by_variable.status.code(), Some(0));
}

#[test]
fn a_required_health_check_and_a_deadline_count() {
    let stage = Stage::new();
    stage.change(|app| app.instance(3).show("Running", "WithoutHealthCheckConfig", ""));
    assert_eq!(stage.check(&[APP]).code, 0);
    assert_eq!(stage.check(&[APP, "--require-health-check"]).code, 1);
    stage.change(|app| app.instance(3).recover());
    stage.change(|app| app.instance(0).wait_for_scheduling());
    let ran = stage.check(&[APP]);
    assert!(ran.stdout.contains("ProgressDeadlineExceeded"), "{}", ran.stdout);
    assert_eq!(stage.check(&[APP, "--progress-deadline", "24h"]).code, 1);
}

#[test]
fn of_several_watches_the_worst_counts() {
    let stage = Stage::new();
    stage.change(|app| app.instance(0).crash());
    stage.sae.put_application(Application::new("well").group("g-1", 1).running(1));
    stage.sae.put_application(Application::new("gone").group("g-1", 1));
    let manifest = |app: &str| {
        let head = "apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatch\n";
        format!("---\n{head}metadata: {{name: {app}}}\nspec: {{appId: {app}}}\n")
    };
    for (apps, code) in [
        (&["well", "well"][..], 0),
        (&["well", APP], 1),
        (&["nobody", APP], 3),
        (&["nobody", "gone", "well"], 2),
    ] {
        let text: String = apps.iter().map(|app| manifest(app)).collect();
        let ran = stage.check_input(&["-f", "-"], &text);
        assert_eq!(ran.code, code, "{apps:?}: {}", ran.stdout);
    }
}

#[test]
fn watches_on_the_same_application_share_one_look() {
    let stage = Stage::new();
    let twice = "{apiVersion: v1, kind: List, items: [\
        {apiVersion: saewatch.dev/v1alpha1, kind: SaeAppWatch, metadata: {name: a}, spec: {appId: demo-shop}},\
        {apiVersion: saewatch.dev/v1alpha1, kind: SaeAppWatch, metadata: {name: b}, spec: {appId: demo-shop}}]}";
    let ran = stage.check_input(&["-f", "-", "-o", "name"], twice);
    assert_eq!(ran.stdout, "saeappwatch.saewatch.dev/a\nsaeappwatch.saewatch.dev/b\n");
    assert_eq!(stage.sae.calls().len(), 4, "the groups, each of the two, and the list of names");
}

#[test]
fn a_word_that_nobody_knows_is_shown_as_it_came() {
    let stage = Stage::new();
    stage.sae.inject(Fault::unknown_values().until_cleared());
    let ran = stage.check(&[APP, "--explain"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stdout.contains("unknown status"), "{}", ran.stdout);
}

#[test]
fn colours_are_for_terminals_and_for_whoever_wants_them() {
    let stage = Stage::new();
    let coloured = |variables: &[(&str, &str)]| {
        let output = stage.command(&[APP]).envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains("\u{1b}[")
    };
    assert!(!coloured(&[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn nothing_that_sae_says_steers_the_terminal() {
    let stage = Stage::new();
    let evil = |instance: &mut Instance| instance.show("Odd\u{1b}[2J", "He\nalthy", "\u{1b}]0;title\u{7}");
    stage.change(|app| evil(app.instance(0)));
    let ran = stage.check(&[APP, "--explain"]);
    assert!(ran.stdout.contains("Odd [2J"), "{}", ran.stdout);
}

#[test]
fn nothing_that_a_cluster_says_steers_the_terminal_or_breaks_the_table() {
    let (stage, mut server) = (Stage::new(), ApiServer::new());
    let evil = "x\u{1b}[2J\u{1b}]0;title\u{7}\r\ny";
    let gone = json!({"id": evil, "state": "Ready", "reason": evil, "since": "2026-11-30T10:00:00Z", "message": evil});
    let watch = json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
        "metadata": {"name": "shop", "namespace": "team-a", "uid": "u-1", "generation": 1},
        "spec": {"appId": APP, "regionId": "cn-hangzhou"},
        "status": {
            "app": evil, "readyInstances": evil, "reason": evil, "message": evil.repeat(1_000), "instances": [gone],
        },
    });
    server.serve("/namespaces/team-a/saeappwatches/shop", watch);
    let mut command = server.command(&["check", "shop", "-o", "wide"]);
    let ran = Ran::of(command.envs(stage.environment()).output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stdout.chars().any(|c| c.is_control() && c != '\n'), "{}", ran.stdout);
    assert!(
        ran.stdout.lines().all(|line| !line.starts_with('y')) && ran.stdout.len() < 8_000,
        "{}",
        ran.stdout
    );
}
