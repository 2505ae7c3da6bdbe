//! Texts of servers, made fit for a message.

use crate::api::AccountId;
use crate::domain::text::clean;

/// How much of what a server says goes into a message, in bytes: enough for a sentence or two, and with room
/// left for the advice in the 512 bytes that a condition's message has.
const LIMIT: usize = 240;
/// The longest code or action. The longest documented one has 43 characters.
const WORD_LIMIT: usize = 128;

/// What a server said, on one line and bounded, without the request id that moves by itself, and without the string
/// to sign that a refused signature quotes.
pub(super) fn said(message: &str, request_id: Option<&str>) -> String {
    let lower = message.to_ascii_lowercase();
    let message = match lower.find("string to sign").or_else(|| lower.find("stringtosign")) {
        // The words around it ("server string to sign is:") say nothing without it.
        Some(quote) => message[..quote].trim_end().trim_end_matches("server").trim_end_matches("Server"),
        None => message,
    };
    match request_id {
        Some(id) if !id.is_empty() => clean(&message.replace(id, "…"), LIMIT),
        _ => clean(message, LIMIT),
    }
}

/// The same without ARNs and the number of the account: they name accounts, users and roles, which are not for everybody
/// who watches an application.
pub(super) fn without_account(message: &str, account: &AccountId) -> String {
    let words = message.split(' ').map(|word| if word.contains("acs:") { "…" } else { word });
    words.collect::<Vec<_>>().join(" ").replace(account.as_str(), "…")
}

/// What a cause of trouble says of itself, on one line and bounded.
pub(super) fn bounded(cause: &str) -> String {
    clean(cause, LIMIT)
}

/// Whether a text can be a code or an action. What a broken answer has in its place may be anything, also a quoted
/// string to sign.
pub(super) fn is_word(text: &str) -> bool {
    (1..=WORD_LIMIT).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':' | b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_string_to_sign_is_never_passed_on() {
        let message =
            "Specified signature is not matched with our calculation. server string to sign is:ACS3\nabc";
        assert_eq!(said(message, None), "Specified signature is not matched with our calculation.");
    }

    #[test]
    fn an_arn_and_the_number_of_the_account_can_be_left_out() {
        let account = "12345".parse().unwrap();
        let message =
            "no right to sae:ListApplications on acs:sae:cn-hangzhou:12345:application/*, ask for it";
        assert_eq!(without_account(message, &account), "no right to sae:ListApplications on … ask for it");
        assert_eq!(without_account("user 12345@ram is overdue", &account), "user …@ram is overdue");
    }

    #[test]
    fn what_moves_by_itself_is_taken_out() {
        assert_eq!(said("failed, request id: R-1 (R-1)", Some("R-1")), "failed, request id: … (…)");
    }

    #[test]
    fn a_message_is_one_bounded_line() {
        assert_eq!(said("a\r\nb", None), "a  b");
        assert!(said(&"空".repeat(1000), None).len() <= LIMIT);
    }

    #[test]
    fn a_code_is_one_word() {
        assert!(is_word("InvalidAppId.NotFound") && is_word("sae:DescribeApplicationInstances"));
        for no_word in ["", "two words", "a\nb", "空", &"x".repeat(WORD_LIMIT + 1)] {
            assert!(!is_word(no_word), "{no_word:?}");
        }
    }
}
