//! What is asked of the API server, as its audit log would have it.

use http::{Method, Request};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::store::{Name, Resource};

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// A list in pages.
    List,
    /// A watch that begins with a list.
    StreamList,
    /// A watch that goes on from a version.
    Watch,
    /// A merge patch on a status.
    Patch,
    /// A server-side apply of a watch.
    Apply,
    /// The creation of an event.
    Emit,
    /// A merge patch on a status that brings a diagnosis.
    Diagnose,
    /// The creation of the event of a diagnosis.
    EmitDiagnosis,
}

/// One call that reached the API server; all of it is printed when a test fails.
#[allow(dead_code, reason = "some fields are there to be read by people")]
#[derive(Debug, Clone)]
pub struct Call {
    pub at: Timestamp,
    pub verb: Verb,
    /// What is asked for.
    pub resource: Resource,
    /// The object that is written, or that an event regards; empty names for lists.
    pub name: Name,
    /// Whether a write brought a list of instances.
    pub has_list: bool,
    /// The size of the body.
    pub bytes: usize,
    /// The HTTP status of the answer; `None` if there was none.
    pub answer: Option<u16>,
}

/// A call as it comes in.
#[derive(Clone)]
pub struct Asked {
    pub verb: Verb,
    pub resource: Resource,
    pub namespace: Option<String>,
    pub name: String,
    query: String,
}

impl Asked {
    /// Reads a request.
    pub fn of<B>(request: &Request<B>) -> Self {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let parts: Vec<&str> = request.uri().path().split('/').filter(|part| !part.is_empty()).collect();
        let (namespace, rest) = match &parts[3..] {
            ["namespaces", namespace, rest @ ..] => (Some((*namespace).to_owned()), rest),
            rest => (None, rest),
        };
        let resource =
            if rest.first() == Some(&"saeappwatchsets") { Resource::Sets } else { Resource::Watches };
        let mut asked = Self { verb: Verb::List, resource, namespace, name: String::new(), query };
        let content = request.headers().get("content-type").map(|value| value.to_str().unwrap_or_default());
        asked.verb = match (request.method(), parts[1], rest, content) {
            (&Method::GET, "saewatch.dev", ["saeappwatches" | "saeappwatchsets"], _) => match () {
                () if asked.says("sendInitialEvents", "true") => Verb::StreamList,
                () if asked.says("watch", "true") => Verb::Watch,
                () => Verb::List,
            },
            (
                &Method::PATCH,
                "saewatch.dev",
                ["saeappwatches" | "saeappwatchsets", name, "status"],
                Some(content),
            ) => {
                (*name).clone_into(&mut asked.name);
                assert_eq!(content, "application/merge-patch+json");
                let brings_diagnosis = asked.says("fieldManager", "saewatch-diagnosis");
                if brings_diagnosis { Verb::Diagnose } else { Verb::Patch }
            }
            (&Method::PATCH, "saewatch.dev", ["saeappwatches", name], Some(content)) => {
                (*name).clone_into(&mut asked.name);
                assert_eq!(content, "application/apply-patch+yaml");
                assert!(asked.says("fieldManager", "saewatch-set") && asked.says("force", "true"));
                Verb::Apply
            }
            (&Method::POST, "events.k8s.io", ["events"], _) => Verb::Emit,
            (method, ..) => panic!("the operator has no right to {method} {}", request.uri()),
        };
        asked
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()?;
        Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
    }

    /// A parameter that is a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.parameter(name)?.parse().ok()
    }

    /// Whether a parameter has this value.
    pub fn says(&self, name: &str, value: &str) -> bool {
        self.parameter(name).as_deref() == Some(value)
    }
}
