//! Completions, man pages, and what a release offers to download.

use std::io::Write as _;
use std::path::{Path, PathBuf};
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
    for platform in platforms(&read("krew/saewatch.yaml")) {
        assert_eq!(platform["bin"], "kubectl-saewatch", "the name that the binary goes by");
        let files = json!([{"from": "saewatch", "to": "kubectl-saewatch"}, {"from": "LICENSE", "to": "."}]);
        assert_eq!(platform["files"], files, "what the archive holds");
    }
}

#[test]
fn a_release_has_every_archive_that_the_krew_manifest_names() {
    let folder = tempfile::tempdir().unwrap();
    let built = archives_of_a_release();
    for (archive, _) in &built {
        std::fs::write(folder.path().join(archive), archive).unwrap();
    }
    let filled = Command::new(root("krew/fill")).arg("v1.2.3").arg(folder.path()).output().unwrap();
    assert!(filled.status.success() && filled.stderr.is_empty(), "{filled:?}");

    let text = std::fs::read_to_string(folder.path().join("saewatch.yaml")).unwrap();
    let manifest: Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(manifest["spec"]["version"], "v1.2.3");
    let sums = std::fs::read_to_string(folder.path().join("SHA256SUMS")).unwrap();
    let named: Vec<(String, Value)> = platforms(&manifest)
        .iter()
        .map(|platform| {
            let uri = platform["uri"].as_str().unwrap();
            let start = "https://github.com/saewatch/saewatch/releases/download/v1.2.3/";
            let archive = uri.strip_prefix(start).unwrap_or_else(|| panic!("{uri}"));
            let sum = platform["sha256"].as_str().unwrap();
            assert!(sums.contains(&format!("{sum}  {archive}\n")), "{archive}: {sum} is not its sum\n{sums}");
            (archive.to_owned(), platform["selector"]["matchLabels"].clone())
        })
        .collect();
    assert_eq!(named, built, "the archives of the manifest, and those of the workflow");
}

#[test]
fn an_archive_that_is_missing_fails_the_release() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("saewatch-linux-amd64.tar.gz"), "").unwrap();
    let filled = Command::new(root("krew/fill")).arg("v1.2.3").arg(folder.path()).output().unwrap();
    let said = String::from_utf8(filled.stderr).unwrap();
    assert!(!filled.status.success() && said.contains("SHA256_LINUX_ARM64"), "{said}");
}

#[test]
fn the_page_downloads_what_a_release_has() {
    let mut assets: Vec<String> = archives_of_a_release().into_iter().map(|(name, _)| name).collect();
    assets.extend(["SHA256SUMS", "saewatch.yaml"].map(str::to_owned));
    let page = std::fs::read_to_string(root("docs/check.md")).unwrap();
    let named: Vec<&str> = page
        .split("https://github.com/saewatch/saewatch/releases/latest/download/")
        .skip(1)
        .map(|rest| rest.split_whitespace().next().unwrap())
        .collect();
    assert!(!named.is_empty());
    for name in named {
        assert!(assets.iter().any(|asset| asset == name), "{name}: a release has {assets:?}");
    }
}

fn platforms(manifest: &Value) -> &Vec<Value> {
    assert_eq!((&manifest["kind"], &manifest["metadata"]["name"]), (&json!("Plugin"), &json!("saewatch")));
    manifest["spec"]["platforms"].as_array().unwrap()
}

/// The archives that the workflow of a release builds, uploads and hands on to the release, each with its platform.
fn archives_of_a_release() -> Vec<(String, Value)> {
    let jobs = &read(".github/workflows/release.yml")["jobs"];
    let job = &jobs["archives"];
    let release = jobs["release"].to_string();
    for word in ["archives", "krew/fill", "gh release create", "assets/*"] {
        assert!(release.contains(word), "{word}: {release}");
    }
    let archive = "saewatch-${{ matrix.os }}-${{ matrix.arch }}.tar.gz";
    let steps = job["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["with"]["path"] == archive), "what is uploaded");
    assert!(job.to_string().contains(&format!("tar -czf {archive} saewatch LICENSE")), "what is built");
    let platforms = job["strategy"]["matrix"]["include"].as_array().unwrap().iter();
    platforms
        .map(|it| {
            let (os, arch) = (it["os"].as_str().unwrap(), it["arch"].as_str().unwrap());
            (format!("saewatch-{os}-{arch}.tar.gz"), json!({"os": os, "arch": arch}))
        })
        .collect()
}

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A file of YAML.
fn read(name: &str) -> Value {
    serde_saphyr::from_str(&std::fs::read_to_string(root(name)).unwrap()).unwrap()
}

#[test]
fn a_page_about_nothing_says_what_there_is() {
    let output = saewatch(&["man", "nothing"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("[possible values: run, check, discover, crd, completions, man]"), "{said}");
}
