//! The tables of reasons, flags and metrics.

use clap::{Arg, Command};
use saewatch::domain::Reason;
use saewatch::telemetry::catalogue;

use crate::fragments::{keep, table};

#[test]
fn the_reasons_are_those_of_the_code() {
    keep("README.md", "reasons", &reasons());
}

#[test]
fn the_flags_are_those_of_the_code() {
    let command = saewatch::cli::command();
    for (subcommand, part, page) in
        [("run", "flags", "docs/reference.md"), ("check", "check-flags", "docs/check.md")]
    {
        let flags = flags(command.find_subcommand(subcommand).unwrap());
        keep("README.md", part, &flags);
        keep(page, part, &flags);
    }
}

#[test]
fn the_metrics_are_those_of_the_code() {
    keep("README.md", "metrics", &metrics());
    keep("docs/reference.md", "metrics", &metrics());
}

fn reasons() -> String {
    let rows = Reason::ALL.iter().map(|reason| {
        let event = reason.event().map_or(String::new(), |kind| format!("{kind:?}"));
        vec![format!("`{reason}`"), reason.meaning().into(), reason.advice().into(), event]
    });
    table(&["reason", "what it means", "what to do", "event"], rows)
}

fn flags(command: &Command) -> String {
    let has_row = |flag: &&Arg| flag.get_long().is_some_and(|name| !["help", "version"].contains(&name));
    let rows = command.get_arguments().filter(has_row).map(|flag| {
        let name = flag.get_long().unwrap();
        let variable = flag.get_env().unwrap().to_string_lossy();
        assert_eq!(variable, format!("SAEWATCH_{}", name.replace('-', "_").to_uppercase()));
        let help = flag.get_help().unwrap().to_string();
        let (meaning, told) = match help.split_once(" [default: ") {
            Some((meaning, told)) => (meaning.to_owned(), Some(told.trim_end_matches(']').to_owned())),
            None => (help, None),
        };
        let default = flag.get_default_values().first().map(|value| format!("`{}`", value.to_string_lossy()));
        vec![format!("`--{name}`"), format!("`{variable}`"), told.or(default).unwrap_or_default(), meaning]
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
