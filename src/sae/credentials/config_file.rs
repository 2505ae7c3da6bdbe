//! Profiles of Alibaba Cloud CLI: `~/.aliyun/config.json`.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

use super::plan::{Found, Machine, Oidc, Plan, ROLE_SECONDS, Role, SESSION_NAME};
use super::{Keys, credentials_uri, ecs_ram_role, file, sts};
use crate::sae::Environment;

/// How many profiles may stand on each other's keys: more is a mistake.
const MAX_CHAIN: usize = 10;

/// The file, as Alibaba Cloud CLI writes it. Fields that no supported mode needs are ignored.
#[derive(Deserialize)]
struct Config {
    current: Option<String>,
    #[serde(default)]
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    name: String,
    #[serde(default)]
    mode: String,
    access_key_id: Option<String>,
    access_key_secret: Option<SecretString>,
    sts_token: Option<SecretString>,
    ram_role_arn: Option<String>,
    #[serde(alias = "role_session_name")]
    ram_session_name: Option<String>,
    expired_seconds: Option<u32>,
    sts_region: Option<String>,
    enable_vpc: Option<bool>,
    policy: Option<String>,
    external_id: Option<String>,
    ram_role_name: Option<String>,
    oidc_provider_arn: Option<String>,
    oidc_token_file: Option<PathBuf>,
    source_profile: Option<String>,
    credentials_uri: Option<String>,
}

/// What a profile is read with.
struct Reader<'a> {
    environment: &'a Environment,
    config: &'a Config,
    /// The file's name for people.
    shown: String,
}

/// Where the file is.
pub(super) fn path(environment: &Environment) -> Option<PathBuf> {
    let named = environment.get("ALIBABA_CLOUD_CONFIG_FILE").map(PathBuf::from);
    named.or_else(|| Some(environment.home()?.join(".aliyun/config.json")))
}

/// The current profile, if there is one.
pub(super) fn find(environment: &Environment) -> Result<Found, String> {
    const DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
    if environment.is_true(DISABLED) {
        return Ok(Found::Nothing(format!("{DISABLED} is true")));
    }
    let Some(path) = path(environment) else {
        return Ok(Found::Nothing("HOME is not set".to_owned()));
    };
    let shown = file::shown(&path, environment.home().as_deref());
    match file::read(&path).map_err(|problem| format!("{shown} {problem}"))? {
        Some(text) => parse(environment, &shown, &text),
        None => Ok(Found::Nothing(format!("no {shown}"))),
    }
}

/// Reads the text of the file. Never fails by a panic, and never quotes the file.
pub(super) fn parse(environment: &Environment, shown: &str, text: &str) -> Result<Found, String> {
    let config: Config = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        // The error's own words may quote a value of the file.
        format!("{shown} is not a file of profiles: line {}, column {}", error.line(), error.column())
    })?;
    let named = environment.get("ALIBABA_CLOUD_PROFILE").or_else(|| config.current.clone());
    let name = named.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned());
    if config.profiles.is_empty() {
        return Ok(Found::Nothing(format!("{shown} has no profiles")));
    }
    let reader = Reader { environment, config: &config, shown: shown.to_owned() };
    let profile = reader.profile(&name)?;
    if profile.is_blank() {
        return Ok(Found::Nothing(format!("profile {name} of {shown} is empty")));
    }
    reader.plan(profile, MAX_CHAIN).map(Found::Plan)
}

impl Profile {
    /// Alibaba Cloud CLI writes a profile without keys before anybody configured it.
    fn is_blank(&self) -> bool {
        let is_empty = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
        matches!(self.mode.as_str(), "" | "AK")
            && is_empty(&self.access_key_id)
            && self.access_key_secret.as_ref().is_none_or(is_empty_secret)
    }
}

