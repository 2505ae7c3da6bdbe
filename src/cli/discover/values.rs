//! Values of flags that need more than one word to check.

/// Reads `--tag`.
pub(super) fn parse_tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, such as team=shop".into()),
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
}
