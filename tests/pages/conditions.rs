//! The conditions of a watch in each situation, from the statuses that are shown to kstatus and Argo CD, beside what
//! kstatus makes of them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fragments::{keep, table};
use crate::pages::{path, text};

const SITUATIONS: &str = "gitops/argocd/saewatch.dev/SaeAppWatch/testdata";
const CONDITIONS: [&str; 4] = ["Ready", "AppHealthy", "Reconciling", "Stalled"];

/// The watches by their titles, which stand in the first line of their files.
fn situations() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(path(SITUATIONS)).unwrap().map(|entry| entry.unwrap().path());
    let read = files.map(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        let title = text.lines().next().unwrap().trim_start_matches("# ").trim_end_matches('.').to_owned();
        (title, serde_saphyr::from_str(&text).unwrap())
    });
    read.collect()
}

fn shown(watch: &Value, of: &str) -> String {
    let all = watch["status"]["conditions"].as_array();
    let condition = all.and_then(|all| all.iter().find(|one| one["type"] == of));
    condition.map_or("–".into(), |one| {
        format!("{} `{}`", one["status"].as_str().unwrap(), one["reason"].as_str().unwrap())
    })
}

#[test]
fn the_page_on_gitops_shows_every_situation_that_is_judged() {
    let mut situations = situations();
    let guide = text("gitops/README.md");
    let (_, judged) = guide.split_once("<!-- generated: verdicts -->\n").unwrap();
    let rows = judged.lines().skip(2).take_while(|line| line.starts_with('|')).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let (title, verdict) = (cells[0], cells[1]);
        let watch = situations.remove(title).unwrap_or_else(|| panic!("no file is titled {title:?}"));
        let conditions = CONDITIONS.map(|of| shown(&watch, of));
        [vec![title.to_owned()], conditions.to_vec(), vec![format!("`{verdict}`")]].concat()
    });
    let head = ["a watch", "`Ready`", "`AppHealthy`", "`Reconciling`", "`Stalled`", "kstatus"];
    keep("docs/gitops.md", "conditions", &table(&head, rows));
    assert!(situations.is_empty(), "nobody judges {:?}", situations.keys());
}
