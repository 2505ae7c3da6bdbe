//! The version of Kubernetes that the pages call tested is the one that the tests run on.

use crate::pages::text;

/// The pinned version of a module that the control plane is built from, without its patch.
fn tested() -> String {
    let pins = text("tests/cluster/go.mod");
    let pin = pins.lines().find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes v")).unwrap();
    pin.split('.').take(2).collect::<Vec<_>>().join(".")
}

#[test]
fn the_pages_name_the_kubernetes_that_the_tests_run_on() {
    let tested = tested();
    for page in ["README.md", "docs/getting-started.md"] {
        // A line of the page may end anywhere in the sentence.
        let words = text(page).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&format!("tested on {tested}")), "{page} does not say: tested on {tested}");
    }
}

#[test]
fn the_pages_name_the_oldest_kubernetes_that_the_chart_takes() {
    let chart = text("charts/saewatch/Chart.yaml");
    let oldest = chart.lines().find_map(|line| line.strip_prefix("kubeVersion: \">=")).unwrap();
    let oldest = oldest.split('.').take(2).collect::<Vec<_>>().join(".");
    for page in ["README.md", "docs/getting-started.md", "charts/saewatch/README.md"] {
        assert!(text(page).contains(&format!("{oldest} or newer")), "{page} does not say: {oldest} or newer");
    }
}
