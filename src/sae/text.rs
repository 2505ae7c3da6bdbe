//! Texts of servers, made fit for a message.

/// How much of what a server says goes into a message, in bytes: enough for a sentence or two, and with room
/// left for the advice in the 512 bytes that a condition's message has.
const LIMIT: usize = 240;

/// What a server said, without control characters, without the request id that moves by itself, without the
/// string to sign that a refused signature quotes, and cut.
pub(super) fn said(message: &str, request_id: Option<&str>) -> String {
    let lower = message.to_ascii_lowercase();
    let message = match lower.find("string to sign").or_else(|| lower.find("stringtosign")) {
        // The words around it ("server string to sign is:") say nothing without it.
        Some(quote) => message[..quote].trim_end().trim_end_matches("server").trim_end_matches("Server"),
        None => message,
    };
    let message = match request_id {
        Some(id) if !id.is_empty() => message.replace(id, "…"),
        _ => message.to_owned(),
    };
    cut(&clean(&message), LIMIT)
}

/// One line without control characters, and with one space where there were several.
pub(super) fn clean(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most so many bytes, cut on a character boundary.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    // Room for the ellipsis, which is three bytes long.
    let end = (0..=limit.saturating_sub(3)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}…", &text[..end])
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
    fn what_moves_by_itself_is_taken_out() {
        assert_eq!(said("failed, request id: R-1 (R-1)", Some("R-1")), "failed, request id: … (…)");
    }

    #[test]
    fn control_characters_become_spaces_and_length_is_bounded() {
        assert_eq!(clean("a\r\n\u{1b}[31mb\t c"), "a [31mb c");
        let long = "空".repeat(1000);
        assert!(said(&long, None).len() <= LIMIT);
        assert!(said(&long, None).ends_with("空…"));
    }
}
