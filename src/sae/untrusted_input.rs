//! Every reader of untrusted input, as fuzzer and property tests call it: whatever the bytes, it does not panic, and
//! its messages are fit for a condition.
//!
//! Compiled for tests and with `--cfg fuzzing` alone; `make fuzz` is the other way in.
#![allow(clippy::missing_panics_doc, reason = "to panic is how a property says that it does not hold")]

use super::{Answer, Environment, Error, credentials};
use crate::domain::diagnosis::{AppEvent, ChangeOrder};
use crate::domain::text::{MESSAGE_BYTES, TEXT_BYTES};

/// The first two bytes are the HTTP status, the rest is the body, read as the answer of each operation.
pub fn read_answer(bytes: &[u8]) {
    let Some((status, body)) = bytes.split_first_chunk::<2>() else { return };
    let answer = Answer { status: u16::from_be_bytes(*status), body: body.to_vec(), ..Answer::default() };
    let page = answer.clone().instances("group-1");
    if let Ok(page) = &page {
        let has_group = page.entries.iter().all(|instance| instance.group_id.is_some());
        assert!(has_group, "an instance without its group: {page:?}");
    }
    assert_fit(page.err());
    let groups = answer.clone().groups();
    if let Ok(groups) = &groups {
        assert!(groups.entries.iter().all(|group| !group.id.is_empty()), "a group without id: {groups:?}");
    }
    assert_fit(groups.err());
    assert_fit(answer.clone().applications().err());
    assert_fit(answer.clone().is_stopped().err());
    assert_fit(answer.clone().abnormal_instances().err());
    read_evidence(answer);
}

/// What a diagnosis is made of is cut and cleaned as it is read.
fn read_evidence(answer: Answer) {
    let (orders, message) = (answer.clone().change_orders(), answer.clone().change_order_message());
    let events = answer.events();
    for order in orders.iter().flatten() {
        let ChangeOrder { id, kind, status, created_at } = order;
        let texts = [kind, status, created_at].into_iter().flatten().chain([id]);
        texts.for_each(|text| assert_clean(text, TEXT_BYTES));
    }
    for event in events.iter().flatten() {
        let AppEvent { kind, reason, object_kind, object_name, message, cause, first_at: _, last_at: _ } =
            event;
        let texts = [kind, reason, object_kind, object_name].into_iter().flatten();
        texts.for_each(|text| assert_clean(text, TEXT_BYTES));
        [message, cause].into_iter().flatten().for_each(|text| assert_clean(text, MESSAGE_BYTES));
    }
    message.iter().flatten().for_each(|text| assert_clean(text, MESSAGE_BYTES));
    [orders.err(), message.err(), events.err()].into_iter().for_each(assert_fit);
}

fn assert_clean(text: &str, most: usize) {
    assert!(text.len() <= most && !text.contains(char::is_control), "{text:?}");
}

/// A file of profiles, read in both of its forms.
pub fn read_profiles(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let environment = Environment::of([("", ""); 0]);
    for problem in credentials::read_profiles(&environment, &text) {
        assert!(!problem.contains("marked-secret"), "a secret is quoted: {problem}");
    }
}

fn assert_fit(error: Option<Error>) {
    let Some(error) = error else { return };
    let text = error.to_string();
    assert!(text.len() <= 1024, "{} bytes: {text}", text.len());
    assert!(!text.contains(char::is_control), "{text:?}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use serde_json::{Map, Value};

    /// The captured answers, as bytes of the form that `read_answer` reads.
    fn answers() -> Vec<Vec<u8>> {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/data/response-cases.json")).unwrap();
        let bytes = |case: &Value| {
            let reply = &case["r"];
            let status = u16::try_from(reply["status"].as_u64().unwrap_or(200)).unwrap();
            let body = match &reply["body"] {
                Value::String(text) => text.clone(),
                json => json.to_string(),
            };
            [&status.to_be_bytes()[..], body.as_bytes()].concat()
        };
        let evidence: Map<String, Value> =
            serde_json::from_str(include_str!("../../tests/data/evidence.json")).unwrap();
        let evidence =
            evidence.values().map(|body| [&200_u16.to_be_bytes()[..], body.to_string().as_bytes()].concat());
        cases.iter().map(bytes).chain(evidence).collect()
    }

    fn profiles() -> Vec<Vec<u8>> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/profiles");
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    /// A seed with some bytes replaced, doubled or cut out.
    fn mutated(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let edit = (any::<Index>(), any::<Index>(), any::<u8>(), 0..4_u8);
        (select(seeds), proptest::collection::vec(edit, 0..8)).prop_map(|(mut bytes, edits)| {
            for (start, end, byte, kind) in edits {
                let (a, b) = (start.index(bytes.len() + 1), end.index(bytes.len() + 1));
                let range = a.min(b)..a.max(b);
                match kind {
                    0 => bytes[range].fill(byte),
                    1 => drop(bytes.drain(range)),
                    2 => bytes.insert(a, byte),
                    _ => {
                        let piece = bytes[range].to_vec();
                        bytes.splice(b..b, piece);
                    }
                }
            }
            bytes
        })
    }

    fn json() -> impl Strategy<Value = Value> {
        let names = select(vec![
            "Success",
            "Code",
            "ErrorCode",
            "Message",
            "Data",
            "Instances",
            "TotalSize",
            "InstanceId",
            "Tags",
            "Key",
            "Applications",
            "AppId",
            "GroupId",
            "CurrentStatus",
            "ErrorInstances",
            "ChangeOrderList",
            "ChangeOrderId",
            "Status",
            "CreateTime",
            "ErrorMessage",
            "AppEventEntity",
            "Reason",
            "LastTimestamp",
            "AccessDeniedDetail",
            "AuthAction",
            "RequestId",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            select(vec![
                "200",
                "true",
                "空",
                "-",
                "Throttling.User",
                "-1",
                "2026-11-30T12:00:00Z",
                "x://u:p@h"
            ])
            .prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 8, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                proptest::collection::hash_map(names.clone().prop_map(str::to_owned), inner, 0..8)
                    .prop_map(Value::from_iter),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            read_answer(&bytes);
            read_profiles(&bytes);
        }

        #[test]
        fn any_json_is_read_without_panic(status in 100..600_u16, json in json()) {
            read_answer(&[&status.to_be_bytes()[..], json.to_string().as_bytes()].concat());
            read_profiles(json.to_string().as_bytes());
        }

        #[test]
        fn a_damaged_answer_is_read_without_panic(bytes in mutated(answers())) {
            read_answer(&bytes);
        }

        #[test]
        fn a_damaged_file_of_profiles_is_read_without_panic(bytes in mutated(profiles())) {
            read_profiles(&bytes);
        }
    }
}
