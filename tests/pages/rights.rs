//! What saewatch may do is what the pages say it may: in Kubernetes by the chart's roles, in SAE by the operations
//! that the code can send.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fragments::{keep, table};
use crate::markdown::{Markdown, Part};
use crate::pages::{all, text};

const ROLES: &str = "charts/saewatch/templates/rbac.yaml";

/// The rules of the chart's template between two of its lines.
fn rules(from: &str, to: &str) -> Vec<Value> {
    let template = text(ROLES);
    let (_, rest) = template.split_once(from).unwrap();
    let (rules, _) = rest.split_once(to).unwrap();
    let is_yaml = |line: &&str| !line.trim_start().starts_with("{{");
    let rules = rules.lines().filter(is_yaml).collect::<Vec<_>>().join("\n");
    let rules = rules.replace("{{ include \"saewatch.leaseName\" . }}", "saewatch");
    serde_saphyr::from_str(&rules).unwrap_or_else(|error| panic!("{error}: {rules}"))
}

fn words(list: &Value) -> String {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|word| format!("`{}`", word.as_str().unwrap()))
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn the_rights_in_kubernetes_are_those_of_the_chart() {
    let everywhere = rules("{{- define \"saewatch.rules\" -}}", "{{- end }}");
    let sets = rules("{{- define \"saewatch.setRules\" -}}", "{{- end }}");
    let accounts = rules("{{- define \"saewatch.accountRules\" -}}", "{{- end }}");
    let about_accounts = rules("{{- define \"saewatch.accountEventRules\" -}}", "{{- end }}");
    let at_home = rules(
        "-leader\n  namespace: {{ include \"saewatch.namespace\" . }}\n  labels:\n    {{- $labels | nindent 4 }}\nrules:",
        "---",
    );
    let row = |rule: &Value, place: &str| {
        let named = words(&rule["resourceNames"]);
        let place = if named.is_empty() { place.to_owned() } else { format!("{place}, named {named}") };
        vec![words(&rule["resources"]), words(&rule["apiGroups"]), words(&rule["verbs"]), place]
    };
    let parts = [
        (&everywhere, "the watched namespaces"),
        (&sets, "the watched namespaces, with `--watch-sets`"),
        (&accounts, "the cluster, where SaeAccounts are used"),
        (&about_accounts, "the namespace `default`, where SaeAccounts are used"),
        (&at_home, "its own namespace, with leader election"),
    ];
    let rows = parts.iter().flat_map(|(rules, place)| rules.iter().map(|rule| row(rule, place)));
    keep("docs/security.md", "rights", &table(&["resource", "group", "verbs", "where"], rows));
    let granted = format!("{parts:?}");
    assert!(!granted.contains("secrets") && !granted.contains('*'), "{granted}");
}

/// The operations that the code can send, by SAE's names.
fn operations() -> BTreeSet<String> {
    let code = text("src/sae/operation.rs");
    let names = code.split('"').filter(|word| {
        ["Describe", "List", "Get"].iter().any(|start| word.starts_with(start))
            && word.chars().all(char::is_alphabetic)
    });
    names.map(|name| format!("sae:{name}")).collect()
}

/// The operations that a diagnosis alone takes.
const OF_DIAGNOSES: [&str; 3] = ["sae:DescribeChangeOrder", "sae:ListAppEvents", "sae:ListChangeOrders"];

#[test]
fn the_policy_of_the_page_allows_the_operations_of_the_code_and_no_others() {
    let page = Markdown::read(&text("docs/credentials.md"));
    let policy = page.parts.iter().find_map(|part| match part {
        Part::Block { info, text, .. } if info == "json" && text.contains("sae:") => Some(text),
        Part::Block { .. } | Part::Comment(_) => None,
    });
    let policy: Value = serde_json::from_str(policy.unwrap()).unwrap();
    let actions = |statement: usize| -> BTreeSet<String> {
        let actions = policy["Statement"][statement]["Action"].as_array().unwrap().iter();
        actions.map(|action| action.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 2);
    assert_eq!(actions(1), OF_DIAGNOSES.map(str::to_owned).into());
    assert_eq!(&actions(0) | &actions(1), operations());
    assert_eq!(actions(0).len(), 5);
}

#[test]
fn every_page_that_names_one_action_names_all() {
    for name in all().into_iter().filter(|name| name != "CHANGELOG.md") {
        let page = text(&name);
        if page.contains("`sae:") {
            let missing: Vec<String> =
                operations().into_iter().filter(|action| !page.contains(action)).collect();
            assert!(missing.is_empty(), "{name} does not name {missing:?}");
        }
    }
}
