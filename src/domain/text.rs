//! Texts from outside, made fit for a status, a table and an event.

use std::borrow::Cow;

/// The longest message in a status, in bytes (contract §2).
pub const MESSAGE_BYTES: usize = 512;
/// The longest other text from outside, in bytes (contract §2).
pub const TEXT_BYTES: usize = 256;
/// The longest note of an event, in bytes: the API server refuses longer ones (KEP-383).
pub const NOTE_BYTES: usize = 1024;

/// The text without control characters and without the users of URLs, and at most `most` bytes long, cut on a
/// character boundary.
///
/// A newline would break the table, an escape sequence the terminal, and half a character the whole write.
pub fn clean(text: &str, most: usize) -> String {
    cleaned(text, most).into_owned()
}

/// The same, borrowed where there is nothing to clean: nearly always.
pub fn cleaned(text: &str, most: usize) -> Cow<'_, str> {
    match without_users(text) {
        Cow::Borrowed(text) => bounded(text, most),
        Cow::Owned(text) => bounded(&text, most).into_owned().into(),
    }
}

/// The text without the user and password of each URL in it, which are secrets in whatever message they stand.
///
/// All from `://` to the last `@` of the word goes: a password may hold any character, and an address that is cut too
/// short costs less than half a password.
pub fn without_users(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("://").map(|at| at + 3) {
        let (before, url) = rest.split_at(start);
        let end = url.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`'));
        let (url, after) = url.split_at(end.unwrap_or(url.len()));
        shown.push_str(before);
        shown.push_str(url.rsplit_once('@').map_or(url, |(_, host)| host));
        rest = after;
    }
    if shown.is_empty() {
        return text.into();
    }
    shown.push_str(rest);
    shown.into()
}

fn bounded(text: &str, most: usize) -> Cow<'_, str> {
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

/// How many, as a status has it.
pub fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
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
    fn urls_lose_their_users_wherever_they_stand() {
        for (text, shown) in [
            ("pull http://bob:MARKED@registry/x failed", "pull http://registry/x failed"),
            ("http://MARKED@a:1/ https://b:MARKED@[::1]:2?c", "http://a:1/ https://[::1]:2?c"),
            ("\"socks5://bob:MAR@/KED@proxy\" (a@b)", "\"socks5://proxy\" (a@b)"),
            ("https://a.example/x b@c", "https://a.example/x b@c"),
            ("://", "://"),
            ("sha256@x", "sha256@x"),
        ] {
            assert_eq!(without_users(text), shown);
            assert_eq!(clean(text, 99), shown);
            assert_eq!(clean(shown, 99), shown, "what is cleaned once is clean");
        }
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
