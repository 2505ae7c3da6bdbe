//! Where keys come from (contract §9): the official chain of providers, one file each.
//!
//! | provider | read from |
//! |---|---|
//! | environment | `ALIBABA_CLOUD_ACCESS_KEY_ID`, `_ACCESS_KEY_SECRET`, `_SECURITY_TOKEN` |
//! | OIDC (RRSA) | `ALIBABA_CLOUD_ROLE_ARN`, `_OIDC_PROVIDER_ARN`, `_OIDC_TOKEN_FILE`, `_ROLE_SESSION_NAME` |
//! | config.json | `~/.aliyun/config.json` or `ALIBABA_CLOUD_CONFIG_FILE`; `_PROFILE`; off by `_CLI_PROFILE_DISABLED` |
//! | credentials file | `~/.alibabacloud/credentials`, `.ini`, or `ALIBABA_CLOUD_CREDENTIALS_FILE`; `_PROFILE` |
//! | ECS RAM role | `ALIBABA_CLOUD_ECS_METADATA`; off by `_ECS_METADATA_DISABLED`; `_IMDSV1_DISABLED` |
//! | credentials URI | `ALIBABA_CLOUD_CREDENTIALS_URI` |
//! | assumed role | the role of a [`KeySource`], assumed with keys of the chain; not part of it |
//!
//! STS is asked where the flag says, else in `ALIBABA_CLOUD_STS_REGION`, with `_VPC_ENDPOINT_ENABLED` inside the VPC.
//!
//! The first provider that is configured is the identity; what goes wrong with it is the answer. With a profile that
//! was chosen only the two files are read. One search for keys
//! runs at a time however many calls wait for it. Keys are renewed in the background ahead of their end, and used until
//! shortly before it. Files are read again when they change. Nothing is logged here: [`Credentials::report`] says what
//! was tried and how it went.
//!
//! Several [`Credentials`] may share one source of keys. Those with an owner ([`Credentials::require_owner`]) serve no
//! key before STS has said that it is the owner's (contract §11.2):
//!
//! | the newest keys are | what serves |
//! |---|---|
//! | of the source that was verified, renewed or not | they |
//! | of another source: another provider, static key, role, or own keys that assume it; each key of a credentials URI | the keys verified before, until STS answers or they end |
//! | of another account, refused by STS, or not there | nothing |
//! | such that STS does not answer | the keys verified before, until they end; STS is asked again after a pause |
//!
//! Without an owner STS is asked whose the keys are only by [`Credentials::identify`], and no call waits for that.

mod caller;
mod chain;
mod choice;
mod config_file;
mod credentials_file;
mod credentials_uri;
mod ecs_ram_role;
mod environment;
mod exchange;
mod file;
mod flight;
mod found;
mod identification;
mod key_source;
mod keys;
mod login;
mod oidc;
mod own_role;
mod owner;
mod plan;
mod profile;
mod question;
mod quotes;
mod retry;
mod search;
mod sts;
#[cfg(test)]
mod tests;
mod validity;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

pub use caller::Caller;
pub use chain::{Provider, Try};
pub use key_source::KeySource;
pub use keys::Keys;

use self::exchange::Exchange;
pub(super) use self::found::FoundKeys;
use self::own_role::OwnRole;
use self::owner::Owner;
use self::search::{Held, Source, Wanted};
use super::transport::Transport;
use super::{Error, Settings};
use crate::api::AccountId;
use crate::domain::fingerprint;

/// The source of keys for one account. Clones share it.
#[derive(Debug, Clone)]
pub struct Credentials(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The operator's own keys.
    own: Arc<Source>,
    used: Mutex<Used>,
    owner: Owner,
}

/// Which keys are used, and where they come from.
#[derive(Debug)]
struct Used {
    keys: KeySource,
    source: Arc<Source>,
}

/// How the search for keys goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Who gave the newest keys.
    pub provider: Option<Provider>,
    /// Where they come from, in words.
    pub origin: Option<String>,
    /// When they end to be valid; `None` also for keys that do not end.
    pub expires: Option<Timestamp>,
    /// A number of their source: another one when another provider, static key or role gave them, or other own keys
    /// assumed it. Whose they are is then to be asked again, by [`Credentials::identify`].
    pub source: Option<u64>,
    /// Who gave no keys in the newest search, and why.
    pub tries: Vec<Try>,
    /// What went wrong in the newest search, else, of keys with an owner, in the newest question to STS whose they are. With
    /// keys in use, those serve on until their end, unless the error is one that only a person can mend.
    pub failure: Option<Error>,
}

impl Credentials {
    pub(super) fn chain(settings: &Settings, transport: Transport) -> Self {
        let wanted = settings.profile.clone().map_or(Wanted::Chain, Wanted::Profile);
        Self::new(settings, transport, wanted, None)
    }

    pub(super) fn fixed(settings: &Settings, transport: Transport, keys: Keys) -> Self {
        let source = fingerprint(&(Provider::Fixed, keys.id()));
        let found = FoundKeys::unchecked(Provider::Fixed, source, keys, settings.clock.now(), 0.0);
        Self::new(settings, transport, Wanted::Chain, Some(Held::without_files(found)))
    }

