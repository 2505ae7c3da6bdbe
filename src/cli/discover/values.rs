//! Values of flags that need more than one word to check.

/// Reads `--tag`.
pub(super) fn parse_tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, such as team=shop".into()),
    }
}

/// Reads the name of a namespace of Kubernetes.
pub(super) fn parse_namespace(text: &str) -> Result<String, String> {
    let is_letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let ends_well = |end: Option<u8>| end.is_some_and(is_letter);
    let fits = text.len() <= 63
        && ends_well(text.bytes().next())
        && ends_well(text.bytes().next_back())
        && text.bytes().all(|b| is_letter(b) || b == b'-');
    if fits {
        Ok(text.to_owned())
    } else {
        Err("expected a namespace of Kubernetes: 1 to 63 of a-z 0-9 - that begins and ends with a letter or a digit".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_has_a_key_and_all_behind_the_first_sign_is_its_value() {
        let tag = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(parse_tag("team=shop"), tag("team", "shop"));
        assert_eq!(parse_tag("a b=c=d, e"), tag("a b", "c=d, e"));
        assert_eq!(parse_tag("team="), tag("team", ""));
        assert!(parse_tag("team").is_err() && parse_tag("=shop").is_err() && parse_tag("").is_err());
    }

    #[test]
    fn a_namespace_is_a_dns_label() {
        for (text, is_good) in [
            ("shop", true),
            ("0-a", true),
            ("", false),
            ("-a", false),
            ("a-", false),
            ("a.b", false),
            ("A", false),
        ] {
            assert_eq!(parse_namespace(text).is_ok(), is_good, "{text}");
        }
        assert!(parse_namespace(&"a".repeat(63)).is_ok() && parse_namespace(&"a".repeat(64)).is_err());
    }
}
