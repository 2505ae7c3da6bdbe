//! What a profile of Alibaba Cloud CLI means, mode by mode.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::choice::Choice;
use super::login::{Login, LoginMode};
use super::plan::{Machine, Oidc, Plan, ROLE_SECONDS, Role, SESSION_NAME};
use super::quotes::unquoted;
use super::{Keys, credentials_uri, ecs_ram_role, sts};
use crate::sae::Environment;

/// How many profiles may stand on each other's keys: more is a mistake.
const MAX_CHAIN: usize = 10;
/// The modes of Alibaba Cloud CLI that are not supported. Only these are named in an error: any other
/// word may be a secret that slipped into the wrong line.
const OTHER_MODES: [&str; 5] =
    ["RsaKeyPair", "RamRoleArnWithEcs", "RamRoleArnWithRoleName", "BearerToken", "Anonymous"];

/// A profile as Alibaba Cloud CLI writes it. Fields that no supported mode needs are ignored.
#[derive(Deserialize)]
pub(super) struct Profile {
    name: String,
    #[serde(default)]
    mode: String,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    sts_token: Option<SecretString>,
    /// When the stored key of a login ends, in seconds; 0 where there is none.
    sts_expiration: Option<i64>,
    ram_role_arn: Option<String>,
    ram_session_name: Option<String>,
    /// The SDK for Python calls the other one so. Profiles for several SDKs have both.
    role_session_name: Option<String>,
    expired_seconds: Option<u32>,
    sts_region: Option<String>,
    enable_vpc: Option<bool>,
    policy: Option<String>,
    external_id: Option<String>,
    ram_role_name: Option<String>,
    oidc_provider_arn: Option<String>,
    oidc_token_file: Option<String>,
    #[serde(rename = "source_profile")]
    source: Option<String>,
    credentials_uri: Option<String>,
}

/// The profiles of one file.
pub(super) struct Profiles<'a> {
    pub environment: &'a Environment,
    pub choice: Choice<'a>,
    pub all: &'a [Profile],
    /// The file's name for people.
    pub shown: &'a str,
}

/// A profile, and what errors call it: by what chose it, since in a damaged file anything may stand for its name.
pub(super) struct Chosen<'a> {
    pub profile: &'a Profile,
    label: String,
    /// The file's name for people.
    shown: &'a str,
}

impl Profile {
    /// Alibaba Cloud CLI writes a profile without keys before anybody configured it.
    pub(super) fn is_blank(&self) -> bool {
        let is_empty = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
        matches!(self.mode.as_str(), "" | "AK")
            && is_empty(&self.access_key_id)
            && self.access_key_secret.as_ref().is_none_or(is_empty_secret)
    }
}

