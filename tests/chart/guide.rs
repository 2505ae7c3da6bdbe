//! The guide to GitOps shows what each tool makes of each situation; what Argo CD is to be given is made from the scripts.
//! `make docs` writes both anew.

use serde_json::Value;

use crate::account_verdicts;
use crate::set_verdicts;
use crate::support::{documents, keep, text, with_part, yaml};
use crate::verdicts::{ARGOCD, FOLLOW, GUIDE, SITUATIONS, WATCH_ONLY, situation};

const HEALTH: &str = "resource.customizations.health.saewatch.dev_SaeAppWatch";
const ACTIONS: &str = "resource.customizations.actions.saewatch.dev_SaeAppWatch";
const ACCOUNT_HEALTH: &str = "resource.customizations.health.saewatch.dev_SaeAccount";
const SET_HEALTH: &str = "resource.customizations.health.saewatch.dev_SaeAppWatchSet";

/// The text of a script, pushed in.
fn script(folder: &str, name: &str, indent: &str) -> String {
    let text = text(&format!("{folder}/{name}"));
    let lines =
        text.lines().map(|line| if line.is_empty() { line.to_owned() } else { format!("{indent}{line}") });
    lines.collect::<Vec<_>>().join("\n")
}

/// The entries of the ConfigMap `argocd-cm` with this script of health, pushed in.
fn entries(health: &str, indent: &str) -> String {
    let deeper =
        |name: &str, levels: usize| script(ARGOCD, name, &format!("{indent}{}", "  ".repeat(levels)));
    let actions: String = ["refresh", "suspend", "resume"]
        .map(|name| {
            let lua = deeper(&format!("actions/{name}/action.lua"), 4);
            format!("{indent}    - name: {name}\n{indent}      action.lua: |\n{lua}\n")
        })
        .concat();
    format!(
        "\
{indent}# Nothing in the status says what is in Git. A change of health is noticed all the same.
{indent}resource.customizations.ignoreResourceUpdates.saewatch.dev_SaeAppWatch: |
{indent}  jsonPointers:
{indent}    - /status
{indent}{HEALTH}: |
{health}
{indent}{ACTIONS}: |
{indent}  discovery.lua: |
{discovery}
{indent}  definitions:
{actions}\
{indent}resource.customizations.ignoreResourceUpdates.saewatch.dev_SaeAccount: |
{indent}  jsonPointers:
{indent}    - /status
{indent}{ACCOUNT_HEALTH}: |
{account_health}
{indent}resource.customizations.ignoreResourceUpdates.saewatch.dev_SaeAppWatchSet: |
{indent}  jsonPointers:
{indent}    - /status
{indent}{SET_HEALTH}: |
{set_health}
",
        health = deeper(&format!("{health}.lua"), 1),
        discovery = deeper("actions/discovery.lua", 2),
        account_health = script(account_verdicts::ARGOCD, "health.lua", &format!("{indent}  ")),
        set_health = script(set_verdicts::ARGOCD, "health.lua", &format!("{indent}  ")),
    )
}

/// That a ConfigMap's data hold the scripts as they are in their files.
fn assert_holds_scripts(data: &Value, health: &str) {
    let held = data[HEALTH].as_str().unwrap();
    assert_eq!(held.trim_end(), text(&format!("{ARGOCD}/{health}.lua")).trim_end());
    for (health, folder) in [(ACCOUNT_HEALTH, account_verdicts::ARGOCD), (SET_HEALTH, set_verdicts::ARGOCD)] {
        let held = data[health].as_str().unwrap();
        assert_eq!(held.trim_end(), text(&format!("{folder}/health.lua")).trim_end());
    }
    let actions = &documents(data[ACTIONS].as_str().unwrap())[0]["definitions"];
    assert_eq!(actions.as_array().unwrap().len(), 3);
}

#[test]
fn the_configmaps_of_argo_cd_hold_the_scripts() {
    for (file, health) in [("argocd-cm", WATCH_ONLY), ("argocd-cm-follow", FOLLOW)] {
        let file = format!("gitops/argocd/{file}.yaml");
        let head = "\
# To be merged into the ConfigMap argocd-cm. Made from saewatch.dev/ by `make docs`.
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  namespace: argocd
  labels:
    app.kubernetes.io/name: argocd-cm
    app.kubernetes.io/part-of: argocd
data:
";
        keep(&file, &format!("{head}{}", entries(health, "  ")));
        assert_holds_scripts(&yaml(&file)["data"], health);
    }
}

