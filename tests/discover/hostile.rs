//! Names that no application should have: nothing of them reaches the terminal or breaks a manifest.

use sae_simulator::Application;
use serde_json::Value;

use crate::stage::Stage;

const NAMES: [&str; 9] = [
    "\u{1b}[31mred\u{7}",
    "two\nlines\r\n",
    "tab\tbed\u{0}",
    "购物车",
    "---\nkind: Secret",
    "{{ .Values }}",
    "",
    "12345",
    "null",
];

fn stage() -> Stage {
    let stage = Stage::empty();
    for (number, name) in NAMES.into_iter().enumerate() {
        stage.sae.put_application(Application::new(&format!("app-{number}")).named(name));
    }
    stage.sae.put_application(Application::new("long").named(&"x".repeat(4_000)));
    stage
}

#[test]
fn the_table_has_a_line_for_each_and_no_control_character() {
    // `Ran` looks for control characters in whatever is printed.
    let table = stage().found(&[]);
    assert_eq!(table.lines().count(), NAMES.len() + 2, "{table}");
    assert!(table.lines().all(|line| line.chars().count() < 400), "{table}");
    assert!(table.contains("购物车") && table.contains("two lines"), "{table}");
}

#[test]
fn the_manifests_are_as_many_and_none_holds_the_name() {
    let stage = stage();
    let list: Value = serde_json::from_str(&stage.found(&["-o", "json"])).unwrap();
    let documents = stage.found(&["-o", "yaml"]);
    assert_eq!(documents.matches("kind: SaeAppWatch\n").count(), NAMES.len() + 1, "{documents}");
    for item in list["items"].as_array().unwrap() {
        let name = item["metadata"]["name"].as_str().unwrap();
        let is_label = name.len() <= 63
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !name.starts_with('-');
        assert!(is_label, "{name:?}");
    }
    for document in documents.split("---\n") {
        let document: Value = serde_saphyr::from_str(document).unwrap();
        assert!(
            document["metadata"]["name"].is_string() && document["spec"]["appId"].is_string(),
            "{document}"
        );
    }
}

#[test]
fn an_id_that_is_none_cannot_be_watched_and_is_left_out() {
    let stage = Stage::new();
    stage.sae.put_application(Application::new("no id").named("shop").in_region("cn-beijing"));
    assert_eq!(stage.found(&["-o", "name"]).lines().count(), 3);
}
