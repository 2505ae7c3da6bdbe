//! The flags that say where SAE and STS are asked, the same for every command that asks.

use clap::Args as ClapArgs;

use crate::sae::{Endpoint, Settings};

/// Where SAE and STS are asked.
#[derive(Debug, ClapArgs)]
#[group(id = "endpoints")]
pub(super) struct Endpoints {
    /// Where SAE is asked; https://sae-vpc.{region}.aliyuncs.com stays in the VPC
    #[arg(
        long,
        env = "SAEWATCH_ENDPOINT",
        value_name = "URL",
        default_value = "https://sae.{region}.aliyuncs.com"
    )]
    pub(super) endpoint: Endpoint,

    /// Where STS is asked for the keys of a role [default: as the official SDKs choose]
    #[arg(long, env = "SAEWATCH_STS_ENDPOINT", value_name = "URL")]
    sts_endpoint: Option<Endpoint>,
}

impl Endpoints {
    /// The settings of a client that asks there.
    pub(super) fn settings(&self) -> Settings {
        let settings = Settings::new().endpoint(self.endpoint.clone());
        match &self.sts_endpoint {
            Some(endpoint) => settings.sts_endpoint(endpoint.clone()),
            None => settings,
        }
    }
}
