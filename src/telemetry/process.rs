//! What the process costs, from `/proc/self`. Where that cannot be read, nothing is shown.

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;

use super::catalogue::{PROCESS_CPU, PROCESS_FDS, PROCESS_MEMORY, PROCESS_START};

/// The ticks a second in which Linux tells times to user space: 100 on every architecture that Rust's standard
/// library supports (`USER_HZ`, see proc(5)).
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads the costs at each scrape.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let times = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| Times::read(&stat));
        let memory = fs::read_to_string("/proc/self/status").ok().and_then(|status| resident(&status));
        let boot = fs::read_to_string("/proc/stat").ok().and_then(|stat| booted_at(&stat));
        let fds = fs::read_dir("/proc/self/fd").map(Iterator::count);
        if let Some(times) = &times {
            PROCESS_CPU.counter(&mut encoder, times.cpu)?;
        }
        if let Some(memory) = memory {
            PROCESS_MEMORY.gauge(&mut encoder, memory)?;
        }
        if let Ok(fds) = fds {
            // The folder itself is open while it is read.
            PROCESS_FDS.gauge(&mut encoder, fds.saturating_sub(1))?;
        }
        if let (Some(times), Some(boot)) = (times, boot) {
            PROCESS_START.gauge(&mut encoder, boot + times.start)?;
        }
        Ok(())
    }
}

/// Times of the process, in seconds.
#[derive(Debug, PartialEq)]
struct Times {
    /// Spent on a CPU.
    cpu: f64,
    /// Of the start, since the machine booted.
    start: f64,
}

impl Times {
    /// Reads `/proc/self/stat`: fields 14, 15 and 22. The second field is the program's name in parentheses and may
    /// hold anything, so fields are counted from its end.
    fn read(stat: &str) -> Option<Self> {
        let (_, after_name) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
        let seconds = |number: usize| Some(fields.get(number - 3)?.parse::<f64>().ok()? / TICKS_PER_SECOND);
        Some(Self { cpu: seconds(14)? + seconds(15)?, start: seconds(22)? })
    }
}

/// The resident memory in bytes, from `/proc/self/status`, where it stands in kB and not in pages.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// When the machine booted, in seconds of the Unix time, from `/proc/stat`.
fn booted_at(stat: &str) -> Option<f64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 3 0 1200 1000 10";
        assert_eq!(Times::read(stat), Some(Times { cpu: 3.0, start: 12.0 }));
        assert_eq!(Times::read("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_told_in_bytes_and_the_boot_in_seconds() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2_097_152));
        assert_eq!(booted_at("cpu 1 2\nbtime 1700000000\n"), Some(1_700_000_000.0));
        assert_eq!((resident(""), booted_at("")), (None, None));
    }
}
