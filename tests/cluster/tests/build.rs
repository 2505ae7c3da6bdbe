//! How the binaries are built, with a shell script in place of `go`.

#[cfg(test)]
#[path = "support/command.rs"]
mod command;
#[cfg(test)]
#[path = "support/processes.rs"]
mod processes;

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    os::unix::fs::symlink,
    path::PathBuf,
    process::Command,
};

use command::{TestResult, devcluster, eventually, script, text};
use processes::is_running;
use tempfile::TempDir;

/// A folder with a `go` of our making in front of the PATH, and an empty cache.
struct FakeGo {
    folder: TempDir,
}

impl FakeGo {
    /// `go` that does this; `$out` is the file that it is to build, `$CALLS` a file for what it has to tell.
    fn that(does: &str) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        script(&folder, "go", &format!("while [ \"$1\" != -o ]; do shift; done; out=$2; {does}"))?;
        Ok(Self { folder })
    }

    fn devcluster(&self, arguments: &[&str]) -> Command {
        let path = env::var("PATH").unwrap_or_default();
        let mut command = devcluster(arguments);
        command
            .env_remove("KUBEBUILDER_ASSETS")
            .env("PATH", format!("{}:{path}", self.folder.path().display()))
            .env("SAEWATCH_CACHE", self.folder.path().join("cache"))
            .env("CALLS", self.calls());
        command
    }

    fn calls(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    /// The names in the folder of built binaries.
    fn cached(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for folder in fs::read_dir(self.folder.path().join("cache"))? {
            for file in fs::read_dir(folder?.path())? {
                names.push(file?.file_name().to_string_lossy().into_owned());
            }
        }
        Ok(names)
    }
}

#[test]
fn two_processes_that_want_the_same_binary_build_it_once() -> TestResult {
    let go = FakeGo::that(
        "echo call >>\"$CALLS\"; until [ -e \"$CALLS.end\" ]; do sleep 0.1; done; \
         printf '#!/bin/sh\\necho built' >\"$out\"; chmod +x \"$out\"",
    )?;
    let first = go.devcluster(&["helm"]).spawn()?;
    assert!(eventually(|| go.calls().exists()));
    let mut second = go.devcluster(&["helm"]).spawn()?;
    let mut line = String::new();
    BufReader::new(second.stderr.take().ok_or("no stderr")?).read_line(&mut line)?;
    assert!(line.contains("another process is building into"), "{line}");
    fs::write(go.calls().with_extension("end"), "")?;

    let (first, second) = (first.wait_with_output()?, second.wait_with_output()?);
    assert_eq!((text(&first.stdout), text(&second.stdout)), ("built\n".into(), "built\n".into()));
    assert_eq!(fs::read_to_string(go.calls())?, "call\n");
    let said = text(&first.stderr);
    assert!(said.contains("building helm into") && said.contains("about 30 seconds"), "{said}");
    Ok(())
}

#[test]
fn a_build_that_fails_shows_the_end_of_what_go_said_and_leaves_no_file() -> TestResult {
    let go = FakeGo::that("echo half >\"$out\"; echo 'undefined: Everything' >&2; exit 2")?;
    let output = go.devcluster(&["helm", "version"]).output()?;
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(error.contains("go build of helm failed (exit status: 2)"), "{error}");
    assert!(error.contains("undefined: Everything"), "{error}");
    assert_eq!(go.cached()?, ["lock"]);
    Ok(())
}

#[test]
fn a_build_that_is_killed_leaves_no_compiler_and_no_file() -> TestResult {
    let go = FakeGo::that("echo half >\"$out\"; echo $$ >\"$CALLS\"; sleep 60")?;
    let mut process = go.devcluster(&["helm"]).spawn()?;
    let compiler = || fs::read_to_string(go.calls()).unwrap_or_default().trim().to_owned();
    assert!(eventually(|| !compiler().is_empty()));
    let compiler = compiler();
    assert!(is_running(&compiler));
    process.kill()?;
    process.wait()?;
    assert!(eventually(|| !is_running(&compiler)));
    assert!(eventually(|| go.cached().is_ok_and(|files| files == ["lock"])));
    Ok(())
}

#[test]
fn a_machine_without_go_is_told_what_to_install() -> TestResult {
    let go = FakeGo::that("")?;
    fs::remove_file(go.folder.path().join("go"))?;
    symlink("/bin/sh", go.folder.path().join("sh"))?;
    let output = go.devcluster(&["build"]).env("PATH", go.folder.path()).output()?;
    assert_eq!(output.status.code(), Some(1));
    let error = text(&output.stderr);
    assert!(error.contains("kube-apiserver must be built"), "{error}");
    assert!(error.contains("install Go 1.26 or newer (https://go.dev/doc/install)"), "{error}");
    Ok(())
}
