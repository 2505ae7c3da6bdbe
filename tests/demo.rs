//! `DEMO=once make demo` tells its story, ends well and leaves nothing running.
#![cfg(test)]

use std::path::Path;
use std::process::Command;

#[test]
fn the_demo_tells_its_story_and_ends() {
    let demo = Path::new(env!("CARGO_BIN_EXE_saewatch")).parent().unwrap().join("examples/demo");
    let output = Command::new(demo).env("DEMO", "once").output().unwrap();
    let (told, complained) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{told}\n{complained}");
    for step in [
        "shop is Degraded",
        "HealthDegraded",
        "CrashLoopBackOff",
        "HealthRecovered",
        "condition met",
        "saeappwatchset.saewatch.dev/team condition met",
        "Listed",
        "CoDeploy",
        "Verified",
        "AccountNotAllowed",
    ] {
        assert!(told.contains(step), "{step} is missing:\n{told}");
    }
    let page = include_str!("../docs/getting-started.md").lines();
    let chapters: Vec<&str> = page.filter(|line| line.starts_with("── ")).collect();
    assert_eq!(chapters, told.lines().filter(|line| line.starts_with("── ")).collect::<Vec<_>>());
}
