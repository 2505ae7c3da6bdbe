//! `kubectl saewatch check`: what is in the cluster beside what SAE says now.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use devcluster::Binary;
use serde_json::{Value, json};

use crate::running::Running;
use crate::support::{World, unreachable_kubeconfig};
use sae_simulator::{Application, KEY_ID, KEY_SECRET};

/// The binary under the name by which kubectl finds its plugins.
pub struct Plugin {
    folder: tempfile::TempDir,
}

impl Plugin {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_saewatch"), folder.path().join("kubectl-saewatch"))
            .unwrap();
        Self { folder }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("kubectl-saewatch")
    }

    fn check(&self, world: &World, arguments: &[&str]) -> Output {
        self.command(world, arguments).output().unwrap()
    }

    fn command(&self, world: &World, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.path());
        command
            .env_clear()
            .env("KUBECONFIG", world.kubeconfig())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
            .env("SAEWATCH_ENDPOINT", world.sae.endpoint())
            .arg("check")
            .args(arguments);
        command
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn what_is_in_the_cluster_stands_beside_what_sae_says_now() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world.declare("shop", &json!({"appId": "demo-shop", "interval": "24h"})).await;
    let operator = world.operator();
    world.until_health("shop", "Healthy").await;
    drop(operator);
    world.sae.update("demo-shop", |app| app.instance(0).crash());

    let plugin = Plugin::new();
    let output = plugin.check(&world, &["shop", "-n", &world.namespace]);
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{table}{}", text(&output.stderr));
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        rows[0],
        ["FROM", "NAME", "APP", "HEALTH", "INSTANCES", "READY", "REASON", "OBSERVED", "AGE"],
        "as kubectl's"
    );
    assert_eq!(
        rows[1][..7],
        ["cluster", "shop", "demo-shop", "Healthy", "2/2", "True", "AllInstancesHealthy"]
    );
    assert_eq!(
        rows[2],
        ["SAE", "now", "shop", "demo-shop", "Degraded", "1/2", "True", "InstancesFailing", "-", "-"]
    );
    assert!(
        table.contains("cluster: 2 of 2 instances ready\nSAE now: 1 of 2 instances ready, 1 failing"),
        "{table}"
    );
    let crashed =
        rows.iter().find(|row| row.contains(&"CrashLoopBackOff") && row.contains(&"Ready")).unwrap();
    assert_eq!(crashed[1..4], ["Ready", "Failing", "CrashLoopBackOff"], "{table}");

    let object = plugin.check(&world, &["shop", "-n", &world.namespace, "-o", "json"]);
    let object: Value = serde_json::from_slice(&object.stdout).unwrap();
    assert_eq!(object["status"]["health"], "Degraded");
    assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"]);
    assert!(object["metadata"]["managedFields"].is_null());
}

#[tokio::test]
async fn while_it_watches_it_follows_both() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world.declare("shop", &json!({"appId": "demo-shop", "regionId": "cn-hangzhou"})).await;
    let plugin = Plugin::new();
    let arguments = ["shop", "-n", &world.namespace, "--watch", "--calls-per-minute", "600"];
    let mut running = Running::start(plugin.command(&world, &arguments).stdout(Stdio::piped()));
    let mut lines = running.lines();
    let mut until = |from: &str, health: &str| {
        assert!(
            lines.any(|line| line.starts_with(from) && line.contains(health)),
            "{from} never said {health}"
        );
    };
    until("SAE now", "Healthy");
    let _operator = world.operator();
    until("cluster", "Healthy");
    world.sae.update("demo-shop", |app| app.instance(0).crash());
    until("SAE now", "Degraded");
    // It is judged by the spec that stands in the cluster by now.
    let easier = r#"{"spec":{"health":{"minHealthyPercent":50}}}"#;
    world.kubectl(&["patch", "saw", "shop", "--type=merge", "-p", easier]).await;
    until("SAE now", "Healthy");
    assert_eq!(running.interrupt().status.code(), Some(0));
}

#[tokio::test]
async fn a_watch_or_a_cluster_that_is_not_there_is_said() {
    let world = World::new().await;
    let plugin = Plugin::new();
    for (arguments, expected) in [
        (&["nobody", "-n", "default"][..], "no SaeAppWatch \"nobody\" in namespace \"default\""),
        (&["nobody", "--context", "elsewhere"], "no cluster by the context \"elsewhere\""),
        (&["nobody", "--explain", "-o", "json"], "--explain"),
        (&["../x"], "invalid value '../x' for '<NAME>'"),
        (&["a b"], "invalid value 'a b' for '<NAME>'"),
        (&[], "<NAME>"),
    ] {
        let output = plugin.check(&world, arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    let mut command = Command::new(plugin.path());
    command.env_clear().env("KUBECONFIG", unreachable_kubeconfig()).args(["check", "shop"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("the cluster cannot be asked"), "{}", text(&output.stderr));
}

#[tokio::test]
async fn files_of_kubeconfig_that_are_not_there_are_passed_over_as_by_kubectl() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world.declare("shop", &json!({"appId": "demo-shop", "regionId": "cn-hangzhou"})).await;
    let plugin = Plugin::new();
    let files = format!("/nonexistent/old:{}:", world.kubeconfig().display());
    let kubectl = Command::new(Binary::Kubectl.locate().unwrap())
        .env_clear()
        .env("HOME", plugin.folder.path())
        .env("KUBECONFIG", &files)
        .args(["get", "saw", "shop", "-n", &world.namespace])
        .output()
        .unwrap();
    assert!(kubectl.status.success(), "{}", text(&kubectl.stderr));
    for arguments in
        [&["shop", "-n", &world.namespace][..], &["shop", "-n", &world.namespace, "--context", "devcluster"]]
    {
        let output = plugin.command(&world, arguments).env("KUBECONFIG", &files).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }

    let output = plugin.command(&world, &["shop"]).env("KUBECONFIG", "/nonexistent/old").output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("no cluster is configured") && said.contains("/nonexistent/old"), "{said}");
}

#[tokio::test]
async fn kubectl_finds_it() {
    let world = World::new().await;
    world.sae.put_application(Application::new("demo-shop").group("g-1", 2).running(2));
    world.declare("shop", &json!({"appId": "demo-shop", "regionId": "cn-hangzhou"})).await;
    let plugin = Plugin::new();
    let output = Command::new(Binary::Kubectl.locate().unwrap())
        .env_clear()
        .env("HOME", plugin.folder.path())
        .env("PATH", plugin.folder.path())
        .env("KUBECONFIG", world.kubeconfig())
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
        .env("SAEWATCH_ENDPOINT", world.sae.endpoint())
        .args(["saewatch", "check", "shop", "-n", &world.namespace, "--context", "devcluster"])
        .output()
        .unwrap();
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{table}{}", text(&output.stderr));
    assert!(table.contains("SAE now"), "{table}");
}
