//! What the plugin of kubectl prints on the page is what its own tests have it print.

use crate::fragments::keep;
use crate::pages::text;

const PAGE: &str = "docs/operations.md";

/// The times of the page, in the order in which they are printed. The change order is a minute older: its time is China's.
const TIMES: [&str; 4] =
    ["2026-11-28T14:04:05Z", "2026-11-28T14:06:00Z", "2026-11-28T14:04:05Z", "2026-11-28T14:05:50Z"];

/// What stands in a golden file between the command and its exit code.
fn printed(golden: &str) -> String {
    let ran = text(&format!("tests/check/golden/{golden}.txt"));
    let (_, rest) = ran.split_once('\n').unwrap();
    rest.strip_suffix("exit code 0\n").unwrap().to_owned()
}

#[test]
fn the_tree_is_one_that_the_plugin_prints() {
    keep(PAGE, "tree", &format!("```text\n{}```\n", printed("tree-mixed")));
}

#[test]
fn the_diagnosis_in_sentences_is_one_that_the_plugin_prints() {
    let why = TIMES.iter().fold(printed("why-failed-deploy"), |why, time| why.replacen("TIME", time, 1));
    assert!(!why.contains("TIME"), "{why}");
    keep(PAGE, "why", &format!("```text\n{why}```\n"));
}
