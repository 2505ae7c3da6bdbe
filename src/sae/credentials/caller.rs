//! Whose keys these are, as STS says it.

use serde::Deserialize;

use super::Keys;
use super::exchange::Exchange;
use super::sts::{self, CALLER_OPERATION, StsCall};
use crate::api::AccountId;
use crate::domain::text::{TEXT_BYTES, clean};
use crate::sae::{Class, Environment, Error};

/// The owner of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The number of the account.
    pub account_id: AccountId,
    /// The user, or the session of a role.
    pub arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    account_id: String,
    arn: String,
}

impl Exchange {
    /// Whose keys these are. They need not come from STS.
    pub(super) async fn caller(&self, keys: &Keys, environment: &Environment) -> Result<Caller, Error> {
        let failed = |class, problem: &str| Error::new(CALLER_OPERATION, class, problem);
        let region =
            sts::region(environment).map_err(|problem| failed(Class::CredentialsMissing, &problem))?;
        let call = StsCall {
            operation: CALLER_OPERATION,
            region: region.as_ref(),
            vpc: sts::in_vpc(environment),
            source: Some(keys),
            form: &[],
        };
        let body = self.ask_sts(&call).await?;
        let caller = serde_json::from_slice(&body).ok().and_then(Response::caller);
        caller.ok_or_else(|| failed(Class::Malformed, "the response names no account"))
    }
}

impl Response {
    fn caller(self) -> Option<Caller> {
        let Self { account_id, arn } = self;
        Some(Caller { account_id: account_id.parse().ok()?, arn: clean(&arn, TEXT_BYTES) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Caller> {
        serde_json::from_str(body).ok().and_then(Response::caller)
    }

    #[test]
    fn an_account_is_a_number_and_an_arn_steers_no_terminal() {
        let caller = read(r#"{"AccountId": "11351", "Arn": "acs:ram::11351:user/a\u001b[2J"}"#).unwrap();
        assert_eq!(
            caller,
            Caller { account_id: "11351".parse().unwrap(), arn: "acs:ram::11351:user/a [2J".into() }
        );
        let bodies = [
            "{}",
            r#"{"AccountId": "", "Arn": "a"}"#,
            r#"{"AccountId": "1135", "Arn": "a"}"#,
            r#"{"AccountId": "11351\u001b", "Arn": "a"}"#,
        ];
        for body in bodies {
            assert_eq!(read(body), None, "{body}");
        }
    }
}
