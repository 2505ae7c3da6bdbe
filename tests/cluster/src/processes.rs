//! Child processes and a temporary folder that go when we go, however we go.
//!
//! `Drop` is not enough: it does not run for a `static`, on `process::exit`, or after SIGKILL. The kernel's
//! parent-death signal would need unsafe code, and is tied to the thread that spawned, which in a test
//! runner ends early. So a shell, the *lifeline*, reads a pipe whose other end only we hold. When we end,
//! the pipe closes; the shell then kills what it was last told of, and removes the folder. An orderly stop
//! takes the same way, so the way is proven by every test.

use std::{
    fs::File,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;

use crate::Error;

/// Each line names all process groups that are to go; the last line counts. Signals sent to everybody at
/// once (a closed terminal, a session's end) must not end the shell before its work is done. A process just
/// killed may still be creating a file, hence the second `rm`.
const LIFELINE: &str = r#"
trap "" HUP INT TERM
while read -r line; do groups=$line; done
for group in $groups; do kill -s KILL -- "-$group"; done
rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }
"#;

/// Running child processes, each the leader of a process group of its own, and their folder.
pub(crate) struct Processes {
    lifeline: Child,
    children: Vec<Child>,
    folder: TempDir,
}

impl Processes {
    /// Starts with no process and a new private folder (mode 0700) inside `parent`.
    pub(crate) fn in_temporary_folder(parent: &Path, prefix: &str) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(parent)
            .map_err(Error::io(format!("create a folder in {}", parent.display())))?;
        let lifeline = Command::new("sh")
            .args(["-c", LIFELINE, "sh"])
            .arg(folder.path())
            // A group of its own: Ctrl-C in a terminal ends us, and must not end the shell.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Error::io("start sh, which stops the servers when this process ends"))?;
        Ok(Self { lifeline, children: Vec::new(), folder })
    }

    /// The folder that goes with the processes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a process without input.
    pub(crate) fn spawn(&mut self, command: &mut Command) -> io::Result<&mut Child> {
        let child = command.stdin(Stdio::null()).process_group(0).spawn()?;
        self.children.push(child);
        self.tell_lifeline()?;
        self.children.last_mut().ok_or_else(|| io::Error::other("no child process"))
    }

    /// Starts a server that writes all it says to the end of `log`.
    pub(crate) fn spawn_logged(&mut self, command: &mut Command, log: &Path) -> io::Result<u32> {
        let log = File::options().create(true).append(true).open(log)?;
        let child = self.spawn(command.stdout(log.try_clone()?).stderr(log))?;
        Ok(child.id())
    }

    /// How a process ended; `None` while it runs.
    pub(crate) fn exit_status(&mut self, id: u32) -> io::Result<Option<ExitStatus>> {
        let Some(child) = self.children.iter_mut().find(|child| child.id() == id) else { return Ok(None) };
        let status = child.try_wait()?;
        if status.is_some() {
            // The id may now become that of a stranger.
            self.tell_lifeline()?;
        }
        Ok(status)
    }

    /// Kills a process, and returns when it is gone. Without effect if it is gone already.
    pub(crate) fn stop(&mut self, id: u32) -> io::Result<()> {
        let Some(position) = self.children.iter().position(|child| child.id() == id) else { return Ok(()) };
        self.children[position].kill()?;
        let mut child = self.children.remove(position);
        // Before `wait` frees the id for others.
        let told = self.tell_lifeline();
        child.wait()?;
        told
    }

    /// Names the processes that have not ended.
    fn tell_lifeline(&mut self) -> io::Result<()> {
        let running = self.children.iter_mut().filter_map(|child| match child.try_wait() {
            Ok(Some(_)) => None,
            Ok(None) | Err(_) => Some(child.id().to_string()),
        });
        let ids: Vec<_> = running.collect();
        match &mut self.lifeline.stdin {
            Some(pipe) => pipe.write_all(format!("{}\n", ids.join(" ")).as_bytes()),
            None => Ok(()),
        }
    }
}

impl Drop for Processes {
    /// Nothing here can be reported to anybody, and everything is tried.
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
        }
        // `wait` closes the pipe first. The children's ids are still theirs, as nobody has waited for them.
        let _ = self.lifeline.wait();
        for child in &mut self.children {
            let _ = child.wait();
        }
    }
}
