//! `devcluster up`, and the binaries it takes from `KUBEBUILDER_ASSETS`.

#[cfg(test)]
#[path = "support/command.rs"]
mod command;
#[cfg(test)]
#[path = "support/processes.rs"]
mod processes;

use std::{
    error::Error,
    fs,
    io::{self, BufRead, BufReader},
    os::unix::{fs::symlink, process::CommandExt},
    path::{Path, PathBuf},
    process::Child,
};

use command::{TestResult, devcluster, eventually, script, text};
use devcluster::Binary;
use processes::{is_running, signal};
use tempfile::TempDir;

/// What `devcluster up` said until it was ready.
struct Up {
    process: Child,
    kubeconfig: PathBuf,
    servers: Vec<String>,
    /// The folder that it takes for the system's temporary one, to see what it leaves there.
    temporary: TempDir,
}

impl Up {
    fn start(assets: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let temporary = tempfile::tempdir()?;
        let mut command = devcluster(&["up"]);
        if let Some(folder) = assets {
            // As a relative path: the servers run in another folder than we do.
            command.env("KUBEBUILDER_ASSETS", ".").current_dir(folder);
        }
        // A group of its own, as a shell makes one for each job.
        let process = command.env("TMPDIR", temporary.path()).process_group(0).spawn()?;
        let mut up = Self { process, kubeconfig: PathBuf::new(), servers: Vec::new(), temporary };

        let mut line = String::new();
        BufReader::new(up.process.stdout.take().ok_or("no stdout")?).read_line(&mut line)?;
        let path = line.strip_prefix("export KUBECONFIG='").and_then(|rest| rest.strip_suffix("'\n"));
        up.kubeconfig = path.ok_or("no line that exports KUBECONFIG")?.into();
        let stderr = BufReader::new(up.process.stderr.take().ok_or("no stderr")?);
        let servers = stderr.lines().map_while(Result::ok).filter_map(|line| {
            let (_, rest) = line.split_once("(process ")?;
            Some(rest.split_once(')')?.0.to_owned())
        });
        up.servers = servers.take(2).collect();
        Ok(up)
    }

    fn kill(&mut self) -> io::Result<()> {
        self.process.kill()?;
        self.process.wait().map(drop)
    }

    fn leaves_nothing(&self) -> bool {
        let files = fs::read_dir(self.temporary.path()).map_or(1, Iterator::count);
        files == 0 && !self.servers.iter().any(|id| is_running(id))
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

#[test]
fn up_tells_how_to_reach_it_and_either_signal_ends_it_with_success() -> TestResult {
    // Ctrl-C reaches the whole group of the terminal's job, SIGTERM the process.
    for (name, whole_group) in [("INT", true), ("TERM", false)] {
        let mut up = Up::start(None)?;
        let mut kubectl = devcluster(&["kubectl", "get", "--raw", "/readyz"]);
        let answer = kubectl.env("KUBECONFIG", &up.kubeconfig).output()?;
        assert_eq!(text(&answer.stdout), "ok", "{}", text(&answer.stderr));
        assert!(up.servers.iter().all(|id| is_running(id)));

        let id = up.process.id().to_string();
        let target = if whole_group { format!("-{id}") } else { id };
        assert!(signal(name, &target));
        assert!(up.process.wait()?.success(), "{name}");
        assert!(up.leaves_nothing(), "{name}");
    }
    Ok(())
}

#[test]
fn a_control_plane_whose_owner_is_killed_with_its_group_goes_too() -> TestResult {
    let mut up = Up::start(None)?;
    assert!(signal("KILL", &format!("-{}", up.process.id())));
    up.process.wait()?;
    assert!(eventually(|| up.leaves_nothing()));
    Ok(())
}

#[test]
fn the_binaries_of_kubebuilder_assets_are_used() -> TestResult {
    let assets = tempfile::tempdir()?;
    let marker = assets.path().join("etcd-was-here");
    let etcd = Binary::Etcd.locate()?;
    symlink(Binary::KubeApiserver.locate()?, assets.path().join("kube-apiserver"))?;
    script(&assets, "etcd", &format!("touch '{}'; exec '{}' \"$@\"", marker.display(), etcd.display()))?;
    script(&assets, "kubectl", "echo kubectl of the assets: \"$@\"")?;

    let mut kubectl = devcluster(&["kubectl", "get", "--help"]);
    let answer = kubectl.env("KUBEBUILDER_ASSETS", assets.path()).output()?;
    assert_eq!(text(&answer.stdout), "kubectl of the assets: get --help\n");
    let mut helm = devcluster(&["helm", "version", "--short"]);
    let answer = helm.env("KUBEBUILDER_ASSETS", assets.path()).output()?;
    assert!(text(&answer.stdout).starts_with("v4."), "helm is never in the assets: {answer:?}");

    let mut up = Up::start(Some(assets.path()))?;
    assert!(marker.exists());
    up.kill()?;
    assert!(eventually(|| up.leaves_nothing()));
    Ok(())
}

#[test]
fn an_asset_that_is_missing_is_named_with_the_remedy() -> TestResult {
    let assets = tempfile::tempdir()?;
    symlink(Binary::KubeApiserver.locate()?, assets.path().join("kube-apiserver"))?;
    let output = devcluster(&["up"]).env("KUBEBUILDER_ASSETS", assets.path()).output()?;
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    let folder = assets.path().to_string_lossy();
    for part in ["KUBEBUILDER_ASSETS is", &*folder, "no executable file etcd", "unset KUBEBUILDER_ASSETS"] {
        assert!(error.contains(part), "{part:?} is not in:\n{error}");
    }
    Ok(())
}

#[test]
fn a_server_that_ends_at_the_start_is_named_with_the_end_of_its_log() -> TestResult {
    let (assets, temporary) = (assets()?, tempfile::tempdir()?);
    script(&assets, "etcd", "[ \"$1\" = --version ] && exit; echo the disk is on fire >&2; exit 3")?;
    let mut command = devcluster(&["up"]);
    let output = command.env("KUBEBUILDER_ASSETS", assets.path()).env("TMPDIR", temporary.path()).output()?;
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(error.contains("etcd ended before it was ready (exit status: 3)"), "{error}");
    assert!(error.contains("the disk is on fire"), "{error}");
    assert_eq!(fs::read_dir(temporary.path())?.count(), 0);
    Ok(())
}

#[test]
fn a_port_that_somebody_took_first_is_replaced() -> TestResult {
    let assets = assets()?;
    let marker = assets.path().join("second-time");
    let etcd = Binary::Etcd.locate()?;
    let (marker, etcd) = (marker.display(), etcd.display());
    script(
        &assets,
        "etcd",
        &format!(
            "[ \"$1\" = --version ] || [ -e '{marker}' ] && exec '{etcd}' \"$@\"; touch '{marker}'; \
             echo 'listen tcp 127.0.0.1:1: bind: address already in use'; exit 1"
        ),
    )?;
    let mut up = Up::start(Some(assets.path()))?;
    up.kill()?;
    assert!(eventually(|| up.leaves_nothing()));
    Ok(())
}

/// Assets as they should be.
fn assets() -> Result<TempDir, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    for binary in [Binary::KubeApiserver, Binary::Kubectl] {
        symlink(binary.locate()?, folder.path().join(binary.name()))?;
    }
    Ok(folder)
}
