//! As much of Markdown as the pages use: headings, links, code in a line, fenced blocks.

/// A page taken apart.
#[derive(Debug, Default)]
pub struct Markdown {
    /// The anchors of its headings, as GitHub makes them.
    pub anchors: Vec<String>,
    /// Where its links and pictures lead.
    pub links: Vec<String>,
    /// Code between single backticks, with the number of its line.
    pub spans: Vec<(usize, String)>,
    /// Fenced blocks and HTML comments, in order.
    pub parts: Vec<Part>,
}

/// What a reader skips or copies.
#[derive(Debug, PartialEq)]
pub enum Part {
    /// A fenced block: the line of its fence, what stands behind the fence, its lines.
    Block { line: usize, info: String, text: String },
    /// An HTML comment in a line of its own.
    Comment(String),
}

impl Markdown {
    /// Reads a page.
    pub fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            if let Some(info) = line.trim_start().strip_prefix("```") {
                let block = lines.by_ref().map(|(_, line)| line).take_while(|line| line.trim() != "```");
                let text = block.fold(String::new(), |text, line| text + line + "\n");
                page.parts.push(Part::Block { line: number + 1, info: info.trim().to_owned(), text });
            } else if let Some(comment) = comment(line) {
                page.parts.push(Part::Comment(comment.to_owned()));
            } else {
                page.read_line(number + 1, line);
            }
        }
        page
    }

    fn read_line(&mut self, number: usize, line: &str) {
        if line.starts_with('#')
            && let Some((_, heading)) = line.split_once(' ')
        {
            self.anchors.push(anchor(heading));
        }
        // Every second piece between backticks is code; the others are prose.
        for (place, piece) in line.split('`').enumerate() {
            if place % 2 == 1 {
                self.spans.push((number, piece.to_owned()));
            } else if place == 0 {
                self.links.extend(targets(line));
            }
        }
    }
}

fn comment(line: &str) -> Option<&str> {
    Some(line.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim())
}

/// GitHub's anchor of a heading: small letters, digits, dashes for spaces, nothing else.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// What stands in round brackets behind square ones.
fn targets(line: &str) -> impl Iterator<Item = String> {
    line.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
}

#[test]
fn a_page_is_taken_apart() {
    let page = Markdown::read(
        "# One `word`, two\n[a](b.md#c) and `code`\n<!-- stage: x -->\n```console\n$ ls\n```\n",
    );
    assert_eq!(page.anchors, ["one-word-two"]);
    assert_eq!(page.links, ["b.md#c"]);
    assert_eq!(page.spans, [(1, "word".to_owned()), (2, "code".to_owned())]);
    let block = Part::Block { line: 4, info: "console".into(), text: "$ ls\n".into() };
    assert_eq!(page.parts, [Part::Comment("stage: x".into()), block]);
}
