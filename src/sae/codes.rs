//! The codes of SAE and its gateway, and what each means: the one table (contract §6).

/// What a code says about the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Over the quota.
    Throttled,
    /// It passes by itself.
    Passing,
    /// The nonce was used before; the next signature has a new one.
    NonceUsed,
    /// The application does not exist.
    NotFound,
    /// A value of the question is wrong.
    Invalid,
    /// The time of the request is too far from the server's.
    WrongClock,
    /// The security token is expired, malformed or missing.
    TokenRejected,
    /// The key or the signature is not accepted.
    KeyRejected,
    /// The key may not ask this.
    Denied,
    /// The account is blocked or has no money.
    Blocked,
}

/// Patterns of codes: `*` at the end or at the start stands for any text. The longest one that fits decides.
///
/// The codes are those of SAE's error page and of the gateway's common error pages. A code in no row is left
/// to the HTTP status.
const TABLE: &[(&str, Meaning)] = &[
    ("Throttling*", Meaning::Throttled),
    ("ServiceUnavailable", Meaning::Passing),
    ("InternalError", Meaning::Passing),
    ("Application.InvalidStatus", Meaning::Passing),
    // HTTP 404, and yet no sign that the application is gone: "The response of API %s is empty".
    ("InvalidResponse.Api", Meaning::Passing),
    ("SignatureNonceUsed", Meaning::NonceUsed),
    ("InvalidAppId.NotFound", Meaning::NotFound),
    ("InvalidApplication.NotFound", Meaning::NotFound),
    ("InvalidParameter.*", Meaning::Invalid),
    ("InvalidParam.*", Meaning::Invalid),
    ("Missing*", Meaning::Invalid),
    ("InvalidServerlessRegion.*", Meaning::Invalid),
    ("InvalidNamespaceId.*", Meaning::Invalid),
    ("InvalidTimeStamp.*", Meaning::WrongClock),
    ("InvalidSecurityToken.*", Meaning::TokenRejected),
    ("MissingSecurityToken", Meaning::TokenRejected),
    ("InvalidAccessKeyId.*", Meaning::KeyRejected),
    ("SignatureDoesNotMatch", Meaning::KeyRejected),
    ("IncompleteSignature", Meaning::KeyRejected),
    ("Forbidden*", Meaning::Denied),
    ("NoPermission*", Meaning::Denied),
    ("InsufficientBalance", Meaning::Blocked),
    ("*RiskControl", Meaning::Blocked),
];

/// What a code means; `None` for one in no row.
pub(super) fn meaning(code: &str) -> Option<Meaning> {
    TABLE
        .iter()
        .filter(|(pattern, _)| fits(pattern, code))
        .max_by_key(|(pattern, _)| pattern.len())
        .map(|(_, meaning)| *meaning)
}

fn fits(pattern: &str, code: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(start), _) => code.starts_with(start),
        (None, Some(end)) => code.ends_with(end),
        (None, None) => code == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pattern_decides() {
        assert_eq!(meaning("Forbidden.RAM"), Some(Meaning::Denied));
        assert_eq!(meaning("Forbidden.RiskControl"), Some(Meaning::Blocked));
        assert_eq!(meaning("Something.RiskControl"), Some(Meaning::Blocked));
        assert_eq!(meaning("MissingAppId"), Some(Meaning::Invalid));
        assert_eq!(meaning("MissingSecurityToken"), Some(Meaning::TokenRejected));
    }

    #[test]
    fn a_code_in_no_row_means_nothing() {
        assert_eq!(meaning("SomethingElse"), None);
        assert_eq!(meaning("throttling.user"), None, "codes are compared as they are written");
        assert_eq!(meaning(""), None);
    }
}
