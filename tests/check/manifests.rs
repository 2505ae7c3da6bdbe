//! `-f`: what is read, and what is refused with file, document and field.

use sae_simulator::Operation;
use serde_json::{Value, json};

use crate::stage::{APP, Ran, Stage};

/// A manifest with this spec.
pub fn manifest(spec: &Value) -> String {
    let metadata = json!({"name": "shop"});
    json!({"apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch", "metadata": metadata, "spec": spec})
        .to_string()
}

/// What is said of manifests that are refused.
pub fn refused(input: &str) -> String {
    let stage = Stage::new();
    let Ran { code, stdout, stderr } = stage.check_input(&["-f", "-"], input);
    assert_eq!((code, stdout.as_str()), (3, ""), "{stderr}");
    assert!(stage.sae.calls().is_empty(), "nothing is asked before all is right");
    stderr
}

#[test]
fn yaml_and_json_and_several_files_are_read() {
    let stage = Stage::new();
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one.json"), folder.path().join("two.yaml"));
    std::fs::write(&one, manifest(&json!({"appId": APP}))).unwrap();
    std::fs::write(&two, "# empty\n---\n---\n".to_owned() + &manifest(&json!({"appId": APP}))).unwrap();
    let (one, two) = (one.to_str().unwrap(), two.to_str().unwrap());
    for arguments in [&["-f", one, "-f", two][..], &["-f", one, two], &["-f", &format!("{one},{two}")]] {
        let ran = stage.check(&[arguments, &["-o", "json"]].concat());
        let list: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((ran.code, list["items"].as_array().unwrap().len()), (0, 2), "{}", ran.stderr);
    }
}

#[test]
fn what_is_printed_can_be_read_again() {
    let stage = Stage::new();
    for format in ["json", "yaml"] {
        let printed = stage.check(&[APP, "-o", format]).stdout;
        let again = stage.check_input(&["-f", "-", "-o", "name"], &printed);
        assert_eq!(
            (again.code, again.stdout.as_str()),
            (0, "saeappwatch.saewatch.dev/demo-shop\n"),
            "{format}"
        );
    }
    let list = stage.check(&["-f", "tests/check/watches.yaml", "-o", "yaml"]).stdout;
    assert_eq!(stage.check_input(&["-f", "-", "-o", "name"], &list).stdout.lines().count(), 2);
}

#[test]
fn what_is_printed_can_be_read_again_at_scale() {
    // More nodes than a YAML library takes by itself, as 700 watches of ten instances have them.
    let mut watch: Value = serde_json::from_str(&manifest(&json!({"appId": APP}))).unwrap();
    watch["status"] = json!({"instances": vec![0; 260_000]});
    let ran = Stage::new().check_input(&["-f", "-", "-o", "name"], &watch.to_string());
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1), "{}", ran.stderr);
}

#[test]
fn lists_of_all_kinds_and_documents_one_after_another_are_read() {
    let stage = Stage::new();
    let one = manifest(&json!({"appId": APP}));
    for input in [
        format!("apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatchList\nitems: [{one}, {one}]\n"),
        format!(
            "{{apiVersion: v1, kind: List, items: [{one}, {{apiVersion: v1, kind: List, items: [{one}]}}]}}"
        ),
        format!("--- # one\n{one}\n--- {one}\n"),
    ] {
        let ran = stage.check_input(&["-f", "-", "-o", "name"], &input);
        assert_eq!((ran.code, ran.stdout.lines().count()), (0, 2), "{input}: {}", ran.stderr);
    }
}

#[test]
fn a_null_is_the_default_and_a_suspended_watch_is_looked_at_all_the_same() {
    let stage = Stage::new();
    let spec = json!({"appId": APP, "interval": null, "health": null, "suspend": true});
    let ran = stage.check_input(&["-f", "-", "-o", "json"], &manifest(&spec));
    let watch: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (ran.code, &watch["status"]["health"], &watch["spec"]["suspend"]),
        (0, &json!("Healthy"), &json!(true))
    );
}

