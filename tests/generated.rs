//! Generated files are committed; here they are compared with what generates them.
#![cfg(test)]

use std::process::Command;

#[test]
fn the_committed_crd_is_what_saewatch_crd_prints() {
    let printed = Command::new(env!("CARGO_BIN_EXE_saewatch")).arg("crd").output().unwrap();
    assert!(printed.status.success());
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/crds/saeappwatches.yaml");
    let committed = std::fs::read_to_string(committed).unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert_eq!(committed, printed, "crds/saeappwatches.yaml is stale: run `make crds`");
}