impl<'a> Profiles<'a> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|profile| profile.name == name)
    }

    /// The profile of this name; `label` is what errors call it.
    pub(super) fn named(&self, name: &str, label: String) -> Result<Chosen<'a>, String> {
        match self.all.iter().find(|profile| profile.name == name) {
            Some(profile) => Ok(Chosen { profile, label, shown: self.shown }),
            None => Err(format!("{label} is not in {}", self.shown)),
        }
    }

    /// How the keys of a profile are to be got.
    pub(super) fn plan(&self, chosen: &Chosen<'_>) -> Result<Plan, String> {
        self.plan_within(chosen, MAX_CHAIN)
    }

    fn plan_within(&self, chosen: &Chosen<'_>, depth: usize) -> Result<Plan, String> {
        let profile = chosen.profile;
        match profile.mode.as_str() {
            "AK" => chosen.keys().map(Plan::Keys),
            "StsToken" => {
                let token = chosen.secret(profile.sts_token.as_ref(), "sts_token")?;
                Ok(Plan::Keys(chosen.keys()?.with_token(token)))
            }
            "RamRoleArn" => {
                let token = chosen.secret_if_any(profile.sts_token.as_ref(), "sts_token")?;
                let keys = chosen.keys()?.with_token(token.unwrap_or_default());
                Ok(Plan::AssumeRole(Box::new(Plan::Keys(keys)), self.role(chosen)?))
            }
            "ChainableRamRoleArn" => {
                let source = chosen.text(profile.source.as_deref(), "source_profile")?;
                if depth == 0 {
                    return Err(chosen.says("stands on profiles that stand on it"));
                }
                let source = self.named(&source, format!("the source_profile of {}", chosen.label))?;
                let source = self.plan_within(&source, depth - 1)?;
                Ok(Plan::AssumeRole(Box::new(source), self.role(chosen)?))
            }
            "EcsRamRole" => Ok(Plan::EcsRamRole(Machine {
                role: profile.ram_role_name.clone().filter(|name| !name.trim().is_empty()),
                allow_v1: ecs_ram_role::allows_v1(self.environment),
            })),
            "OIDC" => {
                let provider = chosen.text(profile.oidc_provider_arn.as_deref(), "oidc_provider_arn")?;
                let token_file = chosen.text(profile.oidc_token_file.as_deref(), "oidc_token_file")?.into();
                Ok(Plan::AssumeRoleWithOidc(Oidc { provider, token_file }, self.role(chosen)?))
            }
            "CredentialsURI" => {
                let uri = chosen.text(profile.credentials_uri.as_deref(), "credentials_uri")?;
                let uri = credentials_uri::parse(&uri);
                uri.map(Plan::Uri).map_err(|problem| chosen.says(&format!("credentials_uri: {problem}")))
            }
            // Alibaba Cloud CLI guesses from the other fields; the official SDKs refuse such a profile.
            "" => Err(chosen.says("has no mode")),
            other => match LoginMode::named(other) {
                Some(mode) => chosen.login(mode).map(Plan::Login),
                None => Err(chosen.unsupported(other, self.choice)),
            },
        }
    }

    fn role(&self, chosen: &Chosen<'_>) -> Result<Role, String> {
        let profile = chosen.profile;
        let region = match profile.sts_region.as_deref().filter(|region| !region.trim().is_empty()) {
            Some(region) => {
                Some(sts::parse_region(region).map_err(|_| chosen.says("sts_region is no region"))?)
            }
            None => sts::region(self.environment)?,
        };
        let names = [&profile.ram_session_name, &profile.role_session_name];
        let session = names.into_iter().flatten().find(|name| !name.trim().is_empty());
        Ok(Role {
            arn: chosen.text(profile.ram_role_arn.as_deref(), "ram_role_arn")?,
            session: session.map_or(SESSION_NAME, String::as_str).to_owned(),
            seconds: profile.expired_seconds.filter(|seconds| *seconds > 0).unwrap_or(ROLE_SECONDS),
            policy: profile.policy.clone().filter(|policy| !policy.trim().is_empty()),
            external_id: profile.external_id.clone().filter(|id| !id.is_empty()),
            region,
            vpc: profile.enable_vpc.unwrap_or_else(|| sts::in_vpc(self.environment)),
        })
    }
}