#[test]
fn a_null_without_a_default_is_refused_as_server_side_apply_refuses_it() {
    let text = format!(
        "apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatch\nmetadata:\n  name: shop\nspec:\n  appId: {APP}\n  \
         groupIds:\n  regionId: ~\n  interval:\n  health:\n    unhealthyBelowPercent: null\n"
    );
    let said = refused(&text);
    for (line, field) in [
        (7, "spec.groupIds: Invalid value: null: must be of type array"),
        (8, "spec.regionId: Invalid value: null: must be of type string"),
        (11, "spec.health.unhealthyBelowPercent: Invalid value: null: must be of type integer"),
    ] {
        let fault = format!("input:{line}: document 1: {field}: server-side apply, which Flux, Helm 4");
        assert!(said.contains(&fault), "{fault}\nis not in\n{said}");
    }
    assert!(said.starts_with("saewatch: 3 faults in the manifests"), "an interval has a default: {said}");
}

#[test]
fn a_watch_without_any_region_says_so() {
    let stage = Stage::new();
    let mut command = stage.command(&["-f", "tests/check/three-mistakes.yaml"]);
    command.env_remove("SAEWATCH_REGION");
    assert_eq!(Ran::of(command.output().unwrap()).code, 3);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("watch.yaml");
    std::fs::write(&file, manifest(&json!({"appId": APP}))).unwrap();
    let mut command = stage.command(&["-f", file.to_str().unwrap()]);
    let ran = Ran::of(command.env_remove("SAEWATCH_REGION").output().unwrap());
    assert_eq!(ran.code, 3);
    assert!(ran.stdout.contains("the watch has no region: give --region REGION"), "{}", ran.stdout);
}

#[test]
fn every_fault_of_every_document_is_told_with_its_line() {
    let text = "\
apiVersion: saewatch.dev/v1
kind: SaeAppWatch
metadata: {name: Shop}
spec:
  appId: 5
---
apiVersion: saewatch.dev/v1alpha1
kind: SaeAppWatch
metadata:
  name: shop
  lables: {}
  labels: {team: 1}
spec:
  groupIds: [a, a, 'b c']
  timeout: 30s
  interval: 20s
other: 1
---
just a text
---
apiVersion: saewatch.dev/v1alpha1
kind: SaeAppWatch
metadata: {name: shop}
spec: {appId: a, appName: shop}
";
    let said = refused(text);
    for fault in [
        "input:1: document 1: apiVersion: Invalid value: \"saewatch.dev/v1\": must be saewatch.dev/v1alpha1",
        "input:3: document 1: metadata.name: Invalid value: \"Shop\": a lowercase RFC 1123 subdomain",
        "input:5: document 1: spec.appId: Invalid value: 5: must be of type string",
        "input:11: document 2: metadata.lables: unknown field, did you mean \"labels\"?",
        "input:12: document 2: metadata.labels.team: invalid type: integer `1`, expected a string",
        "input:14: document 2: spec.groupIds[1]: Duplicate value: \"a\"",
        "input:14: document 2: spec.groupIds[2]: Invalid value: \"b c\": must be 1 to 128 of",
        "input:17: document 2: other: unknown field",
        "input:19: document 3: Invalid value: \"just a text\": must be an object",
        "input:24: document 4: spec: Invalid value: object: exactly one of appId and appName must be given",
    ] {
        assert!(said.contains(fault), "{fault}\nis not in\n{said}");
    }
    assert!(said.starts_with("saewatch: 10 faults in the manifests; SAE was not asked\n"), "{said}");
}

#[test]
fn a_rule_that_compares_two_fields_is_asked_when_both_are_right() {
    let said = refused(&manifest(&json!({"appId": APP, "timeout": "30s", "interval": "20s"})));
    assert!(said.contains("spec: Invalid value: object: timeout must be shorter than interval"), "{said}");
}

