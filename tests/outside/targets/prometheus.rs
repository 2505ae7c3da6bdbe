//! A Prometheus with the scrape configuration of docs/targets.md.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Stdio};

use devcluster::GoProgram;
use serde_json::Value;

use super::service::get;
use crate::judges;
use crate::support::eventually;

/// It finds targets in files and over HTTP alone.
const PROMETHEUS: GoProgram = GoProgram {
    name: "prometheus",
    package: "github.com/prometheus/prometheus/cmd/prometheus",
    first_build: "about 3 minutes on two cores",
};

/// A running Prometheus; it is killed when dropped.
pub struct Prometheus {
    child: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            eprintln!("Prometheus' log:\n{log}");
        }
    }
}

/// The page's own configuration, with the addresses of the tests and the pace of the tests.
fn configuration(port: u16, path: &str) -> String {
    let page = include_str!("../../../docs/targets.md");
    let (_, rest) = page.split_once("```yaml\nscrape_configs:\n").unwrap();
    let (scrape, _) = rest.split_once("```").unwrap();
    let url = "http://saewatch.saewatch-system:8081/sd?port=8080";
    assert!(scrape.contains(url) && scrape.contains("    relabel_configs:\n"), "{scrape}");
    let scrape = scrape.replace(url, &format!("http://127.0.0.1:{port}{path}"));
    let pace = "global: {scrape_interval: 500ms, scrape_timeout: 500ms}";
    let refresh = "        refresh_interval: 1s\n    relabel_configs:\n      \
         - {source_labels: [__address__], regex: '10\\.(.+)', target_label: __address__, replacement: '127.$1'}\n";
    format!("{pace}\nscrape_configs:\n{}", scrape.replace("    relabel_configs:\n", refresh))
}

impl Prometheus {
    /// Starts one that finds its targets at this path of this port.
    pub async fn start(sd_port: u16, path: &str) -> Self {
        let mut command = judges::program(PROMETHEUS);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, configuration(sd_port, path)).unwrap();
        // Free a moment ago: Prometheus does not say which port it took.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
        command.arg(format!("--web.listen-address={address}"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let prometheus = Self { child, address, folder };
        eventually("a ready Prometheus", async || {
            get(&prometheus.address, "/-/ready").filter(|(status, _)| *status == 200)
        })
        .await;
        prometheus
    }

    fn api(&self, path: &str) -> Value {
        let (status, text) = get(&self.address, path).unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str::<Value>(&text).unwrap()["data"].take()
    }

    /// Waits until these hosts are its targets, no others, and all of them up.
    pub async fn until_up(&self, hosts: [&str; 2]) {
        eventually(&format!("up: {hosts:?}"), async || {
            let active = self.api("/api/v1/targets?state=active")["activeTargets"].take();
            let active = active.as_array().unwrap();
            let up = active.iter().filter(|target| target["health"] == "up");
            let up: BTreeSet<&str> = up.filter_map(|target| host(target["scrapeUrl"].as_str()?)).collect();
            (active.len() == hosts.len() && up == hosts.into()).then_some(())
        })
        .await;
    }

    /// The labels of a series of the instances.
    pub async fn series(&self) -> Value {
        eventually("a series", async || {
            let mut found = self.api("/api/v1/query?query=shop_orders_total")["result"].take();
            found.get_mut(0).map(|series| series["metric"].take())
        })
        .await
    }

    /// In how many seconds of the last minutes each of these hosts was no target, or was down, since it was one first. A
    /// target that is dropped leaves a staleness mark in its series, and has no value until it is scraped again.
    pub fn gaps(&self, hosts: [&str; 2]) -> [u64; 2] {
        hosts.map(|host| {
            let query = format!("up%7Binstance%3D~%22{host}%3A.*%22%7D");
            let now = jiff::Timestamp::now().as_second();
            let range = format!("start={}&end={now}&step=1", now - 300);
            let mut found = self.api(&format!("/api/v1/query_range?query={query}&{range}"))["result"].take();
            let values = found[0]["values"].take();
            let values = values.as_array().unwrap();
            let times: Vec<u64> = values.iter().map(|value| value[0].as_u64().unwrap()).collect();
            let missing = times.windows(2).map(|pair| pair[1] - pair[0] - 1).sum::<u64>();
            let down = values.iter().filter(|value| value[1] != "1").count();
            missing + u64::try_from(down).unwrap()
        })
    }
}

/// The host of a URL.
fn host(url: &str) -> Option<&str> {
    url.strip_prefix("http://")?.split(':').next()
}