impl Chosen<'_> {
    /// The stored key of a login. A key without an end may be a leftover of another mode.
    fn login(&self, mode: LoginMode) -> Result<Login, String> {
        let profile = self.profile;
        let ends = profile.sts_expiration.filter(|seconds| *seconds > 0);
        let ends = ends.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let ends = ends.ok_or_else(|| self.lacks("sts_expiration"));
        let token = self.secret(profile.sts_token.as_ref(), "sts_token");
        let stored = ends.and_then(|ends| Ok((self.keys()?.with_token(token?), ends)));
        let (keys, ends) = stored.map_err(|problem| format!("{problem}; {}", mode.advice()))?;
        Ok(Login { keys, ends, profile: format!("{} of {}", self.label, self.shown), mode })
    }

    fn keys(&self) -> Result<Keys, String> {
        let profile = self.profile;
        let id = self.text(profile.access_key_id.as_deref(), "access_key_id")?;
        unquoted("access_key_id", &id).map_err(|problem| self.says(&problem))?;
        let secret = self.secret(profile.access_key_secret.as_ref(), "access_key_secret")?;
        Ok(Keys::new(&id, secret, format!("profile {} of {}", profile.name, self.shown)))
    }

    fn text(&self, value: Option<&str>, field: &str) -> Result<String, String> {
        let value = value.map(str::trim).filter(|text| !text.is_empty());
        value.map(str::to_owned).ok_or_else(|| self.lacks(field))
    }

    fn secret(&self, value: Option<&SecretString>, field: &str) -> Result<SecretString, String> {
        self.secret_if_any(value, field)?.ok_or_else(|| self.lacks(field))
    }

    fn secret_if_any(
        &self,
        value: Option<&SecretString>,
        field: &str,
    ) -> Result<Option<SecretString>, String> {
        let value = value.filter(|secret| !is_empty_secret(secret));
        if let Some(value) = value {
            unquoted(field, value.expose_secret()).map_err(|problem| self.says(&problem))?;
        }
        Ok(value.cloned())
    }

    fn lacks(&self, field: &str) -> String {
        // The mode is one of the supported ones, since only those need anything.
        self.says(&format!("has mode {}, which needs {field}", self.profile.mode))
    }

    fn unsupported(&self, mode: &str, choice: Choice<'_>) -> String {
        let mode = OTHER_MODES.iter().find(|known| **known == mode).unwrap_or(&"that is unknown");
        let or_skip = match choice {
            Choice::Chain => ", or skip the file with ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true",
            Choice::Profile(_) => "",
        };
        self.says(&format!(
            "has a mode that is not supported ({mode}; AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole, \
             OIDC, CredentialsURI, CloudSSO, OAuth and External are); {}{or_skip}",
            choice.how_to_choose_another("profile")
        ))
    }

    pub(super) fn says(&self, problem: &str) -> String {
        format!("{} of {} {problem}", self.label, self.shown)
    }
}

