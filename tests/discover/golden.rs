//! What is printed, to be read as documentation: each file holds a command, what it prints and its exit code.
//! `UPDATE_GOLDEN=1 cargo test --test discover golden` writes them anew.

use std::path::PathBuf;

use sae_simulator::{Fault, KEY_ID};

use crate::stage::{BOTH, Ran, Stage};

/// Compares a run with its golden file.
fn see(name: &str, stage: &Stage, arguments: &[&str]) {
    let Ran { code, stdout, stderr } = stage.discover(arguments);
    let picture = format!("$ saewatch discover {}\n{stdout}{stderr}exit code {code}\n", arguments.join(" "));
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/discover/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, picture).unwrap();
    } else {
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(golden, picture, "{} says otherwise", file.display());
    }
}

#[test]
fn golden_the_applications_of_two_regions() {
    let stage = Stage::new();
    see("table.txt", &stage, &["--region", BOTH]);
    see("selected.txt", &stage, &["--region", BOTH, "--name", "shop-*", "--tag", "team=shop"]);
    see("nothing.txt", &stage, &["--region", "cn-beijing", "--name", "pay"]);
}

#[test]
fn golden_the_manifests_for_git() {
    let stage = Stage::new();
    see("yaml.txt", &stage, &["--region", BOTH, "--account-ref", "prod", "-n", "shop", "-o", "yaml"]);
    see("json.txt", &stage, &["--region", "cn-beijing", "-o", "json"]);
    see("name.txt", &stage, &["--region", BOTH, "-o", "name"]);
}

#[test]
fn golden_what_is_not_known() {
    let stage = Stage::new();
    stage.sae.inject(Fault::denial().in_region("cn-beijing"));
    stage.sae.inject(Fault::cut_page(1).in_region("cn-hangzhou").until_cleared());
    see("incomplete.txt", &stage, &["--region", BOTH]);
    stage.sae.add_key(KEY_ID, "another");
    see("wrong-key.txt", &stage, &["--region", BOTH]);
}
