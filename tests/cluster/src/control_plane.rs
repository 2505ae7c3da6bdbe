//! Start, stop and restart a control plane.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

use crate::{
    Binary, Error,
    kubeconfig::{self, User},
    pki::Pki,
    processes::Processes,
    servers::{self, Ports},
};

/// How long kube-apiserver may take to become ready. It needs about 2 s; on a machine whose cores are all
/// compiling, ten times that.
const READY_TIMEOUT: Duration = Duration::from_mins(2);
/// How long one look at a starting server may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two looks at a starting server.
const PROBE_INTERVAL: Duration = Duration::from_millis(50);
/// How many sets of ports are tried, should somebody take one between our look and the server's start.
const PORT_ATTEMPTS: u32 = 3;
/// How much of a server's log an error shows.
const LOG_LINES: usize = 30;

/// What a control plane can have beyond the usual.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Writes every request (user, verb, resource) to [`ControlPlane::audit_log`].
    pub audit: bool,
    /// Streams no lists (the feature gate `WatchList` is off), as Kubernetes 1.33 does by default.
    pub paged_lists: bool,
}

/// A running etcd and kube-apiserver with RBAC.
///
/// Dropping it stops both and removes their data, which takes a tenth of a second. So does the end of this process, of
/// whatever kind; therefore it may live in a `static` that the tests of a file share.
pub struct ControlPlane {
    processes: Processes,
    ports: Ports,
    options: Options,
    pub(crate) pki: Pki,
    etcd: u32,
    api_server: Option<u32>,
    audit_log: Option<PathBuf>,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) config: Config,
}

impl ControlPlane {
    /// Starts with the default [`Options`].
    pub async fn start() -> Result<Self, Error> {
        Self::start_with(Options::default()).await
    }

    /// Starts, and returns when the API server is ready: after seconds, or after minutes if the binaries
    /// must be built first (standard error then tells the progress).
    pub async fn start_with(options: Options) -> Result<Self, Error> {
        // kubectl too: a build in the middle of a test would look like a test that hangs.
        for binary in [Binary::KubeApiserver, Binary::Etcd, Binary::Kubectl] {
            binary.locate_async().await?;
        }
        let mut attempt = 1;
        loop {
            match Self::launch(options).await {
                Err(Error::Start { log, .. })
                    if log.contains("address already in use") && attempt < PORT_ATTEMPTS =>
                {
                    attempt += 1;
                }
                launched => return launched,
            }
        }
    }

    /// The address of the API server; it stays the same over a restart.
    pub fn url(&self) -> String {
        self.ports.url()
    }

