//! A key to the account, in a type that cannot be printed and is wiped when it is dropped.

use std::fmt;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::text::{TEXT_BYTES, clean};

/// An AccessKey, for good or for an hour.
#[derive(Clone)]
pub struct Keys {
    id: String,
    secret: SecretString,
    token: Option<SecretString>,
    expires: Option<Timestamp>,
    origin: String,
}

impl Keys {
    /// A key that stays valid until it is revoked. `origin` says for people where it comes from.
    ///
    /// Space around id and secret is dropped: no key has any, and files end with newlines. Control characters of `origin`
    /// go, since it may hold the name of a profile.
    pub fn new(id: &str, secret: impl Into<SecretString>, origin: impl Into<String>) -> Self {
        Self {
            id: id.trim().to_owned(),
            secret: trimmed(&secret.into()),
            token: None,
            expires: None,
            origin: clean(&origin.into(), TEXT_BYTES),
        }
    }

    /// The same with the security token that temporary keys have. A blank one is none: the header of an empty token
    /// makes SAE refuse a key that would do without.
    pub fn with_token(mut self, token: impl Into<SecretString>) -> Self {
        let token = trimmed(&token.into());
        self.token = Some(token).filter(|token| !token.expose_secret().is_empty());
        self
    }

    /// The same with the end of its validity.
    pub fn until(mut self, expires: Timestamp) -> Self {
        self.expires = Some(expires);
        self
    }

    /// The AccessKeyId, which is no secret.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where the key comes from, in words.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// When it ends to be valid; `None` for one that does not end by itself.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    pub(in crate::sae) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }

    pub(in crate::sae) fn token(&self) -> Option<&str> {
        self.token.as_ref().map(ExposeSecret::expose_secret)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("id", &self.id)
            .field("expires", &self.expires)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

fn trimmed(secret: &SecretString) -> SecretString {
    secret.expose_secret().trim().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_printed_shows_no_secret() {
        let keys = Keys::new("id-1", "marked-secret", "a test").with_token("marked-token");
        let printed = format!("{keys:?}");
        assert!(printed.contains("id-1"));
        assert!(!printed.contains("marked"), "{printed}");
    }

    #[test]
    fn the_newline_at_the_end_of_a_file_is_no_part_of_a_key() {
        let keys = Keys::new("id\n", " secret\r\n", "a test").with_token("token\n");
        assert_eq!((keys.id(), keys.secret(), keys.token()), ("id", "secret", Some("token")));
    }

    #[test]
    fn a_blank_token_is_no_token() {
        for blank in ["", " ", "\n"] {
            assert_eq!(Keys::new("id", "secret", "a test").with_token(blank).token(), None, "{blank:?}");
        }
    }
}
