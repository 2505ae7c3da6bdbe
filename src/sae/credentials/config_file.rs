//! Profiles of Alibaba Cloud CLI: `~/.aliyun/config.json`.

use std::path::PathBuf;

use serde::Deserialize;

use super::choice::Choice;
use super::file;
use super::plan::Found;
use super::profile::{Chosen, Profile, Profiles};
use crate::sae::Environment;

/// The file, as Alibaba Cloud CLI writes it.
#[derive(Deserialize)]
struct Config {
    current: Option<String>,
    #[serde(default)]
    profiles: Vec<Profile>,
}

/// Where the file is.
pub(super) fn path(environment: &Environment) -> Option<PathBuf> {
    let named = environment.get("ALIBABA_CLOUD_CONFIG_FILE").map(PathBuf::from);
    named.or_else(|| Some(environment.home()?.join(".aliyun/config.json")))
}

/// The chosen profile, if it is there.
pub(super) fn find(environment: &Environment, choice: Choice<'_>) -> Result<Found, String> {
    const DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
    // It keeps the chain from the file; a profile that is named is read all the same.
    if matches!(choice, Choice::Chain) && environment.is_true(DISABLED) {
        return Ok(Found::Nothing(format!("{DISABLED} is true")));
    }
    let Some(path) = path(environment) else {
        return Ok(Found::Nothing("HOME is not set".to_owned()));
    };
    let shown = file::shown(&path, environment.home().as_deref());
    match file::read(&path).map_err(|problem| format!("{shown} {problem}"))? {
        Some(text) => parse(environment, choice, &shown, &text),
        None => Ok(Found::Nothing(format!("no {shown}"))),
    }
}

/// Reads the text of the file. Never fails by a panic, and never quotes the file.
pub(super) fn parse(
    environment: &Environment,
    choice: Choice<'_>,
    shown: &str,
    text: &str,
) -> Result<Found, String> {
    let config: Config = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        // The error's own words may quote a value of the file.
        format!("{shown} is not a file of profiles: line {}, column {}", error.line(), error.column())
    })?;
    if config.profiles.is_empty() {
        return Ok(Found::Nothing(format!("{shown} has no profiles")));
    }
    let profiles = Profiles { environment, choice, all: &config.profiles, shown };
    if let Choice::Profile(name) = choice
        && !profiles.has(name.as_str())
    {
        return Ok(Found::Nothing(format!("profile {name} is not in {shown}")));
    }
    let chosen = choose(&config, &profiles)?;
    if chosen.profile.is_blank() {
        return Ok(Found::Nothing(chosen.says("is empty")));
    }
    profiles.plan(&chosen).map(Found::Plan)
}

/// The profile that was chosen, else the one that the environment names, else the one that the file calls current. Without
/// any of them there is none, as in the official SDKs: a profile `default` that was not chosen may be another identity than theirs.
fn choose<'a>(config: &Config, profiles: &Profiles<'a>) -> Result<Chosen<'a>, String> {
    if let Some(name) = profiles.choice.profile(profiles.environment) {
        return profiles.named(&name, format!("profile {name}"));
    }
    match config.current.as_deref().filter(|name| !name.trim().is_empty()) {
        Some(name) => profiles.named(name, "the current profile".to_owned()),
        None => Err(format!(
            "{} names no current profile; choose one with ALIBABA_CLOUD_PROFILE or `aliyun configure switch`",
            profiles.shown
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sae::credentials::plan::Plan;
    use serde_json::{Value, json};

    fn parse_with(environment: &[(&str, &str)], config: &Value) -> Result<Found, String> {
        let environment = Environment::of(environment.iter().copied());
        parse(&environment, Choice::Chain, "~/.aliyun/config.json", &config.to_string())
    }

    #[test]
    fn a_profile_that_nobody_filled_in_is_no_configuration() {
        let config = json!({"current": "default", "profiles": [
            {"name": "default", "mode": "", "access_key_id": "", "access_key_secret": "", "output_format": "json"}
        ]});
        assert!(matches!(parse_with(&[], &config), Ok(Found::Nothing(_))));
        assert!(matches!(parse_with(&[], &json!({"profiles": []})), Ok(Found::Nothing(_))));
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
        assert_eq!(error, "profile c is not in ~/.aliyun/config.json");
    }

    #[test]
    fn a_broken_file_is_told_by_its_place_and_never_quoted() {
        let text = "{\"profiles\": [{\"name\": \"p\",\n \"expired_seconds\": \"marked-secret\"}]}";
        let environment = Environment::of([("", ""); 0]);
        let error = parse(&environment, Choice::Chain, "config.json", text).unwrap_err();
        assert!(error.contains("line 2"), "{error}");
        assert!(!error.contains("marked"), "{error}");
    }
}
