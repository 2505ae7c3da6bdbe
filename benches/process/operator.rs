//! The operator as a process.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sae_simulator::{KEY_ID, KEY_SECRET};

use crate::Result;
use crate::stage::Stage;

/// The pause between two looks at a starting operator.
const GLANCE: Duration = Duration::from_millis(2);
const PATIENCE: Duration = Duration::from_secs(120);

/// A running operator; it is killed when dropped.
pub struct Operator {
    child: Child,
    address: SocketAddr,
    began: Instant,
    http: reqwest::Client,
}

impl Operator {
    /// Starts the release binary on a stage, with the defaults but for a larger budget.
    pub fn start(stage: &Stage) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("process-operator.log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_saewatch"));
        command
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| name.starts_with("MALLOC_")))
            .env("KUBECONFIG", stage.cluster.kubeconfig())
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", KEY_SECRET)
            .args(["run", "--region", "cn-hangzhou", "--calls-per-minute", "6000"])
            .args(["--http-addr", &address.to_string(), "--endpoint", &stage.sae.endpoint()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(log)?);
        let http = reqwest::Client::builder().no_proxy().build()?;
        let began = Instant::now();
        Ok(Self { child: command.spawn()?, address, began, http })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
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

    /// The value of one series; `None` if there is none.
    pub async fn metric(&self, series: &str) -> Result<Option<f64>> {
        let text = self.get("metrics").await?;
        let value = text.lines().find_map(|line| line.strip_prefix(series));
        Ok(value.map(|value| value.trim().parse()).transpose()?)
    }

    async fn get(&self, page: &str) -> Result<String> {
        let answer = self.http.get(format!("http://{}/{page}", self.address)).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
