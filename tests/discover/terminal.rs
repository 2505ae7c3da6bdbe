//! On a terminal standard error says how far the lists are, and nothing of it stays.

use std::process::Command;

use crate::stage::{BOTH, Stage};

#[test]
fn a_terminal_shows_how_far_it_is_and_is_left_clean() {
    let stage = Stage::new();
    let file = stage.home.path().join("table");
    let discover = stage.command(&["--region", BOTH]);
    let (program, arguments) = (discover.get_program().to_str().unwrap(), discover.get_args());
    let arguments: Vec<&str> = arguments.map(|argument| argument.to_str().unwrap()).collect();
    let line = format!("{program} {} > {}", arguments.join(" "), file.display());
    // Its standard streams are a terminal, whatever those of the test are.
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env_clear();
    for (name, value) in discover.get_envs() {
        command.env(name, value.unwrap());
    }
    let output = command.env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    let rows: Vec<&str> = shown.split("\r\u{1b}[K").collect();
    for row in [
        "listing cn-beijing: 0 of 2 regions done, 0 applications so far",
        "listing cn-hangzhou: 1 of 2 regions done, 1 application so far",
        "listing cn-hangzhou: 2 of 2 regions done, 4 applications so far",
    ] {
        assert!(rows.contains(&row), "{row:?} is not in {rows:?}");
    }
    assert_eq!(rows.last(), Some(&""), "the last row is taken away");
    assert_eq!(std::fs::read_to_string(file).unwrap(), stage.found(&[]));
}
