//! The picture of a terminal: what kubectl printed on the stage of a page, as the page shows it. Another test compares that
//! block with what kubectl prints now.

use crate::fragments::keep_file;
use crate::markdown::{Markdown, Part};
use crate::pages::text;

/// The page whose block is drawn: the one that holds the table of `kubectl get saeappwatches` with a sick application.
const PAGE: &str = "README.md";
const PICTURE: &str = "docs/table.svg";

/// The width of a hundred characters and the height of a line at this size of letters.
const HUNDRED_CHARACTERS: usize = 843;
const LINE: usize = 21;

#[test]
fn the_picture_shows_the_table_of_the_page() {
    let page = Markdown::read(&text(PAGE));
    let block = page.parts.iter().find_map(|part| match part {
        Part::Block { info, text, .. } if info == "console" && text.contains("HEALTH") => Some(text),
        Part::Block { .. } | Part::Comment(_) => None,
    });
    let block = block.unwrap();
    assert!(!block.contains('…'), "nothing is shortened by hand: {block}");
    keep_file(PICTURE, &draw(block));
}

/// A terminal with this text in it.
fn draw(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let columns = lines.iter().map(|line| line.chars().count()).max().unwrap();
    let width = columns * HUNDRED_CHARACTERS / 100 + 40;
    let height = lines.len() * LINE + 64;
    let mut parts = vec![
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, \
             SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\">"
        ),
        format!("  <title>{}</title>", escape(lines[0])),
        format!("  <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1c2733\"/>"),
    ];
    let buttons = ["#ed6a5e", "#f5bf4f", "#62c554"].iter().enumerate();
    parts.extend(buttons.map(|(place, colour)| {
        format!("  <circle cx=\"{}\" cy=\"18\" r=\"5\" fill=\"{colour}\"/>", 20 + place * 18)
    }));
    parts.extend(lines.iter().enumerate().map(|(number, line)| {
        let colour = if line.starts_with("$ ") { "#9fd3ff" } else { "#e8edf2" };
        let (y, line) = (54 + number * LINE, coloured(&escape(line)));
        format!("  <text x=\"20\" y=\"{y}\" fill=\"{colour}\" xml:space=\"preserve\">{line}</text>")
    }));
    parts.join("\n") + "\n</svg>\n"
}

/// What the health of a row means, at a glance.
const COLOURS: [(&str, &str); 4] = [
    (" Healthy ", "#62c554"),
    (" ScaledToZero ", "#62c554"),
    (" Degraded ", "#f5bf4f"),
    (" Unknown ", "#c39bd3"),
];

fn coloured(line: &str) -> String {
    COLOURS.iter().fold(line.to_owned(), |line, (word, colour)| {
        line.replacen(word, &format!("<tspan fill=\"{colour}\">{word}</tspan>"), 1)
    })
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