#[test]
fn what_is_no_yaml_is_refused_with_its_line() {
    for (text, expected) in [
        ("a: 1\nb: [1\n", "standard input:2: document 1: "),
        ("a: 1\na: 2\n", "standard input:2: document 1: duplicate mapping key"),
        ("", "standard input: no SaeAppWatch, SaeAccount or SaeAppWatchSet in it"),
        ("# nothing\n---\n", "standard input: no SaeAppWatch, SaeAccount or SaeAppWatchSet in it"),
    ] {
        let said = refused(text);
        assert!(said.contains(expected), "{text:?}: {said}");
    }
    let ran = Stage::new().check(&["-f", "/no/such/file.yaml"]);
    assert!(ran.stderr.contains("/no/such/file.yaml: No such file"), "{}", ran.stderr);
    assert_eq!(ran.code, 3);
}

#[test]
fn what_cannot_be_read_hides_no_other_fault() {
    let said = refused("kind: SaeAppWatch\n---\na: 1\na: 2\n---\nkind: x\n");
    for fault in [
        "document 1: apiVersion: Required value",
        "input:4: document 2: duplicate",
        "document 3: kind: Invalid",
    ] {
        assert!(said.contains(fault), "{fault} is not in {said}");
    }
}

#[test]
fn fields_of_another_shape_are_told_with_their_path_and_line() {
    for (line, field) in [
        ("finalizers: foo", "finalizers"),
        ("creationTimestamp: yesterday", "creationTimestamp"),
        ("resourceVersion: 5", "resourceVersion"),
    ] {
        let head = "apiVersion: saewatch.dev/v1alpha1\nkind: SaeAppWatch\nmetadata:\n  name: shop\n";
        let said = refused(&format!("{head}  {line}\nspec: {{appId: {APP}}}\n"));
        assert!(said.contains(&format!("input:5: document 1: metadata.{field}: ")), "{line}: {said}");
    }
}

#[test]
fn numbers_are_read_as_kubectl_reads_them() {
    let said = refused(
        "{apiVersion: saewatch.dev/v1alpha1, kind: SaeAppWatch, metadata: {name: a}, \
         spec: {appId: a, health: {minHealthyPercent: 0777}}}",
    );
    assert!(said.contains("minHealthyPercent: Invalid value: 511:"), "{said}");
}

#[test]
fn another_encoding_is_named_with_its_line() {
    let stage = Stage::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("latin1.yaml");
    std::fs::write(&file, b"a: 1\n# caf\xe9\n").unwrap();
    let ran = stage.check(&["-f", file.to_str().unwrap()]);
    assert!(ran.stderr.contains("latin1.yaml:2: document 1: not UTF-8"), "{}", ran.stderr);
}

#[test]
fn a_fault_does_not_steer_the_terminal() {
    let said = refused("kind: SaeAppWatch\nmetadata: {name: a}\n\"odd\\e[2J\": 1\n");
    assert!(said.contains("odd"), "{said}");
}

#[test]
fn a_duration_of_a_million_years_is_out_of_bounds() {
    let said = refused(&manifest(&json!({"appId": APP, "interval": "9999999999999h"})));
    assert!(said.contains("interval must be between 15s and 24h"), "{said}");
    assert!(!said.contains("cannot be evaluated") && !said.contains("is no duration"), "{said}");
}

/// An account with this spec.
fn account(spec: &Value) -> String {
    let metadata = json!({"name": "prod"});
    json!({"apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAccount", "metadata": metadata, "spec": spec})
        .to_string()
}

#[test]
fn an_account_is_checked_by_its_own_rules() {
    let (id, other) = ("1234567890123456", "acs:ram::2345678901234567:role/saewatch");
    for (spec, fault) in [
        (json!({"accountId": id}), "spec.namespaces: Required value"),
        (json!({"accountId": "12", "namespaces": ["*"]}), "spec.accountId: Invalid value: \"12\": "),
        (
            json!({"accountId": id, "namespaces": []}),
            "namespaces must name at least one namespace, or * for all",
        ),
        (json!({"accountId": id, "namespaces": ["a", "a"]}), "spec.namespaces[1]: Duplicate value: \"a\""),
        (json!({"accountId": id, "namespaces": ["*-a"]}), "spec.namespaces[0]: Invalid value: \"*-a\": "),
        (
            json!({"accountId": id, "namespaces": ["*"], "roleArn": other}),
            "roleArn must be a role of accountId",
        ),
        (
            json!({"accountId": id, "namespaces": ["*"], "externalId": "x1"}),
            "externalId is only sent with a role: set roleArn too, or leave it out",
        ),
        (
            json!({"accountId": id, "namespaces": ["*"], "profile": "p", "roleArn": other}),
            "profile and roleArn exclude each other",
        ),
        (
            json!({"accountId": id, "namespaces": ["*"], "callsPerMinute": 0}),
            "callsPerMinute must be between 1",
        ),
        (json!({"accountId": id, "namespaces": ["*"], "role": "x"}), "spec.role: unknown field"),
    ] {
        let said = refused(&format!("{}\n---\n{}", manifest(&json!({"appId": APP})), account(&spec)));
        assert!(said.contains(":3: document 2: ") && said.contains(fault), "{fault}\nis not in\n{said}");
    }
}

