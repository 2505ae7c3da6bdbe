//! What the name of an object may be.

/// What the name of an object must be.
pub(super) const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
                         and must start and end with an alphanumeric character";

/// Whether an object may have this name.
pub(super) fn is_subdomain(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = |label: &str| {
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(is_inner)
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes() {
        for name in ["a", "a-1.b"] {
            assert!(is_subdomain(name), "{name:?}");
        }
        for name in ["", "A", "-a", "a.", "a..b", &"a".repeat(254)] {
            assert!(!is_subdomain(name), "{name:?}");
        }
    }
}
