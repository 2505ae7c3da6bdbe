//! The world that the tests look at: one control plane for all of them, and for each test a namespace, a simulator
//! and an operator of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use devcluster::ControlPlane;
use kube::Client;
use sae_simulator::{KEY_ID, KEY_SECRET, Simulator};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

#[path = "../support/illegal_conditions.rs"]
mod illegal_conditions;

use illegal_conditions::illegal_conditions;

/// Longer than anything here should take on a busy machine; the longest is a rotated token, which is read once a minute.
const PATIENCE: Duration = Duration::from_secs(120);

static CLUSTER: OnceCell<Arc<ControlPlane>> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The control plane with our CRDs, but without accounts: every operator of every test would use them. It lives as long as this process, and its servers do not outlive that.
pub async fn cluster() -> &'static Arc<ControlPlane> {
    CLUSTER
        .get_or_init(async || {
            let cluster = ControlPlane::start().await.unwrap();
            install_crd(&cluster, include_str!("../../crds/saeappwatches.yaml")).await;
            install_crd(&cluster, include_str!("../../crds/saeaccounts.yaml")).await;
            install_crd(&cluster, include_str!("../../crds/saeappwatchsets.yaml")).await;
            Arc::new(cluster)
        })
        .await
}

/// Installs a CustomResourceDefinition, or another one in its place, and waits until it serves.
pub async fn install_crd(cluster: &ControlPlane, manifest: &str) {
    let apply = ["apply", "--server-side", "-f", "-"];
    cluster.kubectl_with_input(&apply, manifest).await.unwrap().checked().unwrap();
    cluster.established().await.unwrap();
}

/// The path of a watch at the API server.
pub fn watch_path(namespace: &str, name: &str) -> String {
    format!("/apis/saewatch.dev/v1alpha1/namespaces/{namespace}/saeappwatches/{name}")
}

/// What the API server has at this path, without the owners of fields, which kubectl does not show either. It is not asked
/// by kubectl: tests wait for something most of the time, and five kubectls a second keep half a core busy.
pub async fn get(client: &Client, path: &str) -> Value {
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    let mut object: Value = client.request(request).await.unwrap();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    object
}

/// Declares an account.
pub async fn declare_account(cluster: &ControlPlane, name: &str, spec: &Value) {
    let account = json!({
        "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAccount", "metadata": {"name": name}, "spec": spec,
    });
    let create = ["create", "-f", "-"];
    cluster.kubectl_with_input(&create, &account.to_string()).await.unwrap().checked().unwrap();
}

/// A kubeconfig of a cluster that does not answer.
pub fn unreachable_kubeconfig() -> PathBuf {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("unreachable-{number}"));
    let nowhere = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "x", "cluster": {"server": "https://127.0.0.1:1"}}],
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "users": [{"name": "x", "user": {}}],
    });
    std::fs::write(&file, nowhere.to_string()).unwrap();
    file
}

/// Looks until there is something to see.
pub async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "there never was {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// A running operator; it is killed when dropped.
pub struct Operator {
    child: std::process::Child,
    log: PathBuf,
}

/// A namespace of its own, with a simulator.
pub struct World {
    pub namespace: String,
    pub sae: Simulator,
    client: Client,
    cluster: Arc<ControlPlane>,
}

impl World {
    pub async fn new() -> Self {
        Self::on(cluster().await.clone()).await
    }

