//! Every command on the pages is run here, in order, on a stage of the page's own, and prints what the page shows.
//!
//! A fenced block `console` holds commands behind `$ ` and what they print; without output only the exit code counts.
//! A block `console elsewhere: why` cannot run here: it is counted, so that none slips out of the test unseen, and
//! what of it is saewatch's own command line is parsed. Commands in a line (`kubectl …`) run as well. A block
//! `yaml name` becomes a file of that name, and a manifest in any other one is shown to the API server. A comment
//! `stage: …` says what happens between two commands.

use std::collections::BTreeMap;

use futures::{StreamExt, stream};

use crate::fragments::is_writing;
use crate::markdown::{Markdown, Part};
use crate::output::is_alike;
use crate::pages;
use crate::stage::Stage;

/// How many blocks of a page, and commands in lines of a page without a stage, cannot run here, since they need nodes or
/// an account.
const ELSEWHERE: [(&str, usize); 8] = [
    ("docs/accounts.md", 2),
    ("docs/check.md", 5),
    ("docs/credentials.md", 4),
    ("docs/getting-started.md", 3),
    ("docs/names.md", 1),
    ("docs/security.md", 1),
    ("docs/sets.md", 2),
    ("tests/e2e/README.md", 1),
];

/// Pages whose commands other tests run: those of the chart and of its examples, and the control plane's own.
const NOT_OURS: [&str; 1] = ["tests/cluster/README.md"];

/// How many pages are played at once; each has a control plane of its own.
const AT_ONCE: usize = 3;

/// What can stand behind the first three backticks beside `console`.
const NOT_COMMANDS: [&str; 7] = ["yaml", "json", "text", "promql", "ini", "mermaid", "rust"];

/// The kinds whose manifests the API server is shown.
const KINDS: [&str; 3] = ["SaeAppWatch", "SaeAccount", "SaeAppWatchSet"];

/// One command and what the page says it prints.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    output: String,
}

