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
//!
//! STS is asked where the flag says, else in `ALIBABA_CLOUD_STS_REGION`, with `_VPC_ENDPOINT_ENABLED` inside the VPC.
//!
//! The first provider that is configured is the identity; what goes wrong with it is the answer. With a profile that
//! was chosen only the two files are read. One search for keys
//! runs at a time however many calls wait for it. Keys are renewed in the background ahead of their end, and used until
//! shortly before it. Files are read again when they change. Nothing is logged here: [`Credentials::report`] says what
//! was tried and how it went.

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
mod keys;
mod login;
mod oidc;
mod plan;
mod profile;
mod quotes;
mod sts;
#[cfg(test)]
mod tests;
mod validity;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use jiff::Timestamp;

pub use caller::Caller;
pub use chain::{Provider, Try};
pub use keys::Keys;

use self::chain::Search;
use self::choice::Choice;
use self::exchange::Exchange;
use self::validity::{Need, Validity, pause};
use super::transport::Transport;
use super::{Class, Environment, Error, Settings};
use crate::api::ProfileName;

/// The source of keys for one account. Clones share it.
#[derive(Debug, Clone)]
pub struct Credentials(Arc<Source>);

/// How the search for keys goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Who gave the keys in use.
    pub provider: Option<Provider>,
    /// Where they come from, in words.
    pub origin: Option<String>,
    /// When they end to be valid; `None` also for keys that do not end.
    pub expires: Option<Timestamp>,
    /// Who gave no keys in the newest search, and why.
    pub tries: Vec<Try>,
    /// What went wrong in the newest search; with keys in use, those serve on until their end.
    pub failure: Option<Error>,
}

#[derive(Debug)]
struct Source {
    environment: Environment,
    /// Whose keys are searched, if not those that the chain finds.
    profile: Option<ProfileName>,
    exchange: Exchange,
    state: Mutex<State>,
}

type Flight = Shared<BoxFuture<'static, Result<Arc<Keys>, Error>>>;

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    /// The search that is under way.
    flight: Option<Flight>,
    tries: Vec<Try>,
    failure: Option<Error>,
    /// Failed searches in a row, and when the next one may begin in the background.
    failures: u32,
    not_before: Option<Timestamp>,
}

/// Keys in use.
#[derive(Debug)]
struct Held {
    keys: Arc<Keys>,
    provider: Provider,
    validity: Validity,
    /// Of the files, before they were read on the way to the keys; `None` if none was.
    fingerprint: Option<u64>,
    /// Whether the server called their token expired before its time.
    is_rejected: bool,
}

impl Credentials {
    pub(super) fn chain(settings: &Settings, transport: Transport) -> Self {
        Self::new(settings, transport, State::default())
    }

    pub(super) fn fixed(settings: &Settings, transport: Transport, keys: Keys) -> Self {
        let validity = Validity::new(&keys, settings.clock.now(), 0.0);
        let held = Held {
            keys: Arc::new(keys),
            provider: Provider::Fixed,
            validity,
            fingerprint: None,
            is_rejected: false,
        };
        Self::new(settings, transport, State { held: Some(held), ..State::default() })
    }

    fn new(settings: &Settings, transport: Transport, state: State) -> Self {
        Self(Arc::new(Source {
            environment: settings.environment.clone(),
            profile: settings.profile.clone(),
            exchange: Exchange::new(settings, transport),
            state: Mutex::new(state),
        }))
    }

    /// How the search for keys goes.
    pub fn report(&self) -> Report {
        let state = self.0.state();
        let held = state.held.as_ref();
        Report {
            provider: held.map(|held| held.provider),
            origin: held.map(|held| held.keys.origin().to_owned()),
            expires: held.and_then(|held| held.keys.expires()),
            tries: state.tries.clone(),
            failure: state.failure.clone(),
        }
    }

    /// A number that changes when a file of credentials or the pod's token is written, appears or goes. After an error
    /// of credentials the scheduler may poll again then.
    pub fn fingerprint(&self) -> u64 {
        let environment = &self.0.environment;
        let mut files = chain::files(environment);
        files.extend(chain::token_file(environment));
        file::fingerprint(&files)
    }

    /// Whose keys these are, as STS says it. No right is needed for that, and SAE is not called.
    pub async fn caller(&self) -> Result<Caller, Error> {
        let keys = self.get().await?;
        self.0.exchange.caller(&keys, &self.0.environment).await
    }

