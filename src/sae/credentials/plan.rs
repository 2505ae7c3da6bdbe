//! What a provider found configured: how keys are to be got, before anybody is asked for them.
//!
//! Providers only read; asking is `Exchange`'s. So what a configuration means can be tested without a server.

use std::path::PathBuf;

use url::Url;

use super::login::Login;
use super::{Keys, Provider};
use crate::api::RegionId;
use crate::domain::fingerprint;

/// How long the keys of a role are asked for: the default of every official SDK.
pub(super) const ROLE_SECONDS: u32 = 3600;
/// The name of our sessions, as it stands in the account's audit log.
pub(super) const SESSION_NAME: &str = "saewatch";

/// How keys are to be got.
#[derive(Debug, Clone)]
pub(super) enum Plan {
    /// They are here.
    Keys(Keys),
    /// They are here and end, and saewatch cannot replace them.
    Login(Login),
    /// By AssumeRole, with the keys of another plan.
    AssumeRole(Box<Plan>, Role),
    /// By AssumeRoleWithOIDC, with the token in a file.
    AssumeRoleWithOidc(Oidc, Role),
    /// From the metadata service of the machine.
    EcsRamRole(Machine),
    /// From a server that hands them out.
    Uri(Url),
}

impl Plan {
    /// A number of the source of these keys, which came by this plan from this provider.
    pub(super) fn source(&self, provider: Provider, keys: &Keys) -> u64 {
        let key = match self {
            // Whose keys a server hands out is its own affair: other keys may be another owner's.
            Self::Uri(_) => Some(keys.id()),
            Self::Keys(_)
            | Self::Login(_)
            | Self::AssumeRole(..)
            | Self::AssumeRoleWithOidc(..)
            | Self::EcsRamRole(_) => None,
        };
        fingerprint(&(provider, self.identity(), key))
    }

    /// What decides who the owner of the keys is. It stays the same when keys are renewed.
    fn identity(&self) -> u64 {
        match self {
            Self::Keys(keys) | Self::Login(Login { keys, .. }) => fingerprint(&keys.id()),
            Self::AssumeRole(source, role) => fingerprint(&(source.identity(), &role.arn, &role.session)),
            Self::AssumeRoleWithOidc(_, role) => fingerprint(&(&role.arn, &role.session)),
            Self::EcsRamRole(machine) => fingerprint(&machine.role),
            Self::Uri(uri) => fingerprint(uri),
        }
    }
}

/// The role that STS is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    /// Its ARN.
    pub arn: String,
    /// RoleSessionName.
    pub session: String,
    /// DurationSeconds, at least 900.
    pub seconds: u32,
    /// A policy that narrows the role.
    pub policy: Option<String>,
    /// The secret handshake of roles for third parties.
    pub external_id: Option<String>,
    /// Which STS is asked; the global one if absent.
    pub region: Option<RegionId>,
    /// Whether STS is asked inside the VPC; without a region this means nothing, as in the official SDKs.
    pub vpc: bool,
}

/// Who the pod is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Oidc {
    /// The ARN of the identity provider.
    pub provider: String,
    /// The file of the token, which kubelet writes anew ahead of its end.
    pub token_file: PathBuf,
}

/// Which role of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Machine {
    /// Its name, if it is configured; else the metadata service is asked.
    pub role: Option<String>,
    /// Whether version 1 of the metadata service, the one without tokens, will do.
    pub allow_v1: bool,
}

/// What a provider says of its configuration.
#[derive(Debug)]
pub(super) enum Found {
    /// It is configured.
    Plan(Plan),
    /// It is not, and why.
    Nothing(String),
}
