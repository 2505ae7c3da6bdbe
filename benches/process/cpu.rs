//! What Linux says of a process.

use std::fs;
use std::path::Path;

use crate::Result;

const MIB: f64 = 1024.0 * 1024.0;

/// A value of `/proc/<pid>/status` in MiB, such as `VmRSS`, resident now, or `VmHWM`, the most it ever was.
pub fn memory(pid: u32, field: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("no such line in /proc/*/status")?;
    Ok(kib.trim().parse::<f64>()? * 1024.0 / MIB)
}

/// How long the calling thread has been on a CPU.
pub fn thread_seconds() -> Result<f64> {
    schedstat(Path::new("/proc/thread-self/schedstat"))
}

fn schedstat(file: &Path) -> Result<f64> {
    let schedstat = fs::read_to_string(file)?;
    let nanos = schedstat.split_ascii_whitespace().next().ok_or("an empty schedstat")?;
    Ok(nanos.parse::<f64>()? / 1e9)
}

/// How long the threads of a process have been on a CPU; neither the operator nor a Go program ends many.
pub fn process_seconds(pid: u32) -> Result<f64> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"))?;
    let of_one = |thread: std::io::Result<fs::DirEntry>| -> Result<f64> {
        schedstat(&thread?.path().join("schedstat"))
    };
    threads.map(of_one).sum()
}

/// How long the children of this process that have ended were on a CPU, in the ticks of proc(5): fields 16 and 17.
pub fn children_seconds() -> Result<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let ticks: std::result::Result<Vec<f64>, _> =
        after_name.split_ascii_whitespace().skip(13).take(2).map(str::parse).collect();
    Ok(ticks?.iter().sum::<f64>() / TICKS_PER_SECOND)
}
