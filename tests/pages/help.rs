//! The flags of the command line: those of saewatch from its definition, those of the plugin of kubectl, whose definition
//! nobody outside sees, from what `--help` prints of it.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use clap::Arg;

/// A flag, as the tables show it.
#[derive(Debug, PartialEq)]
pub struct Flag {
    /// Without the dashes.
    pub name: String,
    /// Empty where there is none.
    pub default: String,
    /// What help says, but for the default.
    pub meaning: String,
}

/// What clap adds by itself.
const CLAPS_OWN: [&str; 2] = ["help", "version"];

impl Flag {
    /// A flag of the definition; what is none, or clap's own, is left out.
    pub fn read(argument: &Arg) -> Option<Self> {
        let name = argument.get_long().filter(|name| !CLAPS_OWN.contains(name))?;
        let variable = argument.get_env().unwrap().to_string_lossy();
        assert_eq!(variable, format!("SAEWATCH_{}", name.replace('-', "_").to_uppercase()));
        let default = argument.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        Some(Self::new(name, &argument.get_help().unwrap().to_string(), default.as_deref()))
    }

    /// A default is told by the definition, or at the end of the sentence.
    fn new(name: &str, help: &str, default: Option<&str>) -> Self {
        let (meaning, told) = match help.split_once(" [default: ") {
            Some((meaning, told)) => (meaning, Some(told.trim_end_matches(']').to_owned())),
            None => (help, None),
        };
        let default = told.or(default.map(|value| format!("`{value}`"))).unwrap_or_default();
        Self { name: name.to_owned(), default, meaning: meaning.to_owned() }
    }
}

/// What `--help` of a command of `kubectl saewatch` prints.
pub fn of_the_plugin(command: &str) -> String {
    let mut plugin = Command::new(env!("CARGO_BIN_EXE_saewatch"));
    let output = plugin.arg0("kubectl-saewatch").env_clear().args([command, "--help"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The flags of all commands of `kubectl saewatch`, each as the first of them has it.
pub fn flags_of_the_plugin() -> Vec<Flag> {
    let mut all: Vec<Flag> = Vec::new();
    for flag in ["check", "why", "tree"].iter().flat_map(|command| flags(&of_the_plugin(command))) {
        if all.iter().all(|known| known.name != flag.name) {
            all.push(flag);
        }
    }
    all
}

/// The flags that a help names: a line that begins with dashes, then lines that are pushed in further.
fn flags(help: &str) -> Vec<Flag> {
    let (_, options) = help.split_once("\nOptions:\n").unwrap();
    let options: Vec<&str> =
        options.lines().take_while(|line| line.is_empty() || line.starts_with(' ')).collect();
    let is_flag = |line: &str| line.trim_start().starts_with('-') && !line.starts_with("          ");
    options.chunk_by(|_, line| !is_flag(line)).filter_map(flag).collect()
}

fn flag(lines: &[&str]) -> Option<Flag> {
    let (_, name) = lines[0].split_once("--")?;
    let name = name.split([' ', '[']).next()?;
    if CLAPS_OWN.contains(&name) {
        return None;
    }
    // In a short help all of it is one paragraph, which begins beside the flag.
    let beside = lines[0].trim().split_once("  ").map(|(_, beside)| beside.trim());
    let lines: Vec<&str> = beside.into_iter().chain(lines[1..].iter().map(|line| line.trim())).collect();
    let sentence = lines.split(|line| line.is_empty()).next().unwrap().join(" ");
    let sentence = sentence.split(" [env: ").next().unwrap();
    let all = lines.join(" ");
    let (_, behind) = all.split_once("[env: ").unwrap();
    let variable = behind.split('=').next().unwrap();
    assert_eq!(variable, format!("SAEWATCH_{}", name.replace('-', "_").to_uppercase()));
    let default = behind.split_once("[default: ").and_then(|(_, default)| default.split(']').next());
    Some(Flag::new(name, sentence, default))
}

#[test]
fn a_help_is_taken_apart() {
    let of_check = saewatch::cli::command().find_subcommand("check").unwrap().clone();
    let defined: Vec<Flag> = of_check.get_arguments().filter_map(Flag::read).collect();
    assert_eq!(
        flags(&of_check.clone().render_long_help().to_string()),
        defined,
        "both say the same of `check`"
    );
}
