//! Keys in environment variables.

use super::Keys;
use crate::sae::Environment;

/// The names, as every official SDK reads them.
const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// The keys, if they are set; or which half is missing.
pub(super) fn keys(environment: &Environment) -> Result<Option<Keys>, String> {
    match (environment.get(ID), environment.get(SECRET)) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(format!("{ID} is set and {SECRET} is not")),
        (None, Some(_)) => Err(format!("{SECRET} is set and {ID} is not")),
        (Some(id), Some(secret)) => {
            let keys = Keys::new(id, secret, format!("the environment ({ID})"));
            Ok(Some(match environment.get(TOKEN) {
                Some(token) => keys.with_token(token),
                None => keys,
            }))
        }
    }
}
