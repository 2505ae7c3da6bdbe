//! Whether processes run, and signals to them.

use std::{
    fs,
    process::{Command, Stdio},
};

/// Sends a signal to a process, or with a minus before the id to its group; whether there was one. By the
/// shell's own `kill`, as a small system has no program of that name.
pub(crate) fn signal(name: &str, target: &str) -> bool {
    let kill = ["-c", r#"kill -s "$1" -- "$2""#, "sh", name, target];
    let status = Command::new("sh").args(kill).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Whether a process runs. One that has ended but was never waited for does not: in a container, process 1
/// may not collect orphans.
pub(crate) fn is_running(id: &str) -> bool {
    let ended = fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| stat.contains(") Z "));
    signal("0", id) && !ended
}
