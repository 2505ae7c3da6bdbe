//! What Linux says of a process.

use std::fs;

use crate::Result;

const MIB: f64 = 1024.0 * 1024.0;

/// A value of `/proc/<pid>/status` in MiB, such as `VmRSS`, resident now, or `VmHWM`, the most it ever was.
pub fn memory(pid: u32, field: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("no such line in /proc/*/status")?;
    Ok(kib.trim().parse::<f64>()? * 1024.0 / MIB)
}