    /// Keys that are valid now. Waits for a search only when there are none.
    pub(super) async fn get(&self) -> Result<Arc<Keys>, Error> {
        let flight = {
            let mut state = self.0.state();
            match (self.0.need(&state), &state.held) {
                (Need::Nothing, Some(held)) => return Ok(held.keys.clone()),
                (Need::Renewal, Some(held)) => {
                    let keys = held.keys.clone();
                    drop(self.flight(&mut state));
                    return Ok(keys);
                }
                (Need::Others, _) | (_, None) => self.flight(&mut state),
            }
        };
        flight.await
    }

    /// Notes that the server refused the token of these keys. Whether the next keys are others: not if these were
    /// fresh or do not end, since then they were not refused because they ended.
    pub(super) fn reject(&self, keys: &Arc<Keys>) -> bool {
        let now = self.0.exchange.clock.now();
        let mut state = self.0.state();
        match &mut state.held {
            Some(held) if Arc::ptr_eq(&held.keys, keys) => {
                held.is_rejected = held.provider != Provider::Fixed && held.validity.can_be_renewed(now);
                held.is_rejected
            }
            // Another call has found others meanwhile.
            Some(_) | None => true,
        }
    }

    /// The search under way, or a new one. It runs by itself, so that a caller that gives up does not end it for the others.
    fn flight(&self, state: &mut State) -> Flight {
        if let Some(flight) = &state.flight {
            return flight.clone();
        }
        let source = self.0.clone();
        let search = tokio::spawn({
            let source = source.clone();
            async move { source.search().await }
        });
        let flight = async move {
            search.await.unwrap_or_else(|_| {
                source.state().flight = None;
                Err(Error::new("credentials", Class::Transient(None), "the search was cut off"))
            })
        };
        let flight = flight.boxed().shared();
        state.flight = Some(flight.clone());
        flight
    }
}

impl Source {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn need(&self, state: &State) -> Need {
        match &state.held {
            None => Need::Others,
            Some(held) if held.is_rejected => Need::Others,
            Some(held) if held.fingerprint.is_some_and(|read| read != self.fingerprint()) => Need::Others,
            Some(held) => held.validity.need(self.exchange.clock.now(), state.not_before),
        }
    }

    fn choice(&self) -> Choice<'_> {
        self.profile.as_ref().map_or(Choice::Chain, Choice::Profile)
    }

    /// Of the files that say who we are. The pod's token is not among them: it only proves it.
    fn fingerprint(&self) -> u64 {
        file::fingerprint(&chain::files(&self.environment))
    }

    async fn search(&self) -> Result<Arc<Keys>, Error> {
        let fingerprint = self.fingerprint();
        let served_before = self.state().held.as_ref().map(|held| held.provider);
        let Search { tries, result } =
            chain::search(&self.environment, &self.exchange, self.choice(), served_before).await;
        let now = self.exchange.clock.now();
        let held = result.and_then(|(provider, keys)| held(provider, keys, now, fingerprint));
        let mut state = self.state();
        state.flight = None;
        state.tries = tries;
        match held {
            Ok(held) => {
                let keys = held.keys.clone();
                state.held = Some(held);
                (state.failure, state.failures, state.not_before) = (None, 0, None);
                Ok(keys)
            }
            Err(error) => {
                state.failures = state.failures.saturating_add(1);
                state.not_before = now.checked_add(pause(state.failures, fastrand::f64())).ok();
                state.failure = Some(error.clone());
                Err(error)
            }
        }
    }
}

/// Fresh keys; an error if they came expired.
fn held(provider: Provider, keys: Keys, now: Timestamp, fingerprint: u64) -> Result<Held, Error> {
    let validity = Validity::new(&keys, now, fastrand::f64());
    if validity.need(now, None) == Need::Others {
        let message = format!("{provider}: the keys were issued already expired");
        return Err(Error::new("credentials", Class::Transient(None), message));
    }
    let fingerprint = provider.reads_files().then_some(fingerprint);
    Ok(Held { keys: Arc::new(keys), provider, validity, fingerprint, is_rejected: false })
}

/// What is wrong with a text as a file of profiles, in each of its two forms.
#[cfg(any(test, fuzzing))]
pub(super) fn read_profiles(environment: &Environment, text: &str) -> Vec<String> {
    [
        config_file::parse(environment, Choice::Chain, "config.json", text),
        credentials_file::parse(environment, Choice::Chain, "credentials", text),
    ]
    .into_iter()
    .filter_map(Result::err)
    .collect()
}
