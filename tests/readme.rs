//! The README's tables are made from the code. `UPDATE_DOCS=1 cargo test --test readme` writes them anew.
#![cfg(test)]

use std::path::PathBuf;

use saewatch::domain::Reason;
use saewatch::telemetry::catalogue;

fn readme() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Compares the part of the README with this name with what it should be, or writes it.
fn check(name: &str, table: &str) {
    let text = std::fs::read_to_string(readme()).unwrap();
    let start = format!("<!-- generated: {name} -->\n");
    let (before, rest) = text.split_once(&start).unwrap_or_else(|| panic!("the README has no part {name}"));
    let (stands, after) = rest.split_once("<!-- /generated -->").unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(readme(), format!("{before}{start}{table}<!-- /generated -->{after}")).unwrap();
    } else {
        assert_eq!(stands, table, "the README's {name} are stale; run `make docs`");
    }
}

/// One test for all, since all write the same file.
#[test]
fn the_readme_holds_the_reasons_the_flags_and_the_metrics_of_the_code() {
    check("reasons", &reasons());
    check("flags", &flags("run"));
    check("flags of check", &flags("check"));
    check("metrics", &metrics());
}

fn reasons() -> String {
    let rows = Reason::ALL.iter().map(|reason| {
        let event = reason.event().map_or(String::new(), |kind| format!("{kind:?}"));
        format!("| `{reason}` | {} | {} | {event} |\n", reason.meaning(), reason.advice())
    });
    let head = "| reason | what it means | what to do | event |\n|---|---|---|---|\n".to_owned();
    rows.fold(head, |table, row| table + &row)
}

fn flags(subcommand: &str) -> String {
    let mut command = saewatch::cli::command();
    let about = command.find_subcommand_mut(subcommand).unwrap();
    let has_row =
        |flag: &&clap::Arg| flag.get_long().is_some_and(|name| !["help", "version"].contains(&name));
    let rows = about.get_arguments().filter(has_row).map(|flag| {
        let name = flag.get_long().unwrap();
        let variable = flag.get_env().unwrap().to_string_lossy();
        assert_eq!(variable, format!("SAEWATCH_{}", name.replace('-', "_").to_uppercase()));
        let help = flag.get_help().unwrap().to_string();
        let (meaning, told) = match help.split_once(" [default: ") {
            Some((meaning, told)) => (meaning.to_owned(), Some(told.trim_end_matches(']').to_owned())),
            None => (help, None),
        };
        let default = flag.get_default_values().first().map(|value| format!("`{}`", value.to_string_lossy()));
        format!("| `--{name}` | `{variable}` | {} | {meaning} |\n", told.or(default).unwrap_or_default())
    });
    let head = "| flag | variable | default | meaning |\n|---|---|---|---|\n".to_owned();
    rows.fold(head, |table, row| table + &row)
}

fn metrics() -> String {
    let rows = catalogue::ALL.iter().map(|metric| {
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        format!(
            "| `{}` | {} | {} | {} |\n",
            metric.name,
            metric.kind.as_str(),
            labels.join(", "),
            metric.meaning
        )
    });
    let head = "| metric | type | labels | meaning |\n|---|---|---|---|\n".to_owned();
    rows.fold(head, |table, row| table + &row)
}
