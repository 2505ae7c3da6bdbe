//! The order in which keys are searched, that of the official chain (contract §9). A profile that was chosen is searched
//! in the two files alone.
//!
//! The first provider that is configured is the account's identity, and what goes wrong with it is the answer. The
//! official SDKs go on to the next one instead, and so turn a hiccup of STS into the identity of the node, for
//! good. Only the machine's role is asked on the chance that it is there.

use std::fmt;
use std::path::PathBuf;

use super::choice::Choice;
use super::exchange::{Exchange, NoKeys};
use super::found::FoundKeys;
use super::plan::{Found, Machine, Plan};
use super::{config_file, credentials_file, credentials_uri, ecs_ram_role, environment, oidc};
use crate::sae::{Class, Environment, Error};

/// Where keys may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Keys that the program was given.
    Fixed,
    /// Environment variables.
    Environment,
    /// The role of a pod (RRSA).
    Oidc,
    /// `~/.aliyun/config.json`.
    ConfigFile,
    /// `~/.alibabacloud/credentials`.
    CredentialsFile,
    /// The role of an ECS machine.
    EcsRamRole,
    /// A server that hands out keys.
    CredentialsUri,
    /// A role that is assumed with other keys.
    AssumedRole,
}

/// What a provider finds configured; an error says what is wrong with that.
type Find = fn(&Environment, Choice<'_>) -> Result<Found, String>;

/// The order of the official chain.
const ORDER: [(Provider, Find); 6] = [
    (Provider::Environment, |environment, _| environment::find(environment)),
    (Provider::Oidc, |environment, _| oidc::find(environment)),
    PROFILES[0],
    PROFILES[1],
    (Provider::EcsRamRole, |environment, _| Ok(ecs_ram_role::find(environment))),
    (Provider::CredentialsUri, |environment, _| credentials_uri::find(environment)),
];

/// The places that have profiles.
const PROFILES: [(Provider, Find); 2] =
    [(Provider::ConfigFile, config_file::find), (Provider::CredentialsFile, credentials_file::find)];

/// One provider that was tried and gave no keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// Which one.
    pub provider: Provider,
    /// Why it gave none.
    pub why: String,
}

/// How a search for keys ended.
#[derive(Debug)]
pub(super) struct Search {
    /// The providers that gave no keys, in order.
    pub tries: Vec<Try>,
    /// The keys, or what went wrong.
    pub result: Result<FoundKeys, Error>,
}

/// Searches for keys. `served_before` is the provider of the last ones: a machine's role that once gave keys is not
/// taken for absent when its metadata service is.
pub(super) async fn search(
    environment: &Environment,
    exchange: &Exchange,
    choice: Choice<'_>,
    served_before: Option<Provider>,
) -> Search {
    let places = match choice {
        Choice::Chain => &ORDER[..],
        Choice::Profile(_) => &PROFILES,
    };
    let mut tries = Vec::new();
    for &(provider, find) in places {
        let plan = match find(environment, choice) {
            Ok(Found::Plan(plan)) => plan,
            Ok(Found::Nothing(why)) => {
                tries.push(Try { provider, why });
                continue;
            }
            Err(half) => return Search { tries, result: Err(unusable(provider, &half)) },
        };
        let on_chance = is_on_chance(provider, &plan) && served_before != Some(provider);
        match exchange.keys(&plan).await {
            Ok(keys) => {
                let source = plan.source(provider, &keys);
                let found = FoundKeys::new(provider, source, keys, exchange.clock.now());
                return Search { tries, result: found };
            }
            Err(NoKeys::NotThere(why)) if on_chance => tries.push(Try { provider, why }),
            Err(no_keys) => return Search { tries, result: Err(no_keys.into_error("credentials")) },
        }
    }
    let result = Err(none_found(choice, &tries));
    Search { tries, result }
}

/// The files that any provider would read.
pub(super) fn files(environment: &Environment) -> Vec<PathBuf> {
    config_file::path(environment).into_iter().chain(credentials_file::paths(environment)).collect()
}

/// The file of the pod's token, if there is one: it changes by itself every hour.
pub(super) fn token_file(environment: &Environment) -> Option<PathBuf> {
    oidc::token_file(environment).map(PathBuf::from)
}

/// Whether the configuration does not name a role of the machine.
fn is_on_chance(provider: Provider, plan: &Plan) -> bool {
    provider == Provider::EcsRamRole && matches!(plan, Plan::EcsRamRole(Machine { role: None, .. }))
}