    /// The address of etcd, where it also serves its metrics.
    pub fn etcd_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.etcd_clients)
    }

    /// The process id of kube-apiserver; `None` while it is stopped.
    pub fn api_server_pid(&self) -> Option<u32> {
        self.api_server
    }

    /// The process id of etcd.
    pub fn etcd_pid(&self) -> u32 {
        self.etcd
    }

    /// The file of audit events, one JSON object a line, if [`Options::audit`] asked for it.
    pub fn audit_log(&self) -> Option<&Path> {
        self.audit_log.as_deref()
    }

    /// Kills kube-apiserver, as an outage would. Returns when nothing listens on its port any more. To be
    /// called before a new start even if somebody else has killed it.
    pub fn stop_api_server(&mut self) -> Result<(), Error> {
        match self.api_server.take() {
            Some(id) => self.processes.stop(id).map_err(Error::io("stop kube-apiserver")),
            None => Ok(()),
        }
    }

    /// Starts kube-apiserver again on the same port, keys and data, and returns when it is ready. If it runs,
    /// only waits until it is ready.
    pub async fn start_api_server(&mut self) -> Result<(), Error> {
        if self.api_server.is_none() {
            let program = Binary::KubeApiserver.locate()?;
            let audit_log = self.audit_log.as_deref();
            let mut command =
                servers::kube_apiserver(&program, self.folder(), self.ports, &self.pki, audit_log);
            if self.options.paged_lists {
                command.args(["--feature-gates", "WatchList=false"]);
            }
            self.api_server = Some(spawn(&mut self.processes, command, Binary::KubeApiserver)?);
        }
        self.become_ready().await
    }

    /// The folder of all files of this control plane.
    pub(crate) fn folder(&self) -> &Path {
        self.processes.folder()
    }

    /// One attempt on one set of ports. Both servers start at once: kube-apiserver waits for etcd by itself.
    async fn launch(options: Options) -> Result<Self, Error> {
        let mut processes = Processes::in_temporary_folder(&env::temp_dir(), "devcluster-")?;
        let folder = processes.folder().to_owned();
        let pki = Pki::write_into(&folder)?;
        let ports = Ports::free().map_err(Error::io("find free ports"))?;
        let kubeconfig = folder.join("kubeconfig");
        kubeconfig::write(&kubeconfig, &ports.url(), &pki, "default", &User::Admin)?;
        let config = in_process_config(&kubeconfig).await?;
        let audit_log = options.audit.then(|| folder.join("audit.log"));
        if options.audit {
            servers::write_audit_policy(&folder)?;
        }
        let etcd = servers::etcd(&Binary::Etcd.locate()?, &folder, ports);
        let etcd = spawn(&mut processes, etcd, Binary::Etcd)?;
        let mut cluster =
            Self { processes, ports, options, pki, etcd, api_server: None, audit_log, kubeconfig, config };
        cluster.start_api_server().await?;
        Ok(cluster)
    }

    /// Waits until the API server answers `/readyz` with 200 and has made the namespace `default`, which
    /// comes a moment later.
    async fn become_ready(&mut self) -> Result<(), Error> {
        let client = self.client();
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            self.fail_if_ended(Some(self.etcd), Binary::Etcd)?;
            self.fail_if_ended(self.api_server, Binary::KubeApiserver)?;
            let problem = match tokio::time::timeout(PROBE_TIMEOUT, probe(&client)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("no answer within {} s", PROBE_TIMEOUT.as_secs()),
            };
            if Instant::now() > deadline {
                let problem = format!("was not ready after {} s ({problem})", READY_TIMEOUT.as_secs());
                return Err(failed_start(self.folder(), Binary::KubeApiserver, problem));
            }
            tokio::time::sleep(PROBE_INTERVAL).await;
        }
    }

    fn fail_if_ended(&mut self, id: Option<u32>, binary: Binary) -> Result<(), Error> {
        let Some(id) = id else { return Ok(()) };
        match self.processes.exit_status(id).map_err(Error::io(format!("watch {}", binary.name())))? {
            Some(status) => {
                let problem = format!("ended before it was ready ({status})");
                Err(failed_start(self.folder(), binary, problem))
            }
            None => Ok(()),
        }
    }
}

/// The configuration of our own clients: as in the file, but never through the proxy that `HTTPS_PROXY`
/// names, as no proxy reaches our loopback.
async fn in_process_config(kubeconfig: &Path) -> Result<Config, Error> {
    let file = Kubeconfig::read_from(kubeconfig)?;
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
    config.proxy_url = None;
    Ok(config)
}

async fn probe(client: &Client) -> Result<(), kube::Error> {
    let readyz = http::Request::get("/readyz").body(Vec::new()).map_err(kube::Error::HttpError)?;
    client.request_text(readyz).await?;
    Api::<Namespace>::all(client.clone()).get("default").await?;
    Ok(())
}

fn spawn(processes: &mut Processes, mut command: Command, binary: Binary) -> Result<u32, Error> {
    let log = log_path(processes.folder(), binary);
    processes.spawn_logged(&mut command, &log).map_err(Error::io(format!("start {}", binary.name())))
}

fn log_path(folder: &Path, binary: Binary) -> PathBuf {
    folder.join(format!("{}.log", binary.name()))
}

fn failed_start(folder: &Path, binary: Binary, problem: String) -> Error {
    let log = fs::read(log_path(folder, binary)).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let lines: Vec<_> = log.lines().collect();
    let tail = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
    Error::Start { binary: binary.name(), problem, log: tail }
}
