//! Texts that no other request has, for signatures.

use std::fmt;
use std::sync::Arc;

use crate::domain::hex;

/// Where nonces come from.
#[derive(Clone)]
pub struct Nonces(Arc<dyn Fn() -> String + Send + Sync>);

impl Nonces {
    /// 128 random bits. A nonce has to be another one each time, not a secret.
    pub fn random() -> Self {
        Self::new(|| hex(&fastrand::u128(..).to_be_bytes()))
    }

    /// Any other source, for tests.
    pub fn new(next: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(next))
    }

    pub(super) fn next(&self) -> String {
        (self.0)()
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces")
    }
}
