//! The flags that say how SAE is asked and with which keys, the same for every command that asks by itself.

use clap::Args as ClapArgs;

use super::endpoints::Endpoints;
use crate::api::ProfileName;
use crate::sae::Settings;

/// Where SAE is asked, and with which keys.
#[derive(Debug, ClapArgs)]
#[group(id = "client")]
pub(super) struct ClientArgs {
    #[command(flatten)]
    endpoints: Endpoints,

    /// Take the keys of this profile, of ~/.aliyun/config.json or else of ~/.alibabacloud/credentials [default: the first keys of the chain]
    #[arg(long, env = "SAEWATCH_PROFILE", value_name = "NAME")]
    pub(super) profile: Option<ProfileName>,
}

impl ClientArgs {
    /// The settings of a client that asks there, with those keys.
    pub(super) fn settings(&self) -> Settings {
        let settings = self.endpoints.settings();
        match &self.profile {
            Some(profile) => settings.profile(profile.clone()),
            None => settings,
        }
    }
}

/// What help says of keys (contract §9).
pub(super) const KEYS: &str =
    "Keys come from the profile that --profile names, else from the first of these that has some:
  the variables ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET
  the OIDC token of a pod (RRSA)
  the profiles of the aliyun command, ~/.aliyun/config.json, and of the SDKs, ~/.alibabacloud/credentials
  the role of the machine, from its metadata service
  a URI that gives credentials, ALIBABA_CLOUD_CREDENTIALS_URI";
