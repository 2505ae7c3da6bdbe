//! The role of an account, assumed with the operator's own keys. Their search and renewal are shared by all roles.

use super::Provider;
use super::exchange::Exchange;
use super::found::FoundKeys;
use super::plan::{ROLE_SECONDS, Role, SESSION_NAME};
use super::sts;
use crate::api::{ExternalId, RoleArn};
use crate::domain::fingerprint;
use crate::sae::codes::Meaning;
use crate::sae::{Class, Environment, Error};

/// A role that the operator's own keys assume.
#[derive(Debug)]
pub(super) struct OwnRole {
    pub(super) arn: RoleArn,
    pub(super) external_id: Option<ExternalId>,
}

impl OwnRole {
    /// Keys of the role, assumed with these keys.
    pub(super) async fn keys(
        &self,
        own: &FoundKeys,
        environment: &Environment,
        exchange: &Exchange,
    ) -> Result<FoundKeys, Error> {
        let keys = exchange.assume_role(&own.keys, &self.role(environment)?).await;
        let keys = keys.map_err(|error| self.refused(error, own))?;
        let source = fingerprint(&(own.source, &self.arn));
        let found = FoundKeys::new(Provider::AssumedRole, source, keys, exchange.clock.now())?;
        // Other own keys are another source, which may not be trusted with the role.
        Ok(FoundKeys { from_files: own.from_files, ..found })
    }

    /// The error where there are no keys that could assume it.
    pub(super) fn without_own_keys(&self, error: Error) -> Error {
        let message = format!("{}: {}", self.own_keys_in_words(), error.message);
        Error { message, ..error }
    }

    fn role(&self, environment: &Environment) -> Result<Role, Error> {
        let region = sts::region(environment)
            .map_err(|problem| Error::new("credentials", Class::CredentialsMissing, problem))?;
        Ok(Role {
            arn: self.arn.to_string(),
            session: SESSION_NAME.to_owned(),
            seconds: ROLE_SECONDS,
            policy: None,
            external_id: self.external_id.as_ref().map(ToString::to_string),
            region,
            vpc: sts::in_vpc(environment),
        })
    }

    /// The error of STS with what to do about it: about the own keys, or about the role.
    fn refused(&self, error: Error, own: &FoundKeys) -> Error {
        if error.class != Class::CredentialsRejected {
            return error;
        }
        match error.meaning() {
            Some(Meaning::KeyRejected | Meaning::TokenRejected) => {
                let origin = own.keys.origin();
                let message = format!("{} and come from {origin}: {}", self.own_keys_in_words(), error.message);
                Error { message, ..error }.advise("check the operator's own keys")
            }
            _ => error.advise(
                "check roleArn and externalId, the role's trust policy, and that the operator's own keys may assume \
                 the role",
            ),
        }
    }

    fn own_keys_in_words(&self) -> String {
        format!("the operator's own keys, which assume the role {}", self.arn)
    }
}
