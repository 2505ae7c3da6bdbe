//! The role of a pod (RRSA): a token that kubelet writes into a file, changed for keys at STS.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::Keys;
use super::exchange::Exchange;
use super::file;
use super::plan::{Found, Oidc, Plan, ROLE_SECONDS, Role, SESSION_NAME};
use super::sts::{self, OIDC_OPERATION};
use crate::sae::{Class, Environment, Error};

const ROLE: &str = "ALIBABA_CLOUD_ROLE_ARN";
const PROVIDER: &str = "ALIBABA_CLOUD_OIDC_PROVIDER_ARN";
const TOKEN_FILE: &str = "ALIBABA_CLOUD_OIDC_TOKEN_FILE";
const SESSION: &str = "ALIBABA_CLOUD_ROLE_SESSION_NAME";

/// The role, if the three variables of ack-pod-identity-webhook are set; an error names the missing ones of them.
pub(super) fn find(environment: &Environment) -> Result<Found, String> {
    let names = [ROLE, PROVIDER, TOKEN_FILE];
    let values = names.map(|name| environment.get(name));
    let missing: Vec<&str> =
        names.into_iter().zip(&values).filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
    match (missing.as_slice(), values) {
        (_, [Some(arn), Some(provider), Some(token_file)]) => {
            let role = Role {
                arn,
                session: environment.get(SESSION).unwrap_or_else(|| SESSION_NAME.to_owned()),
                seconds: ROLE_SECONDS,
                policy: None,
                external_id: None,
                region: sts::region(environment)?,
                vpc: sts::in_vpc(environment),
            };
            let oidc = Oidc { provider, token_file: token_file.into() };
            Ok(Found::Plan(Plan::AssumeRoleWithOidc(oidc, role)))
        }
        ([_, _, _], _) => Ok(Found::Nothing(format!("{TOKEN_FILE} is not set"))),
        (missing, _) => Err(format!("OIDC needs {} too, which is not set", missing.join(" and "))),
    }
}

/// The file that the token of the environment lies in.
pub(super) fn token_file(environment: &Environment) -> Option<String> {
    environment.get(TOKEN_FILE)
}

impl Exchange {
    /// Changes the token for keys. The file is read each time, since the token in it lives for an hour or less.
    pub(super) async fn assume_role_with_oidc(&self, oidc: &Oidc, role: &Role) -> Result<Keys, Error> {
        let token = token(&oidc.token_file)?;
        let form = [
            ("OIDCProviderArn", oidc.provider.as_str()),
            ("OIDCToken", token.expose_secret()),
            ("RoleArn", &role.arn),
            ("RoleSessionName", &role.session),
            ("DurationSeconds", &role.seconds.to_string()),
        ];
        let policy = role.policy.as_deref().map(|policy| ("Policy", policy));
        let form: Vec<_> = form.into_iter().chain(policy).collect();
        self.ask_for_keys(OIDC_OPERATION, role, None, &form).await
    }
}

fn token(path: &Path) -> Result<SecretString, Error> {
    let unread = |problem: String| {
        Error::new(OIDC_OPERATION, Class::CredentialsMissing, format!("{}: {problem}", path.display()))
            .advise("mount the token that ack-pod-identity-webhook projects, or unset the OIDC variables")
    };
    match file::read(path).map_err(unread)? {
        Some(text) if !text.trim().is_empty() => Ok(text.trim().into()),
        Some(_) => Err(unread("the token file is empty".to_owned())),
        None => Err(unread("the token file is not there".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(&str, &str); 3] = [(ROLE, "role"), (PROVIDER, "provider"), (TOKEN_FILE, "/token")];

    #[test]
    fn all_three_variables_make_it_the_provider() {
        let Ok(Found::Plan(Plan::AssumeRoleWithOidc(oidc, role))) = find(&Environment::of(ALL)) else {
            panic!("not configured")
        };
        assert_eq!(oidc, Oidc { provider: "provider".into(), token_file: "/token".into() });
        assert_eq!((role.arn.as_str(), role.session.as_str(), role.seconds), ("role", "saewatch", 3600));
    }

    #[test]
    fn some_of_the_variables_are_an_error_that_names_the_missing_ones() {
        for (missing, rest) in
            [(PROVIDER, [ALL[0], ALL[2]]), (TOKEN_FILE, [ALL[0], ALL[1]]), (ROLE, [ALL[1], ALL[2]])]
        {
            let error = find(&Environment::of(rest)).unwrap_err();
            assert_eq!(error, format!("OIDC needs {missing} too, which is not set"));
        }
        let error = find(&Environment::of([ALL[1]])).unwrap_err();
        assert!(error.contains(ROLE) && error.contains(TOKEN_FILE), "{error}");
    }

    #[test]
    fn none_of_them_is_no_configuration() {
        assert!(matches!(find(&Environment::of([("A", "b")])), Ok(Found::Nothing(_))));
    }
}
