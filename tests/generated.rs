//! Generated files are committed; here they are compared with what generates them.
#![cfg(test)]

use std::path::Path;
use std::process::Command;

/// What `saewatch crd` prints, a document a kind, each with the name of its file.
fn printed() -> Vec<(String, String)> {
    let printed = Command::new(env!("CARGO_BIN_EXE_saewatch")).arg("crd").output().unwrap();
    assert!(printed.status.success());
    let printed = String::from_utf8(printed.stdout).unwrap();
    let name = |document: &str| {
        let line = document.lines().find_map(|line| line.strip_prefix("    plural: ")).unwrap();
        format!("{line}.yaml")
    };
    printed.split("---\n").map(|document| (name(document), document.to_owned())).collect()
}

#[test]
fn the_committed_crds_are_what_saewatch_crd_prints() {
    let printed = printed();
    assert_eq!(printed.len(), 3);
    for (name, document) in printed {
        for folder in ["crds", "charts/saewatch/files"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(&name);
            if std::env::var_os("UPDATE_CRDS").is_some() {
                std::fs::write(&path, &document).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(committed, document, "{folder}/{name} is stale: run `make crds`");
        }
    }
}
