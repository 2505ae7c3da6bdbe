//! The key that a login or a program left in a profile, with its end.
//!
//! Alibaba Cloud CLI stores it for the modes CloudSSO and OAuth, the official SDKs for External too. saewatch opens no
//! browser, refreshes no token of a login and runs no program: it uses the key until its end and then asks for another
//! login.

use jiff::Timestamp;

use super::Keys;
use crate::sae::{Class, Error};

/// The modes of such profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoginMode {
    /// A login in the browser, through the company's directory.
    CloudSso,
    /// A login in the browser, to Alibaba Cloud itself.
    OAuth,
    /// A program that prints a key.
    External,
}

/// A stored key.
#[derive(Debug, Clone)]
pub(super) struct Login {
    /// The key, whose end is `ends`.
    pub keys: Keys,
    /// When it ends.
    pub ends: Timestamp,
    /// What errors call its profile.
    pub profile: String,
    /// Where another one comes from.
    pub mode: LoginMode,
}

impl LoginMode {
    /// The mode of this name.
    pub(super) fn named(mode: &str) -> Option<Self> {
        [Self::CloudSso, Self::OAuth, Self::External].into_iter().find(|known| known.name() == mode)
    }

    /// Its name, as Alibaba Cloud CLI writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CloudSso => "CloudSSO",
            Self::OAuth => "OAuth",
            Self::External => "External",
        }
    }

    /// How to come by another key.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::CloudSso => "log in again with `aliyun configure --mode CloudSSO`",
            Self::OAuth => "log in again with `aliyun configure --mode OAuth`",
            Self::External => {
                "log in again with an official SDK, which stores the key; saewatch runs no program"
            }
        }
    }
}

impl Login {
    /// The key, unless it has ended.
    pub(super) fn keys(&self, now: Timestamp) -> Result<Keys, Error> {
        if now < self.ends {
            return Ok(self.keys.clone().until(self.ends));
        }
        let Self { keys: _, ends, profile, mode } = self;
        let message =
            format!("config.json: {profile} has mode {}, whose stored key ended at {ends}", mode.name());
        Err(Error::new("credentials", Class::CredentialsMissing, message).advise(mode.advice()))
    }
}
