//! What the pod of `helm test` runs: whether an operator is ready, asked by the operator's own binary.

use std::process::{Command, Output};

use crate::pages::Pages;
use crate::support::{Operator, World, unreachable_kubeconfig};

fn probe(port: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saewatch")).args(["probe", "127.0.0.1", port]).output().unwrap()
}

fn refusal(port: &str) -> String {
    let Output { status, stdout, stderr } = probe(port);
    assert_eq!((status.code(), stdout.as_slice()), (Some(1), &b""[..]));
    String::from_utf8(stderr).unwrap()
}

#[tokio::test]
async fn a_ready_operator_passes() {
    let world = World::new().await;
    let operator = world.operator();
    let pages = Pages::of(&operator).await;
    pages.until("ready", |_| pages.get("/readyz").0 == 200).await;
    let Output { status, stdout, .. } = probe(pages.port());
    assert!(status.success());
    assert_eq!(stdout, b"ready\n");
}

#[tokio::test]
async fn an_operator_that_is_not_ready_fails_with_its_own_words() {
    let world = World::new().await;
    let mut command = world.command();
    command.env("KUBECONFIG", unreachable_kubeconfig());
    let operator = Operator::start(command);
    let said = refusal(Pages::of(&operator).await.port());
    assert_eq!(said, "saewatch: 127.0.0.1 is not ready: waiting for the first list of watches\n");
}

#[test]
fn nobody_fails() {
    let said = refusal("1");
    assert!(said.starts_with("saewatch: 127.0.0.1 does not answer on port 1\n  caused by: "), "{said}");
}