    fn new(settings: &Settings, transport: Transport, wanted: Wanted, held: Option<Held>) -> Self {
        let exchange = Exchange::new(settings, transport);
        let own = Arc::new(Source::new(settings.environment.clone(), exchange, wanted, held));
        let used = Used { keys: KeySource::Own, source: own.clone() };
        Self(Arc::new(Shared { own, used: Mutex::new(used), owner: Owner::default() }))
    }

    /// Credentials of this account, where these are the operator's own.
    pub(super) fn for_account(&self, keys: &KeySource, owner: AccountId) -> Self {
        let own = self.0.own.clone();
        let used = Used::new(&own, keys);
        Self(Arc::new(Shared { own, used: Mutex::new(used), owner: Owner::new(owner) }))
    }

    /// Searches these keys from now on. With an owner the keys that were verified before serve until these are.
    pub fn use_keys(&self, keys: &KeySource) {
        let mut used = self.0.used();
        if used.keys != *keys {
            *used = Used::new(&self.0.own, keys);
        }
    }

    /// How the search for keys goes.
    pub fn report(&self) -> Report {
        let source = self.0.source();
        let state = source.state();
        let found = state.held.as_ref().map(|held| &held.found);
        // Keys without an owner serve whether or not it is known whose they are.
        let question = state.identification.questions.failure.as_ref().filter(|_| self.has_owner());
        Report {
            provider: found.map(|found| found.provider),
            origin: found.map(|found| found.keys.origin().to_owned()),
            expires: found.and_then(|found| found.keys.expires()),
            source: found.map(|found| found.source),
            tries: state.tries.clone(),
            failure: state.searches.failure.as_ref().or(question).cloned(),
        }
    }

    /// A number that changes when a file of credentials or the pod's token is written, appears or goes. After an error
    /// of credentials the scheduler may poll again then.
    pub fn fingerprint(&self) -> u64 {
        let environment = &self.0.own.environment;
        let mut files = chain::files(environment);
        files.extend(chain::token_file(environment));
        file::fingerprint(&files)
    }

    /// Whose the newest keys are, as STS says it, of whatever account they are. No right is needed for that, and SAE is
    /// not called.
    ///
    /// STS is asked once for each source of keys ([`Report::source`]) and its answer remembered, unless that names
    /// another account than the owner: then, and after an error, STS is asked each time. What the error says, codes and
    /// ARNs of STS included, is for the operator's people and not for those who write watches.
    pub async fn identify(&self) -> Result<Caller, Error> {
        let source = self.0.source();
        if let Some((_, caller)) = source.identified() {
            if self.0.owner.account().is_none_or(|account| account == caller.account_id) {
                return Ok(caller);
            }
            source.forget_caller();
        }
        source.identify().await.map(|(_, caller)| caller)
    }

    /// Lets keys serve only while they are this account's. `None` lets any keys serve, unverified.
    pub fn require_owner(&self, owner: Option<AccountId>) {
        self.0.owner.require(owner);
    }

    /// Keys that are valid now, and the owner's if there is one. Waits for a search or for STS only when there are none.
    pub(super) async fn get(&self) -> Result<Arc<FoundKeys>, Error> {
        self.0.owner.keys(&self.0.source()).await
    }

    /// Notes that SAE refused the token of these keys. Whether the next keys are others.
    pub(super) fn reject_token(&self, keys: &Arc<FoundKeys>) -> bool {
        self.0.owner.forget(keys);
        self.0.source().reject(keys)
    }

    /// Notes that SAE refused these keys for good. Whether the next keys are others: if these were used before those were
    /// found or verified.
    pub(super) fn reject_key(&self, keys: &Arc<FoundKeys>) -> bool {
        self.0.owner.forget(keys);
        !self.0.source().are_newest(keys)
    }

    /// The account whose keys these must be; `None`: anybody's.
    pub(crate) fn owner(&self) -> Option<AccountId> {
        self.0.owner.account()
    }

    /// Whether an account is required.
    pub(super) fn has_owner(&self) -> bool {
        self.owner().is_some()
    }
}

impl Shared {
    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn source(&self) -> Arc<Source> {
        self.used().source.clone()
    }
}

impl Used {
    fn new(own: &Arc<Source>, keys: &KeySource) -> Self {
        let new = |wanted| Arc::new(Source::new(own.environment.clone(), own.exchange.clone(), wanted, None));
        let source = match keys.clone() {
            KeySource::Own => own.clone(),
            KeySource::Profile(name) => new(Wanted::Profile(name)),
            KeySource::Role { arn, external_id } => {
                new(Wanted::Role(own.clone(), OwnRole { arn, external_id }))
            }
        };
        Self { keys: keys.clone(), source }
    }
}

/// What is wrong with a text as a file of profiles, in each of its two forms.
#[cfg(any(test, fuzzing))]
pub(super) fn read_profiles(environment: &super::Environment, text: &str) -> Vec<String> {
    [
        config_file::parse(environment, choice::Choice::Chain, "config.json", text),
        credentials_file::parse(environment, choice::Choice::Chain, "credentials", text),
    ]
    .into_iter()
    .filter_map(Result::err)
    .collect()
}
