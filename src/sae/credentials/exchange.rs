//! Carrying out a plan: the issuer of keys is asked for them.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Keys;
use super::plan::Plan;
use crate::sae::transport::Transport;
use crate::sae::{Answer, Class, Clock, Endpoint, Error, Nonces, Settings};

/// How long a server on this machine or its link may take, the metadata service for all its answers together. The
/// official SDKs give it one second to connect and one to answer, each time anew; off Alibaba Cloud this is how long
/// each search for keys waits in vain.
pub(super) const LOCAL_TIMEOUT: Duration = Duration::from_secs(2);

/// What is wrong with an answer that should hold keys.
pub(super) const NOT_ISSUED: &str = "the answer holds no keys";

/// Asks STS, the metadata service and credentials URIs.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) transport: Transport,
    pub(super) clock: Clock,
    pub(super) nonces: Nonces,
    /// Where STS is asked, if not where the official SDKs ask.
    pub(super) sts: Option<Endpoint>,
    /// The base URL of the metadata service.
    pub(super) metadata: String,
}

/// Why there are no keys.
#[derive(Debug)]
pub(super) enum NoKeys {
    /// There is no server that could be asked.
    NotThere(String),
    /// A server was asked.
    Failed(Error),
}

/// Keys as their issuers write them: STS, the metadata service, credentials URIs.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Issued {
    /// `Success`; STS writes none.
    code: Option<String>,
    access_key_id: String,
    access_key_secret: SecretString,
    security_token: SecretString,
    expiration: Timestamp,
}

impl Exchange {
    pub(super) fn new(settings: &Settings, transport: Transport) -> Self {
        Self {
            transport,
            clock: settings.clock.clone(),
            nonces: settings.nonces.clone(),
            sts: settings.sts_endpoint.clone(),
            metadata: settings.metadata.clone(),
        }
    }

    /// The keys of a plan.
    pub(super) async fn keys(&self, plan: &Plan) -> Result<Keys, NoKeys> {
        let keys = match plan {
            Plan::Keys(keys) => Ok(keys.clone()),
            Plan::Login(login) => login.keys(self.clock.now()),
            Plan::AssumeRole(source, role) => {
                let source = Box::pin(self.keys(source)).await?;
                self.assume_role(&source, role).await
            }
            Plan::AssumeRoleWithOidc(oidc, role) => self.assume_role_with_oidc(oidc, role).await,
            Plan::EcsRamRole(machine) => return self.keys_of_machine(machine).await,
            Plan::Uri(uri) => self.keys_of_uri(uri).await,
        };
        keys.map_err(NoKeys::Failed)
    }

    /// Reads keys as the metadata service and credentials URIs write them. Never quotes the answer.
    pub(super) fn issued(answer: Answer, origin: &str) -> Result<Keys, String> {
        let body = Zeroizing::new(answer.body);
        let issued: Issued = serde_json::from_slice(&body).map_err(|_| NOT_ISSUED.to_owned())?;
        issued.keys(origin)
    }
}

impl Issued {
    /// The keys. Never quotes a value.
    pub(super) fn keys(self, origin: &str) -> Result<Keys, String> {
        let Self { code, access_key_id, access_key_secret, security_token, expiration } = self;
        if code.is_some_and(|code| code != "Success") {
            return Err("the answer's Code is not Success".to_owned());
        }
        let keys = Keys::new(&access_key_id, access_key_secret, origin);
        if keys.id().is_empty() || keys.secret().is_empty() {
            return Err(NOT_ISSUED.to_owned());
        }
        Ok(keys.with_token(security_token).until(expiration))
    }
}

impl NoKeys {
    /// Why, in words.
    pub(super) fn message(&self) -> &str {
        match self {
            Self::NotThere(why) => why,
            Self::Failed(error) => &error.message,
        }
    }

    /// The same in other words.
    pub(super) fn with_message(self, message: String) -> Self {
        match self {
            Self::NotThere(_) => Self::NotThere(message),
            Self::Failed(error) => Self::Failed(Error { message, ..error }),
        }
    }

    /// The error, where a server had to be there.
    pub(super) fn into_error(self, operation: &'static str) -> Error {
        match self {
            Self::NotThere(why) => Error::new(operation, Class::Transient(None), why),
            Self::Failed(error) => error,
        }
    }
}