fn our_pages() -> impl Iterator<Item = (String, Markdown)> {
    pages::read().into_iter().filter(|(name, _)| !NOT_OURS.contains(&name.as_str()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_prints_what_its_page_shows() {
    stream::iter(our_pages()).for_each_concurrent(AT_ONCE, |(name, page)| play(name, page)).await;
}

/// Follows a page from its first line to its last one, then the commands in its lines.
async fn play(name: String, page: Markdown) {
    let mut stage = Stage::of(&name);
    for part in &page.parts {
        match part {
            Part::Comment(comment) => {
                if let Some(direction) = comment.strip_prefix("stage: ") {
                    stage.direct(direction).await;
                }
            }
            Part::Block { line, info, text } => {
                play_block(&stage, &format!("{name}:{line}"), info, text).await;
            }
        }
    }
    for (line, span) in page.spans.iter().filter(|(_, span)| is_command(span)) {
        if stage.is_set() {
            stage.run(&format!("{name}:{line}"), span).await;
        }
    }
}

async fn play_block(stage: &Stage, place: &str, info: &str, text: &str) {
    if info == "console" {
        for step in steps(text) {
            run(stage, place, &step).await;
        }
    } else if let Some(file) = info.strip_prefix("yaml ") {
        stage.keep(file, text);
    } else if info == "yaml" && KINDS.iter().any(|kind| text.contains(&format!("kind: {kind}\nmetadata"))) {
        stage.run(place, &format!("kubectl apply --dry-run=server -f - <<'EOF'\n{text}EOF")).await;
    }
}

/// Whether code in a line is a command to copy, and not just the name of one.
fn is_command(span: &str) -> bool {
    let is_ours = ["kubectl ", "helm "].iter().any(|program| span.starts_with(program));
    is_ours && span.split(' ').count() > 2 && !span.contains(['…', '<'])
}

/// Runs a step. In writing mode (`make docs`) what a page shows wrongly is put right.
async fn run(stage: &Stage, place: &str, step: &Step) {
    let printed = stage.run(place, &step.command).await;
    if step.output.is_empty() || is_alike(&step.output, &printed) {
        return;
    }
    assert!(
        is_writing(),
        "{place}: {}\nis shown to print\n{}\nand prints\n{printed}",
        step.command,
        step.output
    );
    let page = place.rsplit_once(':').unwrap().0;
    let text = pages::text(page);
    let shown = format!("$ {}\n{}", step.command, step.output);
    assert!(text.contains(&shown), "{place}: {shown}");
    std::fs::write(pages::path(page), text.replacen(&shown, &format!("$ {}\n{printed}", step.command), 1))
        .unwrap();
}

#[test]
fn what_cannot_run_here_says_why_and_is_counted() {
    let mut elsewhere = BTreeMap::new();
    for (name, page) in our_pages() {
        for part in &page.parts {
            let Part::Block { line, info, text } = part else { continue };
            if let Some(why) = info.strip_prefix("console elsewhere: ") {
                assert!(!why.is_empty(), "{name}:{line}");
                *elsewhere.entry(name.clone()).or_default() += 1;
                for step in steps(text) {
                    parse(&format!("{name}:{line}"), &step.command);
                }
            } else {
                let is_known = info == "console" || NOT_COMMANDS.contains(&info.split(' ').next().unwrap());
                assert!(is_known, "{name}:{line}: {info:?} is no kind of block that is looked at");
                assert!(!text.starts_with("$ ") || info == "console", "{name}:{line} holds commands");
            }
        }
        let is_staged =
            page.parts.iter().any(|part| matches!(part, Part::Comment(it) if it.starts_with("stage: ")));
        let left_out = page.spans.iter().filter(|(_, span)| is_command(span) && !is_staged).count();
        if left_out > 0 {
            *elsewhere.entry(name.clone()).or_default() += left_out;
        }
        for (line, span) in &page.spans {
            parse(&format!("{name}:{line}"), span);
        }
    }
    let expected: BTreeMap<String, usize> = ELSEWHERE.map(|(name, count)| (name.to_owned(), count)).into();
    assert_eq!(elsewhere, expected);
}

/// Has saewatch read a command line that is its own.
fn parse(place: &str, written: &str) {
    // What a shell does behind the command is not its own.
    let written = written.split(['|', ';', '>']).next().unwrap();
    let words: Vec<&str> = written.split_whitespace().collect();
    if words.first() != Some(&"saewatch") || words.contains(&"…") || words.len() == 1 {
        return;
    }
    let command = saewatch::cli::command();
    if words.len() == 2 && command.find_subcommand(words[1]).is_some() {
        return;
    }
    if let Err(error) = command.try_get_matches_from(words) {
        assert!(!error.use_stderr(), "{place}: {error}");
    }
}

/// The steps of a block. A command goes on in the next line behind `\`, and to the end of a here-document.
fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = block.lines();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("$ ") {
            let mut command = command.to_owned();
            while is_open(&command) {
                command = command + "\n" + lines.next().unwrap();
            }
            steps.push(Step { command, output: String::new() });
        } else {
            let step = steps.last_mut().expect("a block of commands begins with one");
            step.output += line;
            step.output += "\n";
        }
    }
    steps
}

fn is_open(command: &str) -> bool {
    let is_here = command.contains("<<EOF") || command.contains("<<'EOF'");
    command.ends_with('\\') || is_here && !command.ends_with("\nEOF")
}

#[test]
fn a_block_is_taken_apart() {
    let seen = steps("$ cat <<EOF\nx\nEOF\nx\n$ a \\\n  b\n");
    let step = |command: &str, output: &str| Step { command: command.into(), output: output.into() };
    assert_eq!(seen, [step("cat <<EOF\nx\nEOF", "x\n"), step("a \\\n  b", "")]);
}
