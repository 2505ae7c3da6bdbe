//! The tables of reasons, commands, flags, exit codes and metrics.

use clap::Command;
use saewatch::domain::Reason;
use saewatch::telemetry::catalogue;

use crate::fragments::{keep, table};
use crate::help::{self, Flag};
use crate::pages::text;

#[test]
fn the_reasons_are_those_of_the_code() {
    keep("docs/reference.md", "reasons", &reasons());
}

#[test]
fn the_commands_are_those_of_the_code() {
    keep("docs/reference.md", "commands", &commands());
}

#[test]
fn the_flags_are_those_of_the_code() {
    for command in shown(&saewatch::cli::command()) {
        let flags: Vec<Flag> = command.get_arguments().filter_map(Flag::read).collect();
        if flags.is_empty() {
            continue;
        }
        keep("docs/reference.md", &flags_part(command.get_name()), &flag_table(&flags));
    }
}

#[test]
fn the_flags_of_the_plugin_are_those_of_the_code() {
    keep("docs/reference.md", "plugin-flags", &flag_table(&help::flags_of_the_plugin()));
}

#[test]
fn the_exit_codes_are_those_of_the_code() {
    let command = saewatch::cli::command();
    let after_help = command.find_subcommand("check").unwrap().get_after_help().unwrap().to_string();
    assert!(help::of_the_plugin("check").ends_with(&format!("{after_help}\n")), "the plugin's are the same");
    // Each in a line of its own, pushed in.
    let codes = after_help.lines().filter_map(|line| line.strip_prefix("  ")?.split_once("  "));
    let rows = codes.map(|(code, when)| vec![code.to_owned(), when.trim().to_owned()]);
    keep("docs/reference.md", "exit-codes", &table(&["exit code", "when"], rows));
}

#[test]
fn the_metrics_are_those_of_the_code() {
    keep("docs/reference.md", "metrics", &metrics());
}

#[test]
fn the_labels_of_a_watch_are_named_above_the_metrics() {
    let page = text("docs/reference.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, sentence) = page.split_once(" have the labels of the watch: ").unwrap();
    let named: Vec<&str> = sentence.split('.').next().unwrap().split('`').skip(1).step_by(2).collect();
    for metric in catalogue::ALL {
        let has_all = named.iter().all(|label| metric.labels.contains(label));
        assert_eq!(has_all, metric.name.starts_with("saewatch_watch_"), "{}: {named:?}", metric.name);
    }
}

/// The subcommands that people see.
fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set())
}

fn commands() -> String {
    let command = saewatch::cli::command();
    let rows = shown(&command).map(|subcommand| {
        let arguments = subcommand.get_positionals().map(|argument| {
            let word = argument.get_id().as_str().to_uppercase();
            if argument.is_required_set() { format!("`{word}`") } else { format!("`[{word}]`") }
        });
        let name = format!("`saewatch {}`", subcommand.get_name());
        vec![name, arguments.collect::<Vec<_>>().join(" "), subcommand.get_about().unwrap().to_string()]
    });
    table(&["command", "takes", "what it does"], rows)
}

fn flags_part(subcommand: &str) -> String {
    if subcommand == "run" { "flags".to_owned() } else { format!("{subcommand}-flags") }
}

fn reasons() -> String {
    let rows = Reason::ALL.iter().map(|reason| {
        let event = reason.event().map_or(String::new(), |kind| format!("{kind:?}"));
        vec![format!("`{reason}`"), reason.meaning().into(), reason.advice().into(), event]
    });
    table(&["reason", "what it means", "what to do", "event"], rows)
}

fn flag_table(flags: &[Flag]) -> String {
    let rows = flags.iter().map(|Flag { name, default, meaning }| {
        let variable = format!("SAEWATCH_{}", name.replace('-', "_").to_uppercase());
        vec![format!("`--{name}`"), format!("`{variable}`"), default.clone(), meaning.clone()]
    });
    table(&["flag", "variable", "default", "meaning"], rows)
}

fn metrics() -> String {
    let rows = catalogue::ALL.iter().map(|metric| {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        vec![
            format!("`{}`", metric.name),
            metric.kind.as_str().into(),
            labels.join(", "),
            metric.meaning.into(),
        ]
    });
    table(&["metric", "type", "labels", "meaning"], rows)
}
