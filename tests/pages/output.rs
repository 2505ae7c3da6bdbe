//! Whether what a command printed is what its page shows, but for what moves by itself.

/// Compares line by line. On the page, a line `…` stands for any lines; times and spans stand for other times and spans.
pub fn is_alike(shown: &str, printed: &str) -> bool {
    let lines = |text: &str| text.lines().map(words).filter(|line| !line.is_empty()).collect::<Vec<_>>();
    are_alike(&lines(shown), &lines(printed))
}

fn are_alike(shown: &[Vec<String>], printed: &[Vec<String>]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line.as_slice() == ["…"] => {
            (0..=printed.len()).any(|skipped| are_alike(rest, &printed[skipped..]))
        }
        Some((line, rest)) => printed.split_first().is_some_and(|(first, others)| {
            line.len() == first.len()
                && line.iter().zip(first).all(|(shown, printed)| is_word_alike(shown, printed))
                && are_alike(rest, others)
        }),
    }
}

/// A line without its frame of blanks.
fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn is_word_alike(shown: &str, printed: &str) -> bool {
    let bare =
        |word: &str| word.trim_matches(|c: char| matches!(c, '(' | ')' | ',' | ';' | ':' | '"')).to_owned();
    let both = |is: fn(&str) -> bool| is(&bare(shown)) && is(&bare(printed));
    shown == printed || both(is_span) || both(is_time) || both(is_address) || both(is_instance)
}

/// `12s`, `5m3s`, `9d`, and how often an event came: `2m (x3`.
fn is_span(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.ends_with(['s', 'm', 'h', 'd'])
        && word.chars().all(|c| c.is_ascii_digit() || matches!(c, 's' | 'm' | 'h' | 'd' | '.'))
        || word == "<invalid>"
}

/// `2026-01-01T00:00:00Z`, with or without parts of a second.
fn is_time(word: &str) -> bool {
    word.len() >= 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T'
}

/// An address of loopback with its port.
fn is_address(word: &str) -> bool {
    word.contains("://127.0.0.1:")
}

/// An instance of the watch `shop`, whose name ends in five letters of chance; in an event it is a pod.
fn is_instance(word: &str) -> bool {
    word.strip_prefix("Pod/").unwrap_or(word).starts_with("shop-g-1-")
}

#[test]
fn what_moves_by_itself_is_alike_and_nothing_else() {
    assert!(is_alike("a   1m\nb", "a 12s\nb\n"));
    assert!(is_alike("a\n…\nz", "a\nb\nc\nz"));
    assert!(is_alike("on Pod/shop-g-1-abcde:", "on Pod/shop-g-1-fghij:"));
    assert!(!is_alike("a 3/4", "a 4/4"));
    assert!(!is_alike("id 0099…", "id 0099b7be-5f5b"));
    assert!(!is_alike("a\n…\nz", "a\nb"));
    assert!(!is_alike("a", "a\nb"));
}
