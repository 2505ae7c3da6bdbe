//! Whose keys a client asks with (contract §11.1).

use crate::api::{ExternalId, ProfileName, RoleArn};

/// Whose keys a client asks with. An external id is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The operator's own.
    Own,
    /// Those of a profile of the operator's own `config.json`, else of its credentials file, whatever
    /// `ALIBABA_CLOUD_PROFILE` says.
    Profile(ProfileName),
    /// Those of a role, which the operator assumes with its own keys.
    Role {
        /// The role.
        arn: RoleArn,
        /// What its trust policy asks for, if it does.
        external_id: Option<ExternalId>,
    },
}
