//! An API server that knows only lists and objects of ours, and the plugin that reads them.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::stage::Ran;

/// What each path answers.
type Answers = BTreeMap<String, (u16, Value)>;

pub struct ApiServer {
    answers: Answers,
    folder: tempfile::TempDir,
    /// What was asked for, by path and query.
    asked: Arc<Mutex<Vec<String>>>,
}

impl ApiServer {
    /// A cluster without any object of ours.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        symlink(env!("CARGO_BIN_EXE_saewatch"), folder.path().join("kubectl-saewatch")).unwrap();
        let mut server = Self { answers: Answers::new(), folder, asked: Arc::default() };
        for place in ["", "/namespaces/team-a"] {
            for plural in ["saeappwatches", "saeappwatchsets", "saeaccounts"] {
                server.serve(&format!("{place}/{plural}"), json!({"items": []}));
            }
        }
        server
    }

    /// Answers at a path of our group.
    pub fn serve(&mut self, path: &str, answer: Value) {
        self.answers.insert(format!("/apis/saewatch.dev/v1alpha1{path}"), (200, answer));
    }

    /// Refuses a path of our group, with these words.
    pub fn refuse(&mut self, path: &str, code: u16, message: &str) {
        self.answers.insert(format!("/apis/saewatch.dev/v1alpha1{path}"), (code, failure(code, message)));
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Runs the plugin.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    /// The plugin; the namespace of its context is team-a.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let address = self.start();
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "one",
            "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one", "namespace": "team-a"}}],
            "users": [{"name": "one", "user": {}}],
            "clusters": [{"name": "one", "cluster": {"server": format!("http://{address}")}}],
        });
        let file = self.folder.path().join("kubeconfig");
        std::fs::write(&file, kubeconfig.to_string()).unwrap();
        let mut command = Command::new(self.folder.path().join("kubectl-saewatch"));
        command.env_clear().env("KUBECONFIG", file).args(arguments).stdin(Stdio::null());
        command
    }

    fn start(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (answers, asked) = (Arc::new(self.answers.clone()), self.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answers, asked) = (answers.clone(), asked.clone());
                std::thread::spawn(move || answer(stream, &answers, &asked));
            }
        });
        address
    }
}

fn answer(mut stream: TcpStream, answers: &Answers, asked: &Mutex<Vec<String>>) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if !stream.read(&mut byte).is_ok_and(|read| read > 0) {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap();
    asked.lock().unwrap().push(target.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let not_found = (404, failure(404, "not found"));
    let (code, body) = answers.get(path).unwrap_or(&not_found);
    let body = page(body, query).to_string();
    let answer = format!(
        "HTTP/1.1 {code} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    // Who had enough is gone.
    let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
}

/// What an API server says when it refuses.
fn failure(code: u16, message: &str) -> Value {
    let reason = if code == 404 { "NotFound" } else { "Forbidden" };
    json!({
        "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "message": message,
        "reason": reason, "code": code,
    })
}

/// The page of a list that is asked for.
fn page(list: &Value, query: &str) -> Value {
    let Some(items) = list["items"].as_array() else { return list.clone() };
    let parameter = |name: &str| {
        let (_, value) =
            query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
        value.parse::<usize>().ok()
    };
    let start = parameter("continue").unwrap_or(0);
    let end = (start + parameter("limit").unwrap_or(items.len())).min(items.len());
    let next = if end < items.len() { end.to_string() } else { String::new() };
    json!({"kind": "List", "apiVersion": "v1", "metadata": {"continue": next}, "items": items[start..end]})
}
