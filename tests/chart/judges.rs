//! The programs that judge, from the Go module in `judges/`, and sources that only the Go module proxy has.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use devcluster::{GoModule, GoProgram};
use serde_json::Value;

fn module() -> GoModule {
    GoModule {
        name: "judges",
        files: &[
            ("go.mod", include_str!("judges/go.mod")),
            ("go.sum", include_str!("judges/go.sum")),
            ("main.go", include_str!("judges/main.go")),
            ("flux.go", include_str!("judges/flux.go")),
            ("argocd.go", include_str!("judges/argocd.go")),
        ],
        tags: "remove_all_sd",
        linker_flags: "-s -w".to_owned(),
    }
}

/// Prometheus' tool, ready to be given arguments.
pub fn promtool() -> Command {
    program(GoProgram {
        name: "promtool",
        package: "github.com/prometheus/prometheus/cmd/promtool",
        first_build: "about 2 minutes on two cores",
    })
}

/// The runner of the chart's unit suites, ready to be given arguments.
pub fn helm_unittest() -> Command {
    program(GoProgram {
        name: "helm-unittest",
        package: "github.com/helm-unittest/helm-unittest/cmd/helm-unittest",
        first_build: "about 1 minute on two cores",
    })
}

/// Argo CD's engine, ready to be given arguments; see `argocd/main.go`. A module of its own, since it needs older Kubernetes
/// libraries than the others.
pub fn argocd_sync() -> Command {
    let module = GoModule {
        name: "argocd",
        files: &[
            ("go.mod", include_str!("argocd/go.mod")),
            ("go.sum", include_str!("argocd/go.sum")),
            ("main.go", include_str!("argocd/main.go")),
        ],
        tags: "",
        linker_flags: "-s -w".to_owned(),
    };
    let program = GoProgram {
        name: "sync",
        package: "saewatch.dev/argocd",
        first_build: "about 2 minutes on two cores",
    };
    Command::new(module.build(program).unwrap())
}

/// What a library says of each object; see `judges/main.go`.
pub fn judge(arguments: &[&str], objects: &[Value]) -> Vec<Value> {
    let mut command = program(GoProgram {
        name: "judge",
        package: "saewatch.dev/judges",
        first_build: "about 1 minute on two cores",
    });
    command.args(arguments);
    answers(&mut command, objects)
}

/// The status that a library gives each object.
pub fn statuses(arguments: &[&str], objects: &[Value]) -> Vec<String> {
    let said = judge(arguments, objects);
    said.iter().map(|verdict| verdict["status"].as_str().unwrap().to_owned()).collect()
}

/// What a program answers that reads JSON objects from standard input, and writes some to standard output.
pub fn answers(command: &mut Command, objects: &[Value]) -> Vec<Value> {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let objects: String = objects.iter().map(Value::to_string).collect();
    let writer = std::thread::spawn(move || pipe.write_all(objects.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    writer.join().unwrap().unwrap();
    let answers = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    answers.collect::<Result<_, _>>().unwrap()
}

/// Runs a program to its end; what it says is shown if it fails.
pub fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}:\n{said}", output.status);
    said.into_owned()
}

/// The unpacked source of a Go module, in Go's own cache; its checksum must be this.
pub fn source(module: &str, sum: &str) -> PathBuf {
    // Outside of any module, so that none is looked at.
    let mut go = Command::new("go");
    go.args(["mod", "download", "-json", module]).current_dir(std::env::temp_dir()).env("GOWORK", "off");
    let said: Value = serde_json::from_slice(&go.output().unwrap().stdout).unwrap();
    assert_eq!(said["Sum"], sum, "{said:#}");
    said["Dir"].as_str().unwrap().into()
}

/// A program of the module, ready to be given arguments.
pub fn program(program: GoProgram) -> Command {
    Command::new(module().build(program).unwrap())
}
