//! Texts from outside, made fit for a status, a table and an event.

use std::borrow::Cow;

/// The longest message in a status, in bytes (contract §2).
pub const MESSAGE_BYTES: usize = 512;
/// The longest other text from outside, in bytes (contract §2).
pub const TEXT_BYTES: usize = 256;
/// The longest note of an event, in bytes: the API server refuses longer ones (KEP-383).
pub const NOTE_BYTES: usize = 1024;

/// The text without control characters and at most `most` bytes long, cut on a character boundary.
///
/// A newline would break the table, an escape sequence the terminal, and half a character the whole write.
pub fn clean(text: &str, most: usize) -> String {
    cleaned(text, most).into_owned()
}

/// The same, borrowed where there is nothing to clean: nearly always.
pub fn cleaned(text: &str, most: usize) -> Cow<'_, str> {
    let is_bounded = text.len() <= most && !text.starts_with(' ') && !text.ends_with(' ');
    if is_bounded && text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.into();
    }
    let mut cleaned = String::with_capacity(text.len().min(most));
    for c in text.trim_start_matches(is_blank).chars() {
        let c = if c.is_control() { ' ' } else { c };
        if cleaned.len() + c.len_utf8() > most {
            break;
        }
        cleaned.push(c);
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned.into()
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// A span of time for people: its two largest units.
pub fn span(duration: jiff::SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (days, hours, minutes, rest) =
        (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let parts = [(days, 'd'), (hours, 'h'), (minutes, 'm'), (rest, 's')];
    let largest = parts.iter().skip_while(|(amount, _)| *amount == 0).take(2);
    let shown: Vec<String> =
        largest.filter(|(amount, _)| *amount > 0).map(|(amount, unit)| format!("{amount}{unit}")).collect();
    if shown.is_empty() { "0s".into() } else { shown.concat() }
}

/// `1 instance`, `2 instances`.
pub fn plural(count: i64, noun: &str) -> String {
    if count == 1 { format!("{count} {noun}") } else { format!("{count} {noun}s") }
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        hex.extend([byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)])));
    }
    hex
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn control_characters_become_spaces_and_the_ends_are_trimmed() {
        assert_eq!(clean(" a\nb\u{1b}[31mc\u{7f}\t", 99), "a b [31mc");
        assert_eq!(clean("\u{1b}\u{85} a", 99), "a", "what is cleaned once is clean");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(clean("空空空", 7), "空空");
        assert_eq!(clean("abc", 0), "");
    }

    #[test]
    fn a_span_has_its_two_largest_units() {
        for (seconds, text) in
            [(0, "0s"), (59, "59s"), (60, "1m"), (372, "6m12s"), (3_600, "1h"), (90_061, "1d1h"), (-5, "0s")]
        {
            assert_eq!(span(SignedDuration::from_secs(seconds)), text);
        }
    }
}
