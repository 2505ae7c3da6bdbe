//! What `go.mod` beside this crate pins, and the build flags that follow from it.

use crate::GoModule;

const GO_MOD: &str = include_str!("../go.mod");
const GO_SUM: &str = include_str!("../go.sum");

const KUBERNETES: &str = "k8s.io/kubernetes";
const HELM: &str = "helm.sh/helm/v4";

/// The module of the control plane.
pub(crate) fn control_plane() -> GoModule {
    GoModule {
        name: "control-plane",
        files: &[("go.mod", GO_MOD), ("go.sum", GO_SUM)],
        tags: "",
        linker_flags: linker_flags(),
    }
}

/// The value of `go build -ldflags`: without symbols, and with the versions that a release build would set.
/// A server that calls itself v0.0.0 misleads every client that compares versions.
fn linker_flags() -> String {
    let kubernetes = pinned(KUBERNETES);
    let mut parts = kubernetes.trim_start_matches('v').split('.');
    let (major, minor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let helm = pinned(HELM);
    [
        "-s -w".to_owned(),
        format!("-X k8s.io/component-base/version.gitVersion={kubernetes}"),
        format!("-X k8s.io/component-base/version.gitMajor={major}"),
        format!("-X k8s.io/component-base/version.gitMinor={minor}"),
        format!("-X helm.sh/helm/v4/internal/version.version={helm}"),
    ]
    .join(" ")
}

/// The version behind a module's name in the `require` lines; empty if it is not required, which a test
/// below keeps from happening.
fn pinned(module: &str) -> &'static str {
    GO_MOD
        .lines()
        .filter_map(|line| line.trim().strip_prefix(module)?.strip_prefix(' '))
        .filter_map(|rest| rest.split_whitespace().next())
        .find(|version| version.starts_with('v'))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_linker_flags_name_the_versions_that_go_mod_requires() {
        let flags = linker_flags();
        for (module, prefix) in [(KUBERNETES, "v1."), (HELM, "v4.")] {
            let version = pinned(module);
            assert!(version.starts_with(prefix), "{module} is required as {version:?}");
            assert!(!version.contains(' '), "{version:?} is more than a version");
            assert!(flags.contains(&format!("={version}")), "{version} is not in {flags}");
        }
        let minor = pinned(KUBERNETES).split('.').nth(1).unwrap();
        assert!(flags.contains(&format!("gitMajor=1 -X k8s.io/component-base/version.gitMinor={minor} ")));
    }

    #[test]
    fn every_staging_module_is_replaced_by_the_version_of_kubernetes() {
        let version = pinned(KUBERNETES).replacen("v1.", "v0.", 1);
        let replaced: Vec<_> = GO_MOD.lines().filter_map(|line| line.split_once(" => ")).collect();
        assert!(replaced.len() > 30, "only {} replace lines", replaced.len());
        for (module, target) in replaced {
            assert_eq!(target, format!("{} {version}", module.trim()));
        }
    }
}
