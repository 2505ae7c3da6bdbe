//! Keys in environment variables.

use secrecy::ExposeSecret;

use super::Keys;
use super::plan::{Found, Plan};
use super::quotes::unquoted;
use crate::sae::Environment;

/// The names, as every official SDK reads them.
const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";

/// The keys, if they are set; an error says which half is missing.
pub(super) fn find(environment: &Environment) -> Result<Found, String> {
    match (environment.get(ID), environment.secret(SECRET)) {
        (None, None) => Ok(Found::Nothing(format!("{ID} is not set"))),
        (Some(_), None) => Err(format!("{ID} is set and {SECRET} is not")),
        (None, Some(_)) => Err(format!("{SECRET} is set and {ID} is not")),
        (Some(id), Some(secret)) => {
            let token = environment.secret(TOKEN).unwrap_or_default();
            unquoted(ID, &id)?;
            unquoted(SECRET, secret.expose_secret())?;
            unquoted(TOKEN, token.expose_secret())?;
            let keys = Keys::new(&id, secret, format!("the environment ({ID})"));
            Ok(Found::Plan(Plan::Keys(keys.with_token(token))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_none() {
        let environment = Environment::of([(ID, ""), (SECRET, " ")]);
        assert!(matches!(find(&environment), Ok(Found::Nothing(_))));
    }

    #[test]
    fn half_a_key_is_an_error_that_names_the_other_half() {
        assert_eq!(
            find(&Environment::of([(ID, "id")])).unwrap_err(),
            "ALIBABA_CLOUD_ACCESS_KEY_ID is set and ALIBABA_CLOUD_ACCESS_KEY_SECRET is not"
        );
        assert!(find(&Environment::of([(SECRET, "marked")])).unwrap_err().ends_with("KEY_ID is not"));
    }

    #[test]
    fn a_token_makes_the_key_a_temporary_one() {
        let environment = Environment::of([(ID, "id"), (SECRET, "secret"), (TOKEN, "token")]);
        let Ok(Found::Plan(Plan::Keys(keys))) = find(&environment) else { panic!("no keys") };
        assert_eq!((keys.id(), keys.secret(), keys.token()), ("id", "secret", Some("token")));
    }
}
