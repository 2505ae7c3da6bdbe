//! The versions of Kubernetes and Helm that the pages call tested are those that the tests run on.

use crate::pages::{all, text};

/// The pinned version of a module that the control plane is built from, without its patch.
fn tested(module: &str) -> String {
    let pins = text("tests/cluster/go.mod");
    let pin = pins.lines().find_map(|line| line.trim().strip_prefix(module)?.strip_prefix(" v")).unwrap();
    pin.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn says(page: &str, sentence: &str) {
    // A line of the page may end anywhere in the sentence.
    let words = text(page).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(sentence), "{page} does not say: {sentence}");
}

#[test]
fn the_pages_name_the_kubernetes_and_the_helm_that_the_tests_run_on() {
    for page in ["README.md", "docs/getting-started.md"] {
        says(page, &format!("tested on {}", tested("k8s.io/kubernetes")));
    }
    says("docs/getting-started.md", &format!("tested with {}", tested("helm.sh/helm/v4")));
}

/// `--reuse-values` keeps the defaults of the chart that is installed, which lacks the values that a newer one has.
#[test]
fn no_page_upgrades_with_the_defaults_of_the_old_chart() {
    for page in all() {
        assert!(!text(&page).contains(" --reuse-values"), "{page}");
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
