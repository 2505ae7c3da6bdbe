//! Words in backticks are words of the project: flags, metrics, variables, values, fields, files, reasons.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use saewatch::telemetry::catalogue;
use serde_json::Value;

use crate::help::of_the_plugin;
use crate::pages::{path, read, text};

/// Flags of other programs that the pages speak of.
const FLAGS_OF_OTHERS: [&str; 10] = [
    "--wait",
    "--field-manager",
    "--take-ownership",
    "--output-watch-events",
    "--force-conflicts",
    "--server-side",
    "--dry-run",
    "--show-managed-fields",
    "--field-selector",
    "--cascade",
];

/// Words of others: Kubernetes', SAE's, Flux', Argo CD's and Prometheus' own.
const WORDS_OF_OTHERS: [&str; 13] = [
    "Kustomization",
    "ConfigMap",
    "ServiceAccount",
    "AliyunSAEReadOnlyAccess",
    "GetWebshellToken",
    "DescribeSecret",
    "DescribeConfigMap",
    "DescribeApplicationConfig",
    "ServiceMonitor",
    "PrometheusRule",
    "CustomResourceDefinition",
    "AssumeRoleWithOIDC",
    "lastTimestamp",
];

#[test]
fn every_word_in_backticks_exists() {
    let known = Known::read();
    for (name, page) in read() {
        for (line, span) in &page.spans {
            let folder = Path::new(&name).parent().unwrap();
            if let Err(what) = known.check(span, folder) {
                panic!("{name}:{line}: `{span}` is no {what}");
            }
        }
    }
}

/// All there is to name.
struct Known {
    flags: BTreeSet<String>,
    metrics: BTreeSet<String>,
    values: Value,
    /// The properties of each kind.
    kinds: Vec<Value>,
    makefile: String,
    /// All code and manifests as one text, for words that are found nowhere else.
    sources: String,
}

impl Known {
    fn read() -> Self {
        let mut flags: BTreeSet<String> = FLAGS_OF_OTHERS.map(str::to_owned).into();
        for command in saewatch::cli::command().get_subcommands() {
            flags.extend(command.get_arguments().filter_map(|flag| Some(format!("--{}", flag.get_long()?))));
        }
        for command in ["check", "why", "tree"] {
            let help = of_the_plugin(command);
            let words = help.split_whitespace().filter(|word| word.starts_with("--"));
            flags.extend(words.filter_map(|word| Some(word.split(['=', '[']).next()?.to_owned())));
        }
        let kinds = saewatch::api::crds().map(|crd| serde_json::to_value(&crd).unwrap());
        let schema =
            |crd: &Value| crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"].clone();
        Self {
            flags,
            metrics: catalogue::ALL.iter().map(|metric| metric.name.to_owned()).collect(),
            values: serde_saphyr::from_str(&text("charts/saewatch/values.yaml")).unwrap(),
            kinds: kinds.iter().map(schema).collect(),
            makefile: text("Makefile"),
            sources: ["src", "charts", "crds", "tests", "gitops", "benches", "examples", "fuzz", ".ci"]
                .iter()
                .map(|folder| sources(&path(folder)))
                .collect(),
        }
    }

    /// Says what a word claims to be and is not.
    fn check(&self, span: &str, folder: &Path) -> Result<(), &'static str> {
        let word = span.split(['=', ' ']).next().unwrap();
        let is_one_word = !span.contains(' ');
        let holds = |is: bool, what| if is { Ok(()) } else { Err(what) };
        if word.starts_with("--") && word != "--" {
            holds(self.flags.contains(word), "flag")
        } else if word.starts_with("saewatch_") {
            let name = word.split('{').next().unwrap();
            let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
            holds(
                self.metrics.contains(name) || of_histogram.is_some_and(|it| self.metrics.contains(it)),
                "metric",
            )
        } else if word.starts_with("SAEWATCH_") || word.starts_with("ALIBABA_CLOUD_") {
            let is_twin = self
                .flags
                .contains(&format!("--{}", word[9.min(word.len())..].to_lowercase().replace('_', "-")));
            holds(is_twin || word.contains('<') || self.sources.contains(word), "variable")
        } else if word == "make" && !is_one_word {
            let target = span.split(' ').nth(1).unwrap();
            holds(self.makefile.contains(&format!("\n{target}:")), "target of the Makefile")
        } else if word == "cargo" {
            holds(self.cargo_knows(span), "target, package or test of cargo's")
        } else if !is_one_word {
            Ok(())
        } else if let Some(field) = ["spec.", "status."].iter().find(|start| span.starts_with(**start)) {
            holds(self.has_field(field.trim_end_matches('.'), span.trim_start_matches(field)), "field")
        } else if is_path(span) {
            let beside = folder.join(span);
            holds(path(span).exists() || path(beside.to_str().unwrap()).exists(), "file")
        } else if let Some((first, rest)) = word.split_once('.')
            && self.values.get(first).is_some_and(Value::is_object)
        {
            let found = rest.split('.').try_fold(&self.values[first], |values, name| values.get(name));
            // The table of the status names its fields without `status.`.
            holds(found.is_some() || self.has_field("status", word), "value of the chart")
        } else if is_camel(span) && !WORDS_OF_OTHERS.contains(&span) {
            holds(self.sources.contains(span), "word of the project")
        } else {
            Ok(())
        }
    }

    /// Whether a kind has a field at this path of its spec or its status.
    fn has_field(&self, part: &str, path: &str) -> bool {
        self.kinds.iter().any(|kind| {
            path.split('.')
                .try_fold(&kind[part], |schema, name| {
                    let schema = if schema["items"].is_object() { &schema["items"] } else { schema };
                    schema["properties"].get(name.trim_end_matches("[]"))
                })
                .is_some()
        })
    }

    /// Whether the target, the package and the test that a command of cargo names are there.
    fn cargo_knows(&self, command: &str) -> bool {
        let words: Vec<&str> = command.split(' ').collect();
        let behind = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
        let target = behind("--test").is_none_or(|it| {
            path(&format!("tests/{it}.rs")).exists() || path(&format!("tests/{it}/main.rs")).exists()
        });
        let package = behind("-p").is_none_or(|it| {
            ["cluster", "simulator"]
                .iter()
                .any(|room| text(&format!("tests/{room}/Cargo.toml")).contains(&format!("name = \"{it}\"")))
        });
        let is_test = words.get(1) == Some(&"test");
        let filter =
            words.last().filter(|last| is_test && behind("--test") != Some(last) && !last.starts_with('-'));
        let test = filter.is_none_or(|it| {
            ["fn ", "mod "].iter().any(|kind| self.sources.contains(&format!("{kind}{it}")))
        });
        target && package && test
    }
}

/// Whether a word begins as the path of a file here does.
fn is_path(word: &str) -> bool {
    word.split_once('/').is_some_and(|(first, _)| !first.is_empty() && path(first).is_dir())
        && !word.contains(['*', '<', '…', '{'])
}

/// `ImagePullFailed`, `minHealthyPercent`: a capital inside, letters only.
fn is_camel(word: &str) -> bool {
    word.len() > 3
        && word.chars().all(|c| c.is_ascii_alphanumeric())
        && word.chars().skip(1).any(|c| c.is_ascii_uppercase())
        && word.chars().any(|c| c.is_ascii_lowercase())
}

/// The texts of all files in a folder.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            all += &sources(&path);
        } else if path.extension().is_none_or(|kind| kind != "md") {
            // What is no text has no words.
            all += &fs::read_to_string(&path).unwrap_or_default();
        }
    }
    all
}
