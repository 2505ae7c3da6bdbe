//! Child processes and a temporary folder that go when we go, however we go.
//!
//! `Drop` is not enough: it does not run for a `static`, on `process::exit`, or after SIGKILL. The kernel's
//! parent-death signal would need unsafe code, and is tied to the thread that spawned, which in a test
//! runner ends early. So a shell, the *lifeline*, reads a pipe whose other end only we hold. When we end,
//! the pipe closes; the shell then kills the process group of our children, and removes the folder. An
//! orderly end takes the same way, so every test proves it.
//!
//! The group has a leader that only waits, the *anchor*. It is there before the lifeline and every child,
//! so a child is in the group from its first moment, and the id cannot become that of strangers.

use std::{
    fs::File,
    io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use tempfile::TempDir;

use crate::Error;

const ANCHOR: &str = "read -r end";

/// Signals sent to everybody at once (a closed terminal, the end of a session) must not end the shell before
/// its work is done. A process just killed may still be creating a file, hence the second `rm`.
const LIFELINE: &str = r#"
trap "" HUP INT TERM
read -r end
kill -s KILL -- "-$1"
rm -rf -- "$2" || { sleep 1; rm -rf -- "$2"; }
"#;

/// Running child processes, in a process group of their own, and their folder.
pub(crate) struct Processes {
    anchor: Child,
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
        let anchor = shell(ANCHOR).spawn().map_err(Error::io("start sh, to lead a process group"))?;
        let lifeline = shell(LIFELINE)
            .arg(anchor.id().to_string())
            .arg(folder.path())
            .spawn()
            .map_err(Error::io("start sh, to stop the servers when this process ends"))?;
        Ok(Self { anchor, lifeline, children: Vec::new(), folder })
    }

    /// The folder that goes with the processes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a process without input.
    pub(crate) fn spawn(&mut self, command: &mut Command) -> io::Result<&mut Child> {
        let group = i32::try_from(self.anchor.id()).map_err(io::Error::other)?;
        let child = command.stdin(Stdio::null()).process_group(group).spawn()?;
        Ok(self.children.push_mut(child))
    }

    /// Starts a server that writes all it says to the end of `log`.
    pub(crate) fn spawn_logged(&mut self, command: &mut Command, log: &Path) -> io::Result<u32> {
        let log = File::options().create(true).append(true).open(log)?;
        let child = self.spawn(command.stdout(log.try_clone()?).stderr(log))?;
        Ok(child.id())
    }

    /// How a process ended; `None` while it runs.
    pub(crate) fn exit_status(&mut self, id: u32) -> io::Result<Option<ExitStatus>> {
        match self.children.iter_mut().find(|child| child.id() == id) {
            Some(child) => child.try_wait(),
            None => Ok(None),
        }
    }

    /// Kills a process, and returns when it is gone. Without effect if it is gone already.
    pub(crate) fn stop(&mut self, id: u32) -> io::Result<()> {
        let Some(child) = self.children.iter_mut().find(|child| child.id() == id) else { return Ok(()) };
        child.kill()?;
        child.wait()?;
        self.children.retain(|child| child.id() != id);
        Ok(())
    }
}

impl Drop for Processes {
    /// Nothing here can be reported to anybody, and everything is tried.
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
        }
        // `wait` closes the pipe first. The group is still ours: nobody has waited for the anchor.
        let _ = self.lifeline.wait();
        let _ = self.anchor.wait();
        for child in &mut self.children {
            let _ = child.wait();
        }
    }
}

/// A shell that reads from us and says nothing, in a group of its own: Ctrl-C in a terminal ends us, and must
/// not end the shell.
fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "sh"])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}
