//! YAML and JSON with the line of each field.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::{Budget, MessageFormatter as _, Options, Spanned, UserMessageFormatter};

use super::schema::{field, item};

/// One document of a file.
#[derive(Debug)]
pub(super) struct Document {
    /// What it says.
    pub(super) value: Value,
    /// The line of each field, by its path.
    lines: BTreeMap<String, u64>,
}

/// Why there is no document.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// Where it is seen.
    pub(super) line: u64,
    /// What is wrong.
    pub(super) problem: String,
}

impl Document {
    /// The documents of a text that say anything, or why one cannot be read. JSON is YAML too.
    pub(super) fn all(text: &[u8]) -> Vec<Result<Self, Unreadable>> {
        match std::str::from_utf8(text) {
            // Some editors mark the encoding.
            Ok(text) => Self::read(text.trim_start_matches('\u{feff}')),
            Err(error) => {
                let line =
                    text[..error.valid_up_to()].iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>() + 1;
                vec![Err(Unreadable { line, problem: "not UTF-8: save it in that encoding".to_owned() })]
            }
        }
    }

    fn read(text: &str) -> Vec<Result<Self, Unreadable>> {
        let problem = match Self::parse(text, 0) {
            Ok(documents) => return documents.into_iter().map(Ok).collect(),
            Err(problem) => problem,
        };
        // One document that cannot be read hides no other.
        let mut documents = Vec::new();
        for (lines, piece) in pieces(text) {
            match Self::parse(piece, lines) {
                Ok(read) => documents.extend(read.into_iter().map(Ok)),
                Err(problem) => documents.push(Err(problem)),
            }
        }
        if documents.iter().all(Result::is_ok) {
            documents.push(Err(problem));
        }
        documents
    }

    /// The documents of a text before which there are so many lines. It is not read as a stream: for that the library brings the
    /// encodings of the world.
    fn parse(text: &str, lines_before: u64) -> Result<Vec<Self>, Unreadable> {
        let trees = serde_saphyr::from_multiple_with_options::<Spanned<Tree>>(text, options(text.len()));
        let trees = trees.map_err(|error| Unreadable {
            line: lines_before + error.location().map_or(1, |location| location.line()),
            problem: UserMessageFormatter.format_message(&error).into_owned(),
        })?;
        let read = |tree: Spanned<Tree>| {
            let mut lines = BTreeMap::new();
            let value = flatten(tree, "", &mut lines);
            for line in lines.values_mut() {
                *line += lines_before;
            }
            Self { value, lines }
        };
        Ok(trees.into_iter().map(read).collect())
    }

    /// The line of a field, or where it is missing that of what it is missing from.
    pub(super) fn line(&self, path: &str) -> u64 {
        let mut path = path;
        loop {
            match (self.lines.get(path), path.rfind(['.', '['])) {
                (Some(line), _) => return *line,
                (None, Some(end)) => path = &path[..end],
                (None, None) => return self.lines.get("").copied().unwrap_or(1),
            }
        }
    }
}

/// A value whose parts know their lines.
#[derive(Debug)]
enum Tree {
    Scalar(Value),
    List(Vec<Spanned<Tree>>),
    Fields(Vec<(Spanned<String>, Spanned<Tree>)>),
}

/// How YAML is read. What says more has more nodes; what multiplies itself by aliases keeps its limit.
fn options(length: usize) -> Options {
    let usual = Budget::default();
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: usual.max_nodes.max(length),
            // A list begins and ends.
            max_events: usual.max_events.max(2 * length),
        },
        // 0100 is 64 to kubectl.
        legacy_octal_numbers: true,
        with_snippet: false,
    }
}