/// A provider that is configured by half, or wrongly.
fn unusable(provider: Provider, problem: &str) -> Error {
    Error::new("credentials", Class::CredentialsMissing, format!("{provider}: {problem}"))
}

fn none_found(choice: Choice<'_>, tries: &[Try]) -> Error {
    let tried: Vec<String> = tries.iter().map(|Try { provider, why }| format!("{provider}: {why}")).collect();
    let tried = tried.join("; ");
    let (message, advice) = match choice {
        Choice::Chain => (format!("none found ({tried})"), "configure one of these"),
        Choice::Profile(name) => {
            (format!("no profile {name} with keys ({tried})"), "name a profile of one of these files")
        }
    };
    Error::new("credentials", Class::CredentialsMissing, message).advise(advice)
}

impl Provider {
    /// Whether files were read on the way to this provider.
    pub(super) fn reads_files(self) -> bool {
        match self {
            Self::Fixed | Self::Environment | Self::Oidc | Self::AssumedRole => false,
            Self::ConfigFile | Self::CredentialsFile | Self::EcsRamRole | Self::CredentialsUri => true,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fixed => "given keys",
            Self::Environment => "environment",
            Self::Oidc => "OIDC",
            Self::ConfigFile => "config.json",
            Self::CredentialsFile => "credentials file",
            Self::EcsRamRole => "ECS RAM role",
            Self::CredentialsUri => "credentials URI",
            Self::AssumedRole => "assumed role",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sae::Settings;
    use crate::sae::transport::Transport;
    use sae_simulator::{Fault, Operation, Simulator};

    /// An environment with a credentials URI at the end of the chain, on a machine whose metadata service is `metadata`.
    fn stage(sim: &Simulator, metadata: &str) -> (Environment, Exchange) {
        let environment = Environment::of([("ALIBABA_CLOUD_CREDENTIALS_URI", sim.credentials_uri())]);
        let settings = Settings { metadata: metadata.to_owned(), ..Settings::new() };
        let transport = Transport::new(&environment).unwrap();
        (environment, Exchange::new(&settings, transport))
    }

    async fn provider(environment: &Environment, exchange: &Exchange, before: Option<Provider>) -> Provider {
        search(environment, exchange, Choice::Chain, before).await.result.unwrap().provider
    }

    #[tokio::test]
    async fn the_role_of_the_machine_comes_before_the_credentials_uri() {
        let sim = Simulator::start();
        let (environment, exchange) = stage(&sim, &sim.endpoint());
        assert_eq!(provider(&environment, &exchange, None).await, Provider::EcsRamRole);
        assert_eq!(sim.calls_of(Operation::MetadataToken).len(), 1, "one token for both questions");
    }

    #[tokio::test]
    async fn a_machine_without_a_role_or_without_the_service_is_passed_over() {
        let sim = Simulator::start();
        sim.set_machine_role(None);
        sim.set_metadata_v1(true);
        let (environment, exchange) = stage(&sim, &sim.endpoint());
        let search = search(&environment, &exchange, Choice::Chain, None).await;
        assert_eq!(search.result.unwrap().provider, Provider::CredentialsUri);
        assert_eq!(search.tries.last().unwrap().why, "the machine has no RAM role");

        let (environment, exchange) = stage(&sim, "http://127.0.0.1:1");
        assert_eq!(provider(&environment, &exchange, None).await, Provider::CredentialsUri);
    }

    #[tokio::test]
    async fn a_role_that_served_once_is_not_taken_for_absent() {
        let sim = Simulator::start();
        let (environment, exchange) = stage(&sim, &sim.endpoint());
        sim.inject(Fault::html(502).on(Operation::MetadataRole).times(1));
        let error = search(&environment, &exchange, Choice::Chain, Some(Provider::EcsRamRole))
            .await
            .result
            .unwrap_err();
        assert_eq!(error.class, Class::Transient(None), "{error}");
        assert!(sim.calls_of(Operation::CredentialsUri).is_empty());
    }

    #[tokio::test]
    async fn a_role_that_is_named_has_to_be_there() {
        let sim = Simulator::start();
        let (_, exchange) = stage(&sim, &sim.endpoint());
        let environment = Environment::of([("ALIBABA_CLOUD_ECS_METADATA", "another")]);
        let error = search(&environment, &exchange, Choice::Chain, None).await.result.unwrap_err();
        assert!(error.to_string().contains("the machine has no RAM role another"), "{error}");
    }
}