impl Reader<'_> {
    fn profile(&self, name: &str) -> Result<&Profile, String> {
        let profile = self.config.profiles.iter().find(|profile| profile.name == name);
        profile.ok_or_else(|| format!("{} has no profile {name}", self.shown))
    }

    fn plan(&self, profile: &Profile, depth: usize) -> Result<Plan, String> {
        let environment = self.environment;
        match profile.mode.as_str() {
            "AK" | "" => self.keys(profile).map(Plan::Keys),
            "StsToken" => {
                let token = profile.sts_token.clone().filter(|token| !is_empty_secret(token));
                let token = token.ok_or_else(|| self.lacks(profile, "sts_token"))?;
                Ok(Plan::Keys(self.keys(profile)?.with_token(token)))
            }
            "RamRoleArn" => {
                let keys = self.keys(profile)?;
                let keys = match profile.sts_token.clone().filter(|token| !is_empty_secret(token)) {
                    Some(token) => keys.with_token(token),
                    None => keys,
                };
                Ok(Plan::AssumeRole(Box::new(Plan::Keys(keys)), self.role(profile)?))
            }
            "ChainableRamRoleArn" => {
                let source = self.text(profile, &profile.source_profile, "source_profile")?;
                if depth == 0 {
                    return Err(format!("{}: the source_profile of {} goes in circles", self.shown, profile.name));
                }
                let source = self.plan(self.profile(&source)?, depth - 1)?;
                Ok(Plan::AssumeRole(Box::new(source), self.role(profile)?))
            }
            "EcsRamRole" => Ok(Plan::EcsRamRole(Machine {
                role: profile.ram_role_name.clone().filter(|name| !name.trim().is_empty()),
                allow_v1: ecs_ram_role::allows_v1(environment),
            })),
            "OIDC" => {
                let provider = self.text(profile, &profile.oidc_provider_arn, "oidc_provider_arn")?;
                let token_file = profile.oidc_token_file.clone();
                let token_file = token_file.ok_or_else(|| self.lacks(profile, "oidc_token_file"))?;
                Ok(Plan::AssumeRoleWithOidc(Oidc { provider, token_file }, self.role(profile)?))
            }
            "CredentialsURI" => {
                let uri = self.text(profile, &profile.credentials_uri, "credentials_uri")?;
                let uri = credentials_uri::parse(&uri).map_err(|problem| self.says(profile, &problem))?;
                Ok(Plan::Uri(uri))
            }
            other => Err(self.says(
                profile,
                &format!(
                    "mode {other} is not supported (AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole, \
                     OIDC and CredentialsURI are); choose another profile with ALIBABA_CLOUD_PROFILE, or skip \
                     the file with ALIBABA_CLOUD_CLI_PROFILE_DISABLED=true"
                ),
            )),
        }
    }

    fn keys(&self, profile: &Profile) -> Result<Keys, String> {
        let id = self.text(profile, &profile.access_key_id, "access_key_id")?;
        let secret = profile.access_key_secret.clone().filter(|secret| !is_empty_secret(secret));
        let secret = secret.ok_or_else(|| self.lacks(profile, "access_key_secret"))?;
        Ok(Keys::new(&id, secret, format!("profile {} of {}", profile.name, self.shown)))
    }

    fn role(&self, profile: &Profile) -> Result<Role, String> {
        let region = match profile.sts_region.as_deref().filter(|region| !region.trim().is_empty()) {
            Some(region) => Some(sts::parse_region(region).map_err(|problem| self.says(profile, &problem))?),
            None => sts::region(self.environment)?,
        };
        let session = profile.ram_session_name.clone().filter(|name| !name.trim().is_empty());
        Ok(Role {
            arn: self.text(profile, &profile.ram_role_arn, "ram_role_arn")?,
            session: session.unwrap_or_else(|| SESSION_NAME.to_owned()),
            seconds: profile.expired_seconds.filter(|seconds| *seconds > 0).unwrap_or(ROLE_SECONDS),
            policy: profile.policy.clone().filter(|policy| !policy.trim().is_empty()),
            external_id: profile.external_id.clone().filter(|id| !id.is_empty()),
            region,
            vpc: profile.enable_vpc.unwrap_or_else(|| sts::in_vpc(self.environment)),
        })
    }

    fn text(&self, profile: &Profile, value: &Option<String>, field: &str) -> Result<String, String> {
        let value = value.as_deref().map(str::trim).filter(|text| !text.is_empty());
        value.map(str::to_owned).ok_or_else(|| self.lacks(profile, field))
    }

    fn lacks(&self, profile: &Profile, field: &str) -> String {
        self.says(profile, &format!("mode {} needs {field}", profile.mode))
    }

    fn says(&self, profile: &Profile, problem: &str) -> String {
        format!("profile {} of {}: {problem}", profile.name, self.shown)
    }
}

