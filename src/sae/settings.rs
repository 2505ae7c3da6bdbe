//! How a client reaches SAE and finds its keys.

use super::{Clock, Endpoint, Environment, Nonces};
use crate::api::ProfileName;

/// The one address of the metadata service of a machine in Alibaba Cloud.
const METADATA_SERVICE: &str = "http://100.100.100.200";

/// Everything a client needs to know beside the questions. Start from [`Settings::new`].
#[derive(Debug, Clone)]
pub struct Settings {
    pub(super) endpoint: Endpoint,
    pub(super) sts_endpoint: Option<Endpoint>,
    pub(super) metadata: String,
    pub(super) environment: Environment,
    pub(super) profile: Option<ProfileName>,
    pub(super) clock: Clock,
    pub(super) nonces: Nonces,
}

impl Settings {
    /// SAE's public endpoints, the process environment, the machine's clock.
    pub fn new() -> Self {
        Self {
            endpoint: Endpoint::public(),
            sts_endpoint: None,
            metadata: METADATA_SERVICE.to_owned(),
            environment: Environment::process(),
            profile: None,
            clock: Clock::system(),
            nonces: Nonces::random(),
        }
    }

    /// Another place to ask SAE, such as `https://sae-vpc.{region}.aliyuncs.com`.
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// Another place to ask STS than the official SDKs choose.
    pub fn sts_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.sts_endpoint = Some(endpoint);
        self
    }

    /// Another environment than that of the process, for keys, proxies and certificate authorities.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// The keys of this profile of `config.json` or of the credentials file, and of no other place.
    pub fn profile(mut self, profile: ProfileName) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Another clock than the machine's.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Other nonces than random ones.
    pub fn nonces(mut self, nonces: Nonces) -> Self {
        self.nonces = nonces;
        self
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}