/// The text in pieces of one document each, and how many lines stand before each. A line that begins with `---` begins a
/// document wherever it stands.
fn pieces(text: &str) -> Vec<(u64, &str)> {
    let is_begin =
        |line: &str| line.strip_prefix("---").is_some_and(|rest| rest.trim_start().len() < rest.len());
    let (mut pieces, mut begin, mut end, mut lines_before) = (Vec::new(), 0, 0, 0);
    for (number, line) in (0..).zip(text.split_inclusive('\n')) {
        if is_begin(line) && end > begin {
            pieces.push((lines_before, &text[begin..end]));
            (begin, lines_before) = (end, number);
        }
        end += line.len();
    }
    pieces.push((lines_before, &text[begin..]));
    pieces
}

/// The plain value, and the line of each of its parts.
fn flatten(tree: Spanned<Tree>, path: &str, lines: &mut BTreeMap<String, u64>) -> Value {
    lines.entry(path.to_owned()).or_insert_with(|| tree.referenced.line());
    match tree.value {
        Tree::Scalar(value) => value,
        Tree::List(items) => {
            let items = items.into_iter().enumerate();
            items.map(|(number, value)| flatten(value, &item(path, number), lines)).collect()
        }
        Tree::Fields(fields) => {
            let value = |(name, value): (Spanned<String>, Spanned<Tree>)| {
                let path = field(path, &name.value);
                lines.insert(path.clone(), name.referenced.line());
                (name.value, flatten(value, &path, lines))
            };
            fields.into_iter().map(value).collect::<Map<_, _>>().into()
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        // On its way to the API server 30.0 becomes 30.
        let whole = format!("{value}").parse::<i64>().map(Value::from);
        Ok(Tree::Scalar(whole.unwrap_or_else(|_| value.into())))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = items.next_element()? {
            list.push(value);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Tree, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = fields.next_entry()? {
            map.push(entry);
        }
        Ok(Tree::Fields(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_that_say_something_are_read() {
        let text = "a: 1.0\nb: [x, 2.5, yes, ~]\n---\n# nothing\n---\n{\"c\": {\"d\": \"1\"}}\n";
        let values: Vec<Value> =
            Document::all(text.as_bytes()).into_iter().map(|one| one.unwrap().value).collect();
        assert_eq!(values, [json!({"a": 1, "b": ["x", 2.5, true, null]}), json!({"c": {"d": "1"}})]);
    }

    #[test]
    fn a_document_that_cannot_be_read_hides_no_other() {
        let text = "a: 1\n---\nb: [\n---\nc:\n  d: 1\n--- {e\n---\nf: --- g\n";
        let read = Document::all(text.as_bytes());
        let lines = |one: &Result<Document, Unreadable>| match one {
            Ok(document) => Ok(document.line("c.d")),
            Err(unreadable) => Err(unreadable.line),
        };
        let lines: Vec<Result<u64, u64>> = read.iter().map(lines).collect();
        assert_eq!(lines, [Ok(1), Err(3), Ok(6), Err(7), Ok(9)]);
    }

    #[test]
    fn numbers_are_those_of_kubectl() {
        let text = "[0100, 0o17, 0x1f, 1e2]";
        let document = Document::all(text.as_bytes()).remove(0).unwrap();
        assert_eq!(document.value, json!([64, 15, 31, 100]));
    }

    #[test]
    fn a_mark_of_the_encoding_is_no_part_of_the_text() {
        let document = Document::all("\u{feff}a: 1".as_bytes()).remove(0).unwrap();
        assert_eq!(document.value, json!({"a": 1}));
    }

    #[test]
    fn a_field_has_the_line_of_its_key_and_a_missing_one_that_of_its_object() {
        let text = "# first\na: 1\n---\nspec:\n  list:\n  - x\n  - y\n  health:\n    limit: 5\n";
        let document = Document::all(text.as_bytes()).remove(1).unwrap();
        let lines =
            ["spec", "spec.list[1]", "spec.health", "spec.health.limit", "spec.health.other.x", "other"];
        assert_eq!(lines.map(|path| document.line(path)), [4, 7, 8, 9, 8, 4]);
    }
}
