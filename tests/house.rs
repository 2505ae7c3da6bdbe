//! The house: imports point one way, and files stay small enough to read.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, each with the rooms it may use.
const ROOMS: [(&str, &[&str]); 9] = [
    ("api", &[]),
    ("domain", &["api"]),
    ("net", &["domain"]),
    ("sae", &["api", "domain", "net"]),
    ("telemetry", &["api", "domain"]),
    ("poll", &["api", "domain", "sae", "telemetry"]),
    ("cluster", &["domain", "net"]),
    ("operator", &["api", "domain", "cluster", "sae", "poll", "telemetry"]),
    ("cli", &["api", "domain", "cluster", "sae", "poll", "operator", "telemetry"]),
];

/// What would make a rule depend on more than its arguments.
const IMPURE: [&str; 10] = [
    "async ",
    ".await",
    "tracing::",
    "kube::",
    "hyper",
    "tokio",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Utc::now",
];

/// Words that the house had for what the field calls otherwise, each with the word that stands instead.
const RETIRED: [(&str, &str); 12] = [
    ("Halt", "PollError"),
    ("Turn", "JobRun"),
    ("Looked", "Outcome"),
    ("Telling", "EventOutcome"),
    ("alarms", "wakeups"),
    ("letterbox", "channel"),
    ("lockout", "credential gate"),
    ("strangers", "untrusted input"),
    ("stranger", "untrusted input"),
    ("seize", "try_acquire"),
    ("Manner", "CommonArgs"),
    ("Rulebook", "Validator"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The names that follow `crate::` anywhere in a text, `crate::{a, b}` included.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let first_word =
        |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned();
    text.match_indices("crate::")
        .flat_map(|(at, prefix)| {
            let rest = &text[at + prefix.len()..];
            match rest.strip_prefix('{').and_then(|list| list.split_once("};")) {
                Some((list, _)) => list.split(',').map(|item| first_word(item.trim())).collect(),
                None => vec![first_word(rest)],
            }
        })
        .collect()
}

#[test]
fn imports_point_one_way() {
    let all: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    for (room, may_use) in ROOMS {
        for file in rust_files(&root().join("src").join(room)) {
            for used in rooms_named(&fs::read_to_string(&file).unwrap()) {
                let is_allowed =
                    used == room || may_use.contains(&used.as_str()) || !all.contains(used.as_str());
                assert!(is_allowed, "{} imports from `{used}`, which `{room}` may not use", file.display());
            }
        }
    }
}

#[test]
fn the_folders_of_poll_import_one_way() {
    let folders = ["gate", "targets", "scheduler", "run"];
    for (position, folder) in folders.into_iter().enumerate() {
        for file in rust_files(&root().join("src/poll").join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            for user in &folders[position + 1..] {
                let is_used = text.contains(&format!("crate::poll::{user}"));
                assert!(!is_used, "{} imports from `{user}`, which uses `{folder}`", file.display());
            }
        }
    }
}

#[test]
fn every_room_is_in_the_list() {
    let rooms: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(rooms, ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect());
}

#[test]
fn the_rules_are_pure() {
    for file in rust_files(&root().join("src/domain")) {
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for impure in IMPURE {
                assert!(!code.contains(impure), "{}:{} names `{impure}`", file.display(), number + 1);
            }
        }
    }
}

#[test]
fn retired_words_do_not_come_back() {
    let mut found = Vec::new();
    for file in rust_files(&root().join("src")) {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy();
        let words: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric()).chain([&*name]).collect();
        let retired = RETIRED.iter().filter(|(retired, _)| words.contains(retired));
        found.extend(retired.map(|(word, now)| format!("{}: {word}, now {now}", file.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_file_is_longer_than_400_lines() {
    for file in ["src", "tests", "benches", "examples"].iter().flat_map(|folder| {
        let folder = root().join(folder);
        if folder.is_dir() { rust_files(&folder) } else { Vec::new() }
    }) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines; a second concept lives in there", file.display());
    }
}

/// The sections of the contract that a text cites: every number after a `§` that follows `contract` in its line.
fn sections_cited(text: &str) -> BTreeSet<String> {
    let after_contract =
        text.lines().flat_map(|line| line.match_indices("contract §").map(|(at, _)| &line[at..]));
    after_contract
        .flat_map(|rest| rest.split('§').skip(1))
        .map(|rest| rest.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default())
        .map(|number| number.trim_end_matches('.').to_owned())
        .collect()
}

#[test]
fn every_cited_section_of_the_contract_exists() {
    let contract = fs::read_to_string(root().join("docs/contract.md")).unwrap();
    let headings = contract.lines().filter_map(|line| line.strip_prefix('#'));
    let sections: BTreeSet<&str> = headings
        .filter_map(|heading| heading.trim_start_matches('#').split_whitespace().next())
        .map(|number| number.trim_end_matches('.'))
        .collect();
    let mut cited = 0;
    let folders = ["src", "tests", "benches", "examples"];
    let files = folders.iter().flat_map(|folder| rust_files(&root().join(folder)));
    // This file speaks of citations.
    for file in files.filter(|file| !file.ends_with("tests/house.rs")) {
        for section in sections_cited(&fs::read_to_string(&file).unwrap()) {
            assert!(
                sections.contains(section.as_str()),
                "{} cites contract §{section}, which docs/contract.md does not have",
                file.display()
            );
            cited += 1;
        }
    }
    assert!(cited > 50, "only {cited} citations were found");
}

#[test]
fn the_test_of_citations_sees_each_number() {
    let seen = sections_cited("// as contract §2 to §7, and contract §11.3.\n// §9 alone is somebody else's");
    assert_eq!(seen, BTreeSet::from(["2".into(), "7".into(), "11.3".into()]));
}

#[test]
fn the_import_test_sees_lists_and_paths() {
    let seen = rooms_named("use crate::{api, poll::Polls};\nlet x = crate::sae::Error;");
    assert_eq!(seen, BTreeSet::from(["api".into(), "poll".into(), "sae".into()]));
}
