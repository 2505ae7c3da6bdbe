//! Texts of SAE without what looks like a secret: the events of a pod may quote its commands and variables.

use std::borrow::Cow;
#[cfg(not(test))]
use std::convert::identity as read;

use crate::domain::text::clean;
#[cfg(test)]
use tests::count as read;

/// What the name of a secret has in it, but for `-`, `_` and `.`.
const NAMES: [&str; 12] = [
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "accesskey",
    "apikey",
    "privatekey",
    "credential",
    "signature",
    "cookie",
    "authorization",
];
/// How the name of one ends, as that of `DB_PASS`.
const END: &str = "pass";
/// What follows the name of a secret that is given.
const SIGNS: [char; 4] = ['=', ':', '＝', '：'];
/// What stands for a secret.
const BLANK: &str = "***";

/// A text as a status shows it: clean, without what looks like a secret, and at most `most` bytes long.
pub(super) fn shown(text: &str, most: usize) -> String {
    clean(&without_secrets(text), most)
}

/// The text with `***` for the word after the name of a secret and `=` or `:`, or after a flag of this name.
///
/// A word that is no secret may be lost, as that of `token: expired`. SAE's console has it; a secret in a status is there
/// for all who may read the watch.
fn without_secrets(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let (mut done, mut rest) = (0, text);
    while let Some(start) = rest.find(is_of_name) {
        let after = rest[start..].trim_start_matches(is_of_name);
        let name = &rest[start..rest.len() - after.len()];
        rest = after;
        let before = &text[..text.len() - after.len() - name.len()];
        let Some(value) = value_after(before, name, after).filter(|value| !value.is_empty()) else {
            continue;
        };
        let begin = text.len() - value.len();
        shown.push_str(&text[done..begin]);
        shown.push_str(BLANK);
        rest = rest_after(value, text[..begin].chars().next_back());
        done = text.len() - rest.len();
    }
    if done == 0 {
        return text.into();
    }
    shown.push_str(&text[done..]);
    shown.into()
}

/// Where the value of a secret of this name begins; `None` if it is not the name of one, or is not given one. `before` is
/// the text up to the name.
fn value_after<'a>(before: &str, name: &str, after: &'a str) -> Option<&'a str> {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let letters = letters.to_ascii_lowercase();
    if !letters.ends_with(END) && !NAMES.iter().any(|one| letters.contains(one)) {
        return None;
    }
    let unquoted = after.trim_start_matches(is_quote);
    // In `volume "db-password" : secret "db-password" not found` is no secret.
    let is_volume = after.starts_with(is_quote)
        && unquoted.starts_with(is_blank)
        && before.trim_end_matches(is_quote).ends_with("volume ");
    let value =
        unquoted.trim_start_matches(is_blank).strip_prefix(SIGNS).filter(|_| !is_volume).or_else(|| {
            after.strip_prefix(is_blank).filter(|_| name.starts_with('-') || name.contains("--"))
        })?;
    Some(value.trim_start_matches(|c| is_blank(c) || is_quote(c) || matches!(c, '=' | ':' | '>')))
}

/// What follows a value, which is one word, or all until its quotes end.
fn rest_after(value: &str, before: Option<char>) -> &str {
    if let Some(quote) = before.filter(|c| is_quote(*c)) {
        return value.find(quote).map_or("", |end| &value[end..]);
    }
    let is_end = |c| is_blank(c) || is_quote(c);
    let rest = value.trim_start_matches(|c| !is_end(c));
    let word = &value[..value.len() - rest.len()];
    if word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic") {
        return rest.trim_start_matches(is_blank).trim_start_matches(|c| !is_end(c));
    }
    rest
}