fn is_empty_secret(secret: &SecretString) -> bool {
    secret.expose_secret().trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sae::credentials::config_file;
    use crate::sae::credentials::plan::Found;
    use serde_json::{Value, json};

    fn plan_of(config: &Value) -> Result<Plan, String> {
        let environment = Environment::of([("", ""); 0]);
        match config_file::parse(&environment, Choice::Chain, "~/.aliyun/config.json", &config.to_string())? {
            Found::Plan(plan) => Ok(plan),
            Found::Nothing(why) => Err(why),
        }
    }

    /// The plan of a file with this one profile.
    fn plan(mut profile: Value) -> Result<Plan, String> {
        profile["name"] = json!("p");
        plan_of(&json!({"current": "p", "profiles": [profile]}))
    }

    #[test]
    fn an_access_key_is_read() {
        let Ok(Plan::Keys(keys)) =
            plan(json!({"mode": "AK", "access_key_id": "id", "access_key_secret": "secret"}))
        else {
            panic!("no keys")
        };
        assert_eq!((keys.id(), keys.secret(), keys.token()), ("id", "secret", None));
        assert_eq!(keys.origin(), "profile p of ~/.aliyun/config.json");
    }

    #[test]
    fn a_temporary_key_is_read_and_needs_its_token() {
        let mut profile = json!({"mode": "StsToken", "access_key_id": "id", "access_key_secret": "secret"});
        let error = plan(profile.clone()).unwrap_err();
        assert_eq!(
            error,
            "the current profile of ~/.aliyun/config.json has mode StsToken, which needs sts_token"
        );
        profile["sts_token"] = json!("token");
        let Ok(Plan::Keys(keys)) = plan(profile) else { panic!("no keys") };
        assert_eq!(keys.token(), Some("token"));
    }

    #[test]
    fn a_role_is_read_with_everything_that_narrows_it() {
        let Ok(Plan::AssumeRole(source, role)) = plan(json!({
            "mode": "RamRoleArn", "access_key_id": "id", "access_key_secret": "secret",
            "ram_role_arn": "acs:ram::1:role/r", "ram_session_name": "s", "expired_seconds": 900,
            "sts_region": "cn-beijing", "enable_vpc": true, "policy": "{}", "external_id": "x",
        })) else {
            panic!("no role")
        };
        assert!(matches!(*source, Plan::Keys(_)));
        let expected = Role {
            arn: "acs:ram::1:role/r".into(),
            session: "s".into(),
            seconds: 900,
            policy: Some("{}".into()),
            external_id: Some("x".into()),
            region: Some("cn-beijing".parse().unwrap()),
            vpc: true,
        };
        assert_eq!(role, expected);
    }

    #[test]
    fn a_role_can_stand_on_another_profile() {
        let config = json!({"current": "top", "profiles": [
            {"name": "top", "mode": "ChainableRamRoleArn", "source_profile": "base", "ram_role_arn": "r"},
            {"name": "base", "mode": "EcsRamRole", "ram_role_name": "machine"},
        ]});
        let Ok(Plan::AssumeRole(source, role)) = plan_of(&config) else { panic!("no role") };
        assert_eq!((role.session.as_str(), role.seconds), ("saewatch", 3600));
        let machine = Machine { role: Some("machine".into()), allow_v1: true };
        assert!(matches!(*source, Plan::EcsRamRole(found) if found == machine));
    }

    #[test]
    fn profiles_that_stand_on_each_other_are_an_error() {
        let mode = "ChainableRamRoleArn";
        let config = json!({"current": "a", "profiles": [
            {"name": "a", "mode": mode, "source_profile": "b", "ram_role_arn": "r"},
            {"name": "b", "mode": mode, "source_profile": "a", "ram_role_arn": "r"},
        ]});
        assert!(plan_of(&config).unwrap_err().contains("stands on profiles that stand on it"));
    }

    #[test]
    fn oidc_and_credentials_uri_are_read() {
        let Ok(Plan::AssumeRoleWithOidc(oidc, role)) = plan(json!({
            "mode": "OIDC", "oidc_provider_arn": "p", "oidc_token_file": "/t", "ram_role_arn": "r",
            "role_session_name": "python-calls-it-so",
        })) else {
            panic!("no role")
        };
        assert_eq!(oidc, Oidc { provider: "p".into(), token_file: "/t".into() });
        assert_eq!(role.session, "python-calls-it-so");
        let uri = plan(json!({"mode": "CredentialsURI", "credentials_uri": "http://127.0.0.1:1/x"}));
        assert!(matches!(uri, Ok(Plan::Uri(_))));
        let empty =
            json!({"mode": "OIDC", "oidc_provider_arn": "p", "oidc_token_file": "", "ram_role_arn": "r"});
        assert!(plan(empty).unwrap_err().ends_with("has mode OIDC, which needs oidc_token_file"));
        let far = plan(json!({"mode": "CredentialsURI", "credentials_uri": "http://example.com"}));
        assert!(far.unwrap_err().contains("loopback"));
    }

    #[test]
    fn other_modes_are_refused_with_what_to_do() {
        for mode in ["RsaKeyPair", "BearerToken"] {
            let error = plan(json!({"mode": mode})).unwrap_err();
            assert!(error.contains(mode) && error.contains("ALIBABA_CLOUD_PROFILE"), "{error}");
        }
    }

    #[test]
    fn half_a_key_is_an_error() {
        let error = plan(json!({"mode": "AK", "access_key_id": "id"})).unwrap_err();
        assert_eq!(
            error,
            "the current profile of ~/.aliyun/config.json has mode AK, which needs access_key_secret"
        );
    }
}
