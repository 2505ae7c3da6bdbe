//! The page about targets has two forms of one configuration: Prometheus' own, which a test from outside runs, and that
//! of the Prometheus operator.

use serde_json::Value;

use crate::support::{cluster, documents, text};

#[tokio::test]
async fn the_scrape_config_of_the_page_is_taken_and_says_the_same() {
    let page = text("docs/targets.md");
    let block = |start: &str| {
        let (_, rest) = page.split_once(&format!("```yaml\n{start}")).unwrap();
        format!("{start}{}", rest.split("```").next().unwrap())
    };
    let manifest = block("apiVersion: monitoring.coreos.com/");
    let apply = ["apply", "--server-side", "--dry-run=server", "-f", "-"];
    cluster().await.kubectl_with_input(&apply, &manifest).await.unwrap().checked().unwrap();

    let spec = &documents(&manifest)[0]["spec"];
    let own = &documents(&block("scrape_configs:\n"))[0]["scrape_configs"][0];
    assert_eq!(spec["httpSDConfigs"], own["http_sd_configs"]);
    let relabelings = own["relabel_configs"].to_string();
    let relabelings =
        relabelings.replace("source_labels", "sourceLabels").replace("target_label", "targetLabel");
    assert_eq!(spec["relabelings"], serde_json::from_str::<Value>(&relabelings).unwrap());
}