fn is_of_name(c: char) -> bool {
    let c = read(c);
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

fn is_quote(c: char) -> bool {
    matches!(read(c), '"' | '\'' | '`' | '\\')
}

fn is_blank(c: char) -> bool {
    let c = read(c);
    c.is_whitespace() || c.is_control()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    thread_local! {
        static READ: Cell<usize> = const { Cell::new(0) };
    }

    /// Counts how often a character is read, so that a text that takes too long fails a test on any machine.
    pub(super) fn count(c: char) -> char {
        READ.set(READ.get() + 1);
        c
    }

    #[test]
    fn what_looks_like_a_secret_is_blanked() {
        for (text, shown) in [
            ("AccessKeySecret=MARKED", "AccessKeySecret=***"),
            ("accessKeyId: MARKED, then", "accessKeyId: *** then"),
            ("run --password MARKED --verbose", "run --password *** --verbose"),
            ("run -token=MARKED -v", "run -token=*** -v"),
            ("DB_PASSWORD = MARKED;x y", "DB_PASSWORD = *** y"),
            ("db.password : MARKED, x", "db.password : *** x"),
            ("password ： MARKED", "password ： ***"),
            (r#"{"password" : "MARKED", "pin" : 1}"#, r#"{"password" : "***", "pin" : 1}"#),
            (r#"{\"token\" : 7} x"#, r#"{\"token\" : *** x"#),
            (r#"volume "a", "password" : "MARKED""#, r#"volume "a", "password" : "***""#),
            (r#"{"api-key": "MARKED MARKED", "b": 1}"#, r#"{"api-key": "***", "b": 1}"#),
            (r#"args [\"--token=MARKED\"]"#, r#"args [\"--token=***\"]"#),
            (r#"{\"password\":\"MARKED\"}"#, r#"{\"password\":\"***"}"#),
            ("PWD:'MARKED", "PWD:'***"),
            ("Authorization: Bearer MARKED.x end", "Authorization: *** end"),
            ("secret=>MARKED", "secret=>***"),
            ("password：MARKED", "password：***"),
            ("password＝MARKED", "password＝***"),
            ("DB_PASS=MARKED DB_HOST=db", "DB_PASS=*** DB_HOST=db"),
            ("Set-Cookie: id=MARKED; Path=/", "Set-Cookie: *** Path=/"),
            ("https://bucket/a?Expires=1&Signature=MARKED", "https://bucket/a?Expires=1&Signature=***"),
            ("mysql://h/db?user=a&password=MARKED", "mysql://h/db?user=a&password=***"),
            ("a token=MARKED b token=MARKED", "a token=*** b token=***"),
            ("password=\u{0}MARKED", "password= ***"),
        ] {
            assert_eq!(super::shown(text, 99), shown);
            assert_eq!(super::shown(shown, 99), shown, "what is blanked once stays so");
        }
    }

    #[test]
    fn what_a_person_on_call_needs_stays() {
        for text in [
            "0/3 nodes are available: 3 Insufficient cpu",
            r#"MountVolume.SetUp failed for volume "db-token-x" : secret "db-token-x" not found"#,
            r#"{"message":"volume \"db-token-x\" : timed out"}"#,
            "Readiness probe failed: Get \"http://10.0.0.1:8080/health\": context deadline exceeded",
            "the security token is not valid",
            "3 of 4 probes passed: 1 failed",
            "password:",
            "",
        ] {
            assert_eq!(super::shown(text, 99), text);
        }
    }

    proptest! {
        #[test]
        fn no_word_after_the_name_of_a_secret_is_shown(
            before in "\\PC{0,20}",
            separator in "(=|:|: |\": \"| = |='|：| : |\" : \"|\\\\\" : )",
            after in "\\PC{0,20}",
        ) {
            let text = format!("{before} my_password{separator}MARKED {after}");
            let shown = super::shown(&text, usize::MAX);
            prop_assert!(!shown.contains("MARKED"), "{shown}");
            prop_assert!(super::shown(&text, 16).len() <= 16);
        }
    }

    #[test]
    fn a_text_of_any_length_is_read_a_few_times_at_most() {
        for part in ["token", "token ", "token= ", "token=\"", "=:", "--token \\\"", "\u{1}", "空"] {
            let text = part.repeat(4_096);
            READ.set(0);
            super::without_secrets(&text);
            let times = READ.get() / text.chars().count();
            assert!(times <= 8, "{part:?} is read {times} times");
        }
    }
}