/// A set of this name, with this spec.
fn set(name: &str, spec: &Value) -> String {
    let metadata = json!({"name": name});
    json!({"apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatchSet", "metadata": metadata, "spec": spec})
        .to_string()
}

#[test]
fn a_set_is_checked_by_its_own_rules() {
    let tags: Value = (0..21).map(|number| (format!("tag-{number}"), json!("x"))).collect();
    let long = "a".repeat(41);
    for (name, spec, fault) in [
        ("all", json!({"limit": 0}), "spec.limit: Invalid value: 0: limit must be between 1 and 1000"),
        ("all", json!({"template": {"spec": {"interval": "5s"}}}), "interval must be between 15s and 24h"),
        ("all", json!({"template": {"spec": {"appId": "a"}}}), "spec.template.spec.appId: unknown field"),
        (
            "all",
            json!({"template": {"metadata": {"labels": {"saewatch.dev/set": "x"}}}}),
            "labels must not begin with saewatch.dev/: those are the operator's",
        ),
        (
            "all",
            json!({"template": {"metadata": {"annotations": {"saewatch.dev/requested-at": "x"}}}}),
            "annotations must not begin with saewatch.dev/",
        ),
        ("all", json!({"selector": {"tags": {"team": 1}}}), "spec.selector.tags.team: Invalid value: 1: "),
        (
            "all",
            json!({"selector": {"tags": tags}}),
            "spec.selector.tags: Too many: 21: must have at most 20 items",
        ),
        (&long, json!({}), "metadata.name must be at most 40 characters"),
    ] {
        let said = refused(&format!("{}\n---\n{}", manifest(&json!({"appId": APP})), set(name, &spec)));
        assert!(said.contains(":3: document 2: ") && said.contains(fault), "{fault}\nis not in\n{said}");
    }
    let good = json!({
        "selector": {"tags": {"team": "shop"}},
        "template": {"metadata": {"labels": {"team": "shop"}, "annotations": {"saewatch.dev/scrape-port": "80"}}},
    });
    let ran = Stage::new().check_input(&["--offline", "-f", "-"], &set(&long[1..], &good));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
}

/// An account of the same file, with the best of roles, is no reason to ask with other keys.
#[test]
fn no_identity_is_taken_from_a_file_and_watches_that_name_one_are_named() {
    let stage = Stage::new();
    let role = "acs:ram::1234567890123456:role/saewatch";
    let spec = json!({"accountId": "1234567890123456", "namespaces": ["*"], "roleArn": role});
    let watch = manifest(&json!({"appId": APP, "accountRef": {"name": "prod"}}));
    let input = format!("{}\n---\n{watch}\n---\n{}", account(&spec), manifest(&json!({"appId": APP})));
    let ran = stage.check_input(&["-f", "-", "-o", "name"], &input);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 2), "{}", ran.stderr);
    let said = "saewatch: asked with your own keys, the SaeAccount was not looked at: shop (prod)\n";
    assert_eq!(ran.stderr, said);
    assert!(stage.sae.calls_of(Operation::AssumeRole).is_empty() && !stage.sae.calls().is_empty());
    let ran = stage.check_input(&["-f", "-"], &account(&spec));
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("no SaeAppWatch to ask SAE about; --offline checks"), "{}", ran.stderr);
}
