//! How a control plane starts, restarts and ends.

#[cfg(test)]
#[path = "support/processes.rs"]
mod processes;

use std::{
    fs,
    net::TcpStream,
    path::PathBuf,
    time::{Duration, Instant},
};

use devcluster::{ControlPlane, Options};
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, api::ListParams};
use processes::{is_running, signal};
use tokio::sync::oneshot;

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// What a control plane must not leave behind.
struct Traces {
    processes: Vec<String>,
    folder: PathBuf,
}

impl Traces {
    fn of(cluster: &ControlPlane) -> Self {
        let ids = cluster.api_server_pid().into_iter().chain([cluster.etcd_pid()]);
        let folder = cluster.kubeconfig().parent().unwrap_or(cluster.kubeconfig());
        Self { processes: ids.map(|id| id.to_string()).collect(), folder: folder.to_owned() }
    }

    /// How many of them are there: two processes and a folder.
    fn count(&self) -> usize {
        self.processes.iter().filter(|id| is_running(id)).count() + usize::from(self.folder.exists())
    }
}

#[tokio::test]
async fn a_control_plane_that_is_dropped_leaves_no_process_and_no_folder() -> TestResult {
    let cluster = ControlPlane::start().await?;
    let traces = Traces::of(&cluster);
    assert_eq!(traces.count(), 3);
    let started = Instant::now();
    drop(cluster);
    assert_eq!(traces.count(), 0);
    assert!(started.elapsed() < Duration::from_secs(5), "took {:?}", started.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_test_that_panics_leaves_no_process_and_no_folder() -> TestResult {
    let (tell, told) = oneshot::channel();
    let test = tokio::spawn(async {
        let cluster = ControlPlane::start().await.unwrap();
        let traces = Traces::of(&cluster);
        assert_eq!(traces.count(), 3);
        tell.send(traces).ok();
        panic!("as a failed assertion does");
    });
    assert!(test.await.unwrap_err().is_panic());
    assert_eq!(told.await?.count(), 0);
    Ok(())
}

#[tokio::test]
async fn an_outage_keeps_address_data_and_kubeconfig() -> TestResult {
    let mut cluster = ControlPlane::start().await?;
    cluster.kubectl(&["create", "namespace", "kept"]).await?.checked()?;
    let (first, url, client) = (cluster.api_server_pid(), cluster.url(), cluster.client());
    let address = url.trim_start_matches("https://");

    cluster.stop_api_server()?;
    assert_eq!(cluster.api_server_pid(), None);
    assert!(TcpStream::connect(address).is_err(), "something still listens");
    let namespaces = Api::<Namespace>::all(client);
    assert!(namespaces.list(&ListParams::default()).await.is_err());
    cluster.stop_api_server()?;

    cluster.start_api_server().await?;
    assert!(cluster.api_server_pid().is_some_and(|id| Some(id) != first));
    assert_eq!(cluster.url(), url);
    namespaces.get("kept").await?;
    cluster.kubectl(&["get", "namespace", "kept"]).await?.checked()?;

    let traces = Traces::of(&cluster);
    assert_eq!(traces.count(), 3);
    drop(cluster);
    assert_eq!(traces.count(), 0);
    Ok(())
}

#[tokio::test]
async fn the_audit_log_tells_who_did_what() -> TestResult {
    let cluster = ControlPlane::start_with(Options { audit: true, ..Options::default() }).await?;
    let account = cluster.service_account_kubeconfig("default", "audited").await?;
    let account = account.to_string_lossy();
    let refused = cluster.kubectl(&["--kubeconfig", &account, "delete", "configmap", "none"]).await?;
    assert!(!refused.status.success());

    let log = cluster.audit_log().ok_or("no audit log")?;
    let events = fs::read_to_string(log)?;
    let events: Vec<serde_json::Value> =
        events.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let deletes: Vec<_> = events
        .iter()
        .filter(|event| event["user"]["username"] == "system:serviceaccount:default:audited")
        .filter(|event| event["verb"] == "delete")
        .collect();
    assert_eq!(deletes.len(), 1, "{deletes:#?}");
    assert_eq!(deletes[0]["objectRef"]["resource"], "configmaps");
    assert_eq!(deletes[0]["responseStatus"]["code"], 403);
    Ok(())
}

#[tokio::test]
async fn a_server_killed_from_outside_can_be_started_again() -> TestResult {
    let mut cluster = ControlPlane::start().await?;
    let first = cluster.api_server_pid().ok_or("no kube-apiserver")?.to_string();
    assert!(signal("KILL", &first));
    cluster.stop_api_server()?;
    cluster.start_api_server().await?;
    assert_ne!(cluster.api_server_pid().ok_or("no kube-apiserver")?.to_string(), first);
    assert_eq!(cluster.audit_log(), None, "nobody asked for one");
    Ok(())
}

#[tokio::test]
async fn two_control_planes_stand_side_by_side() -> TestResult {
    let (one, other) = tokio::try_join!(ControlPlane::start(), ControlPlane::start())?;
    one.kubectl(&["create", "namespace", "only-here"]).await?.checked()?;
    let elsewhere = other.kubectl(&["get", "namespace", "only-here"]).await?;
    assert!(!elsewhere.status.success());
    Ok(())
}
