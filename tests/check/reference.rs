//! Completions and man pages.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn saewatch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saewatch")).env_clear().args(arguments).output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = saewatch(arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn there_are_completions_for_each_shell() {
    for (shell, word) in [
        ("bash", "complete -F _saewatch"),
        ("zsh", "#compdef saewatch"),
        ("fish", "complete -c saewatch"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let script = printed(&["completions", shell]);
        assert!(script.contains(word), "{shell}: {script}");
        assert!(script.contains("min-healthy-percent"), "{shell}");
    }
}

#[test]
fn bash_understands_its_completions() {
    let script = printed(&["completions", "bash"]);
    let mut bash =
        Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn the_man_pages_hold_every_flag() {
    let command = saewatch::cli::command();
    let top = printed(&["man"]);
    for subcommand in command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set()) {
        let name = subcommand.get_name();
        assert!(top.contains(&format!("saewatch\\-{name}(1)")), "{name}");
        let page = printed(&["man", name]);
        assert!(page.contains(&format!(".TH saewatch-{name} 1  \"saewatch ")), "{page}");
        assert!(!page.contains("EXTRA"), "exit codes have a section: {page}");
        assert!(page.contains(".SH NAME") && page.contains(&format!("saewatch\\-{name}")), "{page}");
        for flag in subcommand.get_arguments().filter_map(|argument| argument.get_long()) {
            assert!(page.contains(&format!("\\-\\-{}", flag.replace('-', "\\-"))), "{name}: {flag}");
        }
    }
}

#[test]
fn the_krew_manifest_names_the_plugin_for_each_platform() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/krew/saewatch.yaml");
    let manifest: Value = serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!((&manifest["kind"], &manifest["metadata"]["name"]), (&json!("Plugin"), &json!("saewatch")));
    for platform in manifest["spec"]["platforms"].as_array().unwrap() {
        assert_eq!(platform["bin"], "kubectl-saewatch", "the name that the binary goes by");
        let sum = platform["sha256"].as_str().unwrap();
        let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_sum || sum.starts_with("SHA256_"), "{sum}");
    }
}

#[test]
fn a_page_about_nothing_says_what_there_is() {
    let output = saewatch(&["man", "nothing"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("[possible values: run, check, crd, completions, man]"), "{said}");
}
