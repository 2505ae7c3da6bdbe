//! The picture of a terminal, made from the block of a page that a test compares with what kubectl really prints.

use crate::fragments::keep_file;
use crate::markdown::{Markdown, Part};
use crate::pages::text;

/// The page whose block is drawn: the one that holds the table of `kubectl get saeappwatches` with a sick application.
const PAGE: &str = "README.md";
const PICTURE: &str = "docs/table.svg";

/// The width of a character and the height of a line at this size of letters.
const CHARACTER: f64 = 8.43;
const LINE: usize = 21;

#[test]
fn the_picture_shows_the_table_of_the_page() {
    let page = Markdown::read(&text(PAGE));
    let block = page.parts.iter().find_map(|part| match part {
        Part::Block { info, text, .. } if info == "console" && text.contains("HEALTH") => Some(text),
        Part::Block { .. } | Part::Comment(_) => None,
    });
    keep_file(PICTURE, &draw(block.unwrap()));
}

/// A terminal with this text in it.
fn draw(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let columns = lines.iter().map(|line| line.chars().count()).max().unwrap();
    let width = (columns as f64 * CHARACTER) as usize + 40;
    let height = lines.len() * LINE + 64;
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, \
         SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\">\n  <title>{}</title>\n  \
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1c2733\"/>\n",
        escape(lines[0])
    );
    for (place, colour) in ["#ed6a5e", "#f5bf4f", "#62c554"].iter().enumerate() {
        picture += &format!("  <circle cx=\"{}\" cy=\"18\" r=\"5\" fill=\"{colour}\"/>\n", 20 + place * 18);
    }
    for (number, line) in lines.iter().enumerate() {
        let colour = if line.starts_with("$ ") { "#9fd3ff" } else { "#e8edf2" };
        let (y, line) = (54 + number * LINE, escape(line));
        picture +=
            &format!("  <text x=\"20\" y=\"{y}\" fill=\"{colour}\" xml:space=\"preserve\">{line}</text>\n");
    }
    picture + "</svg>\n"
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