fn is_empty_secret(secret: &SecretString) -> bool {
    use secrecy::ExposeSecret;
    secret.expose_secret().trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parse_with(environment: &[(&str, &str)], config: &Value) -> Result<Found, String> {
        parse(&Environment::of(environment.iter().copied()), "~/.aliyun/config.json", &config.to_string())
    }

    /// The plan of a file with this one profile.
    fn plan(profile: Value) -> Result<Plan, String> {
        let mut profile = profile;
        profile["name"] = json!("p");
        let config = json!({"current": "p", "profiles": [profile]});
        match parse_with(&[], &config)? {
            Found::Plan(plan) => Ok(plan),
            Found::Nothing(why) => Err(why),
        }
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
        assert_eq!(error, "profile p of ~/.aliyun/config.json: mode StsToken needs sts_token");
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
        let Ok(Found::Plan(Plan::AssumeRole(source, role))) = parse_with(&[], &config) else {
            panic!("no role")
        };
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
        assert!(parse_with(&[], &config).unwrap_err().contains("goes in circles"));
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
        let far = plan(json!({"mode": "CredentialsURI", "credentials_uri": "http://example.com"}));
        assert!(far.unwrap_err().contains("loopback"));
    }

    #[test]
    fn other_modes_are_refused_with_what_to_do() {
        for mode in ["External", "CloudSSO", "OAuth", "RsaKeyPair"] {
            let error = plan(json!({"mode": mode})).unwrap_err();
            assert!(error.contains(mode) && error.contains("ALIBABA_CLOUD_PROFILE"), "{error}");
        }
    }

    #[test]
    fn a_profile_that_nobody_filled_in_is_no_configuration() {
        let config = json!({"current": "", "profiles": [
            {"name": "default", "mode": "AK", "access_key_id": "", "access_key_secret": "", "output_format": "json"}
        ]});
        assert!(matches!(parse_with(&[], &config), Ok(Found::Nothing(_))));
        assert!(matches!(parse_with(&[], &json!({"profiles": []})), Ok(Found::Nothing(_))));
    }

    #[test]
    fn half_a_key_is_an_error() {
        let error = plan(json!({"mode": "AK", "access_key_id": "id"})).unwrap_err();
        assert_eq!(error, "profile p of ~/.aliyun/config.json: mode AK needs access_key_secret");
    }

    #[test]
    fn the_environment_chooses_the_profile() {
        let key =
            |name: &str| json!({"name": name, "mode": "AK", "access_key_id": name, "access_key_secret": "s"});
        let config = json!({"current": "a", "profiles": [key("a"), key("b")]});
        let Ok(Found::Plan(Plan::Keys(keys))) = parse_with(&[("ALIBABA_CLOUD_PROFILE", "b")], &config) else {
            panic!("no keys")
        };
        assert_eq!(keys.id(), "b");
        let error = parse_with(&[("ALIBABA_CLOUD_PROFILE", "c")], &config).unwrap_err();
        assert_eq!(error, "~/.aliyun/config.json has no profile c");
    }

    #[test]
    fn a_broken_file_is_told_by_its_place_and_never_quoted() {
        let text = "{\"profiles\": [{\"name\": \"p\",\n \"expired_seconds\": \"marked-secret\"}]}";
        let error = parse(&Environment::of([("", ""); 0]), "config.json", text).unwrap_err();
        assert!(error.contains("line 2"), "{error}");
        assert!(!error.contains("marked"), "{error}");
    }
}