#[test]
fn the_values_for_argo_cds_chart_hold_what_the_configmaps_do() {
    for (file, health) in [("values", WATCH_ONLY), ("values-follow", FOLLOW)] {
        let file = format!("gitops/argocd/{file}.yaml");
        let head = "\
# Values for the chart argo-cd of argo-helm. Made from saewatch.dev/ by `make docs`.
configs:
  cm:
";
        keep(&file, &format!("{head}{}", entries(health, "    ")));
        assert_holds_scripts(&yaml(&file)["configs"]["cm"], health);
    }
}

const CONDITIONS: [&str; 2] = ["Ready", "AppHealthy"];
/// At most one of them is there at a time.
const ABOUT_THE_WAY: [&str; 2] = ["Reconciling", "Stalled"];

fn shown(watch: &Value, of: &str) -> Option<String> {
    let conditions = watch["status"]["conditions"].as_array()?;
    let condition = conditions.iter().find(|one| one["type"] == of)?;
    Some(format!("{} `{}`", condition["status"].as_str()?, condition["reason"].as_str()?))
}

/// What a script says of a situation, by its fixtures.
fn fixture(folder: &str, script: &str, situation: &str) -> String {
    let tests = yaml(&format!("{folder}/{script}_test.yaml"));
    let path = format!("testdata/{situation}.yaml");
    let test = tests["tests"].as_array().unwrap().iter().find(|test| test["inputPath"] == path.as_str());
    test.unwrap()["healthStatus"]["status"].as_str().unwrap().to_owned()
}

/// The first line of its file.
fn title(folder: &str, situation: &str) -> String {
    let source = text(&format!("{folder}/testdata/{situation}.yaml"));
    source.lines().next().unwrap().trim_start_matches("# ").trim_end_matches('.').to_owned()
}

fn way(object: &Value) -> Option<String> {
    ABOUT_THE_WAY.iter().find_map(|of| Some(format!("{of} {}", shown(object, of)?)))
}

/// The table of a kind that has no application of its own.
fn situations(kind: &str, folder: &str, situations: &[(&str, &str)]) -> String {
    let rows = situations.iter().map(|(name, kstatus)| {
        let object = yaml(&format!("{folder}/testdata/{name}.yaml"));
        let none = || "–".to_owned();
        let ready = shown(&object, "Ready").unwrap_or_else(none);
        let way = way(&object).unwrap_or_else(none);
        let argocd = fixture(folder, "health", name);
        format!("| {} | {ready} | {way} | {kstatus} | {argocd} |\n", title(folder, name))
    });
    let head =
        format!("| {kind} | `Ready` | also | Helm `--wait`, Flux | Argo CD |\n|---|---|---|---|---|\n");
    rows.fold(head, |table, row| table + &row)
}

#[test]
fn the_guide_shows_every_situation_of_an_account() {
    let table = situations("a SaeAccount", account_verdicts::ARGOCD, &account_verdicts::SITUATIONS);
    keep(GUIDE, &with_part(&text(GUIDE), "account situations", &table));
}

#[test]
fn the_guide_shows_every_situation_of_a_set() {
    let table = situations("a SaeAppWatchSet", set_verdicts::ARGOCD, &set_verdicts::SITUATIONS);
    keep(GUIDE, &with_part(&text(GUIDE), "set situations", &table));
}

#[test]
fn the_guide_shows_every_situation() {
    let rows = SITUATIONS.iter().map(|(name, kstatus, first_answer, application)| {
        let title = title(ARGOCD, name);
        let watch = situation(name);
        let none = || "–".to_owned();
        let conditions = CONDITIONS.map(|of| shown(&watch, of).unwrap_or_else(none));
        let way = way(&watch);
        let verdicts = [kstatus, first_answer, application].map(|&verdict| verdict.to_owned());
        let argocd = [WATCH_ONLY, FOLLOW].map(|script| fixture(ARGOCD, script, name));
        let cells = [&[title][..], &conditions, &[way.unwrap_or_else(none)], &verdicts, &argocd].concat();
        format!("| {} |\n", cells.join(" | "))
    });
    let head = "| a watch | `Ready` | `AppHealthy` | also | Helm `--wait`, Flux `wait` | Flux, first answer | \
                Flux, follow | Argo CD, watch only | Argo CD, follow |\n|---|---|---|---|---|---|---|---|---|\n";
    let table = rows.fold(head.to_owned(), |table, row| table + &row);
    keep(GUIDE, &with_part(&text(GUIDE), "situations", &table));
}
