//! The operator as a process.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sae_simulator::{KEY_ID, KEY_SECRET};

use crate::Result;
use crate::stage::Stage;

/// The pause between two looks at a starting operator.
const GLANCE: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(120);

/// How an operator is run, beside the defaults and a larger budget.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub heartbeat: &'static str,
    pub watch_metrics: bool,
    pub lists_targets: bool,
}

impl Default for Run {
    fn default() -> Self {
        Self { heartbeat: "5m", watch_metrics: true, lists_targets: false }
    }
}

/// A running operator; it is killed when dropped.
pub struct Operator {
    child: Child,
    address: SocketAddr,
    sd_address: SocketAddr,
    began: Instant,
    http: reqwest::Client,
}

impl Operator {
    /// Starts the build that a stage is made for.
    pub fn start(stage: &Stage, run: Run) -> Result<Self> {
        Self::start_binary(&stage.build.binary, stage, run)
    }

    /// Starts another build, which must be content with the CRDs of the stage.
    pub fn start_binary(binary: &Path, stage: &Stage, run: Run) -> Result<Self> {
        let Run { heartbeat, watch_metrics, lists_targets } = run;
        let free = || TcpListener::bind("127.0.0.1:0")?.local_addr();
        let (address, sd_address) = (free()?, free()?);
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("process-operator-{}.log", address.port()));
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| name.starts_with("MALLOC_")))
            .env("KUBECONFIG", stage.cluster.kubeconfig())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
            .args(["run", "--region", "cn-hangzhou", "--calls-per-minute", "6000"])
            .args(["--http-addr", &address.to_string(), "--endpoint", &stage.sae.endpoint()])
            .args(["--heartbeat", heartbeat, &format!("--watch-metrics={watch_metrics}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log)?);
        if stage.accounts().next().is_some() {
            command.args(["--sts-endpoint", &stage.sae.endpoint()]);
        }
        if lists_targets {
            command.args(["--http-sd-addr", &sd_address.to_string()]);
        }
        let http = reqwest::Client::builder().no_proxy().build()?;
        let began = Instant::now();
        Ok(Self { child: command.spawn()?, address, sd_address, began, http })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How long ago it was started.
    pub fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// Waits until it says that it is ready, and says how long that took from its start.
    pub async fn until_ready(&mut self) -> Result<Duration> {
        loop {
            if self.get("readyz").await.is_ok_and(|answer| answer.starts_with("ready")) {
                return Ok(self.began.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the operator ended with {status}").into());
            }
            if self.began.elapsed() > PATIENCE {
                return Err(format!("the operator was not ready after {PATIENCE:?}").into());
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// How many applications it shows as healthy. The base has other reasons beside them.
    pub async fn healthy(&self) -> Result<f64> {
        self.sum(r#"saewatch_watches{health="Healthy","#).await
    }

    /// How many calls it has made to SAE.
    pub async fn sae_calls(&self) -> Result<f64> {
        self.sum("saewatch_sae_calls_total{").await
    }

    /// The sum of all series that begin like this.
    async fn sum(&self, series: &str) -> Result<f64> {
        let text = self.get("metrics").await?;
        let lines = text.lines().filter(|line| line.starts_with(series));
        let values = lines.map(|line| line.rsplit(' ').next().unwrap_or_default().parse::<f64>());
        Ok(values.sum::<std::result::Result<f64, _>>()?)
    }

    async fn get(&self, page: &str) -> Result<String> {
        self.get_at(self.address, page).await
    }

    /// All targets that it lists.
    pub async fn targets(&self) -> Result<String> {
        self.get_at(self.sd_address, "sd?port=8080").await
    }

    async fn get_at(&self, address: SocketAddr, page: &str) -> Result<String> {
        let answer = self.http.get(format!("http://{address}/{page}")).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