    /// On a control plane of its own.
    pub async fn on(cluster: Arc<ControlPlane>) -> Self {
        let namespace = format!("team-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        cluster.kubectl(&["create", "namespace", &namespace]).await.unwrap().checked().unwrap();
        Self { namespace, sae: Simulator::start(), client: cluster.client(), cluster }
    }

    /// The binary with the simulator's keys and nothing else from the environment.
    pub fn bare_command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_saewatch"));
        command
            .env_clear()
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET);
        command
    }

    /// The operator's command line against this world.
    pub fn command(&self) -> Command {
        let mut command = Self::bare_command();
        command
            .env("KUBECONFIG", self.cluster.kubeconfig())
            .env("SAEWATCH_CALLS_PER_MINUTE", "6000")
            .args(["run", "--region", "cn-hangzhou", "--log-format", "text"])
            .args(["--http-addr", "127.0.0.1:0", "--watch-namespace", &self.namespace])
            .args(["--endpoint", &self.sae.endpoint()]);
        command
    }

    /// Takes the API server away. The control plane must be this world's alone.
    pub fn stop_api_server(&mut self) {
        Arc::get_mut(&mut self.cluster).unwrap().stop_api_server().unwrap();
    }

    /// Brings it back.
    pub async fn start_api_server(&mut self) {
        Arc::get_mut(&mut self.cluster).unwrap().start_api_server().await.unwrap();
    }

    /// Starts the operator.
    pub fn operator(&self) -> Operator {
        Operator::start(self.command())
    }

    /// Declares a watch with this spec.
    pub async fn declare(&self, name: &str, spec: &Value) {
        self.apply(name, spec).await.checked().unwrap();
    }

    /// Declares watches with these names and specs, all at once.
    pub async fn declare_all(&self, watches: impl IntoIterator<Item = (String, Value)>) {
        let watches = watches.into_iter().map(|(name, spec)| self.manifest(&name, &spec));
        let list = json!({"apiVersion": "v1", "kind": "List", "items": watches.collect::<Vec<_>>()});
        self.apply_manifest(&list).await.checked().unwrap();
    }

    /// Tries to declare a watch with this spec.
    pub async fn apply(&self, name: &str, spec: &Value) -> devcluster::Output {
        self.apply_manifest(&self.manifest(name, spec)).await
    }

    fn manifest(&self, name: &str, spec: &Value) -> Value {
        json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
            "metadata": {"name": name, "namespace": self.namespace}, "spec": spec,
        })
    }

    /// Tries to apply a manifest.
    pub async fn apply_manifest(&self, manifest: &Value) -> devcluster::Output {
        let apply = ["apply", "--server-side", "-f", "-"];
        self.cluster.kubectl_with_input(&apply, &manifest.to_string()).await.unwrap()
    }

    /// The kubeconfig of the cluster.
    pub fn kubeconfig(&self) -> &Path {
        self.cluster.kubeconfig()
    }

    /// What kubectl prints in this namespace.
    pub async fn kubectl(&self, arguments: &[&str]) -> String {
        let mut all = vec!["--namespace", &self.namespace];
        all.extend(arguments);
        self.cluster.kubectl(&all).await.unwrap().checked().unwrap()
    }

    /// The watch as it is stored.
    pub async fn watch(&self, name: &str) -> Value {
        get(&self.client, &watch_path(&self.namespace, name)).await
    }

    /// What the API server has of ours in this namespace, such as `saeappwatches` or `saeappwatchsets/all`.
    pub async fn get(&self, what: &str) -> Value {
        get(&self.client, &format!("/apis/saewatch.dev/v1alpha1/namespaces/{}/{what}", self.namespace)).await
    }

    /// Waits until the watch looks like that, and returns it. What it then shows is legal.
    pub async fn until(&self, name: &str, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let watch = self.watch(name).await;
            if is_so(&watch) {
                assert_eq!(illegal_conditions(&watch), [""; 0], "{watch:#}");
                return watch;
            }
            assert!(start.elapsed() < PATIENCE, "{name} never got {what}: {watch:#}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits until the watch shows this health.
    pub async fn until_health(&self, name: &str, health: &str) -> Value {
        self.until(name, health, |watch| watch["status"]["health"] == health).await
    }

    /// Waits until Ready has this status and reason.
    pub async fn until_ready(&self, name: &str, status: &str, reason: &str) -> Value {
        let is_so = |watch: &Value| {
            let ready = condition(watch, "Ready");
            ready["status"] == status && ready["reason"] == reason
        };
        self.until(name, reason, is_so).await
    }

    /// Asks for a poll now.
    pub async fn request_poll(&self, name: &str) {
        self.request(name, &NUMBER.fetch_add(1, Ordering::Relaxed).to_string()).await;
    }

    /// Asks for a poll now, under this token.
    pub async fn request(&self, name: &str, token: &str) {
        let annotation = format!("saewatch.dev/requested-at={token}");
        self.kubectl(&["annotate", "--overwrite", "saeappwatch", name, &annotation]).await;
    }

    /// The events of the namespace as type, reason and note, oldest first.
    pub async fn events(&self) -> Vec<(String, String, String)> {
        let path = format!("/apis/events.k8s.io/v1/namespaces/{}/events", self.namespace);
        let list = get(&self.client, &path).await;
        let mut events: Vec<&Value> = list["items"].as_array().unwrap().iter().collect();
        events.sort_by_key(|event| event["eventTime"].to_string());
        let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
        events.iter().map(|event| (text(event, "type"), text(event, "reason"), text(event, "note"))).collect()
    }

    /// Waits for an event of this type and reason, and returns its note.
    pub async fn until_event(&self, kind: &str, reason: &str) -> String {
        let start = Instant::now();
        loop {
            let events = self.events().await;
            if let Some((_, _, note)) = events.iter().find(|(k, r, _)| k == kind && r == reason) {
                return note.clone();
            }
            assert!(start.elapsed() < PATIENCE, "no event {kind} {reason} among {events:#?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// A condition of a watch; null when it is absent.
pub fn condition<'a>(watch: &'a Value, of: &str) -> &'a Value {
    let conditions = watch["status"]["conditions"].as_array();
    conditions.and_then(|all| all.iter().find(|one| one["type"] == of)).unwrap_or(&Value::Null)
}

impl Operator {
    pub fn start(mut command: Command) -> Self {
        let name = format!("operator-{}.log", NUMBER.fetch_add(1, Ordering::Relaxed));
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let file = std::fs::File::create(&log).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, log }
    }

    /// All it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits until it has logged this.
    pub async fn until_logged(&self, text: &str) {
        let start = Instant::now();
        while !self.log().contains(text) {
            assert!(start.elapsed() < PATIENCE, "{text:?} was never logged: {}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Sends SIGTERM and says how it ended and how long that took.
    pub fn terminate(mut self) -> (std::process::ExitStatus, Duration) {
        let start = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        (self.child.wait().unwrap(), start.elapsed())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the operator's log:\n{}", self.log());
        }
    }
}
