//! Where one document of a file ends and the next begins, as kubectl takes a file apart. So what cannot be read hides no
//! other document.

use serde::de::IgnoredAny;

/// A part of a file, with one document at most.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) text: &'a str,
    /// How many lines of the file stand before it.
    pub(super) lines_before: u64,
}

/// The parts of a file: JSON objects one after another, or what stands between lines of `---`.
pub(super) fn split(text: &str) -> Vec<Part<'_>> {
    let starts = json_starts(text).unwrap_or_else(|| yaml_starts(text));
    let ends = starts.iter().copied().skip(1).chain([text.len()]);
    let mut lines_before = 0;
    let part = |(start, end): (&usize, usize)| {
        let part = Part { text: &text[*start..end], lines_before };
        lines_before += part.text.matches('\n').map(|_| 1).sum::<u64>();
        part
    };
    starts.iter().zip(ends).map(part).collect()
}

/// Where the objects start, if there is nothing but objects of JSON.
fn json_starts(text: &str) -> Option<Vec<usize>> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    let mut starts = vec![0];
    while let Some(object) = objects.next() {
        object.ok()?;
        starts.push(objects.byte_offset());
    }
    // Where the last one ends none starts.
    starts.pop();
    Some(starts)
}

/// Where the documents start that say anything: a line of `---` before them begins none.
fn yaml_starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let (mut at, mut says_something) = (0, false);
    for line in text.split_inclusive('\n') {
        let after_dashes = line.strip_prefix("---");
        let after_dashes =
            after_dashes.filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if says_something && after_dashes.is_some() {
            starts.push(at);
            says_something = false;
        }
        // Comments and directives belong to what follows them.
        let said = after_dashes.unwrap_or(line).trim();
        says_something |= !said.is_empty() && !said.starts_with(['#', '%']);
        at += line.len();
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_taken_apart_at_its_documents() {
        for (text, expected) in [
            ("", &[("", 0)][..]),
            (
                "# one\n---\na: 1\n---\n# two\n---\nb: 2\n",
                &[("# one\n---\na: 1\n", 0), ("---\n# two\n---\nb: 2\n", 3)],
            ),
            ("%YAML 1.2\n--- {a: 1}\n---\tb\n", &[("%YAML 1.2\n--- {a: 1}\n", 0), ("---\tb\n", 2)]),
            ("a: |\n  ---\n----\n", &[("a: |\n  ---\n----\n", 0)]),
            ("{\"a\": 1}\n{\"b\":\n2}{}\n", &[("{\"a\": 1}", 0), ("\n{\"b\":\n2}", 0), ("{}\n", 2)]),
            ("{a: 1}\n---\n{\"b\": 2}\n", &[("{a: 1}\n", 0), ("---\n{\"b\": 2}\n", 1)]),
        ] {
            let parts: Vec<(&str, u64)> =
                split(text).into_iter().map(|Part { text, lines_before }| (text, lines_before)).collect();
            assert_eq!(parts, expected, "{text:?}");
        }
    }
}
