//! Two programs read a duration of a spec: the API server's CEL in Go, and this one. On drawn texts they agree about
//! which are durations, how long each is, and which the rules of the CRD let through.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use saewatch::api::GoDuration;
use serde_json::{Value, json};

use crate::support::{World, cluster};

/// How many texts are drawn.
const DRAWN: usize = 150;

/// Texts that were read in two ways once, and corners of Go's reader.
const KNOWN: [&str; 14] = [
    "20.00000000000s",
    "0000000000060s",
    "0.3333333333333333h",
    "9.9999999999999s",
    "14.99999999999999999s",
    "14.9999999999s",
    "1.0000000000000000000000000000000000000000000000000000000000001m",
    "0.99999999999999999999999999h",
    "2562047h47m16s854.775807ms",
    "2562047h47m16s854.775808ms",
    "2562048h",
    "99999999999999999999999999h",
    // Their sum is above 64 bits, which Go does not see.
    "9223372036854.775808ms9223372036854.775808ms20s",
    "1h30",
];

/// Numbers of all lengths with all units; texts around the bounds of `interval`; and what is hardly a duration.
fn texts() -> impl Strategy<Value = String> {
    let number = "(0{0,20}[0-9]{1,5}|[0-9]{16,20})(\\.([0-9]{1,3}|[0-9]{9,25}|9{1,20}|0{1,20}[0-9]))?";
    let any = proptest::string::string_regex(&format!("({number}(h|m|s|ms)){{1,3}}")).unwrap();
    let at_a_bound = "(14\\.9{1,25}s|0{0,9}15\\.0{1,20}[01]s|0\\.00416{1,20}[67]h|86400\\.0{1,20}[01]s|23h59m59\\.9{1,25}s)";
    prop_oneof![3 => any, 2 => at_a_bound, 1 => "[0-9.hms -]{0,6}"]
        .prop_filter("longer than the schema takes", |text| text.len() <= 64)
}

fn drawn() -> Vec<String> {
    let mut runner = TestRunner::default();
    let draw = std::iter::repeat_with(|| texts().new_tree(&mut runner).unwrap().current());
    KNOWN.map(str::to_owned).into_iter().chain(draw.take(DRAWN)).collect()
}

fn read(text: &str) -> Option<Duration> {
    text.parse::<GoDuration>().ok().map(|duration| duration.value())
}

/// Which of the objects the API server would create; the objects are named by their numbers.
async fn created(world: &World, objects: &[Value]) -> BTreeSet<usize> {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let create = ["create", "--dry-run=server", "-o", "name", "-n", &world.namespace, "-f", "-"];
    let output = cluster().await.kubectl_with_input(&create, &list).await.unwrap();
    let names = output.stdout.lines().map(|line| line.rsplit_once("/n-").expect(line).1.parse().unwrap());
    names.collect()
}

fn numbers(texts: &[String], is_one: impl Fn(&str) -> bool) -> BTreeSet<usize> {
    (0..texts.len()).filter(|number| is_one(&texts[*number])).collect()
}

fn assert_same(texts: &[String], ours: &BTreeSet<usize>, theirs: &BTreeSet<usize>) {
    let told = |numbers: &mut dyn Iterator<Item = &usize>| {
        numbers.map(|number| (&texts[*number], read(&texts[*number]))).collect::<Vec<_>>()
    };
    let only_here = told(&mut ours.difference(theirs));
    let only_there = told(&mut theirs.difference(ours));
    assert!(
        only_here.is_empty() && only_there.is_empty(),
        "only here {only_here:?}, only there {only_there:?}"
    );
}

/// A resource that has CEL read a text, and compares the reading with ours.
fn reading_crd() -> Value {
    let spec = json!({
        "type": "object",
        "properties": {
            "text": {"type": "string", "maxLength": 64},
            "nanoseconds": {"type": "string", "maxLength": 64},
        },
        "x-kubernetes-validations": [{
            "rule": "self.text.matches('^([0-9]+([.][0-9]+)?(h|m|s|ms))+$') && (self.nanoseconds == '' \
                     ? duration(self.text) >= duration('0s') \
                     : duration(self.text) == duration(self.nanoseconds))",
        }],
    });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "readings.test.saewatch.dev"},
        "spec": {
            "group": "test.saewatch.dev", "scope": "Namespaced",
            "names": {"kind": "Reading", "plural": "readings"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
            }],
        },
    })
}

#[tokio::test]
async fn a_duration_is_as_long_here_as_in_the_api_server() {
    let world = World::new().await;
    let crd = reading_crd().to_string();
    let cluster = cluster().await;
    cluster.kubectl_with_input(&["apply", "-f", "-"], &crd).await.unwrap().checked().unwrap();
    cluster.established().await.unwrap();

    let texts = drawn();
    let reading = |(number, text): (usize, &String)| {
        let nanoseconds = read(text).map_or(String::new(), |duration| format!("{}ns", duration.as_nanos()));
        json!({
            "apiVersion": "test.saewatch.dev/v1", "kind": "Reading", "metadata": {"name": format!("n-{number}")},
            "spec": {"text": text, "nanoseconds": nanoseconds},
        })
    };
    let readings: Vec<Value> = texts.iter().enumerate().map(reading).collect();
    let ours = numbers(&texts, |text| read(text).is_some());
    assert_same(&texts, &ours, &created(&world, &readings).await);
}

#[tokio::test]
async fn the_operator_and_check_take_the_intervals_that_the_api_server_takes() {
    let world = World::new().await;
    let texts = drawn();
    let watch = |(number, interval): (usize, &String)| {
        json!({
            "apiVersion": "saewatch.dev/v1alpha1", "kind": "SaeAppWatch",
            "metadata": {"name": format!("n-{number}")}, "spec": {"appId": "a", "interval": interval},
        })
    };
    let watches: Vec<Value> = texts.iter().enumerate().map(watch).collect();
    let theirs = created(&world, &watches).await;
    let bounds = Duration::from_secs(15)..=Duration::from_hours(24);
    let ours = numbers(&texts, |text| read(text).is_some_and(|interval| bounds.contains(&interval)));
    assert_same(&texts, &ours, &theirs);
    assert_same(&texts, &taken_by_check(&watches), &theirs);
}

/// The manifests in which `saewatch check` finds no fault. One of them has a fault, so SAE is not asked.
fn taken_by_check(watches: &[Value]) -> BTreeSet<usize> {
    let mut command = World::bare_command();
    command
        .args(["check", "--region", "cn-hangzhou", "-f", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let documents = watches.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
    child.stdin.take().unwrap().write_all(documents.as_bytes()).unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    let number = |line: &str| line.split_once(": document ")?.1.split_once(": ")?.0.parse::<usize>().ok();
    let refused: BTreeSet<usize> = said.lines().filter_map(number).map(|number| number - 1).collect();
    assert!(!refused.is_empty(), "{said}");
    (0..watches.len()).filter(|number| !refused.contains(number)).collect()
}
