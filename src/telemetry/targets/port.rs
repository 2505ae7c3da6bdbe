//! The port of a target.

use std::num::NonZeroU16;

/// Reads a port, 1 to 65535, in digits alone: what else Rust takes for a number (`+80`) is a mistake here.
pub(super) fn parse_port(text: &str) -> Option<NonZeroU16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        for (text, port) in [("1", 1), ("8080", 8080), ("65535", 65535)] {
            assert_eq!(parse_port(text).map(NonZeroU16::get), Some(port));
        }
        for text in ["", "0", "65536", "+80", "-1", "80 ", "http", "８０"] {
            assert_eq!(parse_port(text), None, "{text}");
        }
    }
}
