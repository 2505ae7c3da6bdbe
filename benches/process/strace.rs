//! System calls of a process, counted by strace.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::Result;

/// Whether strace is installed.
pub fn is_installed() -> bool {
    let version =
        Command::new("strace").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// How many a process and its threads make in so long.
pub async fn count(pid: u32, time: Duration) -> Result<f64> {
    let summary = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("strace-{pid}"));
    // strace writes its summary when it is interrupted.
    tokio::process::Command::new("timeout")
        .args([
            "--signal=INT",
            &format!("{}s", time.as_secs()),
            "strace",
            "-f",
            "-c",
            "-p",
            &pid.to_string(),
            "-o",
        ])
        .arg(&summary)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await?;
    let text = fs::read_to_string(&summary)?;
    fs::remove_file(&summary)?;
    let total = text.lines().rev().find(|line| line.trim_end().ends_with(" total"));
    let total = total.ok_or("strace counted nothing; may it attach to other processes?")?;
    Ok(total.split_ascii_whitespace().nth(3).ok_or("strace's summary has another form")?.parse()?)
}
