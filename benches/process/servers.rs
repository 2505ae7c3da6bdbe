//! What the control plane says of its work.

use crate::Result;
use crate::cpu::process_seconds;
use crate::stage::Stage;

/// What the API server and etcd have done so far.
#[derive(Debug, Clone, Copy)]
pub struct Work {
    /// CPU seconds of the API server.
    pub seconds: f64,
    /// Writes of statuses of watches that the API server was asked for.
    pub status_writes: f64,
    /// Bytes of all keys and values that etcd was ever given.
    pub etcd_bytes: f64,
}

impl Work {
    /// Up to now.
    pub async fn until_now(stage: &Stage) -> Result<Self> {
        // First, so that asking for the other two is not in it.
        let seconds = process_seconds(stage.cluster.api_server_pid().ok_or("the API server has ended")?)?;
        Ok(Self { seconds, status_writes: status_writes(stage).await?, etcd_bytes: etcd_bytes(stage).await? })
    }

    /// What was done since then.
    pub fn since(self, before: Self) -> Self {
        Self {
            seconds: self.seconds - before.seconds,
            status_writes: self.status_writes - before.status_writes,
            etcd_bytes: self.etcd_bytes - before.etcd_bytes,
        }
    }
}

async fn status_writes(stage: &Stage) -> Result<f64> {
    let request = http::Request::get("/metrics").body(Vec::new())?;
    let metrics = stage.cluster.client().request_text(request).await?;
    let is_write = |line: &&str| {
        line.starts_with("apiserver_request_total{")
            && line.contains(r#"resource="saeappwatches""#)
            && line.contains(r#"subresource="status""#)
            && ["APPLY", "PATCH", "PUT"].iter().any(|verb| line.contains(&format!("verb=\"{verb}\"")))
    };
    let counts =
        metrics.lines().filter(is_write).map(|line| line.rsplit(' ').next().unwrap_or("0").parse::<f64>());
    Ok(counts.sum::<std::result::Result<f64, _>>()?)
}

/// The bytes of all keys and values that etcd was ever given.
pub async fn etcd_bytes(stage: &Stage) -> Result<f64> {
    let url = format!("{}/metrics", stage.cluster.etcd_url());
    let metrics = reqwest::Client::builder().no_proxy().build()?.get(url).send().await?.text().await?;
    let total =
        metrics.lines().find_map(|line| line.strip_prefix("etcd_debugging_mvcc_total_put_size_in_bytes "));
    Ok(total.ok_or("etcd does not say how much it was given")?.parse()?)
}
