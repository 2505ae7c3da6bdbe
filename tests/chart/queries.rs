//! What the page about operating gives to Prometheus: the queries are answered as the page says, on series that the
//! operator has, and the configuration finds the operator's Service.

use std::io::Write;

use saewatch::telemetry::catalogue;
use serde_json::{Value, json};

use crate::judges;
use crate::support::{documents, render, text};

/// The part of the page about metrics.
fn page() -> String {
    let page = text("docs/operations.md");
    let (_, metrics) = page.split_once("\n## Metrics\n").unwrap();
    metrics.split("\n## ").next().unwrap().to_owned()
}

/// The texts of its blocks of this kind.
fn blocks(info: &str) -> Vec<String> {
    let page = page();
    let start = format!("```{info}\n");
    let blocks = page.split(&start).skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// A series of the operator, under a name and labels that it has.
fn series(name: &str, labels: &[(&str, &str)], values: &str) -> Value {
    let metric = catalogue::ALL.into_iter().find(|metric| metric.name == name).unwrap();
    let names: Vec<&str> = labels.iter().map(|(label, _)| *label).collect();
    assert_eq!(names, metric.labels, "{name}");
    let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
    json!({"series": format!("{name}{{{}}}", labels.join(", ")), "values": values})
}

/// How Prometheus answers a query, given these series with a value every 5 minutes.
fn assert_answers(query: &str, input: &[Value], at: &str, samples: &Value) {
    let case = json!({
        "interval": "5m",
        "input_series": input,
        "promql_expr_test": [{"expr": query, "eval_time": at, "exp_samples": samples}],
    });
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    write!(file, "{}", json!({"tests": [case]})).unwrap();
    judges::run(judges::promtool().args(["test", "rules"]).arg(file.path()));
}

const SHOP: [(&str, &str); 6] = [
    ("namespace", "team-a"),
    ("watch", "shop"),
    ("account", "shopping"),
    ("app_id", "app-1"),
    ("app_name", "shop"),
    ("region", "cn-hangzhou"),
];
const PAY: [(&str, &str); 6] = [
    ("namespace", "team-a"),
    ("watch", "pay"),
    ("account", "shopping"),
    ("app_id", "app-2"),
    ("app_name", "pay"),
    ("region", "cn-hangzhou"),
];
const OLD: [(&str, &str); 6] = [
    ("namespace", "team-b"),
    ("watch", "old"),
    ("account", ""),
    ("app_id", "app-3"),
    ("app_name", "old"),
    ("region", "cn-hangzhou"),
];

fn with<'a>(watch: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [watch, more].concat()
}

#[test]
fn the_share_of_time_is_that_in_which_an_application_was_well() {
    let query = &blocks("promql")[0];
    let condition = |status, values| {
        let labels = with(&SHOP, &[("condition", "AppHealthy"), ("status", status)]);
        series("saewatch_watch_status_condition", &labels, values)
    };
    // Well for 1512 of the 2016 times of 5 minutes in 7 days.
    let input = [condition("true", "1x1512 0x503"), condition("false", "0x1512 1x503")];
    let samples = json!([{"labels": "{namespace=\"team-a\", watch=\"shop\"}", "value": 0.75}]);
    assert_answers(query, &input, "168h", &samples);
}

/// The shop is unhealthy, the payments are degraded, and somebody suspended the old application when it was unhealthy.
fn unwell() -> Vec<Value> {
    let healths = [(SHOP, "Unhealthy"), (PAY, "Degraded"), (OLD, "Unhealthy")];
    let healths = healths.iter().flat_map(|(watch, is)| {
        ["Healthy", "Degraded", "Unhealthy"].map(|health| {
            let value = if health == *is { "1x3" } else { "0x3" };
            series("saewatch_watch_health", &with(watch, &[("health", health)]), value)
        })
    });
    let polled = [SHOP, PAY].map(|watch| series("saewatch_watch_effective_interval_seconds", &watch, "60x3"));
    healths.chain(polled).collect()
}

#[test]
fn applications_that_are_not_well_are_counted_by_namespace() {
    let samples = json!([{"labels": "{namespace=\"team-a\"}", "value": 2}]);
    assert_answers(&blocks("promql")[1], &unwell(), "10m", &samples);
}

#[test]
fn an_unhealthy_application_is_shown_with_the_team_of_its_namespace() {
    let team = r#"kube_namespace_labels{namespace="team-a", label_team="shopping"}"#;
    let input = [unwell(), vec![json!({"series": team, "values": "1x3"})]].concat();
    let labels =
        r#"{namespace="team-a", watch="shop", app_id="app-1", app_name="shop", label_team="shopping"}"#;
    assert_answers(&blocks("promql")[2], &input, "10m", &json!([{"labels": labels, "value": 1}]));
    assert_eq!(blocks("promql").len(), 3, "each query on the page has a test");
}

#[tokio::test]
async fn the_configuration_of_prometheus_finds_the_service() {
    let config = &blocks("yaml prometheus.yml")[0];
    let mut config = documents(config)[0].clone();
    let job = config["scrape_configs"][0].as_object_mut().unwrap();
    assert_eq!((&job["job_name"], &job["honor_labels"]), (&json!("saewatch"), &json!(true)));
    let discovery = job.remove("kubernetes_sd_configs").unwrap();
    let wanted = json!([{"role": "endpointslice", "namespaces": {"names": ["saewatch-system"]}}]);
    assert_eq!(discovery, wanted);
    // The promtool here is built without discovery; all the rest it judges.
    job.insert("static_configs".into(), json!([{"targets": ["127.0.0.1:8080"]}]));
    let keep = job["relabel_configs"][0].clone();
    let mut file = tempfile::Builder::new().suffix(".yml").tempfile().unwrap();
    write!(file, "{config}").unwrap();
    judges::run(judges::promtool().args(["check", "config", "--lint-fatal"]).arg(file.path()));

    let arguments = ["-s", "templates/service.yaml", "--set", "credentials.mode=nodeRole"];
    let service = documents(&render(&arguments).await)[0].clone();
    let sources = [
        "__meta_kubernetes_service_label_app_kubernetes_io_name",
        "__meta_kubernetes_endpointslice_port_name",
    ];
    assert_eq!(keep["source_labels"], json!(sources));
    let label = service["metadata"]["labels"]["app.kubernetes.io/name"].as_str().unwrap();
    let port = service["spec"]["ports"][0]["name"].as_str().unwrap();
    assert_eq!(keep["regex"], format!("{label};{port}"));
}
