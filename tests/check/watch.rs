//! `--watch`, and readers that leave early.

use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use sae_simulator::{Fault, most_in_any};

use crate::running::Running;
use crate::stage::{APP, Ran, Stage};

fn interrupt(running: Running) -> Ran {
    Ran::of(running.interrupt())
}

#[test]
fn it_looks_again_until_it_is_interrupted_and_exits_by_the_last_look() {
    let stage = Stage::new();
    let mut running = Running::start(&mut stage.command(&[APP, "--watch", "--calls-per-minute", "600"]));
    let mut lines = running.lines();
    assert!(lines.any(|line| line.contains("Healthy")));
    stage.change(|app| app.instance(0).crash());
    assert!(lines.any(|line| line.contains("CrashLoopBackOff")), "the second look shows what changed");
    let ran = interrupt(running);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
}

#[test]
fn its_calls_keep_their_distance() {
    let stage = Stage::new();
    let arguments = [APP, "--watch", "-o", "name", "--calls-per-minute", "300"];
    let mut running = Running::start(&mut stage.command(&arguments));
    let lines = running.lines();
    assert_eq!(lines.take(4).count(), 4);
    let ran = interrupt(running);
    assert_eq!(ran.code, 0);
    let calls = stage.sae.calls();
    assert!(calls.len() >= 12, "three calls a look: {}", calls.len());
    // Five a second, and one more that a busy machine kept waiting on its way here.
    assert!(most_in_any(Duration::from_secs(1), &calls) <= 6, "200 ms lie between two calls");
}

#[test]
fn a_throttle_is_waited_out_and_said() {
    let stage = Stage::new();
    stage.sae.inject(Fault::throttle().retry_after_millis(700));
    let mut running = Running::start(&mut stage.command(&[APP, "--watch", "--calls-per-minute", "600"]));
    let mut lines = running.lines();
    assert!(lines.any(|line| line.contains("Throttled")));
    assert!(lines.any(|line| line.contains("Healthy")));
    assert_eq!(interrupt(running).code, 0);
    let times: Vec<_> = stage.sae.calls().iter().map(|call| call.at).collect();
    assert!(times[1] - times[0] >= Duration::from_millis(700), "{:?}", times[1] - times[0]);
}

#[test]
fn a_watch_without_a_region_is_said_at_once() {
    let stage = Stage::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("watch.yaml");
    let head = "apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatch\nmetadata: {name: shop}\n";
    std::fs::write(&file, format!("{head}spec: {{appId: {APP}}}\n")).unwrap();
    let mut command = stage.command(&["-f", file.to_str().unwrap(), "--watch"]);
    let mut running = Running::start(command.env_remove("SAEWATCH_REGION"));
    let lines = running.lines();
    let said = lines.take(2).collect::<Vec<_>>().join("\n");
    assert!(said.contains("RegionMissing"), "{said}");
    assert_eq!(interrupt(running).code, 3);
}

#[test]
fn other_outputs_say_the_trouble_at_standard_error_too() {
    let stage = Stage::new();
    let mut running = Running::start(&mut stage.command(&["nobody", "--watch", "-o", "name"]));
    let mut lines = running.lines();
    assert!(lines.next().is_some());
    let mut said = BufReader::new(running.child().stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.next().unwrap().contains("InvalidAppId.NotFound"));
    assert_eq!(interrupt(running).code, 3);
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let stage = Stage::new();
    stage.change(|app| app.instance(0).crash());
    for arguments in [&[APP][..], &[APP, "-o", "yaml"], &[APP, "--watch", "--calls-per-minute", "6000"]] {
        let mut child = stage.command(arguments).spawn().unwrap();
        drop(child.stdout.take());
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{arguments:?}");
    }
}
