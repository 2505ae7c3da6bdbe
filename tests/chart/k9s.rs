//! `k9s/views.yaml`, read by k9s' own loader and shown by its own columns.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::judges::{answers, run, source};
use crate::support::{path, yaml};

/// Each kind, and its view.
const KINDS: [(&str, &str); 3] =
    [("SaeAppWatch", "saeappwatches"), ("SaeAppWatchSet", "saeappwatchsets"), ("SaeAccount", "saeaccounts")];

/// What `k9s/stub.go` stands in for.
const STUBBED: [(&str, &str); 5] = [
    ("client", "github.com/derailed/k9s/internal/client"),
    ("data", "github.com/derailed/k9s/internal/config/data"),
    ("model1", "github.com/derailed/k9s/internal/model1"),
    ("tview", "github.com/derailed/tview"),
    ("get", "k8s.io/kubectl/pkg/cmd/get"),
];

/// k9s' module with our program in it, since only what is in its module may use its internals.
static JUDGE: LazyLock<PathBuf> = LazyLock::new(|| {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let module =
        source("github.com/derailed/k9s@v0.50.16", "h1:djzWog8EYth+S6oLE1YjsC4BqMfo2on+mAv1FU/YoZA=");
    for name in ["go.mod", "go.sum"] {
        write(&folder.join(name), &fs::read(module.join(name)).unwrap());
    }
    for name in ["internal/config/json", "internal/slogs"] {
        copy(&module.join(name), &folder.join(name));
    }
    let program = folder.join("views");
    write(&program.join("main.go"), include_bytes!("k9s/main.go"));
    write(&program.join("stub/stub.go"), include_bytes!("k9s/stub.go"));
    for (folder, name) in [("config", "views.go"), ("render", "cust_col.go"), ("render", "cust_cols.go")] {
        let text = fs::read_to_string(module.join("internal").join(folder).join(name)).unwrap();
        let text = STUBBED.iter().fold(text, |text, (name, import)| {
            text.replace(
                &format!("\t\"{import}\""),
                &format!("\t{name} \"github.com/derailed/k9s/views/stub\""),
            )
        });
        write(
            &program.join(name),
            text.replace(&format!("\npackage {folder}\n"), "\npackage main\n").as_bytes(),
        );
    }
    // Without the folder's name in it, the build of one run serves the next.
    let judge = Path::new(env!("CARGO_TARGET_TMPDIR")).join("k9s-views");
    run(Command::new("go")
        .args(["build", "-trimpath", "-o"])
        .arg(&judge)
        .arg("./views")
        .current_dir(folder)
        .env("GOWORK", "off"));
    judge
});

/// How k9s shows objects by our columns.
fn shown(questions: &[Value]) -> Vec<Value> {
    answers(Command::new(&*JUDGE).arg(path("k9s/views.yaml")), questions)
}

fn write(file: &Path, text: &[u8]) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (file, copied) = (entry.path(), to.join(entry.file_name()));
        if file.is_dir() {
            copy(&file, &copied);
        } else {
            write(&copied, &fs::read(&file).unwrap());
        }
    }
}

/// What the operator writes into objects of this kind, and who declares them.
fn objects(kind: &str) -> Vec<Value> {
    let folder = path(&format!("gitops/argocd/saewatch.dev/{kind}/testdata"));
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let file = |name: String| yaml(&format!("gitops/argocd/saewatch.dev/{kind}/testdata/{name}"));
    let mut objects: Vec<Value> = names.map(file).collect();
    for object in &mut objects {
        object["metadata"]["namespace"] = json!("team-a");
    }
    objects
}

/// A watch of a set, of an account that is over its quota, with all that a status can say.
fn watch() -> Value {
    let mut watch = yaml("gitops/argocd/saewatch.dev/SaeAppWatch/testdata/failing.yaml");
    watch["metadata"]["namespace"] = json!("team-a");
    watch["metadata"]["labels"] = json!({"saewatch.dev/set": "shop"});
    let time = "2026-11-30T10:00:00Z";
    let more = json!({
        "app": "shop", "appId": "a-1", "account": "prod", "region": "cn-hangzhou", "reason": "InstancesFailing",
        "message": "3 of 4", "readyInstances": "3/4", "lastTransitionAt": time, "observedAt": time,
        "effectiveInterval": "2m", "health": "Degraded",
        "counts": {"total": 4, "ready": 3, "starting": 0, "unhealthy": 0, "failing": 1, "terminating": 0,
            "unknown": 0, "missing": 0, "restarts": 7},
        "diagnosis": {"at": time, "since": time,
            "change": {"id": "c-1", "status": "Failed", "message": "no image"},
            "events": [{"reason": "BackOff", "object": "Pod/a", "count": 1, "cause": "no such tag"},
                {"reason": "Failed", "object": "Pod/a", "count": 1}]},
    });
    let status = watch["status"].as_object_mut().unwrap();
    status.extend(more.as_object().unwrap().clone());
    // It is a status that the API server would take.
    serde_json::from_value::<saewatch::api::SaeAppWatchStatus>(watch["status"].clone()).unwrap();
    watch
}

fn value<'a>(answer: &'a Value, column: &str) -> &'a str {
    let columns = answer["columns"].as_array().unwrap();
    let found = columns.iter().find(|shown| shown["name"] == column);
    found.unwrap_or_else(|| panic!("no column {column}: {answer}"))["value"].as_str().unwrap()
}

#[test]
fn k9s_reads_the_columns_and_each_of_them_finds_something() {
    for (kind, plural) in KINDS {
        let mut objects = objects(kind);
        if kind == "SaeAppWatch" {
            objects.push(watch());
        }
        if kind == "SaeAppWatchSet" {
            let mut of_account = objects[0].clone();
            of_account["spec"]["accountRef"] = json!({"name": "prod"});
            objects.push(of_account);
        }
        let view = format!("saewatch.dev/v1alpha1/{plural}");
        let questions: Vec<Value> =
            objects.iter().map(|object| json!({"view": view, "object": object})).collect();
        let answers = shown(&questions);
        assert_eq!(answers.len(), questions.len());
        let names = |answer: &Value| -> Vec<String> {
            let columns = answer["columns"].as_array().unwrap().iter();
            columns.map(|column| column["name"].as_str().unwrap().to_owned()).collect()
        };
        let all = names(&answers[0]);
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
        for column in &all {
            let is_found = |answer: &Value| !["", "na", "<none>"].contains(&value(answer, column));
            assert!(answers.iter().any(is_found), "{plural}: nothing is ever in {column}");
        }
        let sorted = answers[0]["sorted"].as_str().unwrap();
        assert!(all.iter().any(|column| column == sorted), "{plural} is sorted by {sorted}");
    }
}

#[test]
fn k9s_shows_what_is_unwell_since_when_and_why() {
    let question = json!({"view": "saewatch.dev/v1alpha1/saeappwatches", "object": watch()});
    let answer = shown(&[question]).pop().unwrap();
    for (column, expected) in [
        ("NAMESPACE", "team-a"),
        ("HEALTH", "Degraded"),
        ("INSTANCES", "3/4"),
        ("SINCE", "age"),
        ("CHANGE", "Failed"),
        ("WARNINGS", "BackOff,Failed"),
        ("CAUSE", "no such tag"),
        ("CHANGE MESSAGE", "no image"),
        ("SET", "shop"),
        ("RESTARTS", "7"),
    ] {
        assert_eq!(value(&answer, column), expected, "{column}");
    }
    assert_eq!((&answer["sorted"], &answer["ascending"]), (&json!("SINCE"), &json!(true)));
}
