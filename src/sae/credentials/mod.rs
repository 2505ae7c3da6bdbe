//! Where keys come from (contract §9).

mod environment;
mod keys;

use std::sync::Arc;

pub use keys::Keys;

use super::{Class, Environment, Error};

/// The source of keys for one account. Clones share it.
#[derive(Debug, Clone)]
pub struct Credentials {
    environment: Environment,
}

impl Credentials {
    /// The official chain of providers.
    pub fn chain(environment: Environment) -> Self {
        Self { environment }
    }

    /// The keys of now.
    #[allow(clippy::unused_async, reason = "the other providers ask servers")]
    pub(super) async fn get(&self) -> Result<Arc<Keys>, Error> {
        let missing = |message: String| {
            Error::new("credentials", Class::CredentialsMissing, message)
                .advise("set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET")
        };
        match environment::keys(&self.environment) {
            Ok(Some(keys)) => Ok(Arc::new(keys)),
            Ok(None) => Err(missing("none are configured".to_owned())),
            Err(half) => Err(missing(half)),
        }
    }

    /// Told that SAE refused the token of these keys. Says whether the next ones are others.
    #[allow(clippy::unused_self, reason = "the keys of the environment cannot be fetched anew")]
    pub(super) fn reject(&self, _keys: &Arc<Keys>) -> bool {
        false
    }
}
